# SPDX-License-Identifier: BSD-2-Clause
"""config diff: settings that differ, and logged messages that are decided differently."""

import json
import sys

import pytest

from logged import Message, logging
from program import SOURCE, Site

sys.path.insert(0, str(SOURCE / "tests" / "lib"))

from cases import load  # noqa: E402

ALICE, BOB, CEO = "alice@example.org", "bob@example.org", "ceo@example.com"


def mail(*fields, login=ALICE, sender=ALICE, **facts):
    return Message(sender=sender, login=login, fields=list(fields), **facts)


FROM = ("From", ALICE)
MESSAGES = [
    mail(FROM), mail(("From", BOB)), mail(FROM, sender=BOB), mail(("From", CEO), sender=""),
    mail(FROM, sender="foo bar"), mail(FROM, sender="Alice+x@Example.ORG"),
    mail(FROM, sender="@relay.example:alice@example.org"), mail(FROM, sender='"a b"@example.org'),
    mail(FROM, sender="x@ex\u00e4mple.org"), mail(FROM, sender=b"\xff@example.org"),
    mail(FROM, mail_addr=BOB), mail(), mail(FROM, FROM), mail(("From", f"{ALICE}, {BOB}")),
    mail(("From", f"{ALICE}, sales@example.org")), mail(("From", "undisclosed:;")),
    mail(FROM, ("Sender", BOB)), mail(("From", BOB), ("Sender", ALICE)), mail(FROM, ("Sender", "x:;")),
    mail(("Resent-From", ALICE), ("From", CEO)), mail(("From", CEO), ("Resent-From", ALICE)),
    mail(("Resent-From", CEO), ("Resent-From", ALICE), FROM),
    mail(("Resent-From", ALICE), ("Resent-From", CEO), ("From", CEO)),
    mail(("Resent-Sender", CEO), ("Resent-From", ALICE), FROM),
    mail(("Resent-From", ALICE), ("Resent-Sender", CEO), ("Resent-From", CEO), FROM),
    mail(("Reply-To", CEO), FROM), mail(("From ", ALICE), FROM), mail((b"From\x80", CEO), FROM),
    mail(("From", f'"{CEO}" <{ALICE}>')), mail(("From", f'"<{CEO}>" <{ALICE}>')),
    mail(("From", f"{ALICE} ({CEO})")), mail(("From", f"{ALICE} <{ALICE}>")),
    mail(("From", f"=?utf-8?q?{CEO.replace('@', '=40')}?= <{ALICE}>")),
    mail(("From", f'"x@y" <{ALICE}>')), mail(("From", f'"{BOB}, {CEO}" <{ALICE}>')),
    mail(("From", '"all"@example.org')), mail(("From", '"a b"@example.org')),
    mail(FROM, login="Alice"), mail(FROM, login=""), mail(FROM, login="a\x01b"),
    mail(FROM, login="x" * 600), mail(FROM, login="nobody@example.net"), mail(FROM, login=b"\xff\xfe"),
    mail(FROM, login=None), mail(("From", CEO), login=None, sender=CEO),
    mail(("From", BOB), login=None, sender=""), mail(login=None),
    mail(FROM, parameters=(f"AUTH={BOB}",)), mail(FROM, parameters=("AUTH=<>",)),
    mail(FROM, parameters=("AUTH=e+3Dmc2@example.com",)),
    mail(("From", CEO), parameters=("SMTPUTF8",)), mail(parameters=("SMTPUTF8",)),
    mail(*[("Resent-From", ALICE)] * 150, FROM),
    mail(("From", ", ".join(f"a{i}@example.org" for i in range(300)))),
    mail(("From", "x" * 70000 + ALICE)),
    mail(FROM, macros={"{daemon_name}": "submission"}),
    mail(("From", CEO), macros={"{tls_version}": "TLSv1.3"}),
]
CORPUS = [mail((case.place, case.value), login="me@ex.com", sender="me@ex.com")
          for case in load(SOURCE / "tests" / "data" / "attacks")
          if b"\0" not in case.value]

SETTINGS = [
    "", 'mode = "monitor"', 'log_format = "json"', 'null_sender = "reject"', 'from = "mail-from"',
    'from = "domain"', 'from = "any"\nsender = "any"', 'reply_to = "owned"',
    'display_name = "no-foreign-address"', 'auth_param = "owned"', 'missing_from = "allow"',
    'unauthenticated = "protect-owned"', 'unauthenticated = "reject"',
    'on_violation = "rewrite"\nmissing_from = "add"', 'on_violation = "add-sender"',
    'on_violation = "rewrite"\nmissing_from = "add"\nown_address = "alic\u00e9@example.org"',
    'on_violation = "tag"', 'on_violation = "quarantine"', 'case_sensitive_local_part = true',
    'login_domain = "example.org"', 'resend = { "inline:{ alice@example.org = alice@example.org }" }',
    'on_behalf = { "inline:{ bob@example.org = alice@example.org }" }',
    'rule "tls" { min_tls = "TLSv1.2" on_violation = "tag" }\n'
    'rule "net" { clients = { "192.0.2.0/24" } authenticated = false identity = "mail-from" }',
]

WITH_CORPUS = SETTINGS[:1] + [text for text in SETTINGS if "json" in text or "display" in text]


def replay(daemon, *words, status=0, **options):
    result = Site(daemon.dir, daemon.config).run("config", "diff", *words, "--json", config=False,
                                                 **options)
    assert result.returncode == status, result.stderr
    return json.loads(result.stdout)


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda text: text.split("\n")[0] or "defaults")
def test_what_was_logged_is_decided_the_same(settings):
    """The configuration of the milter, over the log of the milter."""
    messages = MESSAGES + (CORPUS if settings in WITH_CORPUS else [])
    with logging(messages, settings) as (daemon, log):
        answer = replay(daemon, daemon.config, daemon.config, "--replay", "-", input=log)
        assert answer["settings"] == []
        counts = answer["replay"]
        told = log.count(" cut=") + log.count('"cut":')
        assert counts["messages"] == len(messages)
        assert counts["incomplete"] == told < 20
        assert counts["same"] == len(messages) - told
        assert counts["not_as_logged"] == 0
        assert counts["different"] == 0 and counts["cut_lines"] == 0 and counts["untold"] == 0


# --- two configurations ---

@pytest.fixture(scope="module")
def office():
    """A milter that enforces, and what it logged."""
    messages = [mail(FROM), mail(("From", CEO)), mail(("From", CEO)), mail(FROM, sender=BOB),
                mail(FROM, login=None)]
    with logging(messages) as each:
        yield each


def other(daemon, settings, name="new.conf"):
    path = daemon.dir / name
    path.write_text(daemon.config.read_text() + settings)
    return path


def test_settings_and_decisions(office):
    daemon, log = office
    new = other(daemon, 'mode = "monitor"\n')
    answer = replay(daemon, daemon.config, new, status=1)
    assert answer["replay"] is None
    answer = replay(daemon, daemon.config, new, "--replay", "-", status=1, input=log)
    assert [each["setting"] for each in answer["settings"]] == ["mode"]
    text = Site(daemon.dir, daemon.config).run("config", "diff", daemon.config, new, "--replay",
                                               "-", config=False, input=log)
    assert text.returncode == 1
    assert text.stdout.splitlines()[:3] == [
        '- mode = "enforce"', '+ mode = "monitor"',
        "5 messages decided anew: 2 the same, 3 differently"]


def test_decisions(office):
    daemon, log = office
    new = other(daemon, 'on_violation = "tag"\n')
    answer = replay(daemon, daemon.config, new, "--replay", "-", input=log, status=1)["replay"]
    # What was refused at MAIL never showed its header, and that may have been wrong, too.
    assert (answer["same"], answer["different"], answer["incomplete"]) == (2, 2, 1)
    [each] = answer["differences"]
    assert (each["old"], each["new"], each["count"], each["login"]) == ("reject", "tag", 2, ALICE)
    assert (each["place"], each["address"], each["reason"]) == ("from", CEO, "not-owned")
    result = Site(daemon.dir, daemon.config).run(
        "config", "diff", daemon.config, new, "--replay", "-", config=False, input=log)
    assert "5 messages decided anew: 2 the same, 2 differently, 1 cannot be told" in result.stdout
    assert "reject -> tag" in result.stdout


def test_a_rule(office):
    daemon, log = office
    new = other(daemon, f'rule "trusted" {{ logins = {{ "{ALICE}" }} from = "any" }}\n')
    [each] = replay(daemon, daemon.config, new, "--replay", "-", input=log,
                    status=1)["replay"]["differences"]
    assert (each["old"], each["new"], each["rule"], each["count"]) == (
        "reject", "accept", "trusted", 2)


def test_from_enforce_to_monitor_and_back(office):
    daemon, log = office
    new = other(daemon, 'mode = "monitor"\n')
    answer = replay(daemon, daemon.config, new, "--replay", "-", input=log, status=1)["replay"]
    assert {(each["old"], each["new"]) for each in answer["differences"]} == {
        ("reject", "would-reject")}
    assert (answer["different"], answer["incomplete"]) == (3, 0)
    with logging([mail(FROM, sender=BOB)], 'mode = "monitor"') as (monitor, monitored):
        answer = replay(daemon, monitor.config, daemon.config, "--replay", "-", input=monitored,
                        status=1)["replay"]
        assert [(each["old"], each["new"]) for each in answer["differences"]] == [
            ("would-reject", "reject")]


def test_several_logs(office):
    daemon, log = office
    for name in ("one", "two", "three"):
        (daemon.dir / name).write_text(log)
    answer = replay(daemon, daemon.config, daemon.config, "--replay", "one", "two", "three")
    assert answer["replay"]["messages"] == 15


def test_grants_have_changed_since(office):
    daemon, log = office
    new = other(daemon, f'send_as = {{ "inline:{{ {ALICE} = {ALICE}, {CEO} = {ALICE} }}" }}\n'
                .replace("send_as", "on_behalf"))
    answer = replay(daemon, new, new, "--replay", "-", input=log)["replay"]
    assert answer["not_as_logged"] == 2 and answer["different"] == 0


def test_a_map_that_is_away(office):
    daemon, log = office
    away = daemon.dir / "away.conf"
    away.write_text(daemon.config.read_text().replace("file:", "fail:"))
    result = Site(daemon.dir, daemon.config).run(
        "config", "diff", daemon.config, away, "--replay", "-", config=False, input=log)
    assert result.returncode == 75
    assert "could not be decided anew" in result.stderr


def test_usage(office):
    daemon, _ = office
    site = Site(daemon.dir, daemon.config)
    assert "too few arguments" in site.refused("config", "diff", daemon.config, config=False)
    assert "--replay" in site.refused("config", "diff", daemon.config, daemon.config, "log",
                                      config=False)
    assert "none" in site.refused("config", "diff", daemon.config, "none", config=False)
