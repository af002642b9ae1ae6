# SPDX-License-Identifier: BSD-2-Clause
"""The envelope sender as it was typed and as Postfix resolves it: both must be the login's."""

import pytest
from conftest import every_mta, every_store
from lib.expect import check_refusal

pytestmark = [pytest.mark.usefixtures("milter"), every_mta, every_store]

ALICE = "From: Alice <alice@example.org>"


@pytest.mark.parametrize("path", [
    "<alice@example.org>",
    "<ALICE@EXAMPLE.ORG>",
    "<Alice+Tag@Example.Org>",
    '<"alice"@example.org>',
    "alice@example.org",
    " <alice@example.org>",
])
def test_own_address_however_typed(office, path):
    client = office.connect("alice")
    assert client.command(f"MAIL FROM:{path}").ok
    client.rset()


@pytest.mark.parametrize("path", [
    "<bob@example.org>",
    "<BOB@EXAMPLE.ORG>",
    "bob@example.org",
    '<"bob"@example.org>',
    "<bob+alice@example.org>",
    "<alice@example.net>",
    "<alice@sub.example.org>",
    "<alice@example.org.example.net>",
    "<xalice@example.org>",
    "<+alice@example.org>",
    # Routes: the address is what stands behind the colon.
    "<@example.org:bob@example.org>",
    "<@alice@example.org:bob@example.org>",
    "<@example.net,@example.org:bob@example.org>",
    # Old ways to say bob at another host, which Postfix resolves.
    "<bob%example.org@example.org>",
    "<bob%example.org>",
    "<example.org!bob>",
    '<"alice@example.org"@example.net>',
    '<"bob@example.org"@example.org>',
    '<"alice@example.org bob"@example.net>',
    "<bob>",
    "<*@example.org>",
    "<@example.org>",
    "<alice@[127.0.0.1]>",
])
def test_not_hers(office, path):
    """Refused by the milter or, where it is no address at all, by Postfix; never accepted."""
    client = office.connect("alice")
    reply = client.command(f"MAIL FROM:{path}")
    assert reply.code in (501, 550, 553), reply
    client.rset()


def test_percent_sign_in_the_reply(office):
    """A percent sign in the address is no format of the MTA's reply."""
    client = office.connect("alice")
    reply = client.mail("100%s%d%n@example.net")
    check_refusal(reply, place="mail_from")
    assert "100%s%d%n@example.net" in reply.text


def test_long_address(office):
    """An address of any length gets a reply that SMTP allows."""
    client = office.connect("alice")
    reply = client.mail("b" * 900 + "@example.net")
    assert reply.code in (501, 550, 553)
    assert len(reply.lines[0]) <= 506
    client.rset()
    assert office.send(client, "alice@example.org", [ALICE]).accepted


def test_smtputf8_address(office):
    """An internationalised address that nobody was granted, in a reply that stays ASCII; without
    the parameter, too, which is all that sendmail 8.17 lets through to us."""
    client = office.connect("alice")
    utf8 = " SMTPUTF8" if "SMTPUTF8" in client.extensions else ""
    client.send_raw(f"MAIL FROM:<jürgen@bücher.example>{utf8}\r\n".encode())
    reply = client.read_reply()
    assert reply.code == 550
    assert reply.text.isascii() and reply.text.isprintable()
    client.rset()


def test_null_sender_alone_is_allowed(office):
    sent = office.send("alice", "", [ALICE])
    assert office.delivered(sent).mail_from == ""


@pytest.mark.parametrize("fields, place", [
    (["From: bob@example.org"], "from"),
    ([ALICE, "Sender: bob@example.org"], "sender"),
    ([ALICE, "Resent-From: bob@example.org"], "resent_from"),
    ([], "from"),
])
def test_null_sender_skips_nothing(office, fields, place):
    check_refusal(office.send("alice", "", fields).reply, place=place)
