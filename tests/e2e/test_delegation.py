# SPDX-License-Identifier: BSD-2-Clause
"""Rights beside send-as: mail on behalf of another, and mail of others that is sent on."""

import pytest
from conftest import every_mta
from lib.expect import check_log, check_refusal

pytestmark = every_mta

ALICE = "alice@example.org"
BOSS = "From: The Boss <boss@example.org>"


@pytest.fixture
def milter(own_milter):
    """Alice writes for the boss, and may send on what comes in for sales."""
    own_milter.grant("boss@example.org", "boss@example.org")
    own_milter.ctl("grant", "--on-behalf", ALICE, "boss@example.org")
    own_milter.ctl("grant", "--resend", ALICE, "sales@example.org")
    own_milter.start()
    return own_milter


def senders(message):
    return [field.partition(b": ")[2].decode() for field in message.fields("Sender")]


@pytest.mark.parametrize("mail_from", [ALICE, "boss@example.org", "sales@example.org", ""])
def test_on_behalf_gets_a_sender(office, milter, mail_from):
    sent = office.send(office.connect("alice", "own"), mail_from, [BOSS])
    message = office.delivered(sent)
    assert message.fields("From") == [BOSS.encode()]
    assert senders(message) == [ALICE]
    assert message.mail_from == mail_from
    check_log(milter, 0, queue_id=sent.queue_id, decision="accept")


def test_on_behalf_with_an_own_sender(office, milter):
    client = office.connect("alice", "own")
    message = office.delivered(office.send(client, ALICE, [BOSS, "Sender: sales@example.org"]))
    assert senders(message) == ["sales@example.org"]


@pytest.mark.parametrize("sender", ["boss@example.org", "bob@example.org", "<",
                                    "alice@example.org, bob@example.org"])
def test_on_behalf_with_a_foreign_sender(office, milter, sender):
    client = office.connect("alice", "own")
    check_refusal(office.send(client, ALICE, [BOSS, f"Sender: {sender}"]).reply,
                  place="sender")


def test_on_behalf_is_a_grant(office, milter):
    check_refusal(office.send(office.connect("bob", "own"), "bob@example.org", [BOSS]).reply,
                  place="from", address="boss@example.org")
    milter.ctl("revoke", "--on-behalf", ALICE, "boss@example.org")
    check_refusal(office.send(office.connect("alice", "own"), ALICE, [BOSS]).reply,
                  place="from", address="boss@example.org")


def test_a_denial_wins(office, milter):
    milter.ctl("grant", "--deny", ALICE, "boss@example.org")
    check_refusal(office.send(office.connect("alice", "own"), ALICE, [BOSS]).reply,
                  place="from", address="boss@example.org")


FOREIGN = ["From: Customer <customer@example.net>", "Sender: desk@example.net"]


def test_resend(office, milter):
    client = office.connect("alice", "own")
    message = office.delivered(office.send(client, ALICE, [
        "Resent-From: sales@example.org", "Resent-To: x@example.net",
        "Resent-From: list@example.net", *FOREIGN]))
    assert message.fields("From") == [FOREIGN[0].encode()]
    assert senders(message) == ["desk@example.net"]


@pytest.mark.parametrize("resent, place", [
    ([], "from"),
    (["Resent-From: alice@example.org"], "from"),  # hers, without that right
    (["Resent-From: bob@example.org"], "from"),
    (["Resent-From: customer@example.net", "Resent-From: sales@example.org"], "from"),
    (["Resent-From: sales@example.org, bob@example.org"], "from"),
    (["Resent-From: <"], "from"),
    (["Resent-From: sales@example.org", "Resent-Sender: bob@example.org"], "resent_sender"),
])
def test_no_resend(office, milter, resent, place):
    client = office.connect("alice", "own")
    check_refusal(office.send(client, ALICE, [*resent, *FOREIGN]).reply, place=place)


def test_resend_needs_an_envelope_of_ones_own(office, milter):
    check_refusal(office.connect("alice", "own").mail("customer@example.net"),
                  place="mail_from")


def test_explain_tells_the_right(milter):
    message = (BOSS + "\r\nReply-To: x@example.net\r\n\r\n").encode()
    answer = milter.explain("alice", ALICE, message)
    assert answer["verdict"] == "accept"
    assert {"change": "add", "name": "Sender", "nth": 0, "value": ALICE} in answer["changes"]
    assert [r["right"] for r in answer["rights"] if r["address"] == "boss@example.org"] == [
        "on-behalf"]
