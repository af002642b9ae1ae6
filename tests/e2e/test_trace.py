# SPDX-License-Identifier: BSD-2-Clause
"""What a delivered message looks like: unchanged, with our Received below the MTA's own."""

import datetime
import re

import pytest
from conftest import every_mta, postfix_only
from lib import smtp
from lib.office import must
from lib.postfix import ACCOUNTS, HOSTNAME
from lib.trace import Received

pytestmark = every_mta

ALICE = "From: Alice <alice@example.org>"


def stamp(message):
    """Our Received of a delivered message: the second field, directly below the MTA's own."""
    first, second = message.fields()[:2]
    assert first.startswith(b"Received:") and b"(sendas)" not in first
    assert f"by {HOSTNAME} (".encode() in first
    assert b"(sendas)" in second, message.data.decode()
    assert len([f for f in message.fields("Received") if b"(sendas)" in f]) == 1
    return Received(second)


@pytest.mark.parametrize("body", [
    b"Hello.\r\n",
    b"",
    b".\r\n..\r\n.x\r\n",
    b"\xc3\xa4\xff\x80 8 bit\r\n",
    b"long line " + b"x" * 900 + b"\r\n",
    b"\r\n\r\nFrom nobody\r\n>From\r\n\r\n",
], ids=lambda b: repr(b)[:20])
def test_message_arrives_unchanged(office, milter, body):
    """But for the two Received fields in front, byte for byte."""
    header = (b"X-First:  two blanks\r\nfRoM:alice@example.org\r\n"
              b"Date: Sat, 21 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@example.org>\r\n"
              b"Subject: folded\r\n\there \r\n  and there\r\nX-Empty:\r\n"
              b"X-Long: " + b"y" * 900 + b"\r\nReceived: from a by b; not ours\r\n")
    message = header + b"\r\n" + body
    arrived = office.delivered(office.send("alice", "alice@example.org", message))
    stamp(arrived)
    prefix = b"".join(f + b"\r\n" for f in arrived.fields()[:2])
    assert arrived.data == prefix + message


@pytest.mark.parametrize("mail_from, sender", [
    ("sales@example.org", b"Sender: sales@example.org"),
    ("", b"Sender: alice@example.org"),
])
def test_sender_added_for_several_authors(office, milter, mail_from, sender):
    """RFC 5322 wants one; a message that has one keeps it, and one author needs none."""
    authors = "From: Alice <alice@example.org>, Sales <sales@example.org>"
    arrived = office.delivered(office.send("alice", mail_from, [authors]))
    assert arrived.fields("Sender") == [sender]
    assert arrived.fields("From") == [authors.encode()]
    stamp(arrived)
    own = "Sender: Alice <alice@example.org>"
    arrived = office.delivered(office.send("alice", mail_from, [authors, own]))
    assert arrived.fields("Sender") == [own.encode()]
    assert office.delivered(office.send("alice", mail_from, [ALICE])).fields("Sender") == []


def test_stamp_of_a_login(office, milter):
    before = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    client = office.connect("alice")
    sent = office.send(client, "alice@example.org", [ALICE])
    received = stamp(office.delivered(sent))
    assert received.with_ == "ESMTPSA"
    assert received.helo == "client.example.org"
    assert (received.name, received.addr) == ("localhost", "[127.0.0.1]")
    assert received.by == HOSTNAME
    assert received.id == sent.queue_id
    assert received.tls == client.socket.cipher()[0]
    now = datetime.datetime.now(datetime.timezone.utc)
    assert before <= received.when <= now + datetime.timedelta(seconds=1)
    assert "alice" not in received.text  # received.login = none is the default


@pytest.mark.parametrize("service, login, tls, parameters, keyword", [
    ("submission", "alice", True, "", "ESMTPSA"),
    ("submission", "alice", False, "", "ESMTPA"),
    ("submission", "alice", True, "SMTPUTF8", "UTF8SMTPSA"),
    ("submission", "alice", False, "BODY=8BITMIME SMTPUTF8", "UTF8SMTPA"),
    ("relay", None, True, "", "ESMTPS"),
    ("relay", None, False, "SIZE=1000", "ESMTP"),
    ("relay", None, True, "SMTPUTF8", "UTF8SMTPS"),
])
def test_keyword(office, milter, service, login, tls, parameters, keyword):
    client = office.connect(login, service, tls=tls)
    sent = office.send(client, "alice@example.org", [ALICE], parameters=parameters)
    if "SMTPUTF8" in parameters and office.mta.name == "sendmail":  # Debian's knows it not
        assert sent.reply.code == 555, sent
        return
    received = stamp(office.delivered(sent))
    assert received.with_ == keyword
    assert (received.tls is not None) is tls


def test_keyword_of_helo(office, milter):
    """Plain old SMTP."""
    client = smtp.Client(office.mta.port("relay"))
    must(client.helo("old.example.org"))
    received = stamp(office.delivered(office.send(client, "alice@example.org", [ALICE])))
    client.quit()
    assert (received.with_, received.tls, received.helo) == ("SMTP", None, "old.example.org")


@postfix_only
def test_keyword_does_not_stick(office, milter):
    """SMTPUTF8 of one message is not the next one's."""
    client = office.connect("alice")
    for parameters, keyword in (("SMTPUTF8", "UTF8SMTPSA"), ("", "ESMTPSA")):
        sent = office.send(client, "alice@example.org", [ALICE], parameters=parameters)
        received = stamp(office.delivered(sent))
        assert (received.with_, received.id) == (keyword, sent.queue_id)


@pytest.mark.parametrize("helo", [
    "a) by evil",
    "a) by evil.example (x",
    "x (comment",
    "a;Thu, 1 Jan 1970 00:00:00 +0000",
    "a\\",
    '"quoted"',
    "[127.0.0.1]) with ESMTPSA (",
    "[IPv6:2001:db8::1]",
    "[10.1.2.3]",
    "ümlaut.example",
    "-",
    "a" * 400,
    "a.b" * 200,
    "%s%n",
    "with",
    "a\tb",
])
def test_hostile_helo(office, milter, helo):
    """Whatever stands in HELO: the field keeps its grammar, and its other parts their values."""
    client = office.connect()
    if not client.ehlo(helo).ok:
        assert office.mta.name == "sendmail"  # which takes no name like this
        return
    must(client.auth_plain("alice", ACCOUNTS["alice"]))
    sent = office.send(client, "alice@example.org", [ALICE])
    received = stamp(office.delivered(sent))
    assert (received.by, received.with_, received.id) == (HOSTNAME, "ESMTPSA", sent.queue_id)
    assert received.addr == "[127.0.0.1]"
    assert received.when.year > 2000


@pytest.mark.parametrize("show", ["full", "hashed", "none"])
def test_login_as_chosen(office, own_milter, show):
    own_milter.configure({"received": {
        "login": show, "hash_key_file": f"{own_milter.directory}/store/key"}})
    own_milter.start()
    tokens = []
    for login in ("alice", "alice", "bob"):
        client = office.connect(login, "own")
        received = stamp(office.delivered(
            office.send(client, f"{login}@example.org", [f"From: {login}@example.org"])))
        match = re.search(r"\(Authenticated sender: ([^()]*)\)", received.text)
        tokens.append(match.group(1) if match else None)
    if show == "full":
        assert tokens == ["alice@example.org", "alice@example.org", "bob@example.org"]
    elif show == "hashed":
        assert tokens[0] == tokens[1] != tokens[2]
        assert re.fullmatch(r"h1-[0-9a-f]{32}", tokens[0])
    else:
        assert tokens == [None] * 3


def test_hash_needs_the_key(office, own_milter):
    """Another key, another token; the same key after a restart, the same token."""
    def token(key):
        own_milter.configure({"received": {
            "login": "hashed", "hash_key_file": f"{own_milter.directory}/store/{key}"}})
        own_milter.start()
        received = stamp(office.delivered(office.send(
            office.connect("alice", "own"), "alice@example.org", [ALICE])))
        own_milter.stop()
        return re.search(r"h1-[0-9a-f]+", received.text).group()

    assert token("one") == token("one") != token("two")


def test_client_hidden(office, own_milter):
    own_milter.configure({"received": {"client": "none"}})
    own_milter.start()
    client = office.connect("alice", "own")
    received = stamp(office.delivered(office.send(client, "alice@example.org", [ALICE])))
    for secret in ("127.0.0.1", "localhost", "client.example.org"):
        assert secret not in received.text
    assert received.with_ == "ESMTPSA"


def test_no_stamp(office, own_milter):
    own_milter.configure({"received": {"add": False}})
    own_milter.start()
    client = office.connect("alice", "own")
    arrived = office.delivered(office.send(client, "alice@example.org", [ALICE]))
    assert len(arrived.fields("Received")) == 1


def test_local_zone(office, own_milter, monkeypatch):
    monkeypatch.setenv("TZ", "IST-5:30")
    own_milter.start()
    client = office.connect("alice", "own")
    received = stamp(office.delivered(office.send(client, "alice@example.org", [ALICE])))
    assert received.date.endswith(" +0530")
    age = datetime.datetime.now(datetime.timezone.utc) - received.when
    assert abs(age.total_seconds()) < 60
