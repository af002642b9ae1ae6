# SPDX-License-Identifier: BSD-2-Clause
"""The milter's life: reload while mail flows, sudden death, its socket, start and end."""

import grp
import os
import re
import signal
import socket
import stat
import subprocess
import time

import pytest
from conftest import every_mta, postfix_only
from lib import smtp
from lib.expect import check_refusal
from lib.load import Flow
from lib.postfix import ACCOUNTS
from lib.process import wait_until
from lib.programs import Milter, prepare_socket_directory, settings_text

pytestmark = every_mta

ALICE = "From: Alice <alice@example.org>"
BOB = "From: Bob <bob@example.org>"


# --- reload ---

def test_reload(office, own_milter):
    own_milter.start()
    client = office.connect("alice", "own")
    check_refusal(office.send(client, "alice@example.org", [BOB]).reply, place="from")
    own_milter.configure({"from": "any"})
    mark = own_milter.mark()
    own_milter.reload()
    own_milter.wait_log(r"reload", mark)
    assert office.send(client, "alice@example.org", [BOB]).accepted


BAD_CONFIGURATIONS = [
    ('no_such_setting = "x"\n', r":1: .*no_such_setting"),
    ('# a comment\n\nmode = "enforc"\n', r":3: .*enforc"),
    ('from = "owned"\nfrom = "any"\n', r":2: .*from"),
    ('log_accepted = "perhaps"\n', r":1: .*log_accepted"),
    ('received {\n  login = "loud"\n}\n', r":2: .*loud"),
    ('received {\n  login = "full"\n', r":\d+: "),
    ('from = "owned\n', r":\d+: "),
    ('send_as = { "nosuchtype:x" }\n', r"nosuchtype"),
    ("\0\xff binary", r":\d+: "),
]


@pytest.mark.parametrize("text, complaint", BAD_CONFIGURATIONS,
                         ids=[repr(t)[:40] for t, _ in BAD_CONFIGURATIONS])
def test_bad_configuration_keeps_the_old_one(office, own_milter, text, complaint):
    own_milter.start()
    client = office.connect("alice", "own")
    mark = own_milter.mark()
    own_milter.write_conf(text + settings_text(own_milter.base_settings()))
    own_milter.reload()
    own_milter.wait_log(re.escape(own_milter.conf_path) + complaint
                        if complaint.startswith(":") else complaint, mark)
    assert own_milter.running
    assert office.send(client, "alice@example.org", [ALICE]).accepted
    check_refusal(office.send(client, "alice@example.org", [BOB]).reply, place="from")
    # The same file is refused at start, with the same words, and by `config check`.
    result = own_milter.ctl("config", "check", check=False)
    assert result.returncode == 2
    assert re.search(complaint, (result.stdout + result.stderr).decode(errors="replace"))


def test_missing_configuration_at_reload(office, own_milter):
    own_milter.start()
    os.unlink(own_milter.conf_path)
    mark = own_milter.mark()
    own_milter.reload()
    own_milter.wait_log(re.escape(own_milter.conf_path), mark)
    client = office.connect("alice", "own")
    assert office.send(client, "alice@example.org", [ALICE]).accepted
    own_milter.configure()


def test_reload_while_mail_flows(office, own_milter):
    """Fifty reloads, every fifth one bad: each message gets the verdict that is due."""
    own_milter.start()
    with Flow(office, "own") as flow:
        for i in range(50):
            if i % 5 == 4:
                own_milter.write_conf("nonsense\n")
            else:
                own_milter.configure({"received": {"login": ("full", "none")[i % 2]}})
            own_milter.reload()
            time.sleep(0.02)
        wait_until(lambda: flow.count() > 100, what="100 messages")
    assert not flow.errors, flow.errors
    assert not flow.unanswered
    for honest, sent in flow.answers:
        assert sent.accepted is honest, sent
        if honest:
            office.delivered(sent)
    assert own_milter.running


# --- death ---

def test_away(office, own_milter):
    """No milter: 45x, and nothing goes through."""
    client = smtp.Client(office.mta.port("own"))
    client.ehlo()
    login = client.auth_plain("alice", ACCOUNTS["alice"])
    reply = client.mail("alice@example.org")
    assert login.temporary or login.code == 235, login
    # sendmail does not let anybody log in then, and says again that one must.
    assert reply.temporary or (login.temporary and reply.code == 530), reply
    client.close()


@pytest.mark.slow
def test_killed_under_load(office, own_milter):
    """SIGKILL again and again under load: whatever was accepted was permitted and arrives,
    everything else was answered 4xx or, when spoofed, 5xx."""
    own_milter.start()
    with Flow(office, "own", threads=6) as flow:
        for _ in range(6):
            before = flow.count()
            wait_until(lambda: sum(s.accepted for _, s in flow.answers[before:]) > 5,
                       what="mail to flow", timeout=30)
            own_milter.kill()
            time.sleep(0.1)
            own_milter.start()
    assert not flow.errors, flow.errors
    accepted = [s for honest, s in flow.answers if s.accepted]
    assert len(accepted) > 30
    for honest, sent in flow.answers:
        if honest:
            assert sent.accepted or sent.reply.temporary, sent
        else:
            assert not sent.accepted, sent
            assert sent.reply.temporary or sent.reply.code == 550, sent
    for sent in accepted:
        office.delivered(sent)
    arrived = office.sink.recipients()
    assert not [r for honest, r in flow.unanswered if not honest and r in arrived]


def test_restart_during_a_connection(office, own_milter):
    """A client that stays connected over a restart is told to try again, then served."""
    own_milter.start()
    client = office.connect("alice", "own")
    assert office.send(client, "alice@example.org", [ALICE]).accepted
    assert own_milter.stop() == 0
    own_milter.start()
    reply = office.send(client, "alice@example.org", [BOB]).reply
    assert not reply.ok
    again = office.connect("alice", "own")
    assert office.send(again, "alice@example.org", [ALICE]).accepted
    check_refusal(office.send(again, "alice@example.org", [BOB]).reply, place="from")


def test_sigterm_finishes_messages_in_flight(office, own_milter):
    """A message that has begun gets its verdict; new ones are put off."""
    own_milter.start()
    good, bad, idle = (office.connect("alice", "own") for _ in range(3))
    recipients = [office.recipient() for _ in range(2)]
    for client, recipient in zip((good, bad), recipients):
        assert client.mail("alice@example.org").ok
        assert client.rcpt(recipient).ok
        assert client.command("DATA").code == 354
    own_milter.send_signal(signal.SIGTERM)
    own_milter.wait_log("ending")
    assert own_milter.running
    reply = idle.mail("alice@example.org")
    assert reply.temporary, reply
    good.send_raw(smtp.stuff(smtp.compose([ALICE])))
    sent = office.record(recipients[0], good.read_reply())
    assert sent.accepted
    bad.send_raw(smtp.stuff(smtp.compose([BOB])))
    reply = bad.read_reply()
    office.record(recipients[1], reply)
    check_refusal(reply, place="from")
    assert own_milter.wait_exit() == 0
    assert not os.path.exists(own_milter.listen[len("unix:"):])
    office.delivered(sent)


def test_sigterm_when_idle_is_quick(own_milter):
    own_milter.start()
    began = time.monotonic()
    assert own_milter.stop() == 0
    assert time.monotonic() - began < 5


# --- its socket ---

def test_live_socket_is_refused(office, own_milter, root, programs):
    """A second milter on the same socket says so and ends; the first one goes on."""
    own_milter.start()
    second = Milter(programs, root, "second", own_milter.listen)
    second.start(wait=False)
    assert second.wait_exit() not in (0, 2)
    path = own_milter.listen[len("unix:"):]
    assert path in second.log()
    second.stop()
    client = office.connect("alice", "own")
    assert office.send(client, "alice@example.org", [ALICE]).accepted


def test_stale_socket_is_replaced(office, own_milter):
    own_milter.start()
    own_milter.kill()
    assert os.path.exists(own_milter.listen[len("unix:"):])
    own_milter.start()
    client = office.connect("alice", "own")
    assert office.send(client, "alice@example.org", [ALICE]).accepted


def test_no_socket_is_not_removed(own_milter):
    """Something else of that name is left alone."""
    path = own_milter.listen[len("unix:"):]
    with open(path, "w", encoding="utf-8") as f:
        f.write("precious")
    try:
        own_milter.start(wait=False)
        assert own_milter.wait_exit() != 0
        with open(path, encoding="utf-8") as f:
            assert f.read() == "precious"
    finally:
        os.unlink(path)


def test_socket_belongs_to_group(own_milter):
    own_milter.start()
    status = os.stat(own_milter.listen[len("unix:"):])
    assert stat.S_IMODE(status.st_mode) == 0o660
    assert grp.getgrgid(status.st_gid).gr_name == "postfix"


def test_root_is_given_up(own_milter):
    own_milter.start()
    with open(f"/proc/{own_milter.pid}/status", encoding="utf-8") as f:
        status = dict(line.split(":", 1) for line in f)
    assert "0" not in status["Uid"].split() and "0" not in status["Gid"].split()
    assert "0" not in status["Groups"].split()
    assert int(status["CapEff"], 16) == 0


@postfix_only
def test_chrooted_smtpd(office, programs, postfix, milter):
    """Debian's default: the socket must lie in the queue directory."""
    daemon = Milter(programs, postfix.root, "jail",
                    f"unix:{postfix.queue}/sendas/milter", {
                        "store": milter.store_path})
    daemon.start()
    try:
        client = office.connect("alice", "jail")
        office.delivered(office.send(client, "alice@example.org", [ALICE]))
        check_refusal(office.send(client, "alice@example.org", [BOB]).reply, place="from")
    finally:
        daemon.stop()


def fastest(office, client):
    """Seconds that the fastest of some messages takes."""
    took = []
    for _ in range(20):
        began = time.monotonic()
        assert office.send(client, "alice@example.org", [ALICE]).accepted
        took.append(time.monotonic() - began)
    return min(took)


def test_inet(office, programs, root, inet_port, milter):
    """Over TCP, and without the waits that small packets can cost."""
    daemon = Milter(programs, root, "inet", f"inet:{inet_port}@127.0.0.1",
                    {"store": milter.store_path})
    daemon.start()
    try:
        client = office.connect("alice", "inet")
        office.delivered(office.send(client, "alice@example.org", [ALICE]))
        check_refusal(office.send(client, "alice@example.org", [BOB]).reply, place="from")
        # A delayed acknowledgement would make every message wait for 0.04 s and more. (What
        # sendmail does, which takes longer by itself, is in tests/protocol/test_tcp.py.)
        assert fastest(office, client) < 0.035 or office.mta.name != "postfix"
    finally:
        daemon.stop()


# --- start ---

def test_daemon_option(office, own_milter):
    """-d: back at the prompt when ready, a pid file, the log in syslog or where told."""
    pid_file = f"{own_milter.directory}/pid"
    own_milter.configure({"pid_file": pid_file})
    result = subprocess.run(
        [own_milter.programs.path("sendas-milter"), "-d", "-c", own_milter.conf_path],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        timeout=20, check=False)
    assert result.returncode == 0, result.stdout
    with open(pid_file, encoding="ascii") as f:
        pid = int(f.read())
    try:
        client = office.connect("alice", "own")
        assert office.send(client, "alice@example.org", [ALICE]).accepted
    finally:
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not os.path.exists(f"/proc/{pid}"), what="the daemon to end")


@pytest.mark.parametrize("text, complaint", BAD_CONFIGURATIONS[:5],
                         ids=[repr(t)[:40] for t, _ in BAD_CONFIGURATIONS[:5]])
def test_bad_configuration_at_start(own_milter, text, complaint):
    own_milter.write_conf(text)
    own_milter.start(wait=False)
    assert own_milter.wait_exit() == 2
    assert re.search(re.escape(own_milter.conf_path) + complaint, own_milter.log())


def test_garbage_on_the_socket(office, own_milter):
    """Who speaks no milter protocol is thrown out; everybody else is served."""
    prepare_socket_directory(os.path.dirname(own_milter.listen[len("unix:"):]))
    own_milter.start()
    for data in (b"", b"GET / HTTP/1.0\r\n\r\n", b"\xff" * 4096, b"\0\0\0\1Q", b"\0\0\0\0"):
        s = socket.socket(socket.AF_UNIX)
        s.connect(own_milter.listen[len("unix:"):])
        s.sendall(data)
        s.close()
    client = office.connect("alice", "own")
    assert office.send(client, "alice@example.org", [ALICE]).accepted
    assert own_milter.running
