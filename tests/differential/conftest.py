# SPDX-License-Identifier: BSD-2-Clause
"""Finds the readers: SENDAS_BUILD names the build directory (default: here)."""

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]

# pylint: disable=wrong-import-position
from differential import Search  # noqa: E402
from readers import READERS  # noqa: E402


@pytest.fixture(scope="session")
def built():
    """The build directory."""
    return Path(os.environ.get("SENDAS_BUILD", "."))


@pytest.fixture(scope="session")
def readfield(built):
    """Our own reader."""
    program = built / "tests/lib/readfield"
    assert program.exists(), f"{program} is not there: make check builds it"
    return str(program)


@pytest.fixture(scope="session")
def search(built, readfield):
    """All readers that are installed; the required ones must be."""
    readers = built / "tests/differential"
    there = [reader for reader in READERS if reader.available(readers)]
    missing = [reader for reader in READERS if reader.required and reader not in there]
    if missing:
        packages = sorted({reader.package for reader in missing})
        pytest.skip(f"needs Debian's {', '.join(packages)}")
    return Search(readfield, str(readers), [reader.name for reader in there])
