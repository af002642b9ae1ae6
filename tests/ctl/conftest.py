# SPDX-License-Identifier: BSD-2-Clause
"""A site of its own for each test."""

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "lib"))

from fixtures import temporary_directory  # noqa: E402
from program import PROGRAM, AccountSite, Site  # noqa: E402


@pytest.fixture
def bare(tmp_path):
    """A site without a grants file."""
    return Site(tmp_path)


@pytest.fixture
def site(bare):
    """A site with an empty grants file."""
    bare.ok("init")
    return bare


@pytest.fixture
def office(site):
    """A site with a few grants."""
    site.ok("grant", "alice", "alice@example.org", "sales@example.org")
    site.ok("grant", "bob", "bob@example.org", "sales@example.org", "@shop.example")
    site.ok("grant", "*", "list@example.org")
    return site


@pytest.fixture
def auth(tmp_path):
    """A site with an empty accounts file."""
    site = AccountSite(tmp_path)
    site.ok("init")
    return site


@pytest.fixture
def open_directory():
    """Where all users may look, and find a sendasctl that they may run."""
    with temporary_directory() as path:
        path.chmod(0o755)
        shutil.copy2(PROGRAM, path)
        yield path
