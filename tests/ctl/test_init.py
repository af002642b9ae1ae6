# SPDX-License-Identifier: BSD-2-Clause
"""sendasctl init: where the file goes and who may read it."""

import os
import pwd
import stat

import pytest

from program import Site

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")


def test_says_where(bare):
    assert bare.ok("init") == f"{bare.store} made\n"
    assert bare.ok("init") == f"{bare.store} is there already\n"
    assert bare.ok("grants") == "no grants\n"


def test_keeps_what_is_there(office):
    rows = office.rows()
    office.ok("init")
    assert office.rows() == rows


def test_nobody_else_may_read(site):
    assert stat.S_IMODE(site.store.stat().st_mode) == 0o640
    assert stat.S_IMODE(site.store.parent.stat().st_mode) & 0o007 == 0


def test_makes_one_directory_only(bare):
    path = bare.directory / "a" / "b" / "grants.db"
    assert "No such file or directory" in bare.refused("init", "--store", path, status=75)
    assert not path.parent.parent.exists()


def test_refuses_a_foreign_file(bare):
    bare.store.parent.mkdir()
    bare.store.write_bytes(b"somebody's diary\n" * 100)
    assert str(bare.store) in bare.refused("init", status=75)
    assert bare.store.read_bytes() == b"somebody's diary\n" * 100


def test_commands_without_a_store_say_so(bare):
    for command in (["grant", "a", "b@x"], ["grants"], ["export"]):
        assert str(bare.store) in bare.refused(*command, status=75)
    assert not bare.store.exists()


@as_root
@pytest.mark.parametrize("directory_there", [False, True])
def test_the_filters_user_can_read(open_directory, directory_there):
    root = Site(open_directory)
    if directory_there:
        root.store.parent.mkdir(mode=0o755)
    root.ok("init")
    root.ok("grant", "alice", "a@x.example")
    nobody = Site(open_directory, root.conf)
    nobody.drop_root()
    nobody.ok("check", "alice", "a@x.example")
    if directory_there:
        return  # root's directory is left as it is
    assert root.store.parent.stat().st_uid == pwd.getpwnam("nobody").pw_uid
    assert stat.S_IMODE(root.store.parent.stat().st_mode) == 0o750
    # Another program may tidy SQLite's companions away; the filter makes them anew.
    for companion in root.store.parent.glob("*.db-*"):
        companion.unlink()
    nobody.ok("check", "alice", "a@x.example")


def test_makes_the_key_of_hashed_logins(bare):
    key = bare.directory / "key"
    with bare.conf.open("a") as conf:
        conf.write(f'received {{ login = "hashed"\n hash_key_file = "{key}" }}\n')
    assert bare.ok("init") == f"{bare.store} made\n{key} made\n"
    content = key.read_bytes()
    assert len(content) == 32 and stat.S_IMODE(key.stat().st_mode) == 0o600
    if os.geteuid() == 0:
        assert key.stat().st_uid == pwd.getpwnam("nobody").pw_uid
    assert bare.ok("init") == f"{bare.store} is there already\n"
    assert key.read_bytes() == content


@as_root
def test_a_user_that_does_not_exist_is_said(bare):
    bare.configure(user='"no-such-user"')
    result = bare.run("init")
    assert result.returncode == 0
    assert "no-such-user" in result.stderr and result.stderr.count("\n") == 1
    assert bare.store.stat().st_uid == 0


def test_a_directory_that_is_not_ours(open_directory):
    site = Site(open_directory)
    site.drop_root()
    assert "/proc" in site.refused("init", "--store", "/proc/grants.db", status=75)
    assert "Permission denied" in site.refused("init", status=75)
