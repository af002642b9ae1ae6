# SPDX-License-Identifier: BSD-2-Clause
"""The plugin is a guest in another program's process."""

import shutil
from pathlib import Path

import pytest

from conftest import recommended
from server import INSTRUMENTED

ALICE = "alice@example.org"


def resources(server):
    descriptors, pages = server.run("resources").fields
    return int(descriptors), int(pages)


@pytest.mark.parametrize("behave", ["answer", "close", "unavail", "garbage"])
def test_nothing_grows(server, authd, behave):
    authd.behave = behave
    times = 10000 if behave == "answer" else 2000
    warm = server.run("repeat", 500, "lookup", ALICE, "*authPassword", "mail")
    assert warm.fields[0] == ("0" if behave == "answer" else "500")
    server.run("repeat", 50, "auth", "SCRAM-SHA-256", ALICE, "secret")
    before = resources(server)
    server.run("repeat", times, "lookup", ALICE, "*authPassword", "mail")
    server.run("repeat", 300, "auth", "SCRAM-SHA-256", ALICE, "secret")
    after = resources(server)
    assert after[0] <= before[0]
    if not INSTRUMENTED: # whose heap keeps what was freed
        assert after[1] - before[1] < 200 # pages: 800 KiB


def test_fork(server, authd):
    """Parent and child have a connection each, and get their own answers."""
    for _ in range(5):
        assert server.run("auth", "SCRAM-SHA-256", ALICE, "secret").code == "OK"
        assert server.run("fork", "auth", "SCRAM-SHA-256", ALICE, "secret").code == "OK"
        assert server.run("fork", "auth", "PLAIN", "bob@example.org", "hunter2").code == "OK"
    mine = {q.connection for q in authd.questions if q.pid == server.process.pid}
    others = {q.connection for q in authd.questions if q.pid != server.process.pid}
    assert len(mine) == 2 and len(others) == 20 and not mine & others


def test_descriptors_of_others(server):
    """A host that closes all descriptors owns whatever it opens under the same numbers."""
    assert server.run("auth", "SCRAM-SHA-256", ALICE, "secret").code == "OK"
    server.run("closefds")
    assert server.run("auth", "SCRAM-SHA-256", ALICE, "secret").code == "OK"
    lost, written = server.run("checkfds").fields
    assert (lost, written) == ("0", "0")


def test_threads(server, authd):
    for login, password in (("alice", "secret"), ("bob", "hunter2")):
        assert server.run("threads", 16, 50, login, password).fields == ["0"]
    # Each question was on a connection of its own while it lasted.
    assert len({q.connection for q in authd.questions}) >= 2


def test_ends_cleanly(server):
    server.run("auth", "SCRAM-SHA-256", ALICE, "secret")
    assert server.finish() == (0, "")


@pytest.mark.skipif(INSTRUMENTED, reason="valgrind cannot run what has a sanitizer")
@pytest.mark.skipif(shutil.which("valgrind") is None, reason="needs valgrind")
def test_valgrind(server_factory, authd):
    suppressions = Path(__file__).resolve().parent.parent / "lib" / "valgrind.supp"
    server = server_factory(
        *recommended(authd, timeout=5),
        wrapper=("valgrind", "-q", "--error-exitcode=99", "--leak-check=full",
                 "--errors-for-leak-kinds=definite", f"--suppressions={suppressions}"))
    for mechanism in ("PLAIN", "LOGIN", "SCRAM-SHA-256", "CRAM-MD5", "DIGEST-MD5"):
        assert server.run("auth", mechanism, ALICE, "secret").code == "OK"
        assert server.run("auth", mechanism, ALICE, "wrong").code == "BADAUTH"
    assert server.run("auth", "PLAIN", ALICE, "secret", "ali").code == "OK"
    assert server.run("setpass", "carol", "geheim").code == "OK"
    assert server.run("direct", 1, ALICE, "*mail=before", "mail").code == "OK"
    for behave in ("unavail", "denied", "refused", "none", "garbage", "close", "two", "version"):
        authd.behave = behave
        server.run("auth", "SCRAM-SHA-256", ALICE, "secret")
        server.run("lookup", ALICE, "*mail", "mail")
    authd.behave = "answer"
    assert server.run("auth", "SCRAM-SHA-256", ALICE, "secret").code == "OK"
    status, errors = server.finish()
    assert (status, errors) == (0, "")
