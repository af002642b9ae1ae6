// SPDX-License-Identifier: BSD-2-Clause
// Sends mail with nodemailer: a job a line of standard input, as lib/clients.py has them.
'use strict';
const nodemailer = require('nodemailer');
const fs = require('fs');

async function send(job) {
    const transport = nodemailer.createTransport({
        host: job.host,
        port: job.port,
        name: 'client.example.org',
        secure: job.tls === 'TLS',
        requireTLS: job.tls === 'STARTTLS',
        ignoreTLS: job.tls === 'clear',
        authMethod: job.mechanism,
        auth: { user: job.login, pass: job.password },
        tls: job.tls === 'clear' ? {} : { ca: fs.readFileSync(job.ca_file) }
    });
    try {
        await transport.sendMail({
            envelope: { from: job.mail_from, to: [job.recipient] },
            from: job.author,
            to: job.recipient,
            subject: job.subject,
            text: job.body
        });
        return { status: 0, output: '' };
    } catch (error) {
        return { status: 1, output: error.message };
    } finally {
        transport.close();
    }
}

async function main() {
    for (const line of fs.readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
        console.log(JSON.stringify(await send(JSON.parse(line))));
    }
}

main();
