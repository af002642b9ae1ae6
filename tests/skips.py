# SPDX-License-Identifier: BSD-2-Clause
"""Which tests may be skipped: reads tests/skips.txt, whose head says what stands in it."""

import pathlib
import re

LIST = pathlib.Path(__file__).resolve().parent / "skips.txt"

# What is not there is to be installed (contrib/debian-packages.sh), and no reason.
MISSING = re.compile(r"not installed|does not name|apt-get|\bneeds?\b|\bmissing\b|\bnot found\b", re.IGNORECASE)


class Error(Exception):
    """A line of the list that makes no sense, as FILE:LINE: what is wrong."""


class Skips:
    """The list: each line allows the tests of some layers a reason."""

    def __init__(self, path=LIST):
        self._rows = []  # layers, pattern of the reason
        lines = pathlib.Path(path).read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.startswith("#"):
                continue
            try:
                self._rows.append(_parse(line))
            except ValueError as error:
                raise Error(f"{path}:{number}: {error}") from None

    def allow(self, layer, reason):
        """May a test of the layer be skipped for this reason?"""
        return any(layer in layers and pattern.fullmatch(reason)
                   for layers, pattern in self._rows)


def _parse(line):
    fields = [field.strip() for field in line.split("|")]
    if len(fields) != 3 or not all(fields):
        raise ValueError("expected LAYER... | reason | why that is all right")
    layers, reason, _ = fields
    if MISSING.search(reason):
        raise ValueError(f"what is missing must be installed, and is no reason: {reason}")
    if not re.sub(r"[*\s]", "", reason):
        raise ValueError("this would allow any reason")
    pattern = ".*".join(re.escape(part) for part in reason.split("*"))
    return layers.split(), re.compile(pattern)
