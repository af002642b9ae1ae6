# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures that several folders of tests have: a conftest.py imports them."""

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def temporary_directory():
    """A short path: a socket's may have 107 bytes only."""
    path = Path(tempfile.mkdtemp(prefix="sendas-"))
    try:
        yield path
    finally:
        shutil.rmtree(path)


@pytest.fixture
def directory():
    with temporary_directory() as path:
        yield path
