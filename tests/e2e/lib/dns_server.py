# SPDX-License-Identifier: BSD-2-Clause
"""A name server for a network namespace of its own. Run as a program it answers on port 53 of
127.0.0.1: dns_server.py FILE, where FILE has the TXT records as JSON, {name: text}."""

import json
import socketserver
import struct
import sys

TXT, IN = 16, 1
ANSWER, AUTHORITATIVE, RECURSION_AVAILABLE, NAME_ERROR = 0x8000, 0x0400, 0x0080, 3


def question(packet):
    """(name, type, bytes of the question)"""
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode("ascii", "replace").lower())
        at += packet[at] + 1
    return ".".join(labels), struct.unpack("!H", packet[at + 1:at + 3])[0], packet[12:at + 5]


def reply(packet, records):
    name, kind, asked = question(packet)
    answers = b""
    if name in records and kind == TXT:
        text = records[name].encode()
        strings = b"".join(bytes([len(part)]) + part for part in
                           (text[at:at + 255] for at in range(0, len(text), 255)))
        answers = struct.pack("!HHHIH", 0xC00C, TXT, IN, 60, len(strings)) + strings
    # A name with others below it exists.
    exists = any(each == name or each.endswith("." + name) for each in records)
    flags = (ANSWER | AUTHORITATIVE | RECURSION_AVAILABLE |
             struct.unpack("!H", packet[2:4])[0] & 0x0100 | (0 if exists else NAME_ERROR))
    return packet[:2] + struct.pack("!HHHHH", flags, 1, bool(answers), 0, 0) + asked + answers


class _Handler(socketserver.BaseRequestHandler):
    def handle(self):
        packet, socket = self.request
        socket.sendto(reply(packet, self.server.records), self.client_address)


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        records = json.load(f)
    with socketserver.UDPServer(("127.0.0.1", 53), _Handler) as server:
        server.records = records
        print("ready", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
