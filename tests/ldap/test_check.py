# SPDX-License-Identifier: BSD-2-Clause
"""Password checks: a bind each, and what password policies say."""

import ask
import pytest
from fake_server import BIND_DONE, FakeServer, message, read_request, result
from test_outage import SLACK

ALICE = f"uid=alice,{ask.SUFFIX}"
BOB = f"uid=bob,{ask.SUFFIX}"


def test_right_and_wrong(slapd, make_asker):
    asker = make_asker(slapd.uri)
    for dn, password, verdict in [(ALICE, "correct horse", "right"),
                                  (ALICE, "battery staple", "wrong"),
                                  (BOB, "battery staple", "right"),
                                  (f"uid=nobody,{ask.SUFFIX}", "x", "wrong"),
                                  (ALICE, "correct horse ", "wrong"),
                                  (ALICE, "correct horse", "right")]:
        reply = asker.check(dn, password)
        assert reply["verdict"] == verdict, (dn, password)
        assert reply["answer"] == ("yes" if verdict == "right" else "no")


def test_what_is_never_sent(slapd, make_asker):
    asker = make_asker(slapd.uri)
    mark = slapd.mark()
    assert asker.check(ALICE, "")["verdict"] == "wrong"
    assert asker.check(ALICE, "correct horse\0")["verdict"] == "wrong"
    reply = asker.check("", "anything")
    assert (reply["answer"], reply["error"]) == ("unknown", "no entry is named to bind as")
    assert slapd.log_since(mark) == ""


def test_a_success_leaves_nothing_to_searches(slapd, make_asker):
    """Who was bound for a check does not search, and no check becomes somebody else's."""
    asker = make_asker(slapd.uri, checks=1, connections=1)
    root = asker.check(slapd.root_dn, slapd.root_password)
    assert root["verdict"] == "right"
    reply = asker.search("(uid=alice)", attributes=["userPassword"])
    assert "userPassword" not in reply["entries"][0]


def test_connections_are_used_again_and_are_few(slapd, make_asker):
    asker = make_asker(slapd.uri, checks=3)
    mark = slapd.mark()
    reply = asker.check(ALICE, "correct horse", threads=16, rounds=10)
    assert (reply["yes"], reply["unknown"]) == (160, 0)
    assert 1 <= slapd.log_since(mark).count("ACCEPT from") <= 3
    reply = asker.check(ALICE, "wrong", threads=16, rounds=10)
    assert reply["no"] == 160


def test_restart_costs_no_check(slapd, make_asker):
    asker = make_asker(slapd.uri)
    assert asker.check(ALICE, "correct horse")["answer"] == "yes"
    slapd.restart()
    assert asker.check(ALICE, "correct horse")["answer"] == "yes"
    assert asker.notices == []


def test_away_is_not_wrong(slapd, make_asker):
    asker = make_asker(slapd.uri, timeout_ms=800)
    assert asker.check(ALICE, "correct horse")["answer"] == "yes"
    slapd.pause()
    reply = asker.check(ALICE, "correct horse", threads=8)
    assert (reply["unknown"], reply["slowest"] < 0.8 + SLACK) == (8, True)
    slapd.resume()
    slapd.kill()
    reply = asker.check(ALICE, "correct horse")
    assert reply["answer"] == "unknown"


POLICY_ENTRIES = """
dn: cn=policy,dc=example,dc=org
objectClass: person
objectClass: pwdPolicy
cn: policy
sn: policy
pwdAttribute: userPassword
pwdLockout: TRUE
pwdMaxFailure: 2
pwdMustChange: TRUE
"""


@pytest.fixture
def policy(make_slapd):
    from conftest import ENTRIES
    return make_slapd(modules=("ppolicy",), entries=ENTRIES + POLICY_ENTRIES,
                      database_text="overlay ppolicy\n"
                                    f"ppolicy_default cn=policy,{ask.SUFFIX}\n"
                                    "ppolicy_use_lockout\n")


def test_locked_by_failures(policy, make_asker):
    asker = make_asker(policy.uri)
    assert asker.check(ALICE, "no")["verdict"] == "wrong"
    assert asker.check(ALICE, "no")["verdict"] in ("wrong", "locked")
    assert asker.check(ALICE, "no")["verdict"] == "locked"
    assert asker.check(ALICE, "correct horse")["verdict"] == "locked"
    assert asker.check(BOB, "battery staple")["verdict"] == "right"


def test_must_be_changed(policy, make_asker):
    policy.change(f"dn: {ALICE}\nchangetype: modify\nreplace: pwdReset\npwdReset: TRUE\n")
    reply = make_asker(policy.uri).check(ALICE, "correct horse")
    assert (reply["answer"], reply["verdict"]) == ("no", "must-change")


def answering(code, text):
    """A server that says the same to all binds."""
    def behave(connection, over):
        while not over.is_set():
            msgid, _ = read_request(connection)
            connection.sendall(message(msgid, result(BIND_DONE, code, text)))
    return behave


def windows(data):
    return (f"80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, "
            f"data {data}, v3839")


@pytest.mark.parametrize("code,text,verdict", [
    (49, windows("52e"), "wrong"),
    (49, windows("525"), "wrong"),
    (49, windows("775"), "locked"),
    (49, windows("532"), "expired"),
    (49, windows("533"), "refused"),
    (49, windows("701"), "refused"),
    (49, windows("773"), "must-change"),
    (49, windows("7750"), "wrong"),
    (19, "Exceed password retry limit. Please try later.", "locked"),
    (48, "", "refused"),
    (53, "Account inactivated. Contact system administrator.", "refused"),
])
def test_codes(make_asker, code, text, verdict):
    server = FakeServer(answering(code, text))
    reply = make_asker(server.uri).check(ALICE, "x")
    assert (reply["answer"], reply.get("verdict")) == ("no", verdict)
    server.stop()


@pytest.mark.parametrize("code", [1, 2, 3, 7, 8, 10, 11, 13, 14, 51, 52, 53, 80, 118])
def test_codes_that_tell_nothing_of_the_password(make_asker, code):
    server = FakeServer(answering(code, "some\x07text"))
    reply = make_asker(server.uri).check(ALICE, "x")
    assert reply["answer"] == "unknown"
    assert reply["error"].startswith(f"{server.uri}: ")
    assert r"(some\x07text)" in reply["error"]
    server.stop()
