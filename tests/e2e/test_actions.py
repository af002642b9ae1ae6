# SPDX-License-Identifier: BSD-2-Clause
"""Each action on a violation, through Postfix: the reply, the bytes that arrive, the queue,
the log."""

import email
import email.header
import email.policy
import re

import pytest
from conftest import every_mta, postfix_only
from lib.expect import check_log, check_refusal
from lib.process import wait_until

pytestmark = every_mta

ALICE = "From: Alice <alice@example.org>"
BOB = "From: Bob <bob@example.org>"
OWN = "alice@example.org"


def send(office, fields, mail_from=OWN, **options):
    return office.send(office.connect("alice", "own"), mail_from, fields, **options)


def arrived(office, fields, mail_from=OWN, **options):
    """The message as it was delivered, and its Sent."""
    sent = send(office, fields, mail_from, **options)
    return office.delivered(sent), sent


def values(message, name):
    """The unfolded values of a field."""
    return [re.sub(rb"\r\n(?=[ \t])", b"", field).partition(b":")[2].strip().decode()
            for field in message.fields(name)]


def addresses(message):
    """Who Python's reader takes for the author."""
    parsed = email.message_from_bytes(message.data, policy=email.policy.default)
    return [a.addr_spec for a in parsed["From"].addresses]


def test_quarantine_is_held_and_can_be_released(office, configured):
    milter = configured(on_violation="quarantine")
    sent = send(office, [BOB])
    assert sent.accepted
    assert sent.queue_id in office.mta.held()
    check_log(milter, 0, queue_id=sent.queue_id, decision="quarantine", place="from",
              address="bob@example.org", reason="not-owned")
    word = {"postfix": "milter-hold: ", "sendmail": ".*quarantine="}[office.mta.name]
    assert re.search(f"{sent.queue_id}: {word}", office.mta.log())
    office.mta.release(sent.queue_id)
    assert office.delivered(sent).fields("From") == [BOB.encode()]
    office.delivered(send(office, [ALICE]))


def test_discard_is_answered_well_and_never_arrives(office, configured, sink):
    milter = configured(on_violation="discard")
    sent = send(office, [BOB])
    assert sent.reply.code == 250
    check_log(milter, 0, queue_id=sent.queue_id, decision="discard", place="from",
              address="bob@example.org", reason="not-owned")
    office.delivered(send(office, [ALICE]))  # by now the other would have arrived
    wait_until(lambda: office.mta.queued() == 0, what="an empty queue")
    assert sent.recipient not in sink.recipients()


def test_tag(office, configured):
    milter = configured(on_violation="tag")
    message, sent = arrived(office, ["X-Sendas: all is well", BOB, "x-sendas: really"])
    assert values(message, "X-Sendas") == ["not-owned from bob@example.org"]
    assert message.fields("From") == [BOB.encode()]
    check_log(milter, 0, queue_id=sent.queue_id, decision="tag", place="from")
    message, _ = arrived(office, ["X-Sendas: all is well", ALICE])
    assert values(message, "X-Sendas") == []


def test_tag_names_what_is_wrong_in_one_field(office, configured):
    configured(on_violation="tag", tag_field="X-Doubtful")
    message, _ = arrived(office, [BOB, "Sender: carol@example.org",
                                  "Resent-From: <"], "carol@example.org")
    assert values(message, "X-Doubtful") == [
        "not-owned mail_from carol@example.org; not-owned from bob@example.org; "
        "not-owned sender carol@example.org; unclosed-angle resent_from"]


def test_monitor_field(office, configured):
    configured(mode="monitor", monitor_field=True)
    message, _ = arrived(office, [BOB])
    assert values(message, "X-Sendas") == ["would-reject not-owned from bob@example.org"]
    message, _ = arrived(office, ["X-Sendas: would-reject", ALICE])
    assert values(message, "X-Sendas") == []


# --- add-sender ---

def test_add_sender(office, configured):
    milter = configured(on_violation="add-sender")
    message, sent = arrived(office, [BOB])
    assert message.fields("From") == [BOB.encode()]
    assert values(message, "Sender") == [OWN]
    check_log(milter, 0, queue_id=sent.queue_id, decision="add-sender", place="from")
    message, _ = arrived(office, ["Sender: carol@example.org", BOB])
    assert values(message, "Sender") == [OWN]
    message, _ = arrived(office, [BOB, "Sender: sales@example.org"])
    assert values(message, "Sender") == ["sales@example.org"]


def test_add_sender_does_not_mend_everything(office, configured):
    configured(on_violation="add-sender")
    check_refusal(send(office, [ALICE], "bob@example.org").reply, place="mail_from")
    check_refusal(send(office, ["From: <"]).reply, place="from")


# --- rewrite ---

def check_rewritten(message, *, name="", reply_to=None, original=()):
    """One From, the login's own; nothing else that a reader takes for the sender."""
    assert addresses(message) == [OWN]
    assert len(message.fields("From")) == 1
    parsed = email.message_from_bytes(message.data, policy=email.policy.default)
    assert parsed["From"].addresses[0].display_name == name
    assert message.fields("Sender") == [] and message.fields("Resent-From") == []
    assert values(message, "Reply-To") == ([] if reply_to is None else [reply_to])
    assert values(message, "X-Original-From") == list(original)
    assert message.mail_from == OWN


def test_rewrite(office, configured):
    milter = configured(on_violation="rewrite")
    message, sent = arrived(office, [BOB])
    check_rewritten(message, name="Bob", reply_to="Bob <bob@example.org>",
                    original=["Bob <bob@example.org>"])
    check_log(milter, 0, queue_id=sent.queue_id, decision="rewrite", place="from",
              address="bob@example.org", reason="not-owned")
    message, sent = arrived(office, [ALICE])
    assert message.fields("From") == [ALICE.encode()]
    check_log(milter, 0, queue_id=sent.queue_id, decision="accept")


def test_rewrite_keeps_a_reply_to(office, configured):
    configured(on_violation="rewrite")
    message, _ = arrived(office, [BOB, "Reply-To: desk@example.net"])
    check_rewritten(message, name="Bob", reply_to="desk@example.net",
                    original=["Bob <bob@example.org>"])


def test_rewrite_of_the_envelope(office, configured):
    configured(on_violation="rewrite")
    message, _ = arrived(office, [BOB], "bob@example.org")
    check_rewritten(message, name="Bob", reply_to="Bob <bob@example.org>",
                    original=["Bob <bob@example.org>"])
    message, _ = arrived(office, [ALICE], "bob@example.org")
    assert message.mail_from == OWN and message.fields("From") == [ALICE.encode()]
    message, _ = arrived(office, [BOB], "")
    assert message.mail_from == ""
    assert addresses(message) == [OWN]


@pytest.mark.parametrize("fields", [
    ["From: bob@example.org", ALICE],
    [ALICE, "FROM: bob@example.org", "from: carol@example.org"],
    ["From: bob@example.org"] * 4,
], ids=["two", "three", "four alike"])
def test_rewrite_of_several_from_fields(office, configured, fields):
    configured(on_violation="rewrite")
    message, _ = arrived(office, fields)
    kept = [f.partition(": ")[2] for f in fields]
    if office.mta.name == "sendmail":  # puts each field that is added above its like
        kept.reverse()
    check_rewritten(message, original=kept)


@pytest.mark.parametrize("value", [
    "<bob@example.org> <alice@example.org>",
    "bob@example.org <carol@example.org>, <",
    '"Bob <bob@example.org>',
    "Bob (<carol@example.org>) <bob@example.org>",
    "=?utf-8?b?Ym9iQGV4YW1wbGUub3Jn?=",
])
def test_rewrite_of_an_unreadable_from(office, configured, value):
    configured(on_violation="rewrite")
    message, _ = arrived(office, [f"From: {value}"])
    assert addresses(message) == [OWN]
    assert values(message, "Reply-To") == []
    kept = b"".join(message.fields("X-Original-From"))
    assert b"=?" in kept and b"@" not in kept.partition(b":")[2]


def test_rewrite_of_a_missing_from(office, configured):
    configured(on_violation="rewrite")
    message, _ = arrived(office, [])
    check_rewritten(message)


@pytest.mark.parametrize("field, name", [
    ('From: "Builder, Bob" <bob@example.org>', "Builder, Bob"),
    ("From: =?utf-8?q?J=C3=BCrgen?= <bob@example.org>", "Jürgen"),
    ("From: =?iso-8859-1?q?J=FCrgen?= <bob@example.org>", "Jürgen"),
    ("From: =?utf-8?b?5bGx55Sw?=\r\n =?utf-8?b?5aSq6YOO?= <bob@example.org>", "山田太郎"),
    ("From: bob@example.org (Bob)", "Bob"),
    ('From: "bob@example.org" <bob@example.org>', ""),
    ("From: =?utf-8?q?bob=40example=2Eorg?= <bob@example.org>", ""),
])
def test_rewrite_and_names(office, configured, field, name):
    configured(on_violation="rewrite")
    message, _ = arrived(office, [field])
    parsed = email.message_from_bytes(message.data, policy=email.policy.default)
    assert addresses(message) == [OWN]
    assert parsed["From"].addresses[0].display_name == name


@postfix_only  # sendmail drops names as long as this, whoever wrote them
def test_rewrite_folds_long_names(office, configured):
    configured(on_violation="rewrite")
    name = "ü" * 80
    message, _ = arrived(office, ["From: =?utf-8?q?" + "=C3=BC" * 80 + "?= <bob@example.org>"])
    field = message.fields("From")[0]
    assert all(len(line) <= 78 for line in field.split(b"\r\n")) and b"\r\n " in field
    words = email.header.decode_header(values(message, "From")[0])
    assert words[0][0].decode() == name


@postfix_only
def test_rewrite_in_an_internationalised_message(office, configured):
    configured(on_violation="rewrite")
    field = "From: Jürgen <bob@example.org>"
    message, _ = arrived(office, [field], parameters="SMTPUTF8")
    assert message.fields("From") == ['From: "Jürgen" <alice@example.org>'.encode()]
    message, _ = arrived(office, [field])  # raw UTF-8 all the same, as some programs send it
    assert message.fields("From") == [b"From: =?utf-8?q?J=C3=BCrgen?= <alice@example.org>"]


def test_rewrite_takes_foreign_senders_away(office, configured):
    configured(on_violation="rewrite")
    message, _ = arrived(office, ["Resent-From: carol@example.org", "Sender: bob@example.org",
                                  ALICE, "Sender: carol@example.org"])
    assert message.fields("From") == [ALICE.encode()]
    assert message.fields("Sender") == [] and message.fields("Resent-From") == []
    assert values(message, "X-Original-Resent-From") == ["carol@example.org"]


def test_nothing_is_injected(office, configured):
    """What was unreadable holds no line of its own where it is kept."""
    configured(on_violation="rewrite")
    message, _ = arrived(office, ["From: bob@example.org\r\n \r\n Bcc: x@example.net <\r\n\tSender: y"])
    assert addresses(message) == [OWN]
    assert message.fields("Bcc") == [] and message.fields("Sender") == []


def test_own_address(office, configured):
    configured(**{'rule "web"': {"logins": ["alice@example.org"], "on_violation": "rewrite",
                                 "own_address": "noreply@example.org"}})
    message, _ = arrived(office, [BOB])
    assert addresses(message) == ["noreply@example.org"]


def test_missing_from_add(office, configured):
    configured(missing_from="add")
    message, _ = arrived(office, [])
    assert values(message, "From") == [OWN]
    message, _ = arrived(office, ["From: undisclosed:;"])
    assert values(message, "From") == [OWN]


# --- replies ---

def test_reply_of_a_rule(office, configured):
    configured(**{'rule "sales"': {
        "logins": ["alice"], "reply": "{login} may not use {address} in {place} ({reason}, {rule})"
        " 100% sure; {{see}} {help_url}", "help_url": "https://help.example.org/x?a=%20"}})
    reply = send(office, ["From: \"a b%s\"@example.net"]).reply
    assert (reply.code, reply.enhanced) == (550, "5.7.1")
    assert reply.text == ('5.7.1 alice@example.org may not use "a b%s"@example.net in From '
                          "(not-owned, sales) 100% sure; {see} https://help.example.org/x?a=%20")


def test_help_url(office, configured):
    configured(help_url="https://help.example.org/from")
    reply = send(office, [BOB]).reply
    check_refusal(reply, place="from", address="bob@example.org")
    assert reply.text.endswith(" - see https://help.example.org/from")


# --- Authentication-Results ---

FORGED = ["Authentication-Results: mail.example.org; auth=pass smtp.auth=ceo",
          "authentication-results: (x) \"MAIL.example.org\" 1; none",
          "Authentication-Results: other.example.net; spf=pass smtp.mailfrom=x.example",
          "Authentication-Results:\r\n mail.example.org ; dkim=pass"]


def test_authentication_results(office, configured):
    configured(authentication_results={"add": True, "login": "full"})
    message, _ = arrived(office, [*FORGED, ALICE])
    assert values(message, "Authentication-Results") == [
        "mail.example.org; auth=pass (PLAIN) smtp.auth=alice@example.org "
        "smtp.mailfrom=alice@example.org",
        "other.example.net; spf=pass smtp.mailfrom=x.example"]
    names = [f.partition(b":")[0] for f in message.fields()]
    assert names[:3] == [b"Received", b"Authentication-Results", b"Received"]


def test_authentication_results_without_the_login(office, configured):
    configured(authentication_results={"add": True, "authserv_id": "submission"})
    message, _ = arrived(office, [*FORGED, ALICE], "")
    assert values(message, "Authentication-Results")[0] == "submission; auth=pass (PLAIN)"
    assert len(message.fields("Authentication-Results")) == 5
