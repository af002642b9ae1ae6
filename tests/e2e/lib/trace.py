# SPDX-License-Identifier: BSD-2-Clause
"""Reads a Received field by the grammar of RFC 5321 4.4, strictly: what a trace must be."""

import email.utils
import re

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOMAIN = r"(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?)"
_LITERAL = r"\[(?:IPv6:[0-9A-Fa-f:.]+|\d+\.\d+\.\d+\.\d+)\]"
_COMMENT = r"\([^()\\]*\)"
_CFWS = rf"(?:\s+{_COMMENT})*"

_RECEIVED = re.compile(
    rf"from\s+(?P<helo>{_DOMAIN}|{_LITERAL})"
    rf"(?:\s+\((?P<name>{_DOMAIN})\s+(?P<addr>{_LITERAL})\))?"
    rf"(?P<comments>{_CFWS})"
    rf"\s+by\s+(?P<by>{_DOMAIN}){_CFWS}"
    rf"\s+with\s+(?P<with>{_ATOM})"
    rf"(?:\s+id\s+(?P<id>{_ATOM}))?"
    rf"(?:\s+tls\s+(?P<tls>{_ATOM}))?"
    rf"\s*;\s+(?P<date>.+)", re.DOTALL)


class Received:
    """The parts of a Received field given as bytes with its name; AssertionError when it does
    not follow the grammar, has a line over 78 columns that could be folded, or bytes outside
    printable ASCII."""

    def __init__(self, field):
        text = field.decode("ascii")
        for line in text.split("\r\n"):
            assert len(line.expandtabs(8)) <= 78 or " " not in line, f"over 78 columns: {line!r}"
            assert line.replace("\t", " ").isprintable(), f"odd bytes: {line!r}"
        name, _, value = text.partition(":")
        assert name == "Received" and value.startswith(" ")
        match = _RECEIVED.fullmatch(value.replace("\r\n", "").strip())
        assert match, f"not a Received of RFC 5321: {text!r}"
        for part, found in match.groupdict().items():
            setattr(self, "with_" if part == "with" else part, found)
        self.when = email.utils.parsedate_to_datetime(self.date)
        self.text = text
