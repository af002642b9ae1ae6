# SPDX-License-Identifier: BSD-2-Clause
"""Whatever the database does, there is an answer in time, and it is never a "no"."""

import os
import shutil
import sqlite3
import time

import pytest

from authd import me, scram
from authd_client import OK, UNAVAIL

SHORT = "request_timeout = 1s"
LIMIT = 6  # seconds for an answer; the deadline is 1, the machine may be busy


@pytest.fixture
def daemon(authd_factory):
    return authd_factory(SHORT, guessing="delay_max = 0")


def check_outage(daemon):
    """All questions are answered "could not tell", in time."""
    for password in ("correct horse", "wrong"):
        began = time.monotonic()
        assert daemon.login(password=password) == "?"
        assert daemon.login("nobody", password) == "?"
        assert time.monotonic() - began < 2 * LIMIT
    with daemon.wire() as wire:
        began = time.monotonic()
        assert wire.lookup("alice", "authPassword").status == UNAVAIL
        assert wire.lookup("nobody", "authPassword").status == UNAVAIL
        assert time.monotonic() - began < 2 * LIMIT
    assert daemon.wait_for_log("result=unavailable")
    assert not daemon.log_lines("result=refused")


def check_well(daemon):
    assert daemon.login() == "OK"
    assert daemon.login(password="wrong") == "NO"
    with daemon.wire() as wire:
        assert wire.lookup("alice", "authPassword").status == OK


@pytest.fixture
def exclusive(daemon):
    """Another process has the database for itself."""
    holder = sqlite3.connect(daemon.accounts, timeout=10, isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("PRAGMA journal_mode = DELETE")
    holder.execute("BEGIN EXCLUSIVE")
    yield holder
    holder.close()


def test_locked(daemon, exclusive):
    check_outage(daemon)
    exclusive.execute("COMMIT")
    exclusive.close()
    check_well(daemon)


def test_locked_while_in_use(daemon):
    check_well(daemon)
    holder = sqlite3.connect(daemon.accounts, timeout=10, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")  # a writer does not stop readers of a WAL
    check_well(daemon)
    holder.close()


def test_many_wait_for_a_locked_database(daemon, exclusive):
    """Those that stand behind others in the queue are answered in time, too."""
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(60) as pool:
        def one(_):
            began = time.monotonic()
            answer = daemon.login()
            return answer, time.monotonic() - began
        results = list(pool.map(one, range(60)))
    assert {answer for answer, _ in results} == {"?"}
    assert max(took for _, took in results) < LIMIT
    assert daemon.wait_for_log("no answer was found in time")


def test_missing(authd_factory):
    daemon = authd_factory(SHORT, start=False)
    moved = daemon.accounts.with_name("moved.db")
    daemon.accounts.rename(moved)
    daemon.start()
    check_outage(daemon)
    moved.rename(daemon.accounts)
    check_well(daemon)


def test_corrupt(daemon):
    check_well(daemon)
    good = daemon.accounts.read_bytes()
    for suffix in ("-wal", "-shm"):
        shutil.rmtree(str(daemon.accounts) + suffix, ignore_errors=True)
    bad = daemon.accounts.with_name("bad.db")
    bad.write_bytes(os.urandom(len(good)))
    bad.rename(daemon.accounts)
    check_outage_soon(daemon)


def check_outage_soon(daemon):
    """The file may be looked at anew only after a moment."""
    from authd import wait_for
    wait_for(lambda: daemon.login() == "?", "the outage")
    lines = len(daemon.log_lines("result=refused"))
    assert daemon.login(password="wrong") == "?"
    assert len(daemon.log_lines("result=refused")) == lines


def test_empty_file(authd_factory):
    daemon = authd_factory(SHORT, start=False)
    for path in daemon.dir.glob("accounts.db*"):
        path.unlink()
    daemon.accounts.touch(0o600)
    daemon.start()
    check_outage(daemon)


def test_another_kind_of_database(authd_factory):
    daemon = authd_factory(SHORT, start=False)
    for path in daemon.dir.glob("accounts.db*"):
        path.unlink()
    other = sqlite3.connect(daemon.accounts)
    other.execute("CREATE TABLE accounts (login TEXT)")
    other.commit()
    other.close()
    daemon.start()
    check_outage(daemon)


def test_replaced_by_rename(daemon, directory):
    from authd import Authd, wait_for
    check_well(daemon)
    other = Authd(directory / "other", start=False)
    other.change(f"add carol@example.org {scram('c')}", "disable alice@example.org")
    other.accounts.rename(daemon.accounts)
    wait_for(lambda: daemon.login("carol", "c") == "OK", "the new file")
    assert daemon.login() == "NO"


def test_unreadable(authd_factory, directory):
    """A daemon that is not root, since that reads everything."""
    user = "nobody" if os.getuid() == 0 else me()
    os.chmod(directory, 0o755)
    daemon = authd_factory(f'{SHORT}\nuser = "{user}"', guessing="delay_max = 0", start=False)
    for path in (daemon.dir, *daemon.dir.glob("accounts.db*")):
        shutil.chown(path, user)
    daemon.start()
    os.chmod(daemon.accounts, 0)
    check_outage(daemon)
    os.chmod(daemon.accounts, 0o600)
    check_well(daemon)


def test_damaged_verifier_is_not_a_no(daemon):
    """A row that makes no sense can neither be right nor wrong."""
    database = sqlite3.connect(daemon.accounts)
    database.execute("UPDATE verifiers SET stored = 'SCRAM-SHA-256$nonsense' "
                     "WHERE account = (SELECT id FROM accounts "
                     "WHERE login = 'alice@example.org')")
    database.commit()
    database.close()
    assert daemon.login() in ("?", "NO")
    assert daemon.login() != "OK"
    assert daemon.login("bob", "bob") == "OK"
