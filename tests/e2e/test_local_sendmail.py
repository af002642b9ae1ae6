# SPDX-License-Identifier: BSD-2-Clause
"""Mail of programs on a mail server whose MTA is sendmail: sendmail(1) hands it in by SMTP, as
submit.cf says, at a daemon that waits for it on loopback."""

import os
import shutil
import subprocess

import pytest
from lib import process, sendmail
from lib.expect import check_log
from lib.office import Office
from lib.postfix import HOSTNAME
from lib.programs import Milter

ROOT, BOSS, SYSTEM = f"root@{HOSTNAME}", "boss@example.org", "system@example.org"
BOUNCER = f"MAILER-DAEMON@{HOSTNAME}"

# What the filter knows of such mail: the daemon's name, and that it comes from here.
LOCAL = {"daemons": ["local"], "clients": ["127.0.0.1"], "authenticated": False,
         "identity": "system"}


class Site:
    """A sendmail and its submission program, and a milter that each test configures."""

    def __init__(self, root, programs, sink):
        self.root = f"{root}/local-sendmail"
        os.makedirs(self.root)
        self.milter = Milter(programs, self.root, "m", f"unix:{self.root}/run/milter")
        self.milter.init_store()
        self.milter.grant(SYSTEM, ROOT, SYSTEM, BOUNCER)
        # By each daemon and, for -bs, by none.
        filters = f"INPUT_MAIL_FILTER(`sendas', `S={self.milter.listen}, F=T')dnl\n"
        self.mta = sendmail.Sendmail(f"{self.root}/mta", sink.port, [
            sendmail.Service("local", auth=False, milters=self.milter.listen)], mc=filters)
        self.mta.set_up()
        self.mta.set_up_submission("local")
        self.office = Office(self.mta, sink)
        self.sink = sink
        self.mta.start()

    def close(self):
        self.mta.stop()
        shutil.rmtree(self.root)

    def start(self, **settings):
        self.milter.configure({"log_accepted": True, "unauthenticated": "reject", **settings})
        self.milter.start()

    def run(self, argv, data, status=0):
        result = subprocess.run(argv, input=data.encode(), stdout=subprocess.PIPE, timeout=60,
                                stderr=subprocess.STDOUT, check=False)
        assert result.returncode == status, result
        return result.stdout.decode()

    def submit(self, *words, data="Subject: x\n\nx\n", status=0):
        """A recipient whom nobody else writes to, after sendmail(1) has had the message."""
        recipient = self.office.recipient()
        self.run(self.mta.submission_argv("-i", *words, recipient), data, status)
        return recipient

    def waiting(self):
        """The messages that sendmail(1) could not hand in yet."""
        return [name for name in os.listdir(f"{self.mta.root}/submit-q") if name[:2] == "qf"]


@pytest.fixture(scope="module")
def module_site(root, programs, sink):
    if sendmail.found() is None:
        pytest.skip("SENDAS_SENDMAIL does not name a directory with an unpacked sendmail")
    site = Site(root, programs, sink)
    yield site
    site.close()


@pytest.fixture
def site(module_site):
    yield module_site
    module_site.milter.stop()
    os.unlink(module_site.milter.log_path)
    assert not module_site.waiting()


# What a program says, and the envelope sender and From that come of it.
PROGRAMS = [
    ((), ROOT, f"From: root <{ROOT}>"),
    (("-f", SYSTEM), SYSTEM, f"From: {SYSTEM}"),
    (("-F", "The System"), ROOT, f"From: The System <{ROOT}>"),
    (("-r", SYSTEM), SYSTEM, f"From: {SYSTEM}"),
]


@pytest.mark.parametrize("words, sender, author", PROGRAMS, ids=[" ".join(p[0]) or "plain"
                                                                 for p in PROGRAMS])
def test_programs(site, words, sender, author):
    """The client is 127.0.0.1, has not logged in, and came to the daemon that is there for it."""
    site.start(**{'rule "local"': LOCAL})
    arrived = site.sink.wait(site.submit(*words))
    assert arrived.mail_from == sender
    assert [f.decode() for f in arrived.fields("From")] == [author]
    assert b"(sendas)" in arrived.fields("Received")[1]
    line = check_log(site.milter, 0, decision="accept", rule="local", login=SYSTEM)
    assert f" identity={SYSTEM} " in line and " daemon=local " in line


def test_recipients_of_the_header(site):
    """sendmail -t."""
    site.start(**{'rule "local"': LOCAL})
    recipient = site.office.recipient()
    site.run(site.mta.submission_argv("-t", "-i"),
             f"To: {recipient}\nFrom: System <{SYSTEM}>\n\nx\n")
    assert [f.decode() for f in site.sink.wait(recipient).fields("From")] == [
        f"From: System <{SYSTEM}>"]


def test_without_a_rule(site):
    """With unauthenticated = reject they have to log in like everybody else."""
    site.start()
    site.submit("-f", SYSTEM, status=69)
    check_log(site.milter, 0, decision="reject", reason="login-required", client="127.0.0.1")


def test_refused_is_sent_back(site):
    """sendmail(1) ends with 69 (EX_UNAVAILABLE), and the bounce goes through the filter, too:
    the identity must own its From."""
    site.start(**{'rule "local"': LOCAL})
    before = len(site.sink.got(SYSTEM))
    recipient = site.submit("-f", SYSTEM, data=f"From: {BOSS}\n\nx\n", status=69)
    process.wait_until(lambda: len(site.sink.got(SYSTEM)) > before, what="the bounce")
    bounce = site.sink.got(SYSTEM)[-1]
    assert bounce.mail_from == "" and b"From <boss@example.org>" in bounce.body
    assert not site.sink.got(recipient)


def test_tagged_instead(site):
    site.start(**{'rule "local"': {**LOCAL, "on_violation": "tag"}})
    arrived = site.sink.wait(site.submit("-f", SYSTEM, data=f"From: {BOSS}\n\nx\n"))
    assert arrived.fields("X-Sendas")


def test_waits_for_the_filter(site):
    """While it is away such mail stays where sendmail(1) has put it."""
    recipient = site.submit("-f", SYSTEM)
    assert len(site.waiting()) == 1
    site.start(**{'rule "local"': LOCAL})
    site.run(site.mta.submission_argv("-q"), "")
    assert site.sink.wait(recipient).mail_from == SYSTEM


# --- past submit.cf ---

def test_session_of_the_mta_itself(site):
    """sendmail -bs by root asks the filter, and has no client that could be told."""
    site.start()
    client = subprocess.Popen(site.mta.argv([sendmail.found(), "-C",
                                             f"{site.mta.etc}/sendmail.cf", "-bs"]),
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    for command, reply in (("HELO me", b"220 "), (f"MAIL FROM:<{SYSTEM}>", b"250 ")):
        assert client.stdout.readline().startswith(reply)
        client.stdin.write(f"{command}\r\n".encode())
        client.stdin.flush()
    assert client.stdout.readline().startswith(b"530 5.7.0")
    client.communicate(b"QUIT\r\n", timeout=30)
    check_log(site.milter, 0, decision="reject", reason="login-required", client="-")


def test_the_mta_itself_asks_no_filter(site):
    """sendmail -Am -bm speaks no SMTP. Only root may write to that queue."""
    site.start()
    recipient = site.office.recipient()
    assert not site.mta.run("-bm", "-f", BOSS, recipient, data=b"From: boss@example.org\n\nx\n"
                            ).returncode
    assert not any(b"(sendas)" in f for f in site.sink.wait(recipient).fields("Received"))
