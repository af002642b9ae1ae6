# SPDX-License-Identifier: BSD-2-Clause
"""What SMTP and its extensions let a client do with one connection: chunks, UTF-8 addresses,
everything in one packet, big messages, many recipients, leaving in the middle. Messages are
judged the same, and nothing is left of one when the next begins."""

import base64
import os
import re

import pytest
from conftest import every_mta, postfix_only
from lib import smtp
from lib.expect import check_refusal
from lib.office import must
from lib.postfix import ACCOUNTS
from lib.process import wait_until

pytestmark = [pytest.mark.usefixtures("milter"), every_mta]

ALICE = "From: Alice <alice@example.org>"
BOB = "From: Bob <bob@example.org>"


def begin(office, client):
    """MAIL and RCPT; the recipient."""
    recipient = office.recipient()
    must(client.mail("alice@example.org"))
    must(client.rcpt(recipient))
    return recipient


# --- CHUNKING ---

def chunks_of(message, size):
    return [message[i:i + size] for i in range(0, len(message), size)]


def spoof_at(message, offset):
    """Two chunks with the border so many bytes behind the beginning of the From field."""
    border = message.index(b"From:") + offset
    return [message[:border], message[border:]]


CHUNKS = {
    "one": lambda message: [message],
    "empty last one": lambda message: [message, b""],
    "of one byte": lambda message: chunks_of(message, 1),
    "of seven": lambda message: chunks_of(message, 7),
    "header and body": lambda message: list(message.partition(b"\r\n\r\n")),
    **{f"border {n} bytes into From": lambda message, n=n: spoof_at(message, n)
       for n in (1, 4, 5, 6, 11, 17, len(BOB), len(BOB) + 1, len(BOB) + 2)},
}


@postfix_only  # sendmail 8.17 does not offer it
@pytest.mark.parametrize("name", CHUNKS)
def test_chunks(office, name):
    client = office.connect("alice")
    for field, good in ((ALICE, True), (BOB, False), (ALICE, True)):
        recipient = begin(office, client)
        message = smtp.compose(["X-First: 1", field], ".\r\n..\r\nbare dots\r\n")
        *first, last = CHUNKS[name](message)
        for chunk in first:
            must(client.bdat(chunk))
        sent = office.record(recipient, client.bdat(last, last=True))
        if good:
            arrived = office.delivered(sent)
            assert arrived.body == b".\r\n..\r\nbare dots\r\n"
            assert arrived.fields("From") == [field.encode()]
        else:
            check_refusal(sent.reply, place="from", address="bob@example.org")


@postfix_only
def test_chunks_in_one_packet(office):
    """Envelope, chunks and the envelope of the next message, nothing awaited."""
    client = office.connect("alice")
    recipients = [office.recipient() for _ in range(3)]
    packet = b""
    for recipient, field in zip(recipients, (ALICE, BOB, ALICE)):
        message = smtp.compose([field])
        packet += (f"MAIL FROM:<alice@example.org>\r\nRCPT TO:<{recipient}>\r\n"
                   f"BDAT 9\r\n").encode() + message[:9]
        packet += f"BDAT {len(message) - 9} LAST\r\n".encode() + message[9:]
    client.send_raw(packet)
    replies = [[client.read_reply() for _ in range(4)] for _ in recipients]
    assert [[r.code for r in four] for four in replies] == [
        [250, 250, 250, 250], [250, 250, 250, 550], [250, 250, 250, 250]]
    check_refusal(replies[1][3], place="from", address="bob@example.org")
    for recipient, four in zip(recipients, replies):
        office.record(recipient, four[3])
    for i in (0, 2):
        office.sink.wait(recipients[i])


@postfix_only
@pytest.mark.parametrize("trouble", ["RSET", "EHLO client.example.org", "DATA", "BDAT 0", "BDAT x",
                                     "BDAT 5 FIRST"])
def test_trouble_between_chunks(office, trouble):
    """Half a spoofed message, and half an honest one, leave nothing for the next."""
    for begun, then, good in ((BOB, ALICE, True), (ALICE, BOB, False)):
        client = office.connect("alice")
        begin(office, client)
        must(client.bdat(f"{begun}\r\nTo: x\r\n".encode()))
        client.command(trouble)
        try:
            client.rset()
        except smtp.Disconnected:  # Postfix leaves where it cannot know what follows
            client = office.connect("alice")
        sent = office.send(client, "alice@example.org", [then])
        if good:
            assert office.delivered(sent).fields("From") == [ALICE.encode()]
        else:
            check_refusal(sent.reply, place="from", address="bob@example.org")


# --- SMTPUTF8 ---

# As granted, and as clients write the same address.
INTERNATIONAL = [
    ("jürgen@example.org", "jürgen@example.org"),
    ("jürgen@example.org", "ju\u0308rgen@example.org"),  # not composed (RFC 5198)
    ("alice@bücher.example", "alice@bücher.example"),
    ("alice@bücher.example", "alice@xn--bcher-kva.example"),
    ("alice@xn--bcher-kva.example", "alice@bücher.example"),
    ("愛麗絲@例え.テスト", "愛麗絲@例え.テスト"),
    ("愛麗絲@例え.テスト", "愛麗絲@xn--r8jz45g.xn--zckzah"),
]


@postfix_only  # Debian's sendmail is built without
def test_international_addresses(office, own_milter):
    for granted in dict(INTERNATIONAL):
        own_milter.grant("alice@example.org", granted)
    own_milter.start()
    client = office.connect("alice", "own")
    assert "SMTPUTF8" in client.extensions
    refused = "zoë@example.org", "alice@bücherei.example", "alice@xn--bcherei-n2a.example"
    for address, good in [(a, True) for _, a in INTERNATIONAL] + [(a, False) for a in refused]:
        field = f"From: Jürgen <{address}>"
        sent = office.send(client, address, [field], parameters="SMTPUTF8")
        if good:
            arrived = office.delivered(sent)
            assert arrived.fields("From") == [field.encode()]
            assert arrived.mail_from == address
        else:
            check_refusal(sent.reply, place="mail_from")
            reply = office.send(client, "alice@example.org", [field],
                                parameters="SMTPUTF8").reply
            check_refusal(reply, place="from")


# --- PIPELINING ---

@postfix_only  # sendmail takes nothing of a message before it has said 354
def test_whole_session_in_one_packet(office):
    """From the login to QUIT, with a spoofed envelope and a spoofed header among honest mail."""
    client = office.connect()
    token = base64.b64encode(f"\0alice\0{ACCOUNTS['alice']}".encode()).decode()
    recipients = [office.recipient() for _ in range(4)]

    def envelope(mail_from, recipient):
        return f"MAIL FROM:<{mail_from}>\r\nRCPT TO:<{recipient}>\r\n".encode()

    client.send_raw(
        f"AUTH PLAIN {token}\r\n".encode() +
        envelope("alice@example.org", recipients[0]) + b"DATA\r\n" +
        smtp.stuff(smtp.compose([ALICE])) +
        envelope("bob@example.org", recipients[1]) + b"RSET\r\n" +
        envelope("alice@example.org", recipients[2]) + b"DATA\r\n" +
        smtp.stuff(smtp.compose([BOB])) +
        envelope("alice@example.org", recipients[3]) + b"DATA\r\n" +
        smtp.stuff(smtp.compose([ALICE])) + b"QUIT\r\n")
    replies = [client.read_reply() for _ in range(17)]
    assert [r.code for r in replies] == [
        235, 250, 250, 354, 250, 550, 503, 250, 250, 250, 354, 550, 250, 250, 354, 250, 221]
    check_refusal(replies[5], place="mail_from", address="bob@example.org")
    check_refusal(replies[11], place="from", address="bob@example.org")
    for recipient, i in zip(recipients, (4, 5, 11, 15)):
        office.record(recipient, replies[i])
    assert [len(office.sink.got(r)) for r in recipients[1:3]] == [0, 0]
    for i in (0, 3):
        assert office.sink.wait(recipients[i]).fields("From") == [ALICE.encode()]


def test_changing_senders(office):
    """Ten messages on one connection, each with another sender than the one before."""
    client = office.connect("alice")
    own = ("alice@example.org", "sales@example.org", "alice+a@example.org", "")
    for i in range(10):
        address = own[i % len(own)]
        sent = office.send(client, address, [f"From: {address or own[0]}"])
        assert office.delivered(sent).mail_from == address
        check_refusal(office.send(client, address, [BOB]).reply, place="from")


def test_rset_after_a_refusal(office):
    """After MAIL with a sender that is not hers, and after RCPT."""
    client = office.connect("alice")
    for step in ("mail", "rcpt", "data"):
        if step == "mail":
            check_refusal(client.mail("bob@example.org"), place="mail_from")
        else:
            recipient = begin(office, client)
            if step == "data":
                check_refusal(client.data(smtp.compose([BOB])), place="from")
                assert office.sink.got(recipient) == []
        must(client.rset())
        check_refusal(office.send(client, "alice@example.org", [BOB]).reply, place="from")
        sent = office.send(client, "sales@example.org", ["From: sales@example.org"])
        assert office.delivered(sent).mail_from == "sales@example.org"


@postfix_only  # sendmail takes no STARTTLS after AUTH
def test_starttls_in_the_middle(office, mta):
    """STARTTLS ends a login and a transaction that began in the clear."""
    client = office.connect(tls=False)
    must(client.auth_plain("alice", ACCOUNTS["alice"]))
    recipient = begin(office, client)
    reply = client.starttls(mta.ca_file)
    if reply.ok:
        must(client.ehlo())
        assert client.command("DATA").code == 503
        assert not client.send("alice@example.org", recipient, smtp.compose([ALICE])).ok
        must(client.auth_plain("bob", ACCOUNTS["bob"]))
    client.rset()
    check_refusal(office.send(client, "alice@example.org", [ALICE]).reply, place="mail_from")


# --- size ---

def memory_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))


def open_files(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


BIG = 50_000_000


def test_big_message(office, milter):
    """50 MB: its body is none of the milter's business, whose memory does not grow with it."""
    line = b"x" * 898 + b"\r\n"
    body = line * (BIG // len(line))
    client = office.connect("alice")
    assert office.send(client, "alice@example.org", [ALICE]).accepted
    before = memory_kb(milter.pid)
    sent = office.send(client, "alice@example.org", [ALICE], body=body)
    assert sent.accepted, sent
    check_refusal(office.send(client, "alice@example.org", [BOB], body=body).reply, place="from")
    assert memory_kb(milter.pid) - before < 2000
    assert office.sink.wait(sent.recipient, timeout=60).body == body


def test_thousand_recipients(office):
    client = office.connect("alice")
    for field, good in ((ALICE, True), (BOB, False)):
        recipients = [office.recipient() for _ in range(1000)]
        client.send_raw(b"MAIL FROM:<alice@example.org>\r\n" +
                        b"".join(f"RCPT TO:<{r}>\r\n".encode() for r in recipients))
        assert {client.read_reply().code for _ in range(1001)} == {250}
        reply = client.data(smtp.compose([field]))
        if good:
            must(reply)
            for recipient in recipients:
                office.sink.wait(recipient, timeout=60)
        else:
            check_refusal(reply, place="from", address="bob@example.org")
            assert not set(recipients) & office.sink.recipients()


# --- leaving ---

def leave_in_mail(client, recipient):
    client.send_raw(b"MAIL FROM:<alice@ex")


def leave_after_mail(client, recipient):
    must(client.mail("alice@example.org"))


def leave_after_rcpt(client, recipient):
    must(client.mail("alice@example.org"))
    must(client.rcpt(recipient))


def leave_in_header(client, recipient):
    leave_after_rcpt(client, recipient)
    assert client.command("DATA").code == 354
    client.send_raw(b"From: alice@example.org\r\nSubject: hal")


def leave_in_body(client, recipient):
    leave_in_header(client, recipient)
    client.send_raw(b"f\r\n\r\nAnd then\r\n")


def leave_before_reply(client, recipient):
    """The message may arrive, or may not: but once."""
    leave_after_rcpt(client, recipient)
    assert client.command("DATA").code == 354
    client.send_raw(smtp.stuff(smtp.compose([ALICE])))


@pytest.mark.parametrize("leave", (leave_in_mail, leave_after_mail, leave_after_rcpt,
                                   leave_in_header, leave_in_body, leave_before_reply))
def test_leaving(office, milter, leave):
    """Twenty clients go away at a point: the milter has no more open files than before, and
    those that come next are judged by what they say themselves."""
    assert office.send("alice", "alice@example.org", [ALICE]).accepted
    office.disconnect()
    before = open_files(milter.pid)
    recipients = [office.recipient() for _ in range(20)]
    for recipient in recipients:
        client = office.connect("alice", tls=False)
        leave(client, recipient)
        client.close()
    client = office.connect("alice")
    check_refusal(office.send(client, "alice@example.org", [BOB]).reply, place="from")
    check_refusal(office.send(client, "alice@example.org", []).reply, place="from")
    sent = office.send(client, "sales@example.org", ["From: sales@example.org"])
    assert office.delivered(sent).fields("From") == [b"From: sales@example.org"]
    office.disconnect()
    wait_until(lambda: open_files(milter.pid) <= before, what="the milter to close its files")
    if leave is not leave_before_reply:
        assert not set(recipients) & office.sink.recipients()
    assert all(len(office.sink.got(r)) <= 1 for r in recipients)
