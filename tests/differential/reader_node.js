#!/usr/bin/node
// SPDX-License-Identifier: BSD-2-Clause
// The addressparser of Node (nodemailer, mailparser and what is built on them). frame.h has
// the form of input and output.
'use strict';
const addressparser = require('/usr/share/nodejs/addressparser');

const input = require('fs').readFileSync(0);
const lines = [];
const collect = (list) =>
    list.flatMap((entry) => (entry.group ? collect(entry.group) : [entry.address || '']));

for (let at = 0; at < input.length;) {
    const length = input.readUInt32BE(at);
    const value = input.toString('utf8', at + 4, at + 4 + length);
    at += 4 + length;
    const found = collect(addressparser(value.replace(/\r?\n(?=[ \t])/g, '')));
    lines.push(found.map((address) => Buffer.from(address, 'utf8').toString('hex')).join(' '));
}
if (lines.length) process.stdout.write(lines.join('\n') + '\n');
