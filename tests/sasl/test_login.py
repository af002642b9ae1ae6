# SPDX-License-Identifier: BSD-2-Clause
"""Who gets in, by which name, and what that asks of authd."""

import pytest

from conftest import recommended
from fake_authd import (CANON, CLIENT, LOGIN, LOOKUP, NAME, OK, REALM, SERVICE, VALUE, digest_md5,
                        pack)

SCRAM = ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"]
CHALLENGE = ["CRAM-MD5", "DIGEST-MD5"]
SENT = ["PLAIN", "LOGIN"]
MECHANISMS = SENT + SCRAM + CHALLENGE

ALICE = "alice@example.org"


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_right_and_wrong(server, mechanism):
    right = server.run("auth", mechanism, ALICE, "secret")
    assert (right.code, right.fields[0]) == ("OK", ALICE)
    assert server.run("auth", mechanism, ALICE, "hunter2").code == "BADAUTH"
    assert server.run("auth", mechanism, ALICE, "secret").code == "OK"


@pytest.mark.parametrize("mechanism", SENT + SCRAM + ["CRAM-MD5"])
@pytest.mark.parametrize("typed", ["alice", "ALICE", "  alice ", "Ali", "ali@Example.ORG",
                                   "Alice@example.org"])
def test_spellings(server, mechanism, typed):
    """{auth_authen}, the log and the milter see the one canonical name."""
    answer = server.run("auth", mechanism, typed, "secret")
    assert (answer.code, answer.fields[0]) == ("OK", ALICE)


@pytest.mark.parametrize("mechanism", SENT + SCRAM)
@pytest.mark.parametrize("typed", ["a@b@c", "al\x01ice", " "])
def test_never_a_login(server, mechanism, typed):
    assert server.run("auth", mechanism, typed, "secret").code in ("BADPROT", "FAIL")


@pytest.mark.parametrize("mechanism", SENT + SCRAM)
def test_unknown_is_like_known(server, mechanism):
    """The same code at the same step: the client cannot tell."""
    known = server.run("auth", mechanism, ALICE, "wrong")
    unknown = server.run("auth", mechanism, "mallory@example.org", "wrong")
    # A code for the server's and a code for the client's last step.
    assert (unknown.code, unknown.fields[1]) == (known.code, known.fields[1])
    assert unknown.log == known.log


@pytest.mark.parametrize("mechanism", ["PLAIN", *SCRAM, "DIGEST-MD5"])
def test_authzid(server, mechanism):
    assert server.run("auth", mechanism, ALICE, "secret", "bob@example.org").code == "BADAUTH"
    assert server.run("auth", mechanism, ALICE, "hunter2", "bob@example.org").code == "BADAUTH"
    same = server.run("auth", mechanism, ALICE, "secret", "ali")
    assert (same.code, same.fields[0]) == ("OK", ALICE)


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_questions(server, authd, mechanism):
    """Two questions a login: the name, then the lookup that also tells whose client it is."""
    assert server.run("auth", mechanism, ALICE, "secret").code == "OK"
    canon, lookup = authd.questions
    assert canon.kind == CANON and canon.fields == [(LOGIN, ALICE.encode())]
    assert lookup.kind == LOOKUP and lookup.fields[:3] == [
        (LOGIN, ALICE.encode()), (CLIENT, b"192.0.2.7"), (SERVICE, b"smtp")]
    wanted = {"PLAIN": [], "LOGIN": [], "CRAM-MD5": [b"cmusaslsecretCRAM-MD5"],
              "DIGEST-MD5": [b"cmusaslsecretDIGEST-MD5"]}.get(mechanism, [b"authPassword"])
    assert lookup.all(NAME) == wanted
    assert lookup.pid == canon.pid == server.process.pid
    assert len(authd.checks) == (mechanism in SENT)


def test_connections_stay_open(server, authd):
    for _ in range(20):
        assert server.run("auth", "SCRAM-SHA-256", ALICE, "secret").code == "OK"
    assert len({q.connection for q in authd.questions}) == 2 # canonuser's and auxprop's


def test_no_plaintext(server_factory, authd):
    """Neither asked for nor taken: libsasl would take any value for the password itself."""
    server = server_factory(*[o for o in recommended(authd) if "pwcheck" not in o],
                            "pwcheck_method=auxprop")
    assert server.run("auth", "PLAIN", ALICE, "secret").code == "NOUSER"
    assert not any(name in (b"userPassword", b"cmusaslsecretPLAIN")
                   for q in authd.questions for name in q.all(NAME))
    authd.behave = lambda q: pack(OK, [(LOGIN, ALICE.encode())] if q.kind == CANON else
                                  [(NAME, b"userPassword"), (VALUE, b"secret")])
    assert server.run("auth", "PLAIN", ALICE, "secret").code == "UNAVAIL"
    assert server.run("auth", "SCRAM-SHA-256", ALICE, "secret").code == "UNAVAIL"


@pytest.mark.parametrize("remote, client", [
    ("192.0.2.7;25", b"192.0.2.7"), ("2001:db8::7;4711", b"2001:db8::7"), ("", None)])
def test_client(server, authd, remote, client):
    server.run("remote", remote)
    server.run("auth", "PLAIN", ALICE, "secret")
    assert authd.questions[-1].first(CLIENT) == client


def test_realm(server, authd):
    """smtpd_sasl_local_domain; CRAM-MD5 and DIGEST-MD5 among others give it apart."""
    server.run("realm", "example.net")
    authd.add(b"alice@example.net", b"other",
              cmusaslsecretDIGEST=[], realm=b"example.net")
    answer = server.run("auth", "SCRAM-SHA-256", "alice", "other")
    assert (answer.code, answer.fields[0]) == ("OK", "alice@example.net")
    assert authd.questions[0].first(REALM) == b"example.net"


def test_digest_md5_is_bound_to_the_typed_name(server, authd):
    """RFC 2831 hashes the name as the client sends it, and the realm that the server offers."""
    assert server.run("auth", "DIGEST-MD5", "alice", "secret").code == "BADAUTH"
    authd.accounts[b"alice@example.org"].properties[b"cmusaslsecretDIGEST-MD5"] = [
        digest_md5(b"alice", b"mail.example.org", b"secret")]
    assert server.run("auth", "DIGEST-MD5", "alice", "secret").code == "OK"


def test_without_canonuser(server_factory, authd):
    """authd gets the name as libsasl has it, and finds the account all the same."""
    server = server_factory(*[o for o in recommended(authd) if "canon_user" not in o])
    answer = server.run("auth", "SCRAM-SHA-256", "Alice@EXAMPLE.org", "secret")
    assert (answer.code, answer.fields[0]) == ("OK", "Alice@EXAMPLE.org")
    assert [q.kind for q in authd.questions] == [LOOKUP]


def test_long_names(server, authd):
    login = "a" * 1000 + "@example.org"
    authd.add(login.encode(), b"secret")
    assert server.run("auth", "SCRAM-SHA-256", login, "secret").code == "OK"
    # libsasl has room for 1024 bytes.
    authd.behave = lambda q: pack(OK, [(LOGIN, b"a" * 1023)])
    assert server.run("checkpass", "alice", "secret").fields[0] == "a" * 1023
    for size in (1024, 1025, 9000):
        authd.behave = lambda q, size=size: pack(OK, [(LOGIN, b"a" * size)])
        assert server.run("checkpass", "alice", "secret").code == "BUFOVER"


def test_client_side(server_factory, authd):
    """A program that logs in elsewhere trims, and asks nobody."""
    server = server_factory(*recommended(authd), "client:canon_user_plugin=sendas")
    assert server.run("auth", "SCRAM-SHA-256", "  ali ", "secret").code == "OK"
    assert [q.first(LOGIN) for q in authd.questions] == [b"ali", b"alice@example.org"]
    assert server.run("auth", "SCRAM-SHA-256", " ", "secret").code == "NOTDONE"
