# SPDX-License-Identifier: BSD-2-Clause
"""A site of its own for each test."""

import os
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


def give_grants(site):
    site.ok("init")
    site.ok("grant", "alice", "alice@example.org", "sales@example.org")
    site.ok("grant", "bob", "bob@example.org", "sales@example.org", "@shop.example")
    site.ok("grant", "*", "list@example.org")


def copy_tree(source, target):
    """With owners and modes."""
    shutil.copytree(source, target)
    for path in (source, *source.rglob("*")):
        status = path.stat()
        os.chown(target / path.relative_to(source), status.st_uid, status.st_gid)


@pytest.fixture(scope="session")
def set_up(tmp_path_factory):
    """set_up(site, commands): as if commands(site) had run. They do so once, on a site of their
    own, of which the others get what it has left: hundreds of tests begin alike."""
    done = {}

    def copy(site, commands):
        key = type(site), commands, *site.always.items()
        if key not in done:
            done[key] = type(site)(tmp_path_factory.mktemp("made"))
            done[key].always = site.always
            done[key].configure()
            commands(done[key])
        for path in done[key].directory.iterdir():
            if path.is_dir():
                copy_tree(path, site.directory / path.name)
        return site

    return copy


def make_files(site):
    site.ok("init")


@pytest.fixture
def site(bare, set_up):
    """A site with an empty grants file."""
    return set_up(bare, make_files)


@pytest.fixture
def office(bare, set_up):
    """A site with a few grants."""
    return set_up(bare, give_grants)


@pytest.fixture
def auth(tmp_path, set_up):
    """A site with an empty accounts file."""
    return set_up(AccountSite(tmp_path), make_files)


@pytest.fixture
def open_directory():
    """Where all users may look, and find a sendasctl that they may run."""
    with temporary_directory() as path:
        path.chmod(0o755)
        shutil.copy2(PROGRAM, path)
        yield path
