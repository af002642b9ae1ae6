# SPDX-License-Identifier: BSD-2-Clause
"""policy-examples/monitor-first: the commands of its README, as they stand there, on a Postfix
with mail of several people. First nothing is refused; report and suggest alone lead to a milter
that lets all honest mail pass and refuses what is forged."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest
from lib import smtp
from lib.examples import EXAMPLES, ExampleMilter, PostfixSite, password_of
from lib.office import Office, must
from lib.programs import MILTER_USER, prepare_socket_directory
from lib.smtp import compose

README = EXAMPLES / "monitor-first" / "README.md"
ANNA, BEN, CARLA, DMITRI = (f"{name}@example.org" for name in ("anna", "ben", "carla", "dmitri"))
WWW, SCANNER, TEAM = "www@example.org", "scanner@example.org", "team@example.org"

# Login, client, envelope sender, sender fields.
HONEST = [
    (ANNA, None, ANNA, [f"From: Anna <{ANNA}>"]),
    (BEN, None, "info@example.org", ["From: Our Office <info@example.org>"]),
    (CARLA, None, CARLA, ["From: News <news@example.org>"]),
    (CARLA, None, CARLA, ["From: News <news@example.org>"]),
    (ANNA, None, ANNA, [f"From: The Team <{TEAM}>"]),
    (BEN, None, BEN, [f"From: The Team <{TEAM}>"]),
    (DMITRI, None, DMITRI, [f"From: The Team <{TEAM}>"]),
    (CARLA, None, CARLA, [f"From: Anna <{ANNA}>", f"Sender: {CARLA}"]),
    (DMITRI, None, DMITRI, [f"Resent-From: {DMITRI}", "From: A customer <c@customer.example>"]),
    (WWW, None, WWW, []),
    (None, "10.0.20.7", SCANNER, [f"From: Scanner <{SCANNER}>"]),
]
FORGED = [
    (DMITRI, None, DMITRI, [f"From: Anna <{ANNA}>"]),
    (DMITRI, None, DMITRI, ["From: Your bank <security@bank.example>"]),
    (CARLA, None, CARLA, [f'From: "Anna <{ANNA}>, "<{CARLA}> <{BEN}>']),
]


def chapters():
    """The commands of each numbered chapter, in order: a list of lines each."""
    found = {}
    for chapter in re.split(r"(?m)^## ", README.read_text())[1:]:
        number = chapter.partition(".")[0]
        blocks = re.findall(r"(?ms)^```sh\n(.*?)^```$", chapter)
        found[number] = [line for block in blocks for line in block.splitlines()]
    return found


class Walk:
    """A site as the example finds it, and a shell for the commands of its README."""

    def __init__(self, root, programs, sink):
        self.site = PostfixSite("monitor-first", f"{root}/w", programs, sink)
        self.office = Office(self.site.mta, sink)
        self.programs = programs
        self.root = pathlib.Path(f"{root}/w")
        self.etc = self.root / "sendas"
        self.milter = None
        self.output = ""

    def start(self):
        """Postfix runs, with the check that it has; sendas is not there yet."""
        postfix = self.site.mta
        postfix.set_up()
        shutil.copy(EXAMPLES / "monitor-first" / "sender_logins", postfix.etc)
        prepare_socket_directory(f"{postfix.queue}/sendas")
        self.milter = ExampleMilter(self.programs, self.root, "milter",
                                    f"unix:{postfix.queue}/sendas/milter.sock")
        self.milter.conf_path = str(self.etc / "sendas.conf")
        self._unpack()
        self._make_commands()
        postfix.start()

    def stop(self):
        self.milter.stop()
        self.site.mta.stop()

    def _unpack(self):
        """The example's files, with our paths."""
        self.here = self.root / "example"
        self.here.mkdir()
        for path in (EXAMPLES / "monitor-first").iterdir():
            shutil.copy(path, self.here)
        conf = self.here / "sendas.conf"
        text = conf.read_text()
        for theirs, ours in (("/var/spool/postfix", self.site.mta.queue),
                             ('"sendas"', f'"{MILTER_USER}"')):
            assert theirs in text
            text = text.replace(theirs, ours)
        conf.write_text(f'control = "{self.milter.directory}/control"\n'
                        f'store = "{self.milter.store_path}"\n{text}')

    def _make_commands(self):
        """What the commands of the README are here."""
        bin_ = self.root / "bin"
        bin_.mkdir()
        etc = self.site.mta.etc
        for name, text in (
                ("sendasctl", f'exec {self.programs.path("sendasctl")} '
                              f'--config {self.etc}/sendas.conf "$@"'),
                ("postconf", f'{shutil.which("postconf")} -c {etc} "$@" && '
                             f'touch -d "10 seconds ago" {etc}/main.cf'),
                ("postfix", f'exec {shutil.which("postfix")} -c {etc} "$@"')):
            (bin_ / name).write_text(f"#!/bin/sh\n{text}\n")
            (bin_ / name).chmod(0o755)

    def run(self, line, *statuses):
        """One command of the README; its exit status must be one of these, or 0."""
        if line == "systemctl start sendas-milter":
            self.milter.start()
            return
        if line == "systemctl reload sendas-milter":
            mark = self.milter.mark()
            self.milter.reload()
            self.milter.wait_log("configuration", mark)
            return
        for theirs, ours in (("/etc/sendas", str(self.etc)),
                             ("/etc/postfix/", f"{self.site.mta.etc}/"),
                             ("/var/log/mail.log", self.milter.log_path)):
            line = line.replace(theirs, ours)
        result = subprocess.run(
            ["sh", "-c", line], cwd=self.here, capture_output=True, text=True, check=False,
            timeout=60, env={**os.environ, "PATH": f"{self.root}/bin:{os.environ['PATH']}"})
        assert result.returncode in (0, *statuses), f"{line}: {result.stderr}"
        assert result.stderr == "", line
        self.output += result.stdout

    def chapter(self, number, *statuses):
        """All commands of a chapter; what they printed."""
        self.output = ""
        for line in chapters()[number]:
            self.run(line, *statuses)
        return self.output

    def send(self, login, client, sender, fields):
        with smtp.Client(self.site.mta.port("submission")) as session:
            must(session.ehlo())
            if client is not None:
                must(session.command(f"XCLIENT NAME=[UNAVAILABLE] ADDR={client}"))
                must(session.ehlo())
            must(session.starttls(self.site.mta.ca_file))
            must(session.ehlo())
            if login is not None:
                must(session.auth_plain(login, password_of(login)))
            return self.office.send(session, sender, compose(fields))

    def suggestions(self):
        line = "sendasctl suggest --json /var/log/mail.log"
        self.output = ""
        self.run(line)
        return json.loads(self.output)["suggestions"]


@pytest.fixture(scope="module")
def walk(root, programs, sink):
    each = Walk(root, programs, sink)
    each.start()
    yield each
    each.stop()


def test_readme_has_the_chapters():
    assert list(chapters()) == ["1", "2", "3", "4", "5", "6", "7"]
    assert all(chapters().values())


def test_walkthrough(walk):
    walk.chapter("1")
    assert re.search(r'(?m)^mode *= "monitor"$', (walk.etc / "sendas.conf").read_text())
    walk.chapter("2")

    # Weeks of mail, in which nothing is refused and nothing is changed.
    for message in HONEST + FORGED:
        sent = walk.send(*message)
        arrived = walk.office.delivered(sent)
        assert not arrived.fields("X-Sendas")
    assert walk.milter.log().count("decision=would-reject") == len(HONEST) - 2 + len(FORGED)

    report = walk.chapter("3")
    for what in (f"login {DMITRI}", f"From <{ANNA}>: not-owned", f"From <{TEAM}>: not-owned",
                 "From: missing-from", "login-required", "client 10.0.20.7"):
        assert what in report, report

    left = walk.chapter("4")
    script = (walk.here / "suggested.sh").read_text()
    assert f"\nsendasctl grant {CARLA} news@example.org\n" in script
    assert f"\n#sendasctl grant {DMITRI} {ANNA}\n" in script
    assert f"\n#sendasctl grant {DMITRI} security@bank.example\n" in script
    assert f"\nsendasctl grant --on-behalf {CARLA} {ANNA}\n" in script
    assert f"\n#sendasctl grant group:team {TEAM}\n" in script
    # All that is left is what is to be refused.
    assert not re.search(r"(?m)^sendasctl", left)
    assert sorted((each["login"], each["address"]) for each in walk.suggestions()
                  if each["kind"] != "none") == [(DMITRI, ANNA), (DMITRI, "security@bank.example")]

    difference = walk.chapter("5", 1)
    assert '- mode = "monitor"\n+ mode = "enforce"\n' in difference
    assert (f"{len(HONEST) + len(FORGED)} messages decided anew: {len(HONEST)} the same, "
            f"{len(FORGED)} differently") in difference
    assert difference.count("would-reject -> reject") == len(FORGED)

    walk.chapter("6")
    for message in HONEST:
        arrived = walk.office.delivered(walk.send(*message))
        if message[0] == WWW:
            assert arrived.fields("From") == [f"From: {WWW}".encode()]
    for message in FORGED:
        sent = walk.send(*message)
        assert not sent.accepted and sent.reply.code == 550, sent
    # Nor does anybody get in who has neither a login nor a printer's address.
    sent = walk.send(None, "10.0.20.8", ANNA, [f"From: {ANNA}"])
    assert not sent.accepted and sent.reply.code == 530, sent

    later = walk.chapter("7")
    assert f"\n{len(FORGED) + 1:8}  reject\n" in later, later
    walk.office.audit()
