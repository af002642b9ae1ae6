# SPDX-License-Identifier: BSD-2-Clause
"""The questions of the SASL plugin and of sendasctl."""

import os

import pytest

from authd import PASSWORD
from authd_client import (CANON, DENIED, LOGIN, LOOKUP, NAME, NONE, OK, REFUSED, TEXT,
                          Wire, as_other_user, wire_message)

NOBODY = 65534


@pytest.mark.parametrize("login, realm, canonical", [
    ("alice", None, b"alice@example.org"),
    ("  Alice ", None, b"alice@example.org"),
    ("alice", "example.com", b"alice@example.com"),
    ("ALICE@EXAMPLE.ORG", None, b"alice@example.org"),
    ("nobody", None, b"nobody@example.org"),
])
def test_canon(shared, login, realm, canonical):
    with shared.wire() as wire:
        reply = wire.canon(login, realm)
        assert (reply.status, reply.first(LOGIN)) == (OK, canonical)
        again = wire.canon(canonical)
        assert again.first(LOGIN) == canonical


@pytest.mark.parametrize("login", ["a@b@c", "al\x01ice", "a\0b", "@x", "", b"\xff"])
def test_canon_refused(shared, login):
    with shared.wire() as wire:
        assert wire.canon(login).status == REFUSED
        assert wire.lookup(login, "authPassword").status == REFUSED


def test_scram_verifier(shared):
    with shared.wire() as wire:
        values = wire.lookup("alice", "authPassword").values()["authPassword"]
    assert shared.change("show alice@example.org").strip().encode() in values


def test_unknown_login_looks_like_a_known_one(shared):
    """The same mechanisms at the same cost, the same each time, and nobody else's."""
    def shape(value):
        mechanism, cost, stored = value.split(b"$")
        return mechanism, cost.split(b":")[0], [len(part) for part in stored.split(b":")]
    with shared.wire() as wire:
        known = wire.lookup("alice", "authPassword").values()["authPassword"]
        unknown = wire.lookup("nobody", "authPassword").values()["authPassword"]
        again = wire.lookup("nobody", "authPassword").values()["authPassword"]
        other = wire.lookup("nobody2", "authPassword").values()["authPassword"]
    assert unknown == again and unknown != other
    assert sorted(map(shape, known)) == sorted(map(shape, unknown))


def test_health(shared):
    with shared.wire() as wire:
        for login in ("alice", "nobody"):
            reply = wire.lookup(login, client="192.0.2.7")
            assert (reply.status, reply.fields) == (OK, [])


def test_many_questions_on_one_connection(shared):
    with shared.wire() as wire:
        for number in range(300):
            assert wire.canon(f"user{number}").first(LOGIN) == \
                f"user{number}@example.org".encode()


def test_questions_sent_at_once_are_answered_in_order(shared):
    with shared.wire() as wire:
        wire.sock.sendall(b"".join(wire_message(CANON, [(LOGIN, f"user{number}")])
                                   for number in range(100)))
        for number in range(100):
            assert wire.receive().first(LOGIN) == f"user{number}@example.org".encode()


def test_unknown_question(shared):
    with shared.wire() as wire:
        assert wire.ask(15).status == REFUSED
        assert wire.ask(LOOKUP, [(NAME, "authPassword")]).status == REFUSED
        assert wire.canon("alice").status == OK


def test_store(authd_factory):
    daemon = authd_factory()
    with daemon.wire() as wire:
        assert wire.store("dave", "first").status == NONE
        assert wire.store("dave", "first", create=True).status == OK
        assert daemon.login("dave", "first") == "OK"
        assert wire.store("dave", "second").status == OK
        assert daemon.login("dave", "first") == "NO"
        assert daemon.login("dave", "second") == "OK"
        assert wire.store("dave", b"\0", create=True).status == REFUSED
        assert wire.store("alice", "").status == REFUSED
        assert wire.store("dave").status == OK
        assert daemon.login("dave", "second") == "NO"
        assert wire.store("nobody").status == NONE
    assert daemon.login() == "OK"
    assert len(daemon.log_lines("login=dave@example.org .*result=stored")) == 2
    assert "second" not in daemon.log_text()


@pytest.mark.skipif(os.getuid() != 0, reason="needs another user")
def test_others_may_look_up_only(authd_factory, directory):
    daemon = authd_factory('socket_mode = "0666"')
    os.chmod(directory, 0o755)
    os.chmod(daemon.dir, 0o755)

    def ask():
        with Wire(daemon.socket) as wire:
            return [wire.canon("alice").status,
                    wire.lookup("alice", "authPassword").status,
                    wire.store("alice", "mine").status,
                    wire.store("eve", "mine", create=True).status,
                    wire.unlock("alice").status,
                    wire.unlock(client="192.0.2.7").status,
                    wire.ask(5).status]
    assert as_other_user(NOBODY, ask) == str([OK, OK] + [DENIED] * 5)
    assert daemon.login() == "OK"
    assert daemon.login("eve", "mine") == "NO"


@pytest.mark.skipif(os.getuid() != 0, reason="needs other users")
def test_peers(authd_factory, directory):
    daemon = authd_factory('socket_mode = "0666"\npeers = { "nobody", 4711 }')
    os.chmod(directory, 0o755)
    os.chmod(daemon.dir, 0o755)

    def ask():
        with Wire(daemon.socket, timeout=5) as wire:
            return wire.canon("alice").status
    assert as_other_user(NOBODY, ask) == str(OK)
    assert as_other_user(4711, ask) == str(OK)
    assert as_other_user(NOBODY, daemon.login) == "OK"
    for _ in range(5):
        refused = as_other_user(4712, ask)
        assert refused.split(":")[0] in ("EOFError", "ConnectionResetError",
                                         "BrokenPipeError")
    refused = as_other_user(4712, daemon.login)
    assert refused.split(":")[0] in ("ValueError", "ConnectionResetError",
                                     "BrokenPipeError")
    assert daemon.login() == "OK"  # root is always let in
    assert len(daemon.log_lines("refused process .* of user id 4712")) == 1


def test_text_says_why(shared):
    with shared.wire() as wire:
        assert wire.ask(15).first(TEXT)
    assert PASSWORD not in shared.log_text()
