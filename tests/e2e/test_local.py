# SPDX-License-Identifier: BSD-2-Clause
"""Mail of programs on the mail server itself, which they hand in by sendmail(1): cron, mail(1),
scripts. Postfix asks the filter by non_smtpd_milters, and says neither which program it was nor
whose."""

import os
import pathlib
import re
import shutil

import pytest
from lib import process
from lib.expect import check_log
from lib.machine import Machine
from lib.office import Office
from lib.postfix import HOSTNAME, Postfix, Service
from lib.programs import Milter

ROOT, BOSS, SYSTEM = "root@example.org", "boss@example.org", "system@example.org"

# A local program is one that hands in mail by sendmail(1); nobody has logged in.
LOCAL = {"clients": ["local"], "authenticated": False, "identity": "system"}


MANUAL = pathlib.Path(__file__).resolve().parents[2] / "man/sendas-milter.8"


class Site:
    """A Postfix whose local mail goes through a milter that each test configures."""

    def __init__(self, root, programs, sink):
        self.root = f"{root}/local"
        os.makedirs(self.root)
        listen = f"unix:{self.root}/run/milter"
        self.postfix = Postfix(self.root, sink.port, [Service("unused")],
                               main_cf=f"non_smtpd_milters = {listen}\n")
        self.postfix.set_up()
        self.milter = Milter(programs, self.root, "m", listen)
        self.milter.init_store()
        self.milter.grant(SYSTEM, ROOT, SYSTEM, "www-data@example.org")
        self.milter.grant(BOSS, BOSS)
        self.machine = Machine(f"{self.root}/machine", self.postfix)
        self.office = Office(self.postfix, sink)
        self.sink = sink
        self.postfix.start()

    def close(self):
        self.postfix.stop()
        shutil.rmtree(self.root)

    def start(self, **settings):
        self.milter.configure(settings)
        self.milter.start()
        return self.milter

    def start_as_manual(self):
        """With the rule of sendas-milter(8), as it stands there."""
        text = MANUAL.read_text(encoding="utf-8")
        rule = re.search(r'(?ms)^rule "local" \{$.*?^\}$', text).group()
        self.milter.configure()
        self.milter.write_conf(pathlib.Path(self.milter.conf_path).read_text() + rule + "\n")
        self.milter.start()

    def sendmail(self, message, *words, user=None):
        """A recipient whom nobody else writes to, after sendmail(1) has taken the message."""
        recipient = self.office.recipient()
        self.machine.run("sendmail", "-i", *words, recipient, data=message.encode(), user=user)
        return recipient

    def logged(self, **fields):
        return check_log(self.milter, 0, client="local", **fields)


@pytest.fixture(scope="module")
def module_site(root, programs, sink):
    site = Site(root, programs, sink)
    yield site
    site.close()


@pytest.fixture
def site(module_site):
    yield module_site
    module_site.milter.stop()
    os.unlink(module_site.milter.log_path)
    assert module_site.postfix.queued() == 0


def check_stamp(arrived):
    """Our Received field says what is known, and nothing of SMTP or of a client."""
    first, second = arrived.fields("Received")[:2]
    assert b"(Postfix, from userid " in first
    assert re.fullmatch(rf"Received: by {re.escape(HOSTNAME)} \(sendas\)"
                        r"(\s+\(Sender identified as: \S+\))?\s+id \w+;\s+[^;]+",
                        second.decode()), second
    return second


# --- programs ---

# What a program is told, and the envelope sender and From that come of it. R is the recipient.
PROGRAMS = [
    ("sendmail -t", ["sendmail", "-t", "-i"], "To: R\nBcc: R\nFrom: Root <root>\n\nx\n", ROOT,
     "From: Root <root@example.org>"),
    ("sendmail -f", ["sendmail", "-f", "alice@example.org", "R"], "Subject: x\n\nx\n",
     "alice@example.org", "From: root <alice@example.org>"),
    ("sendmail -F", ["sendmail", "-F", "The System", "R"], "Subject: x\n\nx\n", ROOT,
     "From: The System <root@example.org>"),
    ("sendmail -r", ["sendmail", "-r", "alice@example.org", "R"], "From: boss@example.org\n\nx\n",
     "alice@example.org", "From: boss@example.org"),
    ("sendmail -bs", ["sendmail", "-bs"],
     "EHLO me\nMAIL FROM:<alice@example.org>\nRCPT TO:<R>\nDATA\nFrom: boss@example.org\n\nx\n"
     ".\nQUIT\n", "alice@example.org", "From: boss@example.org"),
    ("s-nail", ["s-nail", "-n", "-s", "x", "-r", "alice@example.org", "R"], "x\n",
     "alice@example.org", "From: alice@example.org"),
    ("mail", ["mail", "-s", "x", "R"], "x\n", ROOT, "From: root <root@example.org>"),
]


@pytest.mark.parametrize("argv, data, sender, author", [p[1:] for p in PROGRAMS],
                         ids=[p[0] for p in PROGRAMS])
def test_programs(site, argv, data, sender, author):
    """Without a word about them in sendas.conf, they may all they could before."""
    if shutil.which(argv[0]) is None:
        pytest.skip(f"{argv[0]} is not installed")
    site.start()
    recipient = site.office.recipient()
    site.machine.run(*(word.replace("R", recipient) if word == "R" else word for word in argv),
                     data=data.replace(" R\n", f" {recipient}\n").replace("<R>", f"<{recipient}>")
                     .encode())
    arrived = site.sink.wait(recipient)
    assert arrived.mail_from == sender
    assert arrived.fields("From") == [author.encode()]
    check_stamp(arrived)
    site.logged(decision="accept", login=None, rule="default")


def test_other_users(site):
    """They are one client, whoever they run as: only Postfix's own Received knows more."""
    site.start(**{'rule "local"': LOCAL})
    for user in ("root", "www-data"):
        arrived = site.sink.wait(site.sendmail("Subject: x\n\nx\n", user=user))
        assert arrived.mail_from == f"{user}@example.org"
        check_stamp(arrived)
    assert site.milter.log().count("rule=local login=system@example.org client=local") == 2


def test_identity_in_the_stamp(site):
    site.start(received={"login": "full"}, **{'rule "local"': LOCAL})
    arrived = site.sink.wait(site.sendmail("Subject: x\n\nx\n"))
    assert b"(Sender identified as: system@example.org)" in check_stamp(arrived)


# --- cron ---

def test_cron(site):
    """Its mail is from the user of the job, and says "From: root" for all of them."""
    if shutil.which("cron") is None:
        pytest.skip("cron is not installed")
    site.start_as_manual()
    jobs = {user: site.office.recipient() for user in ("root", "www-data", "nobody")}
    crontabs = {user: f"MAILTO={recipient}\n@reboot echo The job of {user}\n"
                for user, recipient in jobs.items()}
    # Whoever has a crontab can have any From.
    crontabs["nobody"] = f"MAILFROM={BOSS}\n" + crontabs["nobody"]
    with site.machine.cron(**crontabs):
        arrived = {user: site.sink.wait(recipient) for user, recipient in jobs.items()}
    for user, message in arrived.items():
        assert f"The job of {user}".encode() in message.body
        assert message.mail_from == f"{user}@example.org"
        check_stamp(message)
    for user in ("root", "www-data"):
        assert arrived[user].fields("From") == [b"From: root@example.org (Cron Daemon)"]
        assert not arrived[user].fields("X-Sendas")
    # The table has no nobody@example.org, and boss@example.org is somebody else's.
    assert b"from boss@example.org" in b" ".join(
        arrived["nobody"].fields("X-Sendas")[0].split())
    site.logged(decision="tag", rule="local", login=SYSTEM)


# --- what becomes of mail that is not accepted ---

FORGED = f"From: {BOSS}\nSubject: x\n\nThe body.\n"


def wait_empty(site):
    maildrop = f"{site.postfix.queue}/maildrop"
    process.wait_until(lambda: not os.listdir(maildrop) and site.postfix.queued() == 0,
                       what="Postfix to have done with the message")


def test_refused(site):
    """Its sender hears of it, whoever that is said to be, and gets back the header alone."""
    site.start(**{'rule "local"': LOCAL})
    recipient = site.sendmail(FORGED, "-f", SYSTEM)
    bounce = site.sink.wait(SYSTEM)
    assert b"this address is not yours to use" in b" ".join(bounce.data.split())
    assert bounce.mail_from == "" and f"\r\nFrom: {BOSS}\r\n".encode() in bounce.body
    assert b"The body." not in bounce.data
    # A forged envelope sender makes it go to somebody who has sent nothing.
    site.sendmail("Subject: x\n\nx\n", "-f", BOSS)
    assert b"MAIL FROM <boss@example.org>" in b" ".join(site.sink.wait(BOSS).data.split())
    assert recipient not in site.sink.recipients()


def test_refused_without_a_sender(site):
    """Nobody hears of it, but for the logs."""
    site.start(**{'rule "local"': LOCAL})
    before = site.sink.recipients()
    site.sendmail(FORGED, "-f", "<>")
    site.logged(decision="reject", place="from", address=BOSS)
    wait_empty(site)
    assert site.sink.recipients() == before


def test_protected(site):
    """protect-owned counts for local programs, too."""
    site.start(unauthenticated="protect-owned")
    assert site.sink.wait(site.sendmail("From: someone@example.org\n\nx\n", "-f",
                                        "someone@example.org"))
    recipient = site.sendmail(FORGED, "-f", "someone@example.org")
    site.logged(decision="reject", reason="protected", address=BOSS)
    bounce = process.wait_until(lambda: site.sink.got("someone@example.org"), what="a bounce")[0]
    assert b"only who logs in may send as this address" in b" ".join(bounce.data.split())
    assert recipient not in site.sink.recipients()


def test_nobody_without_a_login(site):
    """unauthenticated = reject means them, too."""
    site.start(unauthenticated="reject")
    recipient = site.sendmail("From: root\n\nx\n", "-f", "someone-else@example.org")
    site.logged(decision="reject", reason="login-required")
    site.sink.wait("someone-else@example.org")
    assert recipient not in site.sink.recipients()


@pytest.mark.parametrize("action", ("quarantine", "discard", "tag", "log", "rewrite", "add-sender"))
def test_other_actions(site, action):
    """None of them sends a bounce."""
    site.start(**{'rule "local"': {**LOCAL, "on_violation": action}})
    recipient = site.sendmail(FORGED, "-f", SYSTEM)
    site.logged(decision=action, place="from", address=BOSS)
    if action == "quarantine":
        held = process.wait_until(site.postfix.held, what="the message to be held")
        site.postfix.delete(held[0])
    elif action != "discard":
        arrived = site.sink.wait(recipient)
        check_stamp(arrived)
        wanted = {"tag": [("From", BOSS), ("X-Sendas", "not-owned from boss@example.org")],
                  "log": [("From", BOSS)],
                  "rewrite": [("From", SYSTEM), ("X-Original-From", BOSS)],
                  "add-sender": [("From", BOSS), ("Sender", SYSTEM)]}[action]
        for name, value in wanted:
            assert arrived.fields(name) == [f"{name}: {value}".encode()]
    wait_empty(site)
    assert action not in ("quarantine", "discard") or recipient not in site.sink.recipients()


@pytest.mark.parametrize("cause", ("defer", "away"))
def test_put_off(site, cause):
    """It stays where sendmail(1) has put it, and goes out later."""
    settings = {'rule "local"': {**LOCAL, "on_violation": "defer"}}
    if cause == "defer":
        site.start(**settings)
    recipient = site.sendmail(FORGED, "-f", SYSTEM)
    pattern = {"defer": "milter-reject", "away": "Milter service"}[cause]
    process.wait_until(lambda: re.search(pattern, site.postfix.log()[-2000:]), what="a refusal")
    maildrop = f"{site.postfix.queue}/maildrop"
    assert os.listdir(maildrop) and recipient not in site.sink.recipients()
    site.milter.stop()
    site.start()
    # Postfix looks once a minute, and when a further message comes.
    site.sink.wait(site.sendmail("Subject: next\n\nx\n"))
    site.sink.wait(recipient)
