# SPDX-License-Identifier: BSD-2-Clause
"""Every way to a verdict, at MAIL and at the end of the message."""

import pytest

from harness import wait_for
from milter_client import Message

ALICE = "alice@example.org"
BOB = "bob@example.org"
OTHER = "ceo@example.com"  # nobody's


def refused_at(result, stage, code, *words):
    """The refusal came where it should, says so in words, and in the right class."""
    assert (result.stage, result.code) == (stage, code), result
    enhanced = {"5": "5.7.1", "4": "4.7.1"}[str(code)[0]]
    assert result.text.startswith(f"{code} {enhanced} ")
    for word in words:
        assert word in result.text, result.text


# --- the envelope sender ---

@pytest.mark.parametrize("login, sender", [
    (ALICE, ALICE),
    (ALICE, "sales@example.org"),
    (BOB, "sales@example.org"),
    (ALICE, "alice+lists@example.org"),
    (ALICE, "Alice@Example.ORG"),
    (ALICE, '"alice"@example.org'),
    ("Alice@Example.org", ALICE),
    (ALICE, "all@example.org"),
    (None, OTHER),          # not authenticated: not our matter
])
def test_mail_allowed(shared, mta, login, sender):
    result = shared.send(Message(sender=sender, login=login, fields=[("From", sender)]), mta)
    assert result.accepted, result


@pytest.mark.parametrize("sender, mail_addr", [
    (OTHER, None),
    (BOB, None),
    (BOB, ALICE),            # typed is foreign, resolved is own
    (ALICE, BOB),            # typed is own, resolved is foreign
    (ALICE, "bob"),          # so sendmail says it of a domain of its own
    ("bob+alice@example.org", None),
    ("xalice@example.org", None),
    ("alice@sub.example.org", None),
    ("alice@example.org.example.com", None),
])
def test_mail_refused(shared, mta, sender, mail_addr):
    result = shared.send(Message(sender=sender, mail_addr=mail_addr, login=ALICE), mta)
    foreign = mail_addr if sender == ALICE else sender
    refused_at(result, "mail", 550, foreign)


def test_resolved_to_a_local_user(shared, mta):
    """sendmail leaves out the domain that is one of its own."""
    assert shared.send(Message(sender=ALICE, mail_addr="alice", login=ALICE), mta).accepted


@pytest.mark.parametrize("login", ["a+b", "a+2bb", "a=b", "o'neil", 'a"b', "a b", "(a)", "<a>"])
def test_login_as_it_was_given(shared, mta, login):
    """sendmail has logins as xtext."""
    result = shared.send(Message(sender=ALICE, login=f"{login}@example.org"), mta)
    refused_at(result, "mail", 550, f"(logged in as {login}@example.org)")


@pytest.mark.parametrize("login", [b"alice@example.org\n", b"\x01", b"a\xff\x7f", b"x" * 600])
def test_odd_login_owns_nothing(shared, mta, login):
    result = shared.send(Message(sender=ALICE, login=login), mta)
    assert not result.accepted and result.code // 100 in (4, 5)


def test_empty_login(shared, mta):
    """Nobody has logged in when both macros are empty; with a mechanism somebody has."""
    message = Message(sender=OTHER, login="", macros={"{auth_type}": ""},
                      fields=[("From", OTHER)])
    assert shared.send(message, mta).accepted
    message.macros["{auth_type}"] = "PLAIN"
    assert shared.send(message, mta).code == 550


def test_auth_author_is_nobody(shared, mta):
    message = Message(sender=BOB, login=ALICE, parameters=("AUTH=bob@example.org",),
                      macros={"{auth_author}": BOB}, fields=[("From", BOB)])
    refused_at(shared.send(message, mta), "mail", 550, BOB)


def test_login_domain_completes_a_bare_login(daemon_factory):
    daemon = daemon_factory('login_domain = "example.org"')
    assert daemon.send(Message(sender=ALICE, login="alice")).accepted
    assert daemon.send(Message(sender=BOB, login="alice")).code == 550


# --- the header ---

@pytest.mark.parametrize("fields", [
    [("From", ALICE)],
    [("From", f"Alice <{ALICE}>")],
    [("FROM", ALICE)],
    [("From", "sales@example.org"), ("Sender", ALICE)],
    [("From", f"{ALICE}, sales@example.org")],
    [("From", ALICE), ("Reply-To", OTHER), ("X-From", OTHER), ("To", OTHER)],
    [("From", ALICE), ("Resent-From", ALICE), ("Resent-Sender", "all@example.org")],
    [("Resent-From", ALICE), ("From", ALICE), ("Resent-From", "sales@example.org")],
    [("From", f"A very long name that wants\n\ta fold <{ALICE}>")],
    [("From", ALICE), ("From-Me", OTHER), ("Fromage", OTHER), ("Return-Path", OTHER)],
])
@pytest.mark.parametrize("sender", [ALICE, ""], ids=["envelope", "null"])
def test_header_allowed(shared, mta, sender, fields):
    result = shared.send(Message(sender=sender, login=ALICE, fields=fields), mta)
    assert result.accepted, result


REFUSED_FIELDS = [
    ([("From", OTHER)], "From", OTHER),
    ([("FROM", OTHER)], "From", OTHER),
    ([("From", f"{ALICE}, {OTHER}")], "From", OTHER),
    ([("From", f"{OTHER}, {ALICE}")], "From", OTHER),
    ([("From", ALICE), ("From", OTHER)], "From", None),
    ([("From", ALICE), ("From", ALICE)], "From", None),
    ([("From", ALICE), ("Sender", OTHER)], "Sender", OTHER),
    ([("From", ALICE), ("Resent-From", OTHER)], "Resent-From", OTHER),
    ([("From", ALICE), ("Resent-Sender", OTHER)], "Resent-Sender", OTHER),
    ([("From", ALICE), ("Resent-From", ALICE), ("Resent-From", OTHER)], "Resent-From", OTHER),
    ([], "From", None),
    ([("From", "")], "From", None),
    ([("From", "Undisclosed:;")], "From", None),
    ([("Sender", ALICE)], "From", None),
    ([("From", f"<{OTHER}> <{ALICE}>")], "From", None),
    ([("From", f"<@{OTHER}:{ALICE}>")], "From", None),
    # Names that some reader takes for From.
    ([("From", ALICE), ("From ", OTHER)], "From", None),
    ([("From ", OTHER)], "From", None),
    ([("From\t", ALICE), ("From", ALICE)], "From", None),
    ([("From", ALICE), ("Fr om", OTHER)], "From", None),
    ([("From", ALICE), (b"\xefFrom", OTHER)], "From", None),
    ([("From", ALICE), (b"\xef\xbb\xbfFrom", OTHER)], "From", None),
    ([("From", ALICE), ("Fr\x01om", OTHER)], "From", None),
    ([("From", ALICE), ("Sender ", OTHER)], "Sender", None),
    ([("From", ALICE), ("Sender", ALICE), ("Sender", OTHER)], "Sender", None),
]


@pytest.mark.parametrize("fields, place, address", REFUSED_FIELDS)
@pytest.mark.parametrize("sender", [ALICE, ""], ids=["envelope", "null"])
def test_header_refused(shared, mta, sender, fields, place, address):
    result = shared.send(Message(sender=sender, login=ALICE, fields=fields), mta)
    refused_at(result, "eom", 550, place, *([address] if address else []))


@pytest.mark.parametrize("fields, place, address", REFUSED_FIELDS)
def test_unauthenticated_is_not_our_matter(shared, fields, place, address):
    assert shared.send(Message(sender=OTHER, login=None, fields=fields)).accepted


# --- the settings ---

SPOOFED_FROM = {"fields": [("From", OTHER)]}

SETTINGS = [
    ('mail_from = "any"', {"sender": OTHER}, None),
    ('mail_from = "any"', SPOOFED_FROM, ("eom", 550)),
    ('from = "any"', SPOOFED_FROM, None),
    ('from = "any"', {"sender": OTHER}, ("mail", 550)),
    ('from = "mail-from"', {"sender": "sales@example.org",
                            "fields": [("From", "sales@example.org")]}, None),
    ('from = "mail-from"', {"fields": [("From", "sales@example.org")]}, ("eom", 550)),
    ('from = "domain"', {"fields": [("From", "anybody@example.org")]}, None),
    ('from = "domain"', SPOOFED_FROM, ("eom", 550)),
    ('sender = "any"', {"fields": [("From", ALICE), ("Sender", OTHER)]}, None),
    ('resent = "any"', {"fields": [("From", ALICE), ("Resent-From", OTHER)]}, None),
    ('resent = "any"', {"fields": [("From", OTHER), ("Resent-From", OTHER)]}, ("eom", 550)),
    ('null_sender = "reject"', {"sender": ""}, ("mail", 550)),
    ('missing_from = "allow"', {"fields": []}, None),
    ('on_violation = "defer"', {"sender": OTHER}, ("mail", 451)),
    ('on_violation = "defer"', SPOOFED_FROM, ("eom", 451)),
    ('on_violation = "log"', {"sender": OTHER, **SPOOFED_FROM}, None),
    ('mode = "monitor"', {"sender": OTHER, **SPOOFED_FROM}, None),
    ('recipient_delimiter = ""', {"sender": "alice+x@example.org"}, ("mail", 550)),
    ('case_sensitive_local_part = true', {"sender": "Alice@example.org"}, ("mail", 550)),
]


@pytest.mark.parametrize("settings, change, refusal", SETTINGS)
def test_settings(daemon_factory, settings, change, refusal):
    daemon = daemon_factory(settings)
    result = daemon.send(Message(**{"sender": ALICE, "login": ALICE, **change}))
    if refusal is None:
        assert result.accepted, result
    else:
        assert (result.stage, result.code) == refusal, result


# --- lookups that cannot be answered ---

@pytest.mark.parametrize("settings, code", [
    ("", 451),
    ('on_lookup_failure = "defer"', 451),
    ('on_lookup_failure = "reject"', 550),
    ('on_lookup_failure = "accept"', 250),
])
@pytest.mark.parametrize("change, stage", [
    ({"sender": ALICE}, "mail"),
    ({"sender": ""}, "eom"),
])
def test_lookup_failure(daemon_factory, settings, code, change, stage):
    daemon = daemon_factory(settings, send_as='"fail:the directory is down"')
    result = daemon.send(Message(**{"login": ALICE, **change}))
    if code == 250:
        assert result.accepted
    else:
        refused_at(result, stage, code)
        # What failed is the admin's business.
        assert "directory" not in result.text
    daemon.wait_for_log("the directory is down")


def test_a_map_that_answers_is_enough_for_a_yes_but_not_for_a_no(daemon_factory, directory):
    owners = directory / "also"
    owners.write_text("alice@example.org alice@example.org\nbob@example.org bob@example.org\n")
    daemon = daemon_factory(send_as=f'"fail:away", "file:{owners}"')
    assert daemon.send(Message(sender=ALICE, login=ALICE)).accepted
    assert daemon.send(Message(sender=BOB, login=ALICE)).code == 451


def test_a_violation_outweighs_a_lookup_that_failed(daemon_factory):
    # Two From fields are refused whatever the maps would say.
    daemon = daemon_factory(send_as='"fail:away"')
    result = daemon.send(Message(sender="", login=ALICE,
                                 fields=[("From", ALICE), ("From", BOB)]))
    assert not result.accepted and result.code in (451, 550)


def test_inline_map(daemon_factory):
    daemon = daemon_factory(send_as='"inline:{alice@example.org=alice@example.org}"')
    assert daemon.send(Message(sender=ALICE, login=ALICE)).accepted
    assert daemon.send(Message(sender=BOB, login=ALICE)).code == 550


def test_file_map_is_read_again_when_it_changes(daemon_factory):
    daemon = daemon_factory()
    message = Message(sender=OTHER, login=ALICE, fields=[("From", OTHER)])
    assert daemon.send(message).code == 550
    new = daemon.dir / "new"
    new.write_text(f"{OTHER} {ALICE}\n")
    new.rename(daemon.owners)
    # It waits until the file has been left alone for a moment.
    wait_for(lambda: daemon.send(message).accepted, "the new owners")
