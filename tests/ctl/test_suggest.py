# SPDX-License-Identifier: BSD-2-Clause
"""suggest: from what was logged to the grants and rules that would let it pass."""

import itertools
import os
import subprocess

import pytest

from logged import Message, logged
from program import PROGRAM

ALICE, BOB, CAROL = "alice@example.org", "bob@example.org", "carol@example.org"
TEAM = "team@example.org"


@pytest.fixture
def site(site):
    """Everybody has an address; sales@ is shared."""
    for login in (ALICE, BOB, CAROL):
        site.ok("grant", login, login)
    site.ok("grant", BOB, "sales@example.org")
    return site


def log_of(site, *messages, settings=""):
    """What a milter in monitor mode logs, with the grants of the site."""
    return logged(messages, f'mode = "monitor"\nstore = "{site.store}"\n'
                            f'login_domain = "example.org"\n{settings}', send_as='"builtin"')


def mail(login, sender=None, author=None, **facts):
    fields = [("From", author or sender or login)] + facts.pop("fields", [])
    return Message(sender=login if sender is None else sender, login=login, fields=fields,
                   **facts)


def commands(site, log, *words):
    """(command, suspicious) of each suggested grant."""
    answer = site.json("suggest", *words, input=log)
    return [(each["command"], each["suspicious"]) for each in answer["suggestions"]
            if each["kind"] == "grant"]


def kinds(site, log):
    return [(each["kind"], each["login"], each["reason"])
            for each in site.json("suggest", input=log)["suggestions"]]


def run(site, script, path=None):
    """Runs what suggest printed, as an admin would."""
    bin_ = site.directory / "bin"
    bin_.mkdir(exist_ok=True)
    wrapper = bin_ / "sendasctl"
    wrapper.write_text(path or f'#!/bin/sh\nexec "{PROGRAM}" --config "{site.conf}" "$@"\n')
    wrapper.chmod(0o755)
    return subprocess.run(["sh", "-e"], input=script.encode(), capture_output=True, check=False,
                          cwd=site.directory,
                          env={**os.environ, "PATH": f"{bin_}:{os.environ['PATH']}"})


# --- grants ---

def test_nothing_wrong(site):
    log = log_of(site, mail(ALICE))
    answer = site.json("suggest", input=log)
    assert (answer["messages"], answer["wrong"], answer["suggestions"]) == (1, 0, [])
    assert all(line.startswith("#") for line in site.ok("suggest", input=log).splitlines())


@pytest.mark.parametrize("message, command, suspicious", [
    (mail(ALICE, TEAM), ["grant", ALICE, TEAM], False),
    (mail(ALICE, author=TEAM), ["grant", ALICE, TEAM], False),
    (mail(ALICE, author="shop@sub.example.org"), ["grant", ALICE, "shop@sub.example.org"], False),
    (mail(ALICE, author="sales@example.org"), ["grant", ALICE, "sales@example.org"], True),
    (mail(ALICE, author="me@gmail.example"), ["grant", ALICE, "me@gmail.example"], True),
    (mail(ALICE, author="me@notexample.org"), ["grant", ALICE, "me@notexample.org"], True),
    (mail(ALICE, author=BOB, fields=[("Sender", ALICE)]),
     ["grant", "--on-behalf", ALICE, BOB], True),
    (mail(ALICE, author=TEAM, fields=[("Sender", ALICE)]),
     ["grant", "--on-behalf", ALICE, TEAM], False),
    (mail(ALICE, author="x@y.example", fields=[("Resent-From", ALICE)]),
     ["grant", "--resend", ALICE, ALICE], False),
    (mail(ALICE, author=ALICE, fields=[("Sender", TEAM)]), ["grant", ALICE, TEAM], False),
    (mail(ALICE, author=ALICE, fields=[("Resent-From", TEAM)]), ["grant", ALICE, TEAM], False),
])
def test_grant(site, message, command, suspicious):
    assert commands(site, log_of(site, message)) == [(command, suspicious)]


def test_once_a_message(site):
    """MAIL FROM and From are one message, and one grant."""
    [each] = site.json("suggest", input=log_of(site, *[mail(ALICE, TEAM)] * 3))["suggestions"]
    assert each["count"] == 3 and each["places"] == ["mail_from", "from"]
    assert each["clients"] == ["192.0.2.7"]


def test_all_that_is_wrong_with_a_message(site):
    log = log_of(site, mail(ALICE, "a@example.org", "b@example.org",
                            fields=[("Sender", "c@example.org")]))
    assert {command[-1] for command, _ in commands(site, log)} == {
        "a@example.org", "b@example.org", "c@example.org"}


def test_the_most_frequent_login_first(site):
    log = log_of(site, mail(ALICE, "a@example.org"), *[mail(BOB, "b@example.org")] * 2)
    assert [command[1] for command, _ in commands(site, log)] == [BOB, ALICE]


def test_a_login_of_many(site):
    log = log_of(site, mail(ALICE, TEAM), mail(BOB, TEAM))
    assert commands(site, log, "--login", "bob") == [(["grant", BOB, TEAM], False)]


def test_what_is_granted_by_now_is_left_out(site):
    log = log_of(site, mail(ALICE, TEAM), mail(BOB, TEAM))
    site.ok("grant", ALICE, TEAM)
    # BOB's is another's by now.
    assert commands(site, log) == [(["grant", BOB, TEAM], True)]
    site.ok("grant", BOB, "@example.org")
    site.ok("grant", BOB, TEAM)
    assert commands(site, log) == []


def test_alternatives(site):
    log = log_of(site, *[mail(ALICE, f"{i}@shop.example.org") for i in range(3)],
                 *[mail(login, TEAM) for login in (ALICE, BOB, CAROL)])
    found = [each["alternatives"] for each in site.json("suggest", input=log)["suggestions"]
             if each["alternatives"]]
    assert sorted(found) == [
        [[["grant", ALICE, "@shop.example.org"]]],
        [[["group", "add", "team", ALICE, BOB, CAROL], ["grant", "group:team", TEAM]]]]
    text = site.ok("suggest", input=log)
    assert f"#sendasctl grant {ALICE} @shop.example.org\n" in text
    assert "#sendasctl grant group:team team@example.org\n" in text


def test_running_it_lets_the_mail_pass(site):
    messages = [mail(ALICE, TEAM), mail(BOB, author=TEAM), mail(CAROL, "x+y@example.org"),
                mail(ALICE, author=BOB)]
    log = log_of(site, *messages)
    result = run(site, site.ok("suggest", input=log))
    assert (result.returncode, result.stderr) == (0, b"")
    # What belonged to another was a choice, and was not made.
    assert commands(site, log) == [(["grant", ALICE, BOB], True)]
    again = log_of(site, *messages)
    assert again.count("decision=accept") == 3 and again.count("decision=would-reject") == 1


# --- rules ---

def test_rules(site):
    log = log_of(site, Message(sender=ALICE, login=ALICE, fields=[]),
                 mail(BOB, ""), settings='null_sender = "reject"')
    site.configure(null_sender='"reject"')
    assert sorted(kinds(site, log)) == [("rule", ALICE, "missing-from"),
                                        ("rule", BOB, "null-sender")]
    text = site.ok("suggest", "--rules", input=log)
    with open(site.conf, "a", encoding="utf-8") as conf:
        conf.write(text)
    assert kinds(site, log) == []
    site.ok("config", "options")


def clients(site, log):
    site.configure(unauthenticated='"reject"')
    return [(each["client"], each["suspicious"], each["text"])
            for each in site.json("suggest", input=log)["suggestions"]
            if each["kind"] == "rule"]


@pytest.mark.parametrize("client, senders, suspicious, identity", [
    ("10.0.20.7", [ALICE], False, ALICE),                # whose it is
    ("10.0.20.7", ["scanner@example.org"], False, "scanner@example.org"),
    ("10.0.20.7", ["sales@example.org"], False, BOB),
    ("fd00::7", [ALICE, BOB], False, "mail-from"),       # it knows its people itself
    ("203.0.113.9", [ALICE], True, ALICE),               # anybody on the Internet
    ("10.0.20.7", ["x@gmail.example"], True, "x@gmail.example"),
])
def test_a_client_without_a_login(site, client, senders, suspicious, identity):
    log = logged([Message(sender=sender, fields=[("From", sender)]) for sender in senders],
                 f'mode = "monitor"\nstore = "{site.store}"\nlogin_domain = "example.org"\n'
                 'unauthenticated = "reject"', send_as='"builtin"')
    log = log.replace("client=192.0.2.7", f"client={client}")
    found = clients(site, log)
    assert [(each[0], each[1]) for each in found] == [(client, suspicious)]
    assert f'identity = "{identity}"' in found[0][2]
    assert f'clients = {{ "{client}" }}' in found[0][2]


def test_the_rule_of_a_client_lets_it_pass(site):
    site.ok("grant", "scanner", "scanner@example.org")
    log = logged([Message(sender="scanner@example.org", fields=[("From", "scanner@example.org")])],
                 f'mode = "monitor"\nstore = "{site.store}"\nlogin_domain = "example.org"\n'
                 'unauthenticated = "reject"', send_as='"builtin"')
    log = log.replace("client=192.0.2.7", "client=10.0.20.7")
    assert len(clients(site, log)) == 1
    with open(site.conf, "a", encoding="utf-8") as conf:
        conf.write(site.ok("suggest", "--rules", input=log))
    assert site.json("suggest", input=log)["wrong"] == 0


def test_a_name_that_shows_an_address(site):
    log = log_of(site, mail(ALICE, author=f'"ceo@bank.example" <{ALICE}>'),
                 settings='display_name = "no-foreign-address"')
    site.configure(display_name='"no-foreign-address"')
    assert kinds(site, log) == [("rule", ALICE, "address-in-name")]
    text = site.ok("suggest", "--rules", input=log)
    assert "ceo@bank.example" in text
    assert all(line.startswith("#") or not line for line in text.splitlines())


def test_what_cannot_be_read_is_explained(site):
    log = log_of(site, mail(ALICE, author=f'"a <{ALICE}>'))
    assert kinds(site, log) == [("none", ALICE, "unclosed-quote")]
    text = site.ok("suggest", input=log)
    assert "double quote opens a quoted name" in text
    assert all(line.startswith("#") or not line for line in text.splitlines())


def test_behind_a_rule_that_decides_already(site):
    """Another at the end would never be reached; it is for a person to say which is right."""
    rule = 'rule "all" { logins = { "alice" } null_sender = "reject" }\n'
    log = log_of(site, mail(ALICE, ""), settings=rule)
    with open(site.conf, "a", encoding="utf-8") as conf:
        conf.write(rule)
    assert kinds(site, log) == [("rule", ALICE, "null-sender")]
    text = site.ok("suggest", "--rules", input=log)
    assert 'rule "all" decides about it now' in text
    assert all(line.startswith("#") or not line for line in text.splitlines())


# --- hostile ---

WORDS = ["$(touch pwned)", "`touch pwned`", "a;touch pwned", "a'b", "a\"b", "a\\", "*", "-rf", "--",
         "#x", "~root", "!x", "a|b", "a&b", "(a)", "{a}", "<a", "a>b", "%s", "\u202ea", "\x1b[2Ja",
         "a\nb", "group:x", "\u00fc", "$HOME", "a=b", "'", "''", "\\'"]


BARE = ["a`b`", "a'b", "$HOME", "a|b", "a&b", "{a}", "*", "!a", "#a", "~a", "-a", "a=b", "?"]


def test_hostile_words(site):
    """Whatever the logins and addresses: a shell runs sendasctl with them, or nothing."""
    messages = []
    for login, local in itertools.zip_longest(WORDS, reversed(WORDS)):
        quoted = local.replace("\\", "\\\\").replace('"', '\\"')
        messages.append(Message(sender=f'<"{quoted}"@example.org>', login=login,
                                fields=[("From", ALICE)]))
    messages += [mail(ALICE, author=f"{local}@example.org") for local in BARE]
    log = log_of(site, *messages)
    recorder = ('#!/usr/bin/python3\nimport sys\nopen("calls", "ab").write(b"\\0".join('
                'a.encode("utf-8", "surrogateescape") for a in sys.argv[1:]) + b"\\0\\n")\n')
    script = site.ok("suggest", input=log)
    assert "\x1b" not in script and "\u202e" not in script
    # The choices, too: somebody may take the comment away.
    script = script.replace("\n#sendasctl", "\nsendasctl")
    result = run(site, script, recorder)
    assert (result.returncode, result.stderr, result.stdout) == (0, b"", b"")
    assert not (site.directory / "pwned").exists()
    calls = {tuple(line.split("\0")[:-1])
             for line in (site.directory / "calls").read_text().split("\0\n")[:-1]
             for line in [line + "\0"]}
    wanted = {tuple(command) for command, _ in commands(site, log)}
    wanted |= {tuple(command) for each in site.json("suggest", input=log)["suggestions"]
               for alternative in each["alternatives"] for command in alternative}
    odd = {words for words in wanted if any(c in "".join(words) for c in "\x1b\u202e\n")}
    assert calls == wanted - odd
    assert len(calls) > 30


def test_hostile_rules(site):
    logins = ["a\"b", "a\\", "${HOME}", "#x", "a}b", "/*x", "'"]
    log = log_of(site, *[Message(sender="", login=login) for login in logins],
                 settings='null_sender = "reject"')
    site.configure(null_sender='"reject"')
    with open(site.conf, "a", encoding="utf-8") as conf:
        conf.write(site.ok("suggest", "--rules", input=log))
    assert [login for _, login, reason in kinds(site, log) if reason == "null-sender"] == []


def test_incomplete_messages_are_told(site):
    many = ", ".join(f"{i}@example.org" for i in range(200))
    result = site.run("suggest", input=log_of(site, mail(ALICE, author=many)))
    assert result.returncode == 0
    assert "1 message did not fit into a line and cannot be judged" in result.stderr


def test_a_map_that_cannot_tell(site):
    log = log_of(site, mail(ALICE))
    site.configure(send_as='{ "fail:on holiday" }')
    result = site.run("suggest", input=log)
    assert result.returncode == 75 and "on holiday" in result.stderr
