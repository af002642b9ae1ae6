# SPDX-License-Identifier: BSD-2-Clause
"""Starting, reloading and ending, also under load and by force."""

import os
import re
import signal
import stat
import subprocess
import threading
import time

import pytest

from harness import WAIT, instrumented, program, wait_for
from milter_client import Message, MilterError

ALICE = "alice@example.org"
OTHER = "ceo@example.com"
HONEST = Message(sender=ALICE, login=ALICE)
SPOOFED = Message(sender=ALICE, login=ALICE, fields=[("From", OTHER)])


def run(*arguments):
    return subprocess.run([program("sendas-milter"), *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
                          timeout=WAIT, check=False)


# --- the command line ---

def test_version():
    done = run("-V")
    assert done.returncode == 0 and done.stderr == ""
    assert re.match(r"sendas-milter \d+\.\d+", done.stdout)


def test_help():
    done = run("--help")
    assert done.returncode == 0 and done.stderr == ""
    for option in ("-c", "-d", "-V", "--help"):
        assert option in done.stdout


@pytest.mark.parametrize("arguments", [["-x"], ["--nonsense"], ["-c"], ["surplus"]])
def test_wrong_options(arguments):
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == "" and done.stderr


def test_missing_configuration(directory):
    done = run("-c", str(directory / "nothing.conf"))
    assert done.returncode not in (0, -signal.SIGSEGV)
    assert "nothing.conf" in done.stderr


@pytest.mark.parametrize("settings, words", [
    ('nonsense = "x"', ["nonsense"]),
    ('on_violation = "explode"', ["on_violation", "reject"]),
    ("mode = 3", ["mode"]),
    ('log_accepted = "perhaps"', ["log_accepted"]),
    ("received { add = ", []),
    ('send_as = { "nosuchtype:x" }', ["nosuchtype"]),
    ('send_as = { "file:/nonexistent/owners" }', ["/nonexistent/owners"]),
])
def test_bad_configuration(daemon_factory, settings, words):
    daemon = daemon_factory(start=False)
    if "send_as" in settings:
        daemon._send_as = settings.split("{")[1].rstrip(" }")
        settings = ""
    daemon.write_config(settings)
    done = run("-c", str(daemon.config))
    assert done.returncode not in (0, -signal.SIGSEGV, -signal.SIGABRT)
    for word in words:
        assert word in done.stderr, done.stderr
    if "file:" not in " ".join(words) and settings:
        assert re.search(rf"{re.escape(str(daemon.config))}:\d+:", done.stderr), done.stderr
    assert not daemon.socket.exists()


# --- the socket ---

def test_socket_mode(daemon_factory):
    daemon = daemon_factory('socket_mode = "0666"')
    assert daemon.send(HONEST).accepted
    assert stat.S_IMODE(daemon.socket.stat().st_mode) == 0o666
    daemon = daemon_factory('socket_mode = "0600"')
    assert daemon.send(HONEST).accepted
    assert stat.S_IMODE(daemon.socket.stat().st_mode) == 0o600


def test_socket_is_gone_after_the_end(daemon_factory):
    daemon = daemon_factory()
    daemon.signal(signal.SIGTERM)
    assert daemon.wait() == 0
    assert not daemon.socket.exists()


def test_stale_socket_is_removed(daemon_factory):
    daemon = daemon_factory()
    daemon.kill()
    assert daemon.socket.exists()
    daemon.start()
    assert daemon.send(HONEST).accepted


def test_live_socket_is_not_taken_over(daemon_factory):
    daemon = daemon_factory()
    with daemon.client() as client:
        client.start()
        done = run("-c", str(daemon.config))
        assert done.returncode not in (0, -signal.SIGSEGV)
        assert str(daemon.socket) in done.stderr
        assert client.send(HONEST).accepted
        client.quit()
    assert daemon.send(SPOOFED).code == 550


def test_live_port_is_not_taken_over(daemon_factory):
    daemon = daemon_factory(inet=True)
    done = run("-c", str(daemon.config))
    assert done.returncode not in (0, -signal.SIGSEGV) and done.stderr
    assert daemon.send(HONEST).accepted


def test_what_is_no_socket_is_left_alone(daemon_factory):
    daemon = daemon_factory(start=False)
    daemon.socket.write_text("precious")
    done = run("-c", str(daemon.config))
    assert done.returncode != 0 and str(daemon.socket) in done.stderr
    assert daemon.socket.read_text() == "precious"


# --- reloading ---

def test_reload_takes_effect_for_the_next_message(daemon_factory):
    daemon = daemon_factory()
    with daemon.client() as client:
        client.start()
        assert client.send(SPOOFED).code == 550
        daemon.write_config('on_violation = "defer"')
        daemon.reload()
        assert client.send(SPOOFED).code == 451
        client.quit()


def test_a_message_keeps_the_configuration_it_began_with(daemon_factory):
    daemon = daemon_factory()
    with daemon.client() as client:
        client.start()
        assert client.envelope(SPOOFED) is None
        daemon.write_config('from = "any"')
        daemon.reload()
        result = client.content(SPOOFED)
        assert result.code == 550
        assert client.send(SPOOFED).accepted
        client.quit()


@pytest.mark.parametrize("bad", ['mode = "sometimes"', "{", 'nosuchsetting = "1"'])
def test_a_bad_configuration_leaves_the_old_one_in_place(daemon_factory, bad):
    daemon = daemon_factory()
    daemon.write_config('from = "any"\n' + bad)
    daemon.signal(signal.SIGHUP)
    daemon.wait_for_log(rf"{re.escape(str(daemon.config))}:\d+:")
    assert daemon.send(SPOOFED).code == 550
    assert daemon.send(HONEST).accepted
    # Also when the file has gone.
    daemon.config.unlink()
    daemon.signal(signal.SIGHUP)
    daemon.wait_for_log(re.escape(str(daemon.config)), 2)
    assert daemon.send(SPOOFED).code == 550
    daemon.write_config('from = "any"')
    daemon.reload()
    assert daemon.send(SPOOFED).accepted


def test_a_bad_map_leaves_the_old_ones_in_place(daemon_factory):
    daemon = daemon_factory()
    daemon._send_as = '"file:/nonexistent/owners"'
    daemon.write_config()
    daemon.signal(signal.SIGHUP)
    daemon.wait_for_log("/nonexistent/owners")
    assert daemon.send(SPOOFED).code == 550
    assert daemon.send(HONEST).accepted


def test_a_hundred_reloads_between_and_during_messages(daemon_factory):
    daemon = daemon_factory()
    with daemon.client() as client:
        client.start()
        for number in range(100):
            if number % 10 == 3:
                daemon.write_config("mode = nonsense")
            elif number % 10 == 6:
                daemon.write_config(f'login_domain = "d{number}.example.org"')
            daemon.signal(signal.SIGHUP)
            assert client.envelope(HONEST) is None
            daemon.signal(signal.SIGHUP)
            assert client.content(HONEST).accepted
            assert client.send(SPOOFED).code == 550
        client.quit()
    assert daemon.alive()
    assert daemon.send(HONEST).accepted


def test_reload_does_not_leak(daemon_factory):
    daemon = daemon_factory()
    for _ in range(20):
        daemon.reload()
    assert daemon.send(HONEST).accepted
    descriptors, memory = daemon.descriptors(), daemon.memory_kb()
    for _ in range(200):
        daemon.reload()
        assert daemon.send(HONEST).accepted
    assert daemon.descriptors() <= descriptors + 1
    assert daemon.memory_kb() < memory + 2048 or instrumented()


def test_signals_that_come_early_do_no_harm(daemon_factory):
    """From the moment that the socket is there, SIGHUP is no way to end the daemon."""
    daemon = daemon_factory(start=False)
    daemon.stderr = open(daemon.log, "ab")
    daemon.process = subprocess.Popen(daemon.command(), stderr=daemon.stderr)
    wait_for(daemon.socket.exists, "the socket")
    for _ in range(20):
        daemon.signal(signal.SIGHUP)
    wait_for(daemon._ready, "the daemon")
    assert daemon.send(HONEST).accepted


# --- ending ---

@pytest.mark.parametrize("message, code", [(HONEST, 250), (SPOOFED, 550)])
@pytest.mark.parametrize("inet", [False, True], ids=["unix", "inet"])
def test_sigterm_finishes_messages_in_flight(daemon_factory, inet, message, code):
    daemon = daemon_factory(inet=inet)
    with daemon.client() as client, daemon.client() as idle:
        idle.start()
        client.start()
        assert client.envelope(message) is None
        daemon.signal(signal.SIGTERM)
        time.sleep(0.3)
        assert daemon.alive()
        result = client.content(message)
        assert (result.stage, result.code) == ("eom", code)
        # Nothing new is taken on: a 4xx, or no filter at all (the MTA's tempfail).
        try:
            later = client.send(HONEST)
            assert later.code // 100 == 4, later
        except (MilterError, OSError):
            pass
    assert daemon.wait() == 0


def test_sigterm_takes_no_new_connection(daemon_factory):
    daemon = daemon_factory()
    with daemon.client() as client:
        client.start()
        assert client.envelope(HONEST) is None
        daemon.signal(signal.SIGTERM)

        def refused():
            try:
                with daemon.client(timeout=2) as other:
                    return other.start().send(HONEST).code // 100 == 4
            except (MilterError, OSError):
                return True
        wait_for(refused, "new connections to be refused")
        assert client.content(HONEST).accepted
    assert daemon.wait() == 0


def test_sigterm_of_an_idle_daemon_is_quick(daemon_factory):
    daemon = daemon_factory()
    with daemon.client() as client:
        client.start()
        assert client.send(HONEST).accepted
        began = time.monotonic()
        daemon.signal(signal.SIGTERM)
        assert daemon.wait() == 0
        assert time.monotonic() - began < 5


def test_sigterm_does_not_wait_for_ever(daemon_factory):
    """A message that never ends does not keep the daemon from ending."""
    daemon = daemon_factory()
    with daemon.client() as client:
        client.start()
        assert client.envelope(HONEST) is None
        daemon.signal(signal.SIGTERM)
        assert daemon.wait(60) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ending_twice(daemon_factory, number):
    daemon = daemon_factory()
    daemon.signal(number)
    try:
        daemon.signal(number)
    except ProcessLookupError:
        pass
    assert daemon.wait() == 0


def test_signals_that_mean_nothing(daemon_factory):
    daemon = daemon_factory()
    daemon.signal(signal.SIGPIPE)
    time.sleep(0.1)
    assert daemon.alive() and daemon.send(HONEST).accepted


def test_sigkill_under_load(daemon_factory):
    """Whatever was under way has a verdict or no answer; afterwards all is as before."""
    daemon = daemon_factory()
    accepted_spoofs = []
    stop = threading.Event()

    def load():
        while not stop.is_set():
            try:
                with daemon.client(timeout=5) as client:
                    client.start()
                    for _ in range(20):
                        if client.send(SPOOFED).code != 550:
                            accepted_spoofs.append(1)
            except (MilterError, OSError):
                time.sleep(0.005)

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            time.sleep(0.2)
            daemon.kill()
            daemon.start()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not accepted_spoofs
    assert daemon.send(HONEST).accepted


# --- in the background ---

def test_daemonize(daemon_factory, directory):
    pid_file = directory / "milter.pid"
    daemon = daemon_factory(f'pid_file = "{pid_file}"', start=False)
    done = run("-c", str(daemon.config), "-d")
    assert done.returncode == 0, done.stderr
    # Ready the moment that it returns.
    pid = int(pid_file.read_text())
    try:
        assert daemon.send(HONEST).accepted
        assert daemon.send(SPOOFED).code == 550
        assert os.getsid(pid) != os.getsid(0)
        # A second one is turned away, and says so.
        again = run("-c", str(daemon.config), "-d")
        assert again.returncode != 0 and again.stderr
        assert int(pid_file.read_text()) == pid
        os.kill(pid, signal.SIGHUP)
        time.sleep(0.2)
        assert daemon.send(HONEST).accepted
    finally:
        os.kill(pid, signal.SIGTERM)
        wait_for(lambda: not os.path.exists(f"/proc/{pid}"), "the end")
    assert not pid_file.exists() or pid_file.read_text() == ""
    assert not daemon.socket.exists()


def test_daemonize_reports_what_is_wrong(daemon_factory, directory):
    daemon = daemon_factory(f'pid_file = "{directory}/milter.pid"\nmode = "x"', start=False)
    done = run("-c", str(daemon.config), "-d")
    assert done.returncode != 0
    assert str(daemon.config) in done.stderr
    assert not (directory / "milter.pid").exists()


@pytest.mark.skipif(os.getuid() != 0, reason="only root has something to give up")
def test_gives_up_root(daemon_factory, directory):
    os.chmod(directory, 0o755)
    daemon = daemon_factory(start=False)
    os.chmod(daemon.dir, 0o755)
    text = daemon.config.read_text().replace('user = "root"', 'user = "nobody"')
    daemon.config.write_text(text)
    daemon.start()
    assert daemon.send(HONEST).accepted  # so the start is complete
    with open(f"/proc/{daemon.process.pid}/status", encoding="ascii") as file:
        status = file.read()
    for key in ("Uid", "Gid"):
        ids = set(re.search(rf"^{key}:\s+(.*)$", status, re.M).group(1).split())
        assert len(ids) == 1 and ids != {"0"}
    assert re.search(r"^Groups:\s*(65534)?\s*$", status, re.M), status
    assert daemon.socket.stat().st_uid != 0
