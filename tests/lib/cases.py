# SPDX-License-Identifier: BSD-2-Clause
"""Reads case files: sender fields as bytes, with what must be read in them.

A file holds blocks of "key: text" lines, parted by blank lines; "#" starts a comment
line. Keys:

  name     unique in the file (optional: the number of the block's first line)
  note     why the case is there (optional)
  charset  how the text of `value` is put into bytes (optional, default utf-8); several
           names make as many cases
  place    the field's name (optional, default From)
  value    the field's value as it stands after "From: "
  read     an address that every reader must find, in normal form; once for each address
  empty    "yes": well formed, but without any address
  refuse   the reasons for which the value may be refused, by their stable names

A case has `read`, `empty` or `refuse`. In `value` these escapes stand for bytes or text:
\\\\ \\n \\r \\t \\s (a blank), \\xHH (that very byte, whatever the charset), \\uHHHH (that
character in the charset), \\*{N|TEXT} (TEXT, itself with escapes, N times), \\B{CHARSET|TEXT}
and \\Q{CHARSET|TEXT} (TEXT as one encoded word, RFC 2047). A fold is written \\n and a
blank; the tests try it as LF and as CRLF.
"""

import base64
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data"
KEYS = ("name", "note", "charset", "place", "value", "read", "empty", "refuse")

SIMPLE = {"\\": b"\\", "n": b"\n", "r": b"\r", "t": b"\t", "s": b" "}
ESCAPE = re.compile(
    r"\\(?:x(?P<byte>[0-9a-fA-F]{2})|u(?P<char>[0-9a-fA-F]{4})"
    r"|(?P<kind>[*BQ])\{(?P<arg>[^|}]+)\|(?P<text>[^}]*)\}|(?P<simple>[\\nrts]))"
)
Q_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!*+-/")


class CaseError(Exception):
    """A case file does not follow the form above."""


@dataclass
class Case:
    """One field and what must be read in it."""

    source: str
    line: int
    name: str = ""
    note: str = ""
    charset: str = "utf-8"
    place: str = "From"
    value: bytes = None
    read: list = field(default_factory=list)
    empty: bool = False
    refuse: list = field(default_factory=list)

    def __str__(self):
        return f"{Path(self.source).stem}-{self.name}"


def encoded_word(kind, charset, text):
    """TEXT as one encoded word of the kind B or Q, as a tidy program writes it."""
    data = text.encode(charset)
    if kind == "B":
        inside = base64.b64encode(data).decode("ascii")
    else:
        inside = "".join(
            chr(x) if x in Q_PLAIN else "_" if x == 0x20 else f"={x:02X}" for x in data
        )
    return f"=?{charset}?{kind}?{inside}?=".encode("ascii")


def unescape(text, charset="utf-8"):
    """The bytes for the text of a `value` line."""
    out = bytearray()
    at = 0
    for match in ESCAPE.finditer(text):
        out += _plain(text[at : match.start()], charset)
        if match["byte"]:
            out.append(int(match["byte"], 16))
        elif match["char"]:
            out += chr(int(match["char"], 16)).encode(charset)
        elif match["kind"] == "*":
            out += unescape(match["text"], charset) * int(match["arg"])
        elif match["kind"]:
            words = unescape(match["text"]).decode("utf-8")
            out += encoded_word(match["kind"], match["arg"], words)
        else:
            out += SIMPLE[match["simple"]]
        at = match.end()
    return bytes(out + _plain(text[at:], charset))


def _plain(text, charset):
    if "\\" in text:
        raise CaseError(f"unknown escape in {text!r}")
    return text.encode(charset)


def _block(path, lines):
    """The cases of one block: one for each charset."""
    number = lines[0][0]
    case = Case(str(path), number, name=str(number))
    for line_number, line in lines:
        key, colon, text = line.partition(":")
        if not colon or key not in KEYS:
            raise CaseError(f"{path}:{line_number}: expected one of {', '.join(KEYS)}")
        text = text[1:] if text.startswith(" ") else text
        if key == "read":
            case.read.append(text)
        elif key == "empty":
            case.empty = text == "yes"
        elif key == "refuse":
            case.refuse += text.split()
        else:
            setattr(case, key, text)
    if case.value is None:
        raise CaseError(f"{path}:{number}: a case needs a value")
    if bool(case.read) + case.empty + bool(case.refuse) != 1:
        raise CaseError(f"{path}:{number}: needs one of read, empty and refuse")
    for charset in case.charset.split():
        try:
            value = unescape(case.value, charset)
        except (CaseError, UnicodeError, LookupError) as error:
            raise CaseError(f"{path}:{number}: {error}") from None
        name = case.name if charset == case.charset else f"{case.name}-{charset}"
        yield replace(case, name=name, charset=charset, value=value)


def load_file(path):
    """All cases of one file, in order."""
    cases = []
    block = []
    with open(path, encoding="utf-8", newline="\n") as lines:
        for number, line in enumerate([*lines, "\n"], 1):
            line = line.rstrip("\n")
            if line.startswith("#"):
                continue
            if line:
                block.append((number, line))
            elif block:
                cases += _block(path, block)
                block = []
    names = [case.name for case in cases]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise CaseError(f"{path}: names used twice: {', '.join(sorted(twice))}")
    return cases


def load(kind):
    """All cases of tests/data/KIND ("benign" or "attacks")."""
    return [
        case for path in sorted((DATA / kind).glob("*.cases")) for case in load_file(path)
    ]
