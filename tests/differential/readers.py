# SPDX-License-Identifier: BSD-2-Clause
"""The readers that are compared, and the form in which their addresses are.

Every reader is a program: records on standard input (4 bytes of length, big-endian, and
the field's value), a line for each on standard output. frame.h has the details; README.md
says how to add one.
"""

import json
import re
import subprocess
import unicodedata
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
PYTHON = "/usr/bin/python3"


class ReaderError(Exception):
    """A reader died, or did not answer every record."""


@dataclass
class Answer:
    """What our own reader says of one field."""

    reason: str
    addresses: list
    empty: bool
    literal_only: bool  # one of them counts only with a grant for exactly its text
    unownable: bool  # one of them is nobody's, whatever is granted

    @property
    def accepted(self):
        """Whether the field is read, so that its addresses are what counts."""
        return self.reason == "none"


def run(command, values):
    """Runs a reader over `values`: one line of output for each."""
    records = b"".join(len(value).to_bytes(4, "big") + value for value in values)
    done = subprocess.run(command, input=records, capture_output=True, check=False)
    lines = done.stdout.decode("utf-8", "replace").split("\n")[:-1]
    if done.returncode != 0 or len(lines) != len(values):
        raise ReaderError(
            f"{command[0]}: exit status {done.returncode}, {len(lines)} answers for "
            f"{len(values)} fields: {done.stderr.decode('utf-8', 'replace')[-500:]}"
        )
    return lines


def read_ours(readfield, values):
    """The answers of our own reader, the program tests/lib/readfield."""
    answers = []
    for line in run([str(readfield)], values):
        row = json.loads(line)
        answers.append(Answer(**{name: row[name] for name in Answer.__annotations__}))
    return answers


def _ascii_lower(text):
    return "".join(chr(ord(c) | 0x20) if "A" <= c <= "Z" else c for c in text)


def _label(label):
    """A-label of a U-label that is in its canonical form; others stay what they are."""
    if label.isascii():
        return label
    return "xn--" + label.encode("punycode").decode("ascii")


def normalise(address):
    """
    The form in which addresses are compared: ASCII lower case, local part unquoted and in
    NFC, A-labels.
    """
    local, domain = address.rsplit("@", 1)
    if len(local) > 1 and local[0] == local[-1] == '"':
        local = re.sub(r"\\(.)", r"\1", local[1:-1])
    try:
        domain = ".".join(_label(label) for label in _ascii_lower(domain).split("."))
    except UnicodeError:
        pass
    return unicodedata.normalize("NFC", _ascii_lower(local)) + "@" + domain


_CLEAN = re.compile(r'("([^"\\]|\\.)*"|[^\s<>()",;]+)@[^\s<>()",;@]+')
_WORD = re.compile(r'[^\s<>()",;]+@[^\s<>()",;]+')


def addresses_in(text):
    """
    The set of addresses, in normal form, in what a reader gives as one address. When a
    reader leaves brackets, quotes or blanks in it, every word with an "@" in it counts.
    A word without "@", or with nothing on one side of it, is nobody's address.
    """
    text = re.sub(r"\s*@\s*", "@", text.strip())
    words = [text] if _CLEAN.fullmatch(text) else _WORD.findall(text)
    # A piece of a literal, cut at its first dot, is a host of nobody.
    return {normalise(word) for word in words if not re.search(r"@\[[^]]*$", word)}


def _decoded(label):
    return label[4:].encode("ascii").decode("punycode") if label.startswith("xn--") else label


def forms_of(address):
    """
    The forms in which a reader may show an address of ours: itself, and with its A-labels
    decoded, whatever comes out: who may use such a domain was granted just that. None when
    they do not decode, so that a reader may show anything.
    """
    local, domain = address.rsplit("@", 1)
    try:
        decoded = ".".join(_decoded(label) for label in domain.split("."))
    except (UnicodeError, ValueError):
        return None
    return {normalise(address)} | addresses_in(f"{local}@{decoded}")


# Where a reader is merely clumsy on what every other reads alike, its output is set right
# here, as narrowly as can be. Each function takes one address as the reader gave it and the
# forms of those that we found, and gives the address to compare.


def _cclient(address, _):
    # Its word for "here I gave up" is an address in this domain.
    return "" if address.endswith("@.SYNTAX-ERROR.") else address


def _etpan(address, _):
    # A phrase that it cannot read stays glued before the angle, its blanks taken out.
    return re.sub(r"^.*<", "", address)


def _mail_address(address, _):
    # Knows no groups: the group's name stays before its first member, the semicolon
    # behind the last.
    return re.sub(r"^[^@]*:|;$", "", address)


def _ruby(address, _):
    # A comment with two blanks at its end stays behind the address.
    address = re.sub(r"(?<=[^(])\(.*\)$", "", address)
    # A phrase that ends in a dot and two blanks is taken for a local part or an address.
    return "" if re.search(r"\.(@|$)", address) else address


def _addressparser(address, known):
    # A quoted name with an escaped backslash at its end, or a comment with a quote, confuses
    # it; it then searches the rest for an address and does not see odd characters at the ends
    # of ours, or leaves the colon of a group there.
    if addresses_in(address) <= known:
        return address
    odd = known | {re.sub(r"^\W+|\W+$", "", form) for form in known}
    return "" if addresses_in(re.sub(r"^\W+", "", address)) <= odd else address


@dataclass(frozen=True)
class Reader:
    """One row: what it is, how to run it, what it needs."""

    name: str
    command: tuple
    package: str
    required: bool
    adjust: object = None

    def available(self, built):
        """Whether it answers a simple field; `built` is where the C readers are."""
        try:
            return self.read(built, [b"a@example.org"])[0] == {"a@example.org"}
        except (ReaderError, OSError):
            return False

    def read(self, built, values, known=None):
        """
        For each value the set of addresses in normal form, None where it gave up; `known`
        has the forms of those that we found.
        """
        program, *arguments = self.command
        path = HERE / program if (HERE / program).exists() else Path(built) / program
        runner = {".py": [PYTHON], ".pl": ["perl"], ".rb": ["ruby"], ".js": ["node"]}
        lines = run([*runner.get(path.suffix, []), str(path), *arguments], values)
        return [
            None if line.startswith("!") else self._set(line, forms)
            for line, forms in zip(lines, known or [set()] * len(lines))
        ]

    def _set(self, line, known):
        found = set()
        for word in line.split():
            address = bytes.fromhex(word).decode("utf-8", "surrogateescape")
            if self.adjust:
                address = self.adjust(address, known)
            found |= addresses_in(address)
        return found


READERS = (
    Reader("python-old", ("reader_python.py", "old"), "python3", True),
    Reader("python-new", ("reader_python.py", "new"), "python3", True),
    Reader("email-address-xs", ("reader_perl.pl", "xs"), "libemail-address-xs-perl", True),
    Reader("mail-address", ("reader_perl.pl", "mail"), "libmailtools-perl", True, _mail_address),
    Reader("gmime-loose", ("reader_gmime", "loose"), "libgmime-3.0-dev", True),
    Reader("gmime-strict", ("reader_gmime", "strict"), "libgmime-3.0-dev", True),
    Reader("c-client", ("reader_cclient",), "libc-client2007e-dev", False, _cclient),
    Reader("libetpan", ("reader_etpan",), "libetpan-dev", False, _etpan),
    Reader("ruby-mail", ("reader_ruby.rb",), "ruby-mail", False, _ruby),
    Reader("addressparser", ("reader_node.js",), "node-addressparser", False, _addressparser),
)
