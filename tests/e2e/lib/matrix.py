# SPDX-License-Identifier: BSD-2-Clause
"""docs/matrix.md: which programs, mechanisms, kinds of accounts and kinds of TLS have been seen
to work with an MTA. Each MTA has a section of its own, made by one file of tests:

    section = Section("Postfix 3.7", text, STORES, absent=ABSENT)
    section.add_client("curl 7.88", ("PLAIN", "LOGIN"))
    ...
    section.saw("curl 7.88", "PLAIN", "Dovecot", "STARTTLS")   # after it was seen
    ...
    section.check()                                            # in the last test of the file

check() fails when the document says anything else than what was seen; with SENDAS_MATRIX_WRITE
in the environment it writes the section instead."""

import fcntl
import itertools
import os
import re
import subprocess
from collections import namedtuple
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[3] / "docs/matrix.md"

# How a client speaks to the MTA: not encrypted, by STARTTLS, or encrypted from the first byte.
TLS = ("clear", "STARTTLS", "TLS")

# Why cells cannot be: they match where each of the others, if given, is one of theirs.
Absent = namedtuple("Absent", "why clients mechanisms stores tls", defaults=(None,) * 4)

Cell = namedtuple("Cell", "client mechanism store tls")


def short_version(argv, pattern=r"(\d+\.\d+)"):
    """Major and minor number of a program, as it tells them: more changes with each repair."""
    result = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, timeout=30, check=False)
    match = re.search(pattern, result.stdout)
    assert match, f"{argv} tells no version: {result.stdout}"
    return match.group(1)


class Section:
    """`title` is the MTA with its version, `text` stands below that; `stores` are the columns;
    `absent` (rows of Absent, the first that matches counts) says why cells are missing."""

    def __init__(self, title, text, stores, absent=()):
        self.title = title
        self._text = text
        self._stores = tuple(stores)
        self._absent = tuple(absent)
        self._clients = {}
        self._seen = set()

    def add_client(self, client, mechanisms):
        self._clients[client] = tuple(mechanisms)

    def why_not(self, cell):
        """Why there can be no such cell; None where it must be seen."""
        for row in self._absent:
            if all(ours is None or value in ours
                   for value, ours in ((cell.client.split(" ")[0], row.clients),
                                       (cell.mechanism, row.mechanisms),
                                       (cell.store, row.stores), (cell.tls, row.tls))):
                return row.why
        return None

    def cells(self, client=None):
        """Those that must be seen, of one client or of all."""
        every = (Cell(*c) for name, mechanisms in self._clients.items()
                 if client in (None, name)
                 for c in itertools.product((name,), mechanisms, self._stores, TLS))
        return [cell for cell in every if self.why_not(cell) is None]

    def saw(self, client, mechanism, store, tls):
        """To be called after it has been seen, and never before."""
        cell = Cell(client, mechanism, store, tls)
        assert client in self._clients and mechanism in self._clients[client], cell
        assert store in self._stores and tls in TLS, cell
        assert self.why_not(cell) is None, f"seen, though {self.why_not(cell)}: {cell}"
        self._seen.add(cell)

    def missing(self):
        return [cell for cell in self.cells() if cell not in self._seen]

    # --- the document ---

    def markdown(self):
        """The section as the run saw it, from its title to its end."""
        notes = []
        header = ["program", "mechanism", *self._stores]
        rows = []
        for client, mechanisms in self._clients.items():
            for i, mechanism in enumerate(mechanisms):
                columns = [self._column(Cell(client, mechanism, store, None), notes)
                           for store in self._stores]
                rows.append([client if i == 0 else "", mechanism, *columns])
        lines = [f"## {self.title}", "", self._text.strip(), ""]
        lines += ["| " + " | ".join(row) + " |"
                  for row in (header, ["---"] * len(header), *rows)]
        if notes:
            lines += [""] + [f"{i}. {note}" for i, note in enumerate(notes, 1)]
        return "\n".join(lines) + "\n"

    def _column(self, cell, notes):
        words, numbers = [], []
        for tls in TLS:
            why = self.why_not(cell._replace(tls=tls))
            if cell._replace(tls=tls) in self._seen:
                words.append(tls)
            elif why is not None:
                if why not in notes:
                    notes.append(why)
                numbers.append(f"({notes.index(why) + 1})")
        return " ".join(words + sorted(set(numbers)))

    def check(self):
        """AssertionError when a cell was not seen, or the document differs from what was."""
        assert not self.missing(), f"not seen: {self.missing()}"
        if "SENDAS_MATRIX_WRITE" in os.environ:
            self._write()
        document = DOCUMENT.read_text(encoding="utf-8")
        assert _sections(document).get(self.title) == self.markdown(), \
            f"{DOCUMENT} is not what this run saw (with SENDAS_MATRIX_WRITE=1 it is written " \
            f"anew):\n{self.markdown()}"

    def _write(self):
        with open(DOCUMENT, "r+", encoding="utf-8") as f:
            fcntl.flock(f, fcntl.LOCK_EX)
            document = f.read()
            sections = _sections(document)
            mta = self.title.split(" ")[0]
            old = next((t for t in sections if t.split(" ")[0] == mta), None)
            if old is None:
                document = document.rstrip("\n") + "\n\n" + self.markdown()
            else:
                document = document.replace(sections[old], self.markdown())
            f.seek(0)
            f.truncate()
            f.write(document)


def _sections(document):
    """The text of each section, from its title to its last line, by its title."""
    parts = re.split(r"^(?=## )", document, flags=re.MULTILINE)[1:]
    return {part.partition("\n")[0][3:]: part.rstrip("\n") + "\n" for part in parts}
