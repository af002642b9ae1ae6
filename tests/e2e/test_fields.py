# SPDX-License-Identifier: BSD-2-Clause
"""Sender fields through a real Postfix: what reaches the filter, and what is delivered."""

import pytest
from conftest import every_mta, every_store
from lib import smtp
from lib.expect import check_log, check_refusal

pytestmark = [pytest.mark.usefixtures("milter"), every_mta, every_store]

ALICE = "From: Alice <alice@example.org>"
BOB = "From: Bob <bob@example.org>"

FIELD_NAMES = (b"from", b"sender", b"resent-from", b"resent-sender")


@pytest.mark.parametrize("fields", [
    [ALICE],
    ["FROM: alice@example.org"],
    ["from:alice@example.org"],
    ["From: alice@example.org (Alice)"],
    ['From: "Alice, at work" <alice@example.org>'],
    ["From: Alice Q. Public <alice@example.org>"],
    ["From: =?utf-8?q?=C3=84lice?= <alice@example.org>"],
    ["From: =?utf-8?b?w4RsaWNl?=\r\n =?utf-8?q?_Public?= <alice@example.org>"],
    ["From: \r\n Alice\r\n <alice@example.org>"],
    ["From: alice@example.org <alice@example.org>"],
    ["From: <alice+any@EXAMPLE.org>"],
    ["From: Ãlice <alice@example.org>".encode("latin-1")],
    ["From: alice@example.org, Sales <sales@example.org>", "Sender: alice@example.org"],
    [ALICE, "Sender: sales@example.org"],
    [ALICE, "Reply-To: bob@example.org"],
    [ALICE, "X-From: bob@example.org", "From-Bob: bob@example.org"],
    [ALICE, "Resent-From: alice@example.org", "Resent-Sender: sales@example.org"],
    ["Resent-From: alice@example.org", "Resent-To: x@example.net", ALICE],
], ids=lambda f: repr(f)[:50])
def test_accepted(office, fields):
    office.delivered(office.send("alice", "alice@example.org", fields))


@pytest.mark.parametrize("place, fields", [
    ("from", [BOB]),
    ("from", ["FROM: bob@example.org"]),
    ("from", ["From: bob@example.org (alice@example.org)"]),
    ("from", ["From: alice@example.org <bob@example.org>"]),
    ("from", ['From: "alice@example.org" <bob@example.org>']),
    ("from", ["From: <alice@example.org>, <bob@example.org>"]),
    ("from", ["From: <bob@example.org>, <alice@example.org>"]),
    ("from", ["From: <alice@example.org> <bob@example.org>"]),
    ("from", ["From: <@example.org:bob@example.org>"]),
    ("from", ["From: friends: alice@example.org, bob@example.org;"]),
    ("from", ["From: alice@example.org\r\n , bob@example.org"]),
    ("from", ["From: Alice <alice@example.org"]),
    ("from", ["From:"]),
    ("from", ["From: <>"]),
    ("from", ["From: undisclosed:;"]),
    ("from", ["From: Alice"]),
    ("from", []),
    ("from", [ALICE, ALICE]),
    ("from", [BOB, ALICE]),
    ("sender", [ALICE, "Sender: bob@example.org"]),
    ("sender", [ALICE, "Sender: alice@example.org", "Sender: bob@example.org"]),
    ("resent_from", [ALICE, "Resent-From: bob@example.org"]),
    ("resent_from", ["Resent-From: alice@example.org", ALICE, "Resent-From: bob@example.org"]),
    ("resent_sender", [ALICE, "Resent-From: alice@example.org",
                       "Resent-Sender: bob@example.org"]),
], ids=lambda f: repr(f)[:50])
def test_refused(office, place, fields):
    check_refusal(office.send("alice", "alice@example.org", fields).reply, place=place)


def test_two_own_from_fields(office, milter):
    """Refused for their number: programs differ in which one they show."""
    mark = milter.mark()
    sent = office.send("alice", "alice@example.org", [ALICE, "From: sales@example.org"])
    check_refusal(sent.reply, place="from")
    check_log(milter, mark, decision="reject", place="from", reason="several-from")


@pytest.mark.parametrize("message", [
    b" From: bob@example.org\r\nFrom: alice@example.org\r\n\r\nx\r\n",
    b"From\r\n : alice@example.org\r\nFrom: bob@example.org\r\n\r\nx\r\n",
    b"From : bob@example.org\r\nFrom: alice@example.org\r\n\r\nx\r\n",
    b"From: alice@example.org\r\nFrom : bob@example.org\r\n\r\nx\r\n",
    b"From\t: bob@example.org\r\nFrom: alice@example.org\r\n\r\nx\r\n",
    b"From: alice@example.org\r\nFr\0om: bob@example.org\r\n\r\nx\r\n",
    b"From: alice@example.org\0, bob@example.org\r\n\r\nx\r\n",
    b"From: bob@example.org\0alice@example.org\r\n\r\nx\r\n",
    b"From: alice@example.org\rFrom: bob@example.org\r\n\r\nx\r\n",
    b"From: alice@example.org\nFrom: bob@example.org\r\n\r\nx\r\n",
    b"\r\nFrom: bob@example.org\r\n\r\nx\r\n",
    b"nonsense\r\nFrom: bob@example.org\r\n\r\nx\r\n",
    b"From: alice@example.org\r\nnonsense\r\nFrom: bob@example.org\r\n\r\nx\r\n",
    b"\xef\xbb\xbfFrom: bob@example.org\r\nFrom: alice@example.org\r\n\r\nx\r\n",
    b"From: alice@example.org\r\n \r\n bob@example.org\r\n\r\nx\r\n",
    b"Sender : bob@example.org\r\nFrom: alice@example.org\r\n\r\nx\r\n",
    b"X-Filler: " + b"x" * 2000 + b"\r\nFrom: bob@example.org\r\n\r\nx\r\n",
], ids=lambda m: repr(m)[:44])
def test_odd_headers(office, message):
    """Either refused, or what arrives has in its sender fields, however a reader finds them,
    no address but hers."""
    sent = office.send("alice", "alice@example.org", message)
    if not sent.accepted:
        # 421 is sendmail's own answer to a bare CR or LF.
        assert sent.reply.code in (550, 554, 521, 421), sent
        return
    arrived = office.delivered(sent)
    for field in arrived.fields():
        name = field.partition(b":")[0].strip().lower()
        if any(n in name for n in FIELD_NAMES) and name != b"x-mailbox-line":
            assert b"bob@example.org" not in field, arrived.data


@pytest.mark.parametrize("size", [70_000, 100_000])
def test_big_from(office, size):
    """A From that is over every limit of the milter protocol's first packet size: a clear
    refusal, no tempfail, no dropped connection."""
    # sendmail takes no header as large as this, and says so itself.
    limits = {"postfix": (550, "5.7.1"), "sendmail": (552, "5.6.0")}
    for filler in ("(" + "x" * size + ")", '"' + "x" * size + '"'):
        client = office.connect("alice")
        lines = "\r\n ".join(filler[i:i + 900] for i in range(0, len(filler), 900))
        sent = office.send(client, "alice@example.org",
                           [f"From: {lines} <bob@example.org>"])
        assert (sent.reply.code, sent.reply.enhanced) == limits[office.mta.name], sent
        assert office.send(client, "alice@example.org", [ALICE]).accepted
        client.quit()


def test_thousand_mailboxes(office):
    many = ",\r\n ".join(["alice@example.org"] * 999 + ["bob@example.org"])
    sent = office.send("alice", "alice@example.org", [f"From: {many}"])
    check_refusal(sent.reply, place="from")


def test_thousand_fields(office):
    """The foreign one is found among 1,000 sender fields; 1,000 others are no obstacle."""
    others = [f"X-Number-{i}: {i}" for i in range(1000)]
    sent = office.send("alice", "alice@example.org", others + [ALICE])
    assert len(office.delivered(sent).fields()) > 1000
    check_refusal(office.send("alice", "alice@example.org", others + [BOB]).reply,
                  place="from")
    resent = [f"Resent-From: a+{i}@example.org" for i in range(1000)]  # sendmail takes 32 KiB
    reply = office.send("alice", "alice@example.org",
                        [ALICE] + resent + ["Resent-From: bob@example.org"]).reply
    assert (reply.code, reply.enhanced) == (550, "5.7.1"), reply


def test_body_and_attachments_are_not_judged(office):
    body = ("--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: bob@example.org\r\n\r\nHi\r\n"
            "--b--\r\n\r\nFrom: bob@example.org\r\n")
    sent = office.send("alice", "alice@example.org",
                       [ALICE, "Content-Type: multipart/mixed; boundary=b"], body=body)
    assert office.delivered(sent).body.decode() == body


def test_explain_reads_the_same_bytes(office, milter):
    """A message as Postfix delivered it is judged by explain as the milter judged it."""
    sent = office.send("alice", "alice@example.org",
                       ["From: =?utf-8?q?=C3=84lice?=\r\n <alice@example.org>"])
    arrived = office.delivered(sent)
    verdict = milter.explain("alice@example.org", "alice@example.org", arrived.data)
    assert verdict["verdict"] == "accept"
    spoofed = smtp.compose([BOB])
    assert milter.explain("alice@example.org", "alice@example.org",
                          spoofed)["verdict"] == "reject"
