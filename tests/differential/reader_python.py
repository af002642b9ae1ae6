#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The two address readers of Python's email package. Argument: old or new.

Each takes the field out of a message, as a program would; frame.h has the form of input
and output.
"""

import sys
from email import message_from_bytes, policy
from email.utils import getaddresses, parseaddr


def read_old(value):
    """email.utils over the fields as they stand in the message."""
    message = message_from_bytes(b"From: " + value + b"\r\n\r\n")
    fields = [text for name, text in message.raw_items() if name.lower() == "from"]
    return [address for _, address in getaddresses(fields) + [parseaddr(x) for x in fields]]


def read_new(value):
    """
    The header registry of policy.default. After an encoded word that is never closed it may
    take all the rest, angle and address, for one local part without a domain: left out.
    """
    message = message_from_bytes(b"From: " + value + b"\r\n\r\n", policy=policy.default)
    return [
        address.addr_spec
        for field in message.get_all("from", [])
        for address in field.addresses
        if address.domain or "<" not in address.addr_spec
    ]


def main():
    read = {"old": read_old, "new": read_new}[sys.argv[1]]
    while head := sys.stdin.buffer.read(4):
        value = sys.stdin.buffer.read(int.from_bytes(head, "big"))
        try:
            found = read(value)
        except Exception as error:  # pylint: disable=broad-except
            # The new interface raises on some broken fields: its user sees no address.
            print("!", type(error).__name__)
            continue
        print(*(x.encode("utf-8", "surrogateescape").hex() for x in dict.fromkeys(found)))


main()
