# SPDX-License-Identifier: BSD-2-Clause
"""Servers that send what they should not."""

import os

import pytest

import ask
from fake_server import SEARCH_DONE, FakeServer, entry, message, read_request, result, tlv
from test_outage import SLACK

SEARCH_REQUEST = 0x63


def searched(reply):
    """A server whose answer to a search is what reply(msgid) returns."""
    def behave(connection, over):
        while not over.is_set():
            msgid, tag = read_request(connection)
            if tag == SEARCH_REQUEST:
                connection.sendall(reply(msgid))
    return behave


def done(msgid, code=0, text=""):
    return message(msgid, result(SEARCH_DONE, code, text))


GOOD = entry("uid=a", mail=[b"x"])

CASES = {
    "no BER": lambda n: b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "noise": lambda n: os.urandom(4000),
    "huge length": lambda n: b"\x30\x84\x7f\xff\xff\xff" + b"x" * 100,
    "indefinite length": lambda n: b"\x30\x80" + b"\0" * 50,
    "message of another": lambda n: done(n + 1000),
    "message of nobody": lambda n: done(0),
    "negative id": lambda n: tlv(0x30, b"\x02\x01\xff", result(SEARCH_DONE)),
    "an operation that is none": lambda n: message(n, tlv(0x7e)),
    "half an entry": lambda n: message(n, GOOD[:-3]),
    "an entry and no end": lambda n: message(n, GOOD),
    "a notice of disconnection": lambda n: message(0, result(0x78, 52)),
}


@pytest.mark.parametrize("case", CASES)
def test_no_answer_is_made_of_it(make_asker, case):
    server = FakeServer(searched(CASES[case]))
    asker = make_asker(server.uri, timeout_ms=500)
    for _ in range(2):
        reply = asker.search("(uid=a)", threads=4)
        assert reply["unknown"] == 4
        assert reply["slowest"] < 0.5 + SLACK
        assert "\n" not in reply["error"]
    server.stop()


@pytest.mark.parametrize("code", [1, 3, 4, 10, 11, 50, 51, 52, 53, 80])
def test_errors_are_no_answer(make_asker, code):
    """Not even with an entry before them: it is not known to be all."""
    server = FakeServer(searched(lambda n: message(n, GOOD) + done(n, code, "because")))
    reply = make_asker(server.uri).search("(uid=a)")
    assert reply["answer"] == "unknown"
    assert reply["error"].startswith(f"{server.uri}: ")
    assert "(because)" in reply["error"]
    server.stop()


@pytest.mark.parametrize("code", [51, 52, 53])
def test_another_server_may_do_better(slapd, make_asker, code):
    server = FakeServer(searched(lambda n: done(n, code)))
    reply = make_asker(server.uri, slapd.uri).search("(uid=alice)")
    assert (reply["answer"], reply["server"]) == ("yes", slapd.uri)
    server.stop()


def test_references_are_passed_over(make_asker):
    """A search of Active Directory's root ends with them."""
    other = reference("ldap://other.example.org/dc=other")
    server = FakeServer(searched(
        lambda n: message(n, other) + message(n, GOOD) + message(n, other) + done(n)))
    reply = make_asker(server.uri).search("(uid=a)")
    assert (reply["answer"], len(reply["entries"])) == ("yes", 1)
    server.stop()
    server = FakeServer(searched(lambda n: message(n, other) + done(n)))
    assert make_asker(server.uri).search("(uid=a)")["answer"] == "no"
    server.stop()


def reference(*uris):
    return tlv(0x73, *[tlv(4, uri.encode()) for uri in uris])


def referral(msgid, *uris):
    """A result that is a referral (10), with its URIs."""
    body = tlv(SEARCH_DONE, tlv(10, b"\x0a"), tlv(4), tlv(4),
               tlv(0xa3, *[tlv(4, uri.encode()) for uri in uris]))
    return message(msgid, body)


def test_references_are_followed_if_so_set(slapd, make_asker):
    base = f"/{ask.SUFFIX}"
    closed = FakeServer(lambda connection, over: None)
    server = FakeServer(searched(
        lambda n: message(n, GOOD) + message(n, reference(closed.uri + base,
                                                          slapd.uri + base)) + done(n)))
    reply = make_asker(server.uri, chase_referrals=True).search("(uid=alice)")
    assert reply["answer"] == "yes", reply
    assert [e["dn"] for e in reply["entries"]] == ["uid=a", f"uid=alice,{ask.SUFFIX}"]
    assert make_asker(server.uri, chase_referrals=True).search(
        "(uid=alice)", limit=1)["error"] == f"{server.uri}: Size limit exceeded"
    server.stop()

    # With a scope and a filter of its own.
    server = FakeServer(searched(lambda n: message(n, reference(
        f"{slapd.uri}{base}??one?(uid=bob)")) + done(n)))
    reply = make_asker(server.uri, chase_referrals=True).search("(uid=alice)")
    assert [e["dn"] for e in reply["entries"]] == [f"uid=bob,{ask.SUFFIX}"]
    server.stop()

    server = FakeServer(searched(lambda n: referral(n, slapd.uri + base)))
    asker = make_asker(server.uri, chase_referrals=True)
    assert asker.search("(uid=alice)", threads=8)["yes"] == 8
    assert asker.search("(uid=nobody)")["answer"] == "no"
    assert make_asker(server.uri).search("(uid=alice)")["answer"] == "unknown"
    server.stop()
    closed.stop()


def test_references_that_lead_nowhere(make_asker):
    """What is behind them is not known: no answer, and in time."""
    silent = FakeServer(lambda connection, over: over.wait(30))
    for uri in ("http://example.org/", "ldap://127.0.0.1:1/dc=x", silent.uri, "rubbish"):
        server = FakeServer(searched(
            lambda n, uri=uri: message(n, GOOD) + message(n, reference(uri)) + done(n)))
        asker = make_asker(server.uri, chase_referrals=True, timeout_ms=700)
        reply = asker.search("(uid=a)")
        assert reply["answer"] == "unknown"
        assert reply["error"].startswith(f"{server.uri}: it refers to {uri}: ")
        assert reply["seconds"] < 0.7 + SLACK
        server.stop()
    silent.stop()


def test_references_in_a_circle(make_asker):
    server = FakeServer(searched(lambda n: referral(n, server.uri)))
    reply = make_asker(server.uri, chase_referrals=True).search("(uid=a)")
    assert reply["error"] == f"{server.uri}: it refers to {server.uri}: too many referrals"
    server.stop()
    server = FakeServer(searched(
        lambda n: message(n, reference(server.uri)) * 3 + done(n)))
    reply = make_asker(server.uri, chase_referrals=True).search("(uid=a)")
    assert reply["answer"] == "unknown"
    server.stop()


def test_more_than_was_asked_for(make_asker):
    server = FakeServer(searched(lambda n: message(n, GOOD) * 3 + done(n)))
    reply = make_asker(server.uri).search("(uid=a)", limit=2)
    assert reply["error"] == f"{server.uri}: Size limit exceeded"
    server.stop()


def test_values_of_any_bytes(make_asker):
    server = FakeServer(searched(
        lambda n: message(n, entry("uid=a", mail=["ä".encode(), b"a\0b", b""])) + done(n)))
    reply = make_asker(server.uri).search("(uid=a)")
    assert reply["entries"][0]["mail"] == ["ä", "a\0b", ""]
    server.stop()


def test_many_entries(make_asker):
    body = [None]

    def reply(n):
        body[0] = b"".join(message(n, entry(f"uid={i}", mail=[b"x" * 200]))
                           for i in range(3000))
        return body[0] + done(n)

    server = FakeServer(searched(reply))
    answer = make_asker(server.uri).search("(uid=a)")
    assert (answer["answer"], len(answer["entries"])) == ("yes", 3000)
    server.stop()
