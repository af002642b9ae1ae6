# SPDX-License-Identifier: BSD-2-Clause
"""Changes of messages on the wire: what is asked of the MTA, and what is then sent."""

from dataclasses import replace

import pytest

import milter_client as m
from milter_client import Message

ALICE = "alice@example.org"
BOB = "bob@example.org"
REWRITE = 'on_violation = "rewrite"\n'


def changes(result):
    """All but our Received."""
    return [(c.op, c.name, c.value, c.index) for c in result.reply.changes
            if c.name != b"Received"]


@pytest.mark.parametrize("settings, bits", [
    ("", 0),
    (REWRITE, m.ACTION_CHANGE_HEADERS | m.ACTION_CHANGE_FROM),
    (f'rule "x" {{ logins = {{ "bob" }}\n{REWRITE} }}',
     m.ACTION_CHANGE_HEADERS | m.ACTION_CHANGE_FROM),
    ('on_violation = "add-sender"', m.ACTION_CHANGE_HEADERS),
    ('on_violation = "quarantine"', m.ACTION_QUARANTINE),
    ('on_violation = "tag"', m.ACTION_CHANGE_HEADERS),
    ('on_violation = "discard"', 0),
    ('missing_from = "add"', m.ACTION_CHANGE_HEADERS),
    ('mode = "monitor"\n' + REWRITE, 0),
    ('mode = "monitor"\nmonitor_field = true', m.ACTION_CHANGE_HEADERS),
    ("authentication_results { add = true }", m.ACTION_CHANGE_HEADERS),
])
def test_asks_for_what_it_may_need(daemon_factory, mta, settings, bits):
    with daemon_factory(settings).client(mta) as client:
        client.negotiate()
        assert client.actions == m.ACTION_ADD_HEADERS | m.ACTION_SET_SYMBOL_LIST | bits


def test_rewrite(daemon_factory, mta):
    daemon = daemon_factory(REWRITE)
    result = daemon.send(Message(sender=BOB, login=ALICE, fields=[
        ("Sender", BOB), ("From", f"B <{BOB}>"), ("FROM", "<"), ("Sender", "carol@example.org")]),
        mta)
    assert result.accepted
    assert changes(result) == [
        ("e", b"", f"<{ALICE}>\0".encode(), 0),
        ("change", b"From", ALICE.encode(), 1),
        ("change", b"FROM", b"", 2),
        ("add", b"X-Original-From", f"B <{BOB}>".encode(), 0),
        ("add", b"X-Original-From", b"=?utf-8?q?=3C?=", 0),
        ("change", b"Sender", b"", 2),
        ("change", b"Sender", b"", 1)]


def test_quarantine_and_discard(daemon_factory, mta):
    spoofed = Message(sender=ALICE, login=ALICE, fields=[("From", BOB)])
    held = daemon_factory('on_violation = "quarantine"').send(spoofed, mta)
    assert held.accepted
    assert [(c.op, c.value) for c in held.reply.changes if c.name != b"Received"] == [
        ("q", b"sendas: not-owned from bob@example.org\0")]
    gone = daemon_factory('on_violation = "discard"').send(spoofed, mta)
    assert gone.stage == "eom" and gone.reply.kind == "discard" and gone.reply.changes == []


@pytest.mark.parametrize("settings, hidden", [
    (REWRITE, m.ACTION_CHANGE_HEADERS),
    (REWRITE, m.ACTION_CHANGE_FROM),
    ('on_violation = "quarantine"', m.ACTION_QUARANTINE),
    ('on_violation = "add-sender"', m.ACTION_ADD_HEADERS),
])
def test_what_the_mta_does_not_grant_is_not_let_through(daemon_factory, mta, settings, hidden):
    """Put off, and told of; what needs no change goes through."""
    daemon = daemon_factory(settings + "\nreceived { add = false }")
    poor = replace(mta, actions=m.ACTIONS_ALL & ~hidden)
    sender = BOB if hidden == m.ACTION_CHANGE_FROM else ALICE
    if "sender" in settings:
        sender = ALICE
    result = daemon.send(Message(sender=sender, login=ALICE, fields=[("From", BOB)]), poor)
    assert result.stage == "eom" and result.code == 451
    daemon.wait_for_log("does not let the message be changed")
    assert daemon.send(Message(sender=ALICE, login=ALICE), poor).accepted


def test_a_reload_that_needs_more_than_was_granted(daemon_factory, mta):
    """The connection began when nothing was to be changed."""
    daemon = daemon_factory()
    with daemon.client(mta) as client:
        client.start()
        assert client.send(Message(sender=ALICE, login=ALICE)).accepted
        daemon.write_config(REWRITE)
        daemon.reload()
        assert client.send(Message(sender=ALICE, login=ALICE, fields=[("From", BOB)])).code == 451
        assert client.send(Message(sender=ALICE, login=ALICE)).accepted
    assert daemon.send(Message(sender=ALICE, login=ALICE, fields=[("From", BOB)]), mta).accepted


# --- certificates ---

CERT = """
unauthenticated = "reject"
rule "device" { cert_subjects = { "device" }
                identity = "alice@example.org" }
"""


@pytest.mark.parametrize("verify, code", [
    ("OK", 250), ("NO", 530), ("FAIL", 530), ("NOT", 530), ("TEMP", 530)])
def test_sendmail_says_whether_a_certificate_was_verified(daemon_factory, verify, code):
    daemon = daemon_factory(CERT)
    result = daemon.send(Message(sender=ALICE, macros={
        "{tls_version}": "TLSv1.3", "{cert_subject}": "device", "{verify}": verify}), m.SENDMAIL)
    assert result.code == code


def test_no_certificate_counts_where_it_cannot_be_asked_for(daemon_factory):
    """Without a symbol list sendmail names a certificate and not whether it was verified."""
    daemon = daemon_factory(CERT)
    old = replace(m.SENDMAIL, actions=m.ACTIONS_ALL & ~m.ACTION_SET_SYMBOL_LIST)
    result = daemon.send(Message(sender=ALICE, macros={
        "{tls_version}": "TLSv1.3", "{cert_subject}": "device", "{verify}": "NO"}), old)
    assert result.code == 530


def test_postfix_names_verified_certificates_only(daemon_factory):
    daemon = daemon_factory(CERT)
    message = Message(sender=ALICE, macros={"{cert_subject}": "device"})
    assert daemon.send(message, m.POSTFIX).accepted
    assert daemon.send(Message(sender=ALICE), m.POSTFIX).code == 530


# --- local programs ---

LOCAL = """
unauthenticated = "reject"
rule "local" { clients = { "local" }
               identity = "alice@example.org" }
"""


@pytest.mark.parametrize("client, code", [
    ({"address": "127.0.0.1", "port": 0}, 250),
    ({"address": "127.0.0.1", "port": 40000}, 530),
    ({"address": "192.0.2.7", "port": 0}, 530),
    ({"family": "U"}, 530),
])
def test_local_programs(daemon_factory, client, code):
    daemon = daemon_factory(LOCAL)
    with daemon.client(m.POSTFIX) as connection:
        connection.start(**client)
        assert connection.send(Message(sender=ALICE)).code == code
