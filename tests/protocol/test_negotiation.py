# SPDX-License-Identifier: BSD-2-Clause
"""What the filter asks of an MTA: as little as it can."""

from dataclasses import replace

import pytest

import milter_client as m
from milter_client import POSTFIX, Message

ALICE = "alice@example.org"


@pytest.mark.parametrize("inet", [False, True], ids=["unix", "inet"])
def test_declines_what_it_does_not_need(daemon_factory, mta, inet):
    daemon = daemon_factory(inet=inet)
    with daemon.client(mta) as client:
        client.negotiate()
        for bit in (m.NO_BODY, m.NO_UNKNOWN, m.NO_RCPT, m.NO_REPLY_HEADER):
            assert client.declines(bit), hex(bit)
        for bit in (m.NO_MAIL, m.NO_HEADERS):
            assert not client.declines(bit), hex(bit)


def test_takes_data_on_inet_only(daemon_factory, mta):
    # Without an answer to DATA, Nagle's algorithm and delayed ACKs cost 44 ms a message.
    for inet in (False, True):
        daemon = daemon_factory(inet=inet)
        with daemon.client(mta) as client:
            client.negotiate()
            assert client.declines(m.NO_DATA) == (not inet)
            assert not client.declines(m.NO_REPLY_DATA)


def test_changes_nothing_but_added_fields(shared, mta):
    with shared.client(mta) as client:
        client.negotiate()
        assert client.actions & m.ACTION_ADD_HEADERS
        assert not client.actions & ~(m.ACTION_ADD_HEADERS | m.ACTION_SET_SYMBOL_LIST)


def test_asks_for_the_macros_it_needs(shared, mta):
    with shared.client(mta) as client:
        client.negotiate()
        lists = client.symbol_lists
        asked = {name for names in lists.values() for name in names}
        # What MAIL brings anew each time replaces what was there: j and {mail_addr} make
        # sure that it always brings something.
        assert {"{auth_authen}", "{mail_addr}", "j"} <= set(lists["mail"])
        assert {"{mail_addr}", "{tls_version}", "{cipher}", "i", "j"} <= asked
        # What a client claims about itself is never asked for.
        assert "{auth_author}" not in asked


@pytest.mark.parametrize("hidden", [
    {"actions": m.ACTIONS_ALL & ~m.ACTION_SET_SYMBOL_LIST},
    {"protocol": 0x3F},  # what the first version had
    {"protocol": m.PROTOCOL_ALL & ~m.HEADER_LEADING_SPACE},
    {"protocol": m.PROTOCOL_ALL & ~m.NO_REPLY_HEADER},
    {"protocol": m.PROTOCOL_ALL & ~(m.NO_DATA | m.NO_UNKNOWN)},
], ids=["no symbol list", "no options", "no leading space", "replies to fields", "old"])
def test_works_with_an_mta_that_offers_less(shared, mta, hidden):
    poor = replace(mta, **hidden)
    honest = shared.send(Message(sender=ALICE, login=ALICE), poor)
    assert honest.accepted
    assert [change.op for change in honest.reply.changes] == ["insert"]
    spoofed = shared.send(Message(sender=ALICE, login=ALICE,
                                  fields=[("From", "bob@example.org")]), poor)
    assert spoofed.code == 550


def test_still_judges_when_the_mta_lets_nothing_be_added(shared):
    poor = replace(POSTFIX, actions=0)
    try:
        honest = shared.send(Message(sender=ALICE, login=ALICE), poor)
    except m.MilterError:
        return  # refusing to serve such an MTA is safe as well
    assert honest.accepted and honest.reply.changes == []
    spoofed = shared.send(Message(sender=ALICE, login=ALICE,
                                  fields=[("From", "bob@example.org")]), poor)
    assert spoofed.code == 550
