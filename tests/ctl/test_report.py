# SPDX-License-Identifier: BSD-2-Clause
"""report: what a log says of each login."""

import gzip
import json
import os
import stat
import time

import pytest

from logged import Message, logged

ALICE = "alice@example.org"
BOB = "bob@example.org"
CEO = "ceo@example.com"

MESSAGES = [
    Message(sender=ALICE, login=ALICE),
    Message(sender=ALICE, login="Alice", fields=[("From", CEO), ("Sender", BOB)]),
    Message(sender=ALICE, login=ALICE, fields=[("From", CEO)]),
    Message(sender=ALICE, login=ALICE, fields=[("From", f'"a <{CEO}>')]),
    Message(sender=CEO, login=BOB, fields=[("From", BOB)]),
    Message(sender="x@y.example", fields=[("From", "x@y.example")]),
]


@pytest.fixture(scope="module")
def logs():
    """The log of MESSAGES in each format."""
    return {name: logged(MESSAGES, f'mode = "monitor"\nlogin_domain = "example.org"\n'
                                   f'log_format = "{name}"') for name in ("text", "json")}


@pytest.fixture(params=["text", "json"])
def log(request, logs):
    return logs[request.param]


@pytest.fixture
def text_log(logs):
    """Whose lines have no time of their own."""
    return logs["text"]


def problems(answer, login):
    [found] = [each["problems"] for each in answer["logins"] if each["login"] == login]
    return [(each["count"], each["decision"], each["place"], each["address"], each["reason"])
            for each in found]


def check(answer, factor=1):
    """The numbers of MESSAGES."""
    assert answer["messages"] == 6 * factor
    assert answer["decisions"] == {"accept": 2 * factor, "would-reject": 4 * factor}
    assert answer["cut_lines"] == 0
    assert [(each["login"], each["messages"], each["wrong"]) for each in answer["logins"]] == [
        (ALICE, 4 * factor, 3 * factor), (BOB, factor, factor)]
    assert problems(answer, ALICE) == [
        (2 * factor, "would-reject", "from", CEO, "not-owned"),
        (factor, "would-reject", "from", None, "unclosed-quote"),
        (factor, "would-reject", "sender", BOB, "not-owned")]
    assert problems(answer, BOB) == [(factor, "would-reject", "mail_from", CEO, "not-owned")]
    assert [(each["client"], each["messages"], each["wrong"]) for each in answer["clients"]] == [
        ("192.0.2.7", factor, 0)]


def test_numbers(bare, log):
    answer = bare.json("report", input=log)
    check(answer)
    assert answer["logins"][0]["problems"][0]["clients"] == ["192.0.2.7"]


def test_files(bare, log):
    (bare.directory / "log").write_text(log)
    (bare.directory / "log.1").write_text(log)
    check(bare.json("report", "log", "log.1"), 2)
    check(bare.json("report", "log", "-", "log.1", input=log), 3)


# --- what syslog puts before a line ---

UTC = {**os.environ, "TZ": "UTC"}
NOON = 1795694400  # 2026-11-26 12:00:00 UTC

PREFIXES = [
    ("", None),
    ("sendas-milter[12]: ", None),
    ("<22>sendas-milter[12]: ", None),
    ("2026-11-26T12:00:00+00:00 mx sendas-milter[12]: ", NOON),
    ("2026-11-26T13:00:00.123456+01:00 mx sendas-milter[12]: ", NOON),
    ("2026-11-26T12:00:00Z sendas-milter[12]: ", NOON),
    ("2026-11-26T14:00:00+0200 mx sendas-milter[12]: ", NOON),
    ("Thu 2026-11-26 12:00:00 UTC mx sendas-milter[12]: ", NOON),
    ("Thu 2026-11-26 12:00:00 CET MX sendas-milter[12]: ", NOON),
    ("1795694400.250000 mx sendas-milter[12]: ", NOON),
    ("<22>1 2026-11-26T12:00:00.5Z mx sendas-milter 12 - - ", NOON),
]


@pytest.mark.parametrize("prefix, seconds", PREFIXES, ids=[row[0] for row in PREFIXES])
def test_prefixes(bare, log, prefix, seconds):
    bodies = [line.partition("]: ")[2] if line.startswith("sendas") else line
              for line in log.splitlines()]
    answer = bare.json("report", input="".join(f"{prefix}{body}\n" for body in bodies), env=UTC)
    check(answer)
    if not bodies[0].startswith("{"):  # those have a time of their own
        assert answer["first"] == answer["last"] == seconds


@pytest.mark.parametrize("ago", [0, 86400 * 40, 86400 * 300])
def test_a_time_without_a_year_is_in_the_past(bare, text_log, ago):
    then = int(time.time()) - ago
    stamp = time.strftime("%b %e %H:%M:%S", time.gmtime(then))
    lines = "".join(f"{stamp} mx {line}\n" for line in text_log.splitlines())
    answer = bare.json("report", input=lines, env=UTC)
    check(answer)
    assert answer["first"] == answer["last"] == then


def test_lines_of_others(bare, log):
    """What others write is not believed, whatever is in it."""
    body = log.splitlines()[1].partition("]: ")[2] or log.splitlines()[1]
    noise = [
        f"Nov 26 12:00:00 mx postfix/cleanup[9]: 4A: warning: header From: {body}",
        f"Nov 26 12:00:00 mx postfix/cleanup[9]: {body}",
        f"Nov 26 12:00:00 mx sendas-authd[9]: {body}",
        f"Nov 26 12:00:00 mx x-sendas-milter[9]: {body}",
        f"Nov 26 12:00:00 mx postfix/x[9]: sendas-milter[9]: {body}",
        f"<22>1 2026-11-26T12:00:00Z mx postfix 12 - - {body}",
        "Nov 26 12:00:00 mx sendas-milter[9]: started, version 1",
        "Nov 26 12:00:00 mx sendas-milter[9]: {}",
        "sendas-milter[9]: {\"message\": \"decision=accept\"}",
        "", " ", "x", "\ufffd", "{", "<", "<>", "[", "Nov", "Nov 26 12:00:00", "2026-11-26T12:00:00",
    ]
    check(bare.json("report", input="\n".join(noise) + "\n" + log))
    assert bare.json("report", input="\n".join(noise))["messages"] == 0


def test_cut_lines_are_told(bare, log):
    lines = log.splitlines()
    for cut in (1, 2, len(lines[1]) // 3, len(lines[1]) // 2):
        result = bare.run("report", "--json", input=log + lines[1][:-cut] + "\n")
        assert result.returncode == 0
        assert result.stderr == ("sendasctl: 1 line of decisions were not whole and do not count "
                                 "(did syslog cut them?)\n")
        answer = json.loads(result.stdout)
        assert answer["cut_lines"] == 1
        check({**answer, "cut_lines": 0})


def test_no_end_of_line(bare, log):
    check(bare.json("report", input=log.rstrip("\n")))
    check(bare.json("report", input=log.replace("\n", "\r\n")))


def test_a_line_longer_than_any(bare, log):
    result = bare.run("report", "--json", input="x" * 1_000_000 + "\n" + log)
    check({**json.loads(result.stdout), "cut_lines": 0})


def test_bytes_of_all_kinds(bare, log):
    junk = bytes(range(256)) * 40 + b"\n"
    line = log.splitlines()[0].encode()
    broken = b"".join(line[:i] + bytes([b]) + line[i + 1:] + b"\n"
                      for i in range(0, len(line), 7) for b in (0, 0x22, 0x5c, 0xff, 0x20))
    result = bare.run_bytes("report", input=junk + broken + b"\n" + log.encode())
    assert result.returncode == 0
    assert b"\x1b" not in result.stdout and b"\x00" not in result.stdout


@pytest.mark.parametrize("login", ["a\x1b[2Jb", "x\ny", "$(id)", "\u202eevil", "'; rm -rf /"])
def test_hostile_logins_are_shown_harmless(bare, login):
    log = logged([Message(sender=ALICE, login=login)], 'mode = "monitor"')
    text = bare.ok("report", input=log)
    assert "\x1b" not in text and "\u202e" not in text
    answer = bare.json("report", input=log)
    assert login.encode() in [each["login"].encode() for each in answer["logins"]]


# --- choosing ---

def test_login(bare, log):
    answer = bare.json("report", "--login", "BOB", input=log)
    assert [each["login"] for each in answer["logins"]] == [BOB] and answer["clients"] == []
    answer = bare.json("report", "--login", "", input=log)
    assert answer["logins"] == [] and answer["messages"] == 1


def test_since_and_until(bare, text_log):
    days = ["2026-11-20T23:59:59", "2026-11-21T00:00:00", "2026-11-22T23:59:59",
            "2026-11-23T00:00:00"]
    lines = "".join(f"{day}Z mx {text_log.splitlines()[0]}\n" for day in days)

    def count(*words):
        return bare.json("report", *words, input=lines, env=UTC)["messages"]

    assert count() == 4
    assert count("--since", "2026-11-21") == 3
    assert count("--until", "2026-11-22") == 3
    assert count("--since", "2026-11-21", "--until", "2026-11-22") == 2
    assert count("--since", "2026-11-21 00:01") == 2
    recent = f"{int(time.time()) - 7200}.0 mx {text_log.splitlines()[0]}\n"
    assert bare.json("report", "--since", "3h", input=recent)["messages"] == 1
    assert bare.json("report", "--since", "-1h", input=recent)["messages"] == 0
    for wrong in ("yesterday", "2026-02-30", "+3d", "3x", ""):
        assert "--since" in bare.refused("report", "--since", wrong)


# --- what cannot be read ---

def test_no_such_file(bare):
    assert "none: No such file" in bare.refused("report", "none")


def test_compressed(bare, log):
    path = bare.directory / "log.gz"
    path.write_bytes(gzip.compress(log.encode()))
    assert "zcat" in bare.refused("report", "log.gz")


# --- the journal ---

def journal(bare, script):
    """A journalctl of the test's own, and the words that it was started with."""
    path = bare.directory / "bin" / "journalctl"
    path.parent.mkdir()
    path.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >{bare.directory}/words\n{script}\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return {**os.environ, "PATH": f"{path.parent}:{os.environ['PATH']}"}


def test_journal(bare, log):
    def entry(message, uid="0", program="sendas-milter"):
        return json.dumps({"__REALTIME_TIMESTAMP": f"{NOON}000000", "_UID": uid,
                           "SYSLOG_IDENTIFIER": program, "MESSAGE": message}) + "\n"

    bodies = [line.partition("]: ")[2] if line.startswith("sendas") else line
              for line in log.splitlines()]
    lines = [entry(body) for body in bodies[:-1]] + [entry(list(bodies[-1].encode()))]
    (bare.directory / "lines").write_text(
        "".join(lines) + entry(bodies[0], uid="4711") + entry(bodies[0], program="logger"))
    env = journal(bare, f"cat {bare.directory}/lines")
    result = bare.run("report", "--json", "--journal", "--since", "2026-11-01", env=env)
    check(json.loads(result.stdout))
    assert "1 line in the journal were written by another user" in result.stderr
    words = (bare.directory / "words").read_text().splitlines()
    assert "SYSLOG_IDENTIFIER=sendas-milter" in words and "--output=json" in words
    assert any(word.startswith("--since=@") for word in words)


def test_journal_that_fails(bare):
    env = journal(bare, "exit 3")
    result = bare.run("report", "--journal", env=env)
    assert result.returncode == 2
    assert "journalctl: failed with status 3" in result.stderr
    result = bare.run("report", "--journal", env={"PATH": "/nonexistent"})
    assert result.returncode == 2 and "cannot be run" in result.stderr


# --- many ---

def test_a_hundred_thousand_lines(bare, text_log):
    """Each from a login and for an address of its own."""
    line = text_log.splitlines()[2]
    with open(bare.directory / "log", "w", encoding="ascii") as file:
        for i in range(100_000):
            file.write(line.replace("login=alice", f"login=a{i}").replace(
                f"address={CEO}", f"address={i}@example.com") + "\n")
    begin = time.monotonic()
    answer = bare.json("report", "log")
    assert time.monotonic() - begin < 30
    assert len(answer["logins"]) == 100_000
    text = bare.ok("report", "log")
    assert len(text.splitlines()) < 1000
