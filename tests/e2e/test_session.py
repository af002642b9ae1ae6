# SPDX-License-Identifier: BSD-2-Clause
"""What may happen between messages on one connection: nothing of it leaks into the next."""

import socket

import pytest
from conftest import every_mta, every_store
from lib import smtp
from lib.expect import check_log, check_refusal
from lib.office import must
from lib.postfix import ACCOUNTS

pytestmark = [pytest.mark.usefixtures("milter"), every_mta, every_store]

ALICE = "From: Alice <alice@example.org>"
BOB = "From: Bob <bob@example.org>"


def test_several_messages_alternate(office):
    """Honest and spoofed messages on one connection: each is judged by itself."""
    client = office.connect("alice")
    for _ in range(3):
        assert office.send(client, "alice@example.org", [ALICE]).accepted
        check_refusal(office.send(client, "alice@example.org", [BOB]).reply,
                      place="from", address="bob@example.org")
        check_refusal(office.send(client, "bob@example.org", [ALICE]).reply,
                      place="mail_from", address="bob@example.org")
        assert office.send(client, "sales@example.org", ["From: sales@example.org"]).accepted
        check_refusal(office.send(client, "alice@example.org", [ALICE, BOB]).reply,
                      place="from")


def test_next_message_brings_no_from(office):
    """The From of the message before is not taken for that of one that has none."""
    client = office.connect("alice")
    assert office.send(client, "alice@example.org", [ALICE]).accepted
    check_refusal(office.send(client, "alice@example.org", []).reply, place="from")


def test_rset_in_the_middle(office):
    client = office.connect("alice")
    must(client.mail("alice@example.org"))
    must(client.rcpt(office.recipient()))
    must(client.rset())
    check_refusal(client.mail("bob@example.org"), place="mail_from",
                  address="bob@example.org")
    must(client.rset())
    assert office.send(client, "alice@example.org", [ALICE]).accepted
    check_refusal(office.send(client, "alice@example.org", [BOB]).reply, place="from")


def test_refused_mail_then_honest_one_without_rset(office):
    client = office.connect("alice")
    check_refusal(client.mail("bob@example.org"), place="mail_from")
    assert office.send(client, "alice@example.org", [ALICE]).accepted


def test_ehlo_in_the_middle(office):
    """EHLO ends a transaction like RSET, and does not end the login."""
    client = office.connect("alice")
    must(client.mail("alice@example.org"))
    must(client.ehlo("other.example.org"))
    check_refusal(office.send(client, "alice@example.org", [BOB]).reply, place="from")
    assert office.send(client, "alice@example.org", [ALICE]).accepted


def test_mail_before_and_after_login(office, milter):
    """Nobody before AUTH, alice after it: also for a milter that saw the connection begin."""
    client = office.connect()
    reply = client.mail("bob@example.org")
    client.rset()
    assert reply.code in (250, 530, 550)  # nobody's mail ends at RCPT: permit_sasl_authenticated
    must(client.auth_plain("alice", ACCOUNTS["alice"]))
    check_refusal(office.send(client, "bob@example.org", [BOB]).reply, place="mail_from")
    mark = milter.mark()
    assert office.send(client, "alice@example.org", [ALICE]).accepted
    check_log(milter, mark, decision="accept", login="alice@example.org")


def test_failed_login_before(office, milter):
    """A failed AUTH as bob leaves nothing of bob behind."""
    client = office.connect()
    assert client.auth_plain("bob", "wrong").code == 535
    must(client.auth_plain("alice", ACCOUNTS["alice"]))
    check_refusal(office.send(client, "bob@example.org", [BOB]).reply, place="mail_from")
    mark = milter.mark()
    assert office.send(client, "alice@example.org", [ALICE]).accepted
    check_log(milter, mark, login="alice@example.org")


@pytest.mark.parametrize("typed, account", [
    ("alice", "alice"),
    ("alice@example.org", "alice"),
    ("Dora", "Dora"),
    ("Dora@example.org", "Dora"),
])
def test_forms_of_a_login(office, own_milter, typed, account):
    """Bare or with its realm, and with the capitals that the password store gave it."""
    own_milter.grant("DORA", "dora@example.org")
    own_milter.start()
    client = office.connect(service="own")
    must(client.auth_login(typed, ACCOUNTS[account]))
    own = f"{account.lower()}@example.org"
    sent = office.send(client, own, [f"From: {own}"])
    assert sent.accepted
    check_log(own_milter, 0, queue_id=sent.queue_id, login=own)
    check_refusal(office.send(client, own, [BOB]).reply, place="from")


@pytest.mark.parametrize("author", ["<bob@example.org>", "bob@example.org", "<>"])
def test_auth_parameter_is_no_identity(office, milter, author):
    """AUTH= on MAIL FROM is the client's own word."""
    client = office.connect("alice")
    mark = milter.mark()
    parameter = f"AUTH={author}"
    sent = office.send(client, "alice@example.org", [BOB], parameters=parameter)
    check_refusal(sent.reply, place="from", address="bob@example.org")
    check_log(milter, mark, decision="reject", login="alice@example.org")
    assert office.send(client, "alice@example.org", [ALICE], parameters=parameter).accepted


def test_auth_parameter_without_login(office, milter):
    """Nor does it make a login of a client that has none."""
    client = office.connect(service="relay")
    mark = milter.mark()
    office.send(client, "alice@example.org", [ALICE], parameters="AUTH=bob@example.org")
    assert "login=bob" not in milter.log_since(mark)


def test_not_authenticated_passes(office):
    """Mail from outside is nobody's: judging it is not this filter's business."""
    client = office.connect(service="relay")
    sent = office.send(client, "bob@example.org", [BOB])
    assert office.delivered(sent).mail_from == "bob@example.org"


def test_pipelining(office):
    """Commands sent at once get their replies in order, and the spoof is still refused."""
    client = office.connect("alice")
    first, second, third = (office.recipient() for _ in range(3))

    client.send_raw(f"MAIL FROM:<alice@example.org>\r\nRCPT TO:<{first}>\r\nDATA\r\n".encode())
    assert [client.read_reply().code for _ in range(3)] == [250, 250, 354]
    # The end of one message and the whole envelope of the next in one packet.
    client.send_raw(smtp.stuff(smtp.compose([ALICE])) +
                    f"MAIL FROM:<bob@example.org>\r\nRCPT TO:<{second}>\r\n"
                    f"RSET\r\nMAIL FROM:<alice@example.org>\r\nRCPT TO:<{third}>\r\n"
                    "DATA\r\n".encode())
    office.record(first, client.read_reply())
    refused = client.read_reply()
    check_refusal(refused, place="mail_from", address="bob@example.org")
    office.record(second, refused)
    assert client.read_reply().code == 503  # RCPT without MAIL
    assert [client.read_reply().code for _ in range(4)] == [250, 250, 250, 354]
    client.send_raw(smtp.stuff(smtp.compose([BOB])))
    last = client.read_reply()
    check_refusal(last, place="from", address="bob@example.org")
    office.record(third, last)
    office.sink.wait(first)


def test_second_ehlo_after_starttls_without_tls_login(office, milter):
    """Plain EHLO, STARTTLS, no second EHLO: some clients do that; the login counts."""
    client = office.connect(tls=False)
    must(client.starttls(office.mta.ca_file))
    must(client.ehlo())
    must(client.auth_plain("alice", ACCOUNTS["alice"]))
    mark = milter.mark()
    assert office.send(client, "alice@example.org", [ALICE]).accepted
    check_log(milter, mark, decision="accept", login="alice@example.org")


def test_connection_lost_inside_a_message(office):
    """A client that goes away in DATA leaves nothing behind, and nobody else notices."""
    client = office.connect("alice")
    recipient = office.recipient()
    must(client.mail("alice@example.org"))
    must(client.rcpt(recipient))
    assert client.command("DATA").code == 354
    client.send_raw(b"From: alice@example.org\r\n")
    client.socket.shutdown(socket.SHUT_RDWR)
    assert office.send("alice", "alice@example.org", [ALICE]).accepted
    assert office.sink.got(recipient) == []


def test_many_recipients(office):
    """The verdict is the message's, whoever gets it."""
    client = office.connect("alice")
    recipients = [office.recipient() for _ in range(20)]
    for fields, good in (([ALICE], True), ([BOB], False)):
        must(client.mail("alice@example.org"))
        for recipient in recipients:
            must(client.rcpt(recipient))
        reply = client.data(smtp.compose(fields))
        assert (reply.code == 250) is good
    for recipient in recipients:
        office.sink.wait(recipient)
    assert all(len(office.sink.got(r)) == 1 for r in recipients)


def test_two_sessions_at_once(office):
    """Alice and bob, step by step in turn, on two connections to the same milter."""
    alice, bob = office.connect("alice"), office.connect("bob")
    to_alice, to_bob = office.recipient(), office.recipient()
    must(alice.mail("alice@example.org"))
    must(bob.mail("bob@example.org"))
    must(alice.rcpt(to_alice))
    must(bob.rcpt(to_bob))
    # Each now shows the other's address.
    refused = alice.data(smtp.compose([BOB])), bob.data(smtp.compose([ALICE]))
    check_refusal(refused[0], place="from", address="bob@example.org")
    check_refusal(refused[1], place="from", address="alice@example.org")
    office.record(to_alice, refused[0])
    office.record(to_bob, refused[1])
    assert office.send(alice, "alice@example.org", [ALICE]).accepted
    assert office.send(bob, "bob@example.org", [BOB]).accepted
