# SPDX-License-Identifier: BSD-2-Clause
"""Published attacks on sender fields, sent by somebody who has logged in, through a real
Postfix: nothing arrives in which a reader could find the victim among the senders.

The cases named espoofer_* follow the client and server cases of the tool of that name
(Composition Kills, USENIX Security 2020); here the user is alice, the victim bob."""

import base64

import pytest
from conftest import every_mta
from lib import readers
from lib.expect import check_refusal

pytestmark = [pytest.mark.usefixtures("milter"), every_mta]

ME = b"alice@example.org"
VICTIM = b"bob@example.org"
WORD = b"=?utf-8?B?" + base64.b64encode(b"<" + VICTIM + b">") + b"?="
REST = b"To: somebody@example.net\r\nSubject: test\r\n\r\nHello.\r\n"


def both_orders(name, *lines):
    """The header lines, and the same with the two people in each other's place."""
    head = b"\r\n".join(lines) + b"\r\n"
    swapped = head.replace(ME, b"\0").replace(VICTIM, ME).replace(b"\0", VICTIM)
    yield pytest.param(head, id=name + "-attacker-first")
    yield pytest.param(swapped, id=name + "-victim-first")


ESPOOFER = [
    *both_orders("espoofer_client_a1", b"From: <%s>" % ME, b"From: <%s>" % VICTIM),
    *both_orders("espoofer_client_a2", b"From: <%s>, <%s>" % (ME, VICTIM), b"Sender: <%s>" % ME),
    *both_orders("espoofer_client_a2_foreign_sender", b"From: <%s>, <%s>" % (ME, VICTIM),
                 b"Sender: <s@sender.example.com>"),
    *both_orders("espoofer_client_a3", b"Sender: <%s>" % ME, b"From: <%s>" % VICTIM),
    *both_orders("espoofer_server_a8", b"From: <%s>" % ME, b"From: <%s>" % VICTIM,
                 b"Sender: <%s>" % ME),
    *both_orders("espoofer_server_a9", b" From: <%s>" % ME, b"From: <%s>" % VICTIM),
    *both_orders("espoofer_server_a10", b"From: <%s>" % ME, b"From : <%s>" % VICTIM),
    *both_orders("espoofer_server_a10_odd_first", b"From : <%s>" % ME, b"From: <%s>" % VICTIM),
    *both_orders("espoofer_server_a11", b"From\r\n : <%s>" % ME, b"From: <%s>" % VICTIM),
    *both_orders("espoofer_server_a11_odd_last", b"From: <%s>" % ME,
                 b"From\r\n : <%s>" % VICTIM),
    *both_orders("espoofer_server_a12", b"Sender: <%s>" % VICTIM, b"Reply-To: <%s>" % ME),
    *both_orders("espoofer_server_a12_broken_from", b"From: %s <" % ME, b"Sender: <%s>" % VICTIM),
    *both_orders("espoofer_server_a13", b"Resent-From: <%s>" % VICTIM, b"Reply-To: <%s>" % ME),
    *both_orders("espoofer_server_a13_two", b"Resent-From: <%s>" % ME, b"From: <%s>" % ME,
                 b"Resent-From: <%s>" % VICTIM),
    *both_orders("espoofer_server_a14", b"From: <%s>, <%s>" % (ME, VICTIM)),
    *both_orders("espoofer_server_a15", b"From: " + WORD + b",<%s>" % ME),
    *both_orders("espoofer_server_a15_last", b"From: <%s>," % ME + WORD),
    *both_orders("espoofer_server_a15_name", b"From: " + WORD + b" <%s>" % ME),
    *both_orders("espoofer_server_a16", b"From: <@%s,@any.com:%s>" % (ME, VICTIM)),
    *both_orders("espoofer_server_a16_domain", b"From: <@example.org,@any.com:%s>" % VICTIM),
    *both_orders("espoofer_server_a17", b"From: <%s>\\,<%s>" % (ME, VICTIM)),
    *both_orders("espoofer_server_a18", b"From: %s,<%s>" % (ME, VICTIM)),
    *both_orders("espoofer_server_a19", b"From: <%s>%s" % (ME, VICTIM)),
]


def check(office, head, mail_from=ME.decode(), client="alice"):
    """Refused for good, or nobody but the user is to be seen in what arrived."""
    sent = office.send(client, mail_from, head + REST)
    if not sent.accepted:
        # 421 is sendmail's own word for a bare CR or LF, after which it hangs up.
        assert 500 <= sent.reply.code < 600 or "Bare" in sent.reply.text, sent
        return sent
    arrived = office.delivered(sent)
    shown = readers.visible_senders(arrived.data)
    assert shown, arrived.data
    for text in shown:
        assert VICTIM.decode() not in text, arrived.data
    return sent


def check_all(office, heads):
    """Each of them, on one connection as long as it is left open."""
    client = None
    for head in heads:
        if client is None or client.closed:
            client = office.connect("alice")
        check(office, head, client=client)


@pytest.mark.parametrize("head", ESPOOFER)
def test_espoofer(office, head):
    """As the user's own envelope, and with the empty one."""
    check(office, head)
    check(office, head, mail_from="")


@pytest.mark.parametrize("head", [
    b"From: <%s>\r\n" % VICTIM,
    b"From: <%s>\r\nFrom: <%s>\r\n" % (ME, VICTIM),
    b"From: <%s>\r\nFrom: <%s>\r\n" % (VICTIM, ME),
    b"From: <%s>, <%s>\r\nSender: <%s>\r\n" % (ME, VICTIM, ME),
    b"From: <%s>\r\nSender: <%s>\r\n" % (VICTIM, ME),
    b"From: <%s>\r\nSender: <%s>\r\n" % (ME, VICTIM),
    b"From: <%s>\r\nResent-From: <%s>\r\n" % (ME, VICTIM),
    b"From: " + WORD + b",<%s>\r\n" % ME,
    b"From: " + WORD + b" <%s>\r\n" % ME,
    b"From: <@example.org,@any.com:%s>\r\n" % VICTIM,
    b"From: <%s>\\,<%s>\r\n" % (VICTIM, ME),
    b"From: %s,<%s>\r\n" % (VICTIM, ME),
    b"From: <%s>%s\r\n" % (ME, VICTIM),
])
def test_refused(office, head):
    """What cannot be mended on the way is refused by the filter itself, not by accident."""
    sent = office.send("alice", ME.decode(), head + REST)
    assert not sent.accepted, sent
    assert (sent.reply.code, sent.reply.enhanced) == (550, "5.7.1"), sent


# --- names of fields ---

ODD_NAMES = [
    b"From ", b"From\t", b"From  \t ", b" From", b"\tFrom", b"From\r\n ", b"Fr\r\n om", b"Fr om",
    b"From\0", b"\0From", b"Fr\0om", b"From\x01", b"\x01From", b"From\x7f", b"From\xa0",
    b"\xa0From", b"\xef\xbb\xbfFrom", b"\xc3\xa9From", b"From\xe2\x80\x8b", b"Fro\xcc\x81m",
    "Frоm".encode(), b"From\r", b"\rFrom", b"From\n", b"\nFrom", b"FROM", b"from", b"fROM",
    b"Sender ", b"Sender\0", b"Resent-From ", b"Resent-From\t", b"Resent- From",
    b"Resent-From\r\n ", b"Resent-Sender ", b"RESENT-SENDER", b"resent-from",
]  # fmt: skip


@pytest.mark.parametrize("name", ODD_NAMES, ids=ascii)
def test_odd_names(office, name):
    """A field with an odd name is checked like the field it resembles, or resembles none in
    what arrives: before, between and behind proper fields, and without any."""
    odd = name + b": <%s>\r\n" % VICTIM
    mine = b"From: <%s>\r\n" % ME
    check_all(office, (odd + mine, mine + odd, b"X-A: b\r\n" + odd + mine, odd))


# --- bytes that end a field or a header for some ---

BREAKS = [b"\r", b"\n", b"\0", b"\r\r", b"\n\r", b"\r\r\n", b"\x0b", b"\x0c", b"\x85", b"\x1c",
          "\u2028".encode(), "\u0085".encode()]


@pytest.mark.parametrize("line_end", BREAKS, ids=ascii)
def test_odd_line_ends(office, line_end):
    """Whatever a reader takes for a line end, no other sender stands behind it."""
    mine = b"From: Alice <%s>" % ME
    heads = []
    for name in (b"From", b"Resent-From"):
        victims = name + b": <%s>" % VICTIM
        heads += [mine + line_end + victims, victims + line_end + mine,
                  b"X-A: b" + line_end + victims + b"\r\n" + mine,
                  mine + b"\r\nX-A: b" + line_end + victims,
                  mine + b"\r\nX-A: b" + line_end + line_end + victims]
    check_all(office, [head + b"\r\n" for head in heads])


@pytest.mark.parametrize("head", [
    b"From: <%s>\r\n \r\n <%s>\r\n" % (ME, VICTIM),
    b"From: <%s>\r\n\t\r\n , <%s>\r\n" % (ME, VICTIM),
    b"From:\r\n \r\n <%s>\r\nFrom: <%s>\r\n" % (VICTIM, ME),
    b"From: <%s>\r\nno colon\r\nFrom: <%s>\r\n" % (ME, VICTIM),
    b"From: <%s>\r\n: <%s>\r\n" % (ME, VICTIM),
    b"From <%s>\r\nFrom: <%s>\r\n" % (VICTIM, ME),
    b"From %s Sat Nov 21 10:00:00 2026\r\nFrom: <%s>\r\n" % (VICTIM, ME),
    b"\r\nFrom: <%s>\r\n" % VICTIM,
    b"X" * 2000 + b"\r\nFrom: <%s>\r\nFrom: <%s>\r\n" % (VICTIM, ME),
    b"X" * 998 + b"From: <%s>\r\nFrom: <%s>\r\n" % (VICTIM, ME),
    b"From: <%s>\r\nX-A: " % ME + b"x" * 2042 + b"\r\nSender: <%s>\r\n" % VICTIM,
    b"From: <%s>\r\nX-A: " % ME + b"x" * 5000 + b"From: <%s>\r\n" % VICTIM,
], ids=lambda head: ascii(head)[:50])
def test_odd_lines(office, head):
    """Lines that end the header for some, and lines that are cut on the way."""
    check(office, head)


# --- size ---

@pytest.mark.parametrize("size", [1000, 65_500, 65_536, 100_000, 110_000])
@pytest.mark.parametrize("shape", ["comment", "quoted", "list", "words", "line"])
def test_big_fields(office, shape, size):
    """The victim behind much else, below and beyond every limit on the way."""
    lines = size // 900 + 1
    filler = {
        "comment": b"(" + b"\r\n ".join([b"x" * 900] * lines) + b")",
        "quoted": b'"' + b"\r\n ".join([b"x" * 900] * lines) + b'"',
        "list": b",\r\n ".join([ME] * (size // 19)) + b",",
        "words": b"\r\n ".join([b"=?utf-8?Q?a?="] * (size // 16)),
        "line": b"x" * size,
    }[shape]
    for name in (b"From", b"Sender", b"Resent-From"):
        mine = b"" if name == b"From" else b"From: <%s>\r\n" % ME
        check(office, mine + name + b": " + filler + b"\r\n <%s>\r\n" % VICTIM)


@pytest.mark.parametrize("name", [b"Sender", b"Resent-From", b"Resent-Sender"])
@pytest.mark.parametrize("count", [10, 1000])
def test_many_fields(office, name, count):
    """One foreign field among many, at each end and amidst."""
    mine = b"From: <%s>\r\n" % ME
    for at in (0, count // 2, count - 1):
        fields = [name + b": <%s>\r\n" % ME] * count
        fields[at] = name + b": <%s>\r\n" % VICTIM
        sent = office.send("alice", ME.decode(), mine + b"".join(fields) + REST)
        if count < 1000:
            check_refusal(sent.reply, place=name.decode().lower().replace("-", "_"))
        else:
            # Over the limit for the message's sender fields together, or found; or over
            # sendmail's limit for a header.
            assert (sent.reply.code, sent.reply.enhanced) in ((550, "5.7.1"), (552, "5.6.0")), sent


def test_thousand_from_fields(office):
    """They are refused as the second one is; the session goes on."""
    client = office.connect("alice")
    for fields in ([ME] * 999 + [VICTIM], [VICTIM] + [ME] * 999):
        head = b"".join(b"From: <%s>\r\n" % address for address in fields)
        check_refusal(office.send(client, ME.decode(), head + REST).reply, place="from")
    assert office.send(client, ME.decode(), b"From: <%s>\r\n" % ME + REST).accepted


def test_the_check_can_fail():
    """What these tests look at would show a victim, wherever readers differ."""
    for data in (
        b"From: <%s>\r\n\r\n" % VICTIM,
        b"From: <%s>\r\nFrom : <%s>\r\n\r\n" % (ME, VICTIM),
        b"From: <%s>\rSender: <%s>\r\n\r\n" % (ME, VICTIM),
        b"From: <%s>\nFr\0om: <%s>\r\n\r\n" % (ME, VICTIM),
        b"From: " + WORD + b", <%s>\r\n\r\n" % ME,
        b"From: <%s>\r\nRESENT-FROM: Bob <%s>\r\n\r\n" % (ME, VICTIM.upper()),
    ):
        shown = readers.visible_senders(data)
        assert any(VICTIM.decode() in text for text in shown), data
    assert readers.visible_senders(b"From: a@b\r\n\r\nFrom: c@d\r\n") == {"a@b"}
