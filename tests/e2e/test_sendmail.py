# SPDX-License-Identifier: BSD-2-Clause
"""What sendmail does by itself, before the filter and after it: none of it gets anybody past the
check. (What holds on both MTAs is in the other files.)"""

import pytest
from conftest import on_sendmail
from lib.expect import check_log, check_refusal

pytestmark = on_sendmail

ALICE = "From: Alice <alice@example.org>"
BOSS = "boss@example.org"


def fields_of(office, fields, mail_from="alice@example.org"):
    """The fields of a message as it arrived, without those that say nothing of senders."""
    client = office.connect("alice", "own")
    arrived = office.delivered(office.send(client, mail_from, fields))
    silent = (b"received", b"to", b"subject", b"date", b"message-id", b"resent-date",
              b"resent-message-id", b"resent-to")
    return [f for f in arrived.fields() if f.partition(b":")[0].lower() not in silent]


def test_missing_from_is_made_of_the_envelope_sender(office, configured):
    """Which has been checked."""
    configured(missing_from="allow")
    assert fields_of(office, []) == [b"From: alice@example.org"]
    assert fields_of(office, [], "sales@example.org") == [b"From: sales@example.org"]


@pytest.mark.parametrize("name", [
    f"<{BOSS}>", f"{BOSS},", f"=?utf-8?q?{BOSS.replace('@', '=40')}?=", f'"{BOSS}"', "Boß",
])
@pytest.mark.parametrize("field", ["Full-Name", "FULL-NAME"])
def test_full_name(office, configured, field, name):
    """It would stand before the address where sendmail adds a From, or a Resent-From."""
    milter = configured(missing_from="allow")
    client = office.connect("alice", "own")
    for fields in ([], [ALICE, "Resent-To: x@example.net"]):
        mark = milter.mark()
        sent = office.send(client, "alice@example.org", [*fields, f"{field}: {name}"])
        check_refusal(sent.reply, place="from")
        check_log(milter, mark, decision="reject", place="from", reason="odd-field-name")


def test_a_plain_full_name_is_no_obstacle(office, configured):
    configured(missing_from="allow")
    assert fields_of(office, ["Full-Name: Alice Adams"]) == [
        b"From: Alice Adams <alice@example.org>"]
    assert fields_of(office, [ALICE, "Full-Name: Alice Adams", "Resent-To: x@example.net"]) == [
        b"Resent-From: Alice Adams <alice@example.org>", ALICE.encode()]


def test_from_with_a_blank_is_dropped(office, configured):
    """sendmail shows it to nobody, and so there is no From."""
    milter = configured()
    sent = office.send(office.connect("alice", "own"), "alice@example.org",
                       [f"From : {BOSS}"])
    check_refusal(sent.reply, place="from")
    check_log(milter, 0, decision="reject", place="from", reason="missing-from")
    assert fields_of(office, [f"From : {BOSS}", ALICE]) == [ALICE.encode()]


def test_header_limit_is_a_clear_answer(office, configured):
    configured()
    client = office.connect("alice", "own")
    sent = office.send(client, "alice@example.org", [ALICE, "X-Long: " + "x" * 900] * 40)
    assert (sent.reply.code, sent.reply.enhanced) == (552, "5.6.0"), sent
    assert office.send(client, "alice@example.org", [ALICE]).accepted


def test_replies_are_ascii(office, configured):
    """sendmail would mangle other bytes."""
    configured(reply="{address}")
    client = office.connect("alice", "own")
    for value in ('"Jürgen"@example.net', "x@bücher.example"):
        reply = office.send(client, "alice@example.org", [f"From: {value}"]).reply
        assert (reply.code, reply.enhanced) == (550, "5.7.1"), reply
        assert reply.text.isascii() and reply.text.isprintable(), reply


def test_what_sendmail_tells(office, configured):
    """Each fact that a rule may ask for has come in its macro."""
    milter = configured()
    with office.connect("alice", "own") as client:
        sent = office.send(client, "alice@example.org", [ALICE])
        version = client.socket.version()
    line = check_log(milter, 0, queue_id=sent.queue_id, decision="accept",
                     login="alice@example.org", client="127.0.0.1")
    for fact in ("client_name=localhost", "daemon=own", "mech=PLAIN", f"tls={version}",
                 "authen=alice"):
        assert f" {fact}" in line, line
