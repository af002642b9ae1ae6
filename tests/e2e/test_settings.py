# SPDX-License-Identifier: BSD-2-Clause
"""The settings that say what follows from a decision, and the log lines of each."""

import re

import pytest
from conftest import every_mta
from lib.expect import LOG_KEYS, check_log, check_refusal

pytestmark = every_mta

ALICE = "From: Alice <alice@example.org>"
BOB = "From: Bob <bob@example.org>"


def test_on_violation_defer(office, configured):
    milter = configured(on_violation="defer")
    client = office.connect("alice", "own")
    check_refusal(office.send(client, "alice@example.org", [BOB]).reply, place="from",
                  address="bob@example.org", code=451, enhanced="4.7.1")
    check_refusal(client.mail("bob@example.org"), place="mail_from", code=451,
                  enhanced="4.7.1")
    check_log(milter, 0, decision="defer", place="from", reason="not-owned")
    assert office.send(client, "alice@example.org", [ALICE]).accepted


def test_on_violation_log(office, configured):
    milter = configured(on_violation="log")
    client = office.connect("alice", "own")
    sent = office.send(client, "bob@example.org", [BOB])
    assert office.delivered(sent).mail_from == "bob@example.org"
    check_log(milter, 0, queue_id=sent.queue_id, decision="log", place="mail_from",
              address="bob@example.org", reason="not-owned")


def test_monitor_changes_nothing(office, configured):
    milter = configured(mode="monitor")
    client = office.connect("alice", "own")
    sent = office.send(client, "alice@example.org", [BOB])
    office.delivered(sent)
    line = check_log(milter, 0, queue_id=sent.queue_id, place="from",
                     address="bob@example.org", reason="not-owned")
    assert "decision=would-reject" in line
    assert milter.explain("alice", "alice@example.org",
                          b"From: bob@example.org\r\n\r\n")["verdict"]


def test_null_sender_reject(office, configured):
    configured(null_sender="reject")
    client = office.connect("alice", "own")
    check_refusal(client.mail(""), place="mail_from")
    assert office.send(client, "alice@example.org", [ALICE]).accepted


def test_missing_from_allow(office, configured):
    configured(missing_from="allow")
    client = office.connect("alice", "own")
    office.delivered(office.send(client, "alice@example.org", []))
    check_refusal(office.send(client, "alice@example.org", [BOB]).reply, place="from")


@pytest.mark.parametrize("setting, place, mail_from, fields", [
    ("mail_from", "mail_from", "bob@example.org", [ALICE]),
    ("from", "from", "alice@example.org", [BOB]),
    ("sender", "sender", "alice@example.org", [ALICE, "Sender: bob@example.org"]),
    ("resent", "resent_from", "alice@example.org", [ALICE, "Resent-From: bob@example.org"]),
    ("resent", "resent_sender", "alice@example.org",
     [ALICE, "Resent-From: alice@example.org", "Resent-Sender: bob@example.org"]),
])
def test_a_check_turned_off(office, configured, setting, place, mail_from, fields):
    """`any` lifts this check, and no other."""
    configured(**{setting: "any"})
    client = office.connect("alice", "own")
    office.delivered(office.send(client, mail_from, fields))
    others = {"mail_from": ("from", "alice@example.org", [BOB]),
              "from": ("sender", "alice@example.org", [ALICE, "Sender: bob@example.org"]),
              "sender": ("from", "alice@example.org", [BOB]),
              "resent": ("from", "alice@example.org", [BOB])}
    other, mail_from, fields = others[setting]
    check_refusal(office.send(client, mail_from, fields).reply, place=other)


def test_from_must_be_the_envelope_sender(office, configured):
    configured(**{"from": "mail-from"})
    client = office.connect("alice", "own")
    assert office.send(client, "sales@example.org", ["From: sales@example.org"]).accepted
    check_refusal(office.send(client, "sales@example.org", [ALICE]).reply, place="from",
                  address="alice@example.org")


def test_from_in_the_domain(office, configured):
    configured(**{"from": "domain"})
    client = office.connect("alice", "own")
    assert office.send(client, "alice@example.org", [BOB]).accepted
    check_refusal(office.send(client, "alice@example.org", ["From: bob@example.net"]).reply,
                  place="from", address="bob@example.net")


def test_display_name(office, configured):
    """Another's address as a name is a matter of taste; the setting makes it one of policy."""
    shown = 'From: "bob@example.org" <alice@example.org>'
    encoded = "From: =?utf-8?b?Ym9iQGV4YW1wbGUub3Jn?= <alice@example.org>"
    milter = configured(display_name="no-foreign-address")
    client = office.connect("alice", "own")
    for field in (shown, encoded):
        check_refusal(office.send(client, "alice@example.org", [field]).reply, place="from",
                      address="bob@example.org")
    assert office.send(client, "alice@example.org",
                       ['From: "alice@example.org" <sales@example.org>']).accepted
    milter.configure()
    mark = milter.mark()
    milter.reload()
    milter.wait_log("reload", mark)
    for field in (shown, encoded):
        assert office.send(client, "alice@example.org", [field]).accepted


def test_accepted_not_logged(office, configured):
    milter = configured(log_accepted=False)
    client = office.connect("alice", "own")
    mark = milter.mark()
    assert office.send(client, "alice@example.org", [ALICE]).accepted
    check_refusal(office.send(client, "alice@example.org", [BOB]).reply, place="from")
    check_log(milter, mark, decision="reject")
    assert "decision=accept" not in milter.log_since(mark)


def test_one_log_line_a_message(office, configured):
    """In the order of LOG_KEYS, whatever the message holds."""
    milter = configured()
    client = office.connect("alice", "own")
    mark = milter.mark()
    sent = [office.send(client, "alice@example.org", fields) for fields in (
        [ALICE], [BOB], [ALICE, BOB, "Sender: bob@example.org"],
        ['From: "x\\\r\n y" <x=y decision=accept@example.org>'])]
    sent.append(office.send(client, "bob decision=accept@example.org", [ALICE]))
    assert [s.accepted for s in sent] == [True, False, False, False, False]
    check_log(milter, mark, decision="accept", queue_id=sent[0].queue_id)
    lines = [line for line in milter.log_since(mark).splitlines() if "decision=" in line]
    assert 4 <= len(lines) <= 5  # the MTA may refuse the last one itself
    value = r'(?:"[^"]*"|[^\s"]\S*)'
    order = r"\S+: " + " ".join(rf"{k}={value}" for k in LOG_KEYS) + r'(?: \w+=(?:"[^"]*"|\S*))*$'
    for line in lines:
        assert re.search(order, line), line
        assert re.sub(r'"[^"]*"', "", line).count(" decision=") == 1, line


def test_recipient_delimiter(office, configured):
    configured(recipient_delimiter="-")
    client = office.connect("alice", "own")
    assert office.send(client, "alice-x@example.org", [ALICE]).accepted
    check_refusal(office.send(client, "alice@example.org",
                              ["From: alice+x@example.org"]).reply, place="from")
