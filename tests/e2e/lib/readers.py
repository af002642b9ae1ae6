# SPDX-License-Identifier: BSD-2-Clause
"""What the readers of a delivered message may take for its senders."""

import os
import re
import sys
from email import message_from_bytes, policy
from functools import lru_cache
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TESTS / "differential"))

# pylint: disable=wrong-import-position
import readers as others  # noqa: E402

NAMES = (b"from", b"sender", b"resentfrom", b"resentsender", b"apparentlyfrom")
# Postfix puts a line that is no proper field into this one, which nobody reads.
HARMLESS = (b"x-mailbox-line",)


def field_blocks(data):
    """
    (name, value) of each header field, in every way in which readers cut a header: name and
    value at the first colon; fields end at CRLF, at a bare LF or at a bare CR; the header ends
    at an empty line, and for some at a line without a colon.
    """
    blocks = []
    for line_end in (rb"\r\n", rb"\r?\n", rb"\r\n|\r|\n"):
        header = re.split(rb"(?:%s){2}" % line_end, data, maxsplit=1)[0]
        fields = re.split(rb"(?:%s)(?![ \t])" % line_end, header)
        blocks += [field.partition(b":")[::2] for field in fields]
    return blocks


def sender_fields(data):
    """The values of all that some reader may take for a sender field."""
    values = set()
    for name, value in field_blocks(data):
        if name.strip().lower() in HARMLESS:
            continue
        # Odd bytes and blanks in a name are skipped by the kindest reader.
        if re.sub(rb"[^a-z]", b"", name.lower()) in NAMES:
            values.add(value.strip())
    return values


def _python(data):
    """The senders that Python's own mail parsers find in the whole message."""
    found = set()
    for rules in (policy.compat32, policy.default):
        message = message_from_bytes(data, policy=rules)
        for name in ("from", "sender", "resent-from", "resent-sender"):
            for value in message.get_all(name, []):
                found.add(str(value))
    return found


def visible_senders(data):
    """
    All that a person or program may be shown as a sender of the message: addresses that the
    readers of tests/differential find in its sender fields, those fields as text, and the
    same decoded.
    """
    shown = {value.decode("utf-8", "replace") for value in sender_fields(data)}
    shown |= _python(data)
    return {text.lower() for text in shown | _others(tuple(sorted(sender_fields(data))))}


BUILT = Path(os.environ.get("SENDAS_BUILD", ".")) / "tests/differential"


@lru_cache
def _available():
    return [reader for reader in others.READERS if reader.available(BUILT)]


@lru_cache(maxsize=None)
def _others(values):
    """What the readers of tests/differential find in these field values, cached: most
    messages arrive with the same ones."""
    found = set()
    for reader in _available() if values else ():
        for addresses in reader.read(BUILT, values):
            found |= addresses or set()
    return found
