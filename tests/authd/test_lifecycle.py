# SPDX-License-Identifier: BSD-2-Clause
"""Starting, reloading, ending, and what the service manager is told."""

import os
import re
import signal
import socket
import stat
import subprocess
import threading
import time

import pytest

from authd import PASSWORD, WAIT, instrumented, program, wait_for
from authd_client import (OK, connect, read_all, saslauthd_reply, saslauthd_request)

SLOW = "scram_iterations = 400000\nrequest_timeout = 10s"


def run(*arguments):
    return subprocess.run([program("sendas-authd"), *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
                          timeout=WAIT, check=False)


def test_version_and_help():
    assert re.match(r"sendas-authd \d+\.\d+", run("-V").stdout)
    done = run("--help")
    assert done.returncode == 0 and done.stderr == ""
    for word in ("-c", "-d", "-V", "authd.conf", "SIGHUP"):
        assert word in done.stdout


@pytest.mark.parametrize("arguments", [["-x"], ["--nonsense"], ["-c"], ["surplus"]])
def test_wrong_options(arguments):
    done = run(*arguments)
    assert done.returncode == 2 and done.stdout == "" and done.stderr


@pytest.mark.parametrize("settings, words", [
    ('nonsense = "x"', ["nonsense", ":"]),
    ("queue = 0", ["queue", "1 to 65536"]),
    ('schemes = { "SCRAM-SHA-257" }', ["schemes", "SCRAM-SHA-257", "SCRAM-SHA-256"]),
    ('schemes = { "PLAIN" }', ["schemes", "PLAIN"]),
    ('peers = { "no-such-user" }', ["peers", "no-such-user"]),
    ('credentials = { "nosuch:x" }', ["credentials", "nosuch"]),
    ('credentials = { "sqlite:/nonexistent.cf" }', ["credentials", "/nonexistent.cf"]),
    ('socket_group = "no-such-group"', ["no-such-group"]),
    ('key_file = "/nonexistent/key"', ["/nonexistent/key"]),
    ("argon2_memory = 1048576\nargon2_passes = 64", ["argon2_passes"]),
])
def test_bad_configuration(authd_factory, settings, words):
    daemon = authd_factory(settings, start=False)
    done = run("-c", str(daemon.config))
    assert done.returncode in (1, 2)
    for word in words:
        assert word in done.stderr, done.stderr
    assert not daemon.socket.exists() and not daemon.mux.exists()


def test_sockets(authd_factory):
    daemon = authd_factory('socket_mode = "0620"')
    for path in (daemon.socket, daemon.mux):
        assert stat.S_IMODE(path.stat().st_mode) == 0o620
    assert stat.S_IMODE((daemon.dir / "authd.key").stat().st_mode) == 0o600
    done = run("-c", str(daemon.config))
    assert done.returncode == 1 and "another process is listening" in done.stderr
    assert daemon.login() == "OK"
    daemon.process.kill()
    daemon.process.wait()
    daemon.start()
    assert daemon.login() == "OK"
    daemon.finish()
    assert not daemon.socket.exists() and not daemon.mux.exists()


@pytest.mark.skipif(os.getuid() != 0, reason="only root has something to give up")
def test_gives_up_root(authd_factory, directory):
    os.chmod(directory, 0o755)
    daemon = authd_factory('user = "nobody"', start=False)
    os.chown(daemon.dir, 65534, 65534)
    for path in daemon.dir.glob("accounts.db*"):
        os.chown(path, 65534, 65534)
    daemon.start()
    assert daemon.login() == "OK"
    status = open(f"/proc/{daemon.process.pid}/status", encoding="ascii").read()
    for key in ("Uid", "Gid"):
        assert set(re.search(rf"^{key}:\s+(.*)$", status, re.M).group(1).split()) == \
            {"65534"}
    assert daemon.socket.stat().st_uid == 65534
    assert (daemon.dir / "authd.key").stat().st_uid == 65534


def test_background(authd_factory, directory):
    pid_file = directory / "pid"
    daemon = authd_factory(f'pid_file = "{pid_file}"', start=False)
    done = run("-c", str(daemon.config), "-d")
    assert done.returncode == 0, done.stderr
    pid = int(pid_file.read_text())
    try:
        assert daemon.login() == "OK"
        again = run("-c", str(daemon.config), "-d")
        assert again.returncode == 1 and again.stderr
    finally:
        os.kill(pid, signal.SIGTERM)
        wait_for(lambda: not os.path.exists(f"/proc/{pid}"), "the end")
    assert not daemon.socket.exists()


# --- reload ---

def test_reload(authd_factory):
    daemon = authd_factory()
    with daemon.wire() as wire:
        assert wire.canon("alice").values() == {}
        daemon.write_config('login_domain = "example.com"')
        assert "configuration loaded" in daemon.reload()
        assert wire.canon("alice").fields[0][1] == b"alice@example.com"
    assert daemon.login("alice") == "NO"


@pytest.mark.parametrize("bad", ["queue = many", "{", 'schemes = { "x" }',
                                 'credentials = { "sqlite:/nonexistent.cf" }'])
def test_bad_reload_changes_nothing(authd_factory, bad):
    daemon = authd_factory()
    daemon.write_config('login_domain = "example.com"\n' + bad)
    assert "the old configuration stays" in daemon.reload()
    assert daemon.login("alice") == "OK"


def test_restart_is_told(authd_factory):
    daemon = authd_factory()
    daemon.write_config("queue = 77", "table = 99")
    daemon.reload()
    assert daemon.wait_for_log("counts after a restart only: queue, guessing.table")


def test_reloads_under_load(authd_factory):
    daemon = authd_factory(guessing="max_challenges = 0")
    stop = threading.Event()
    wrong = []

    def load():
        with daemon.wire() as wire:
            while not stop.is_set():
                if wire.lookup("alice", "authPassword").status != OK or \
                        daemon.login() != "OK":
                    wrong.append(1)
    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        daemon.reload()
    descriptors = daemon.descriptors()
    for _ in range(20):
        daemon.reload()
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert daemon.descriptors() <= descriptors + 24


# --- the end ---

def test_sigterm_answers_what_was_asked(authd_factory):
    daemon = authd_factory(SLOW + "\nverify_workers = 1")
    with daemon.wire() as wire:
        assert wire.store("slow", "secret", create=True).status == OK
    socks = [connect(daemon.mux, 60) for _ in range(3)]
    for sock in socks:
        sock.sendall(saslauthd_request("slow", "secret"))
    daemon.signal(signal.SIGTERM)
    assert [saslauthd_reply(read_all(sock)) for sock in socks] == ["OK"] * 3
    assert daemon.process.wait(WAIT) == 0


def test_sigterm_sends_delayed_answers(authd_factory):
    daemon = authd_factory(guessing="delay_max = 20s\nmax_failures = 0")
    for _ in range(6):
        assert daemon.login(password="wrong") == "NO"
    with connect(daemon.mux, 60) as sock:
        sock.sendall(saslauthd_request("alice", "wrong"))
        daemon.wait_for_log("result=refused", 7)
        began = time.monotonic()
        daemon.signal(signal.SIGTERM)
        assert saslauthd_reply(read_all(sock)) == "NO"
    assert daemon.process.wait(WAIT) == 0
    assert time.monotonic() - began < 8


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_end_of_an_idle_daemon_is_quick(authd_factory, number):
    daemon = authd_factory()
    with daemon.wire() as wire, connect(daemon.mux, 20) as silent:
        assert wire.canon("alice").status == OK
        time.sleep(0.1)
        began = time.monotonic()
        daemon.signal(number)
        assert read_all(silent) in (b"\0\0", b"")
        assert daemon.process.wait(WAIT) == 0
        assert time.monotonic() - began < 5


def test_signals_that_mean_nothing(authd_factory):
    daemon = authd_factory()
    daemon.signal(signal.SIGPIPE)
    time.sleep(0.1)
    assert daemon.login() == "OK"


def test_killed_under_load(authd_factory):
    """What was under way has a verdict or no answer; afterwards all is as before."""
    daemon = authd_factory()
    stop = threading.Event()
    wrong = []

    def load():
        while not stop.is_set():
            try:
                if daemon.login(password="wrong", timeout=5) == "OK":
                    wrong.append(1)
            except (OSError, ValueError):
                time.sleep(0.01)
    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        time.sleep(0.3)
        daemon.process.kill()
        daemon.process.wait()
        daemon.start()
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert daemon.login("bob", "bob") == "OK"


# --- the service manager ---

@pytest.fixture
def manager(directory):
    """What systemd would be told."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(directory / "notify"))
        sock.settimeout(WAIT)
        yield sock


def test_notifications(authd_factory, manager):
    daemon = authd_factory(environment={"NOTIFY_SOCKET": manager.getsockname()})
    assert manager.recv(200) == b"READY=1"
    daemon.signal(signal.SIGHUP)
    assert manager.recv(200).startswith(b"RELOADING=1")
    assert manager.recv(200) == b"READY=1"
    manager.settimeout(0.5)
    with pytest.raises(TimeoutError):
        manager.recv(200)  # no watchdog was asked for
    manager.settimeout(WAIT)
    daemon.signal(signal.SIGTERM)
    assert manager.recv(200) == b"STOPPING=1"


def test_watchdog(authd_factory, manager):
    daemon = authd_factory(environment={"NOTIFY_SOCKET": manager.getsockname(),
                                        "WATCHDOG_USEC": "400000"})
    assert b"READY=1" in (manager.recv(200), manager.recv(200))
    for _ in range(4):
        assert manager.recv(200) == b"WATCHDOG=1"
    # A process that is stopped does not say so.
    daemon.signal(signal.SIGSTOP)
    manager.settimeout(1)
    try:
        with pytest.raises(TimeoutError):
            for _ in range(3):
                manager.recv(200)
    finally:
        daemon.signal(signal.SIGCONT)
    manager.settimeout(WAIT)
    assert manager.recv(200) == b"WATCHDOG=1"
    assert instrumented() or daemon.login(password=PASSWORD) == "OK"
