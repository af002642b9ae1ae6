# SPDX-License-Identifier: BSD-2-Clause
"""Whatever happens to authd, a client is told that it is temporary, and within the deadline."""

import socket
import time

import pytest

from conftest import recommended
from fake_authd import CANON, LOGIN, LOOKUP, NAME, OK, VALUE, pack

MECHANISMS = ["PLAIN", "LOGIN", "SCRAM-SHA-256", "CRAM-MD5", "DIGEST-MD5"]
DEADLINE = 1.0 # sendas_timeout of the fixtures
SLACK = 10 # the machine may be busy
ALICE = "alice@example.org"

# What authd does; the least and the most seconds; what the log must say.
ROWS = {
    "hang": (DEADLINE, DEADLINE, "cannot wait for sendas-authd"),
    "stall": (DEADLINE, DEADLINE, "cannot wait for sendas-authd"),
    "dribble": (DEADLINE, DEADLINE, "cannot wait for sendas-authd"),
    "close": (0, 0, "cannot wait for sendas-authd"),
    "die": (0, 0, "sendas-authd"),
    "garbage": (0, 0, "cannot understand sendas-authd"),
    "version": (0, 0, "cannot understand sendas-authd"),
    "two": (0, 0, "cannot understand sendas-authd"),
    "unavail": (0, 0, "sendas-authd could not tell: because\\x0a\\x1b[31m\\xff of the test"),
    "denied": (0, 0, "sendas-authd refuses to serve this process"),
}


def check(answer, least, most, text, slack=SLACK):
    assert answer.code == "UNAVAIL", answer
    assert least * 0.95 <= answer.seconds < most + slack
    ours = [line for line in answer.log if "sendas:" in line]
    assert len(ours) == 1 and text in ours[0], answer.log
    assert ours[0].startswith("log 1 ") # SASL_LOG_ERR: what Postfix logs


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("behave", ROWS)
def test_canonical_name(server, authd, behave, mechanism):
    authd.behave = behave
    check(server.run("auth", mechanism, ALICE, "secret"), *ROWS[behave])
    assert not authd.checks


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("behave", ROWS)
def test_lookup(server_factory, authd, behave, mechanism):
    """The lookup alone keeps libsasl from waiting on the saslauthd socket without end."""
    server = server_factory(*[o for o in recommended(authd) if "canon_user" not in o])
    authd.behave = behave
    authd.mux_behave = "hang"
    check(server.run("auth", mechanism, ALICE, "secret"), *ROWS[behave])
    assert not authd.checks


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_between_the_two(server_factory, authd, mechanism):
    """authd hangs after it has said the name: still one deadline."""
    deadline = 4
    server = server_factory(*recommended(authd, timeout=deadline))
    def behave(question):
        authd.behave = "hang"
        return authd._answer(question)
    authd.behave = behave
    check(server.run("auth", mechanism, ALICE, "secret"), deadline, deadline, "wait for",
          slack=deadline * 0.9)
    assert not authd.checks


@pytest.mark.parametrize("unlink, text", [(True, "No such file or directory"),
                                          (False, "Connection refused")])
@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_no_daemon(server, authd, mechanism, unlink, text):
    authd.stop(unlink)
    answer = server.run("auth", mechanism, ALICE, "secret")
    check(answer, 0, 0, f"cannot connect to sendas-authd ({authd.lookup}): {text}")


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_stopped_daemon(server, authd, mechanism):
    """It listens and accepts nothing, as after SIGSTOP; then not even its queue has room."""
    authd.stop()
    authd.start(backlog=0, accept=False)
    check(server.run("auth", mechanism, ALICE, "secret"), DEADLINE, DEADLINE, "wait for")
    waiting = []
    for _ in range(3):
        waiting.append(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        waiting[-1].setblocking(False)
        try:
            waiting[-1].connect(str(authd.lookup))
        except BlockingIOError:
            break
    answer = server.run("auth", mechanism, ALICE, "secret")
    assert answer.code == "UNAVAIL" and DEADLINE * 0.95 < answer.seconds < DEADLINE + SLACK
    for sock in waiting:
        sock.close()


def test_one_line_an_outage(server, authd):
    authd.behave = "unavail"
    assert len(server.run("auth", "PLAIN", ALICE, "secret").log) == 1
    for behave in ("close", "garbage", "denied", "unavail"):
        authd.behave = behave
        answer = server.run("auth", "PLAIN", ALICE, "secret")
        assert (answer.code, answer.log) == ("UNAVAIL", [])
    authd.behave = "answer"
    assert server.run("auth", "PLAIN", ALICE, "secret").code == "OK"
    authd.behave = "unavail"
    assert len(server.run("auth", "PLAIN", ALICE, "secret").log) == 1


@pytest.mark.parametrize("unlink", [True, False])
def test_restart(server, authd, unlink):
    """Connections of before the restart do not cost a login."""
    for _ in range(3):
        assert server.run("auth", "SCRAM-SHA-256", ALICE, "secret").code == "OK"
        authd.stop(unlink)
        authd.start()
    assert server.run("auth", "PLAIN", ALICE, "secret").log == []
    authd.stop(unlink)
    assert server.run("auth", "PLAIN", ALICE, "secret").code == "UNAVAIL"
    authd.start()
    assert server.run("auth", "PLAIN", ALICE, "secret").code == "OK"


def test_late_answers(server, authd):
    """What comes after the deadline answers nothing."""
    assert server.run("auth", "PLAIN", ALICE, "secret").code == "OK"
    authd.behave, authd.delay = "late", DEADLINE + 0.3
    assert server.run("auth", "PLAIN", "bob@example.org", "hunter2").code == "UNAVAIL"
    authd.behave = "answer"
    time.sleep(0.5)
    answer = server.run("auth", "PLAIN", ALICE, "secret")
    assert (answer.code, answer.fields[0]) == ("OK", ALICE)


def test_slow_is_not_out(server, authd):
    authd.behave, authd.delay = "late", 0.2
    assert server.run("auth", "SCRAM-SHA-256", ALICE, "secret").code == "OK"


def test_several_sockets(server_factory, authd, directory):
    """One of them may exist in a chroot only."""
    options = [o for o in recommended(authd) if not o.startswith("sendas_socket")]
    server = server_factory(*options,
                            f"sendas_socket={directory}/elsewhere  {authd.lookup}\t/nowhere")
    answer = server.run("auth", "PLAIN", ALICE, "secret")
    assert (answer.code, answer.log) == ("OK", [])


def test_refused(server, authd):
    """Only a login that can never be is told for good."""
    authd.behave = "refused"
    assert server.run("auth", "PLAIN", ALICE, "secret").code == "BADPROT"
    authd.behave = lambda q: authd._answer(q) if q.kind == CANON else pack(3, [])
    assert server.run("auth", "SCRAM-SHA-256", ALICE, "secret").code == "NOUSER"


def test_unknown_login(server, authd):
    """An authd that says "none" to a lookup says no more than one without values."""
    authd.behave = lambda q: authd._answer(q) if q.kind == CANON else pack(2, [])
    assert server.run("auth", "PLAIN", ALICE, "secret").code == "OK" # saslauthd decides
    assert server.run("lookup", ALICE, "*mail").properties()["*mail"] == []


NONSENSE = {
    "a value of nothing": [(VALUE, b"x")],
    "a property nobody asked for": [(NAME, b"other"), (VALUE, b"x")],
    "a star": [(NAME, b"*authPassword"), (VALUE, b"x")],
    "an empty name": [(NAME, b""), (VALUE, b"x")],
    "a name with more": [(NAME, b"authPassword\0"), (VALUE, b"x")],
}


@pytest.mark.parametrize("fields", NONSENSE.values(), ids=NONSENSE)
def test_nonsense(server, authd, fields):
    authd.behave = lambda q: authd._answer(q) if q.kind == CANON else pack(OK, fields)
    answer = server.run("auth", "SCRAM-SHA-256", ALICE, "secret")
    check(answer, 0, 0, "cannot understand")


@pytest.mark.parametrize("login", [[], [(LOGIN, b"")], [(LOGIN, b"al\0ice")]])
def test_nonsense_name(server, authd, login):
    authd.behave = lambda q: pack(OK, login)
    check(server.run("auth", "PLAIN", ALICE, "secret"), 0, 0, "cannot understand")


@pytest.mark.parametrize("mechanism, size", [("CRAM-MD5", 32), ("DIGEST-MD5", 16)])
@pytest.mark.parametrize("change", [-1, 1, -1000])
def test_challenge_secret_of_another_size(server, authd, mechanism, size, change):
    """libsasl would read as many bytes as there should be."""
    name = f"cmusaslsecret{mechanism}".encode()
    authd.accounts[b"alice@example.org"].properties[name] = [b"\0" * max(0, size + change)]
    check(server.run("auth", mechanism, ALICE, "secret"), 0, 0, "cannot understand")


def test_unknown_fields_are_skipped(server, authd):
    """A newer authd may say more."""
    def behave(question):
        reply = authd._answer(question)
        extra = bytes([200, 0, 1]) + b"x"
        size = int.from_bytes(reply[:2], "big") + len(extra)
        return size.to_bytes(2, "big") + reply[2:] + extra
    authd.behave = behave
    assert server.run("auth", "SCRAM-SHA-256", ALICE, "secret").code == "OK"
    assert {q.kind for q in authd.questions} == {CANON, LOOKUP}
