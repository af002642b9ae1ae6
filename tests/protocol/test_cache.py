# SPDX-License-Identifier: BSD-2-Clause
"""A cache before a map, and the control socket on which it is looked at and emptied."""

import json
import os
import re
import shutil
import socket
import sqlite3
import stat
import subprocess
import threading
import time

import pytest

from harness import WAIT, program, wait_for
from milter_client import Message

ALICE = "alice@example.org"
SALES = "sales@example.org"
AS_SALES = Message(sender=SALES, login=ALICE, fields=[("From", SALES)])
AS_ALICE = Message(sender=ALICE, login=ALICE)


class Table:
    """An SQLite table of owners, with the map file for it."""

    def __init__(self, directory):
        self.database = directory / "owners.db"
        self.file = directory / "owners.cf"
        self.spec = f"sqlite:{self.file}"
        self.make()
        self.file.write_text(f"dbpath = {self.database}\n"
                             "query = SELECT login FROM owners WHERE address = '%s'\n")

    def make(self):
        with sqlite3.connect(self.database) as database:
            database.execute("CREATE TABLE owners (address TEXT, login TEXT)")
        database.close()

    def change(self, statement, *values):
        database = sqlite3.connect(self.database)
        with database:
            database.execute(statement, values)
        database.close()

    def grant(self, address, login):
        self.change("INSERT INTO owners VALUES (?, ?)", address, login)

    def revoke(self, address):
        self.change("DELETE FROM owners WHERE address = ?", address)

    def go_away(self):
        self.database.rename(self.database.with_suffix(".away"))

    def come_back(self):
        self.database.with_suffix(".away").rename(self.database)


@pytest.fixture
def table(directory):
    table = Table(directory)
    table.grant(ALICE, ALICE)
    return table


def cached(daemon_factory, table, **settings):
    """A daemon with a cache before the table, which keeps everything long enough."""
    settings = {"ttl": "1h", "negative_ttl": "1h", **settings}
    block = "".join(f"  {name} = {value}\n" for name, value in settings.items())
    return daemon_factory(f'cache {{\n  maps = "sqlite"\n{block}}}',
                          send_as=f'"{table.spec}"')


def ctl(daemon, *words, status=0):
    done = subprocess.run([program("sendasctl"), *words, "--config", str(daemon.config)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=WAIT, check=False)
    assert done.returncode == status, done.stderr
    return done.stdout if status == 0 else done.stderr


def counts(daemon):
    caches = json.loads(ctl(daemon, "status", "--json"))["caches"]
    assert len(caches) == 1
    return caches[0]


# --- what is kept, and for how long ---

def test_denials_that_are_remembered(daemon_factory, table):
    """A table of denials is away: that nobody was denied serves for a yes, that somebody was
    refuses nothing for good."""
    daemon = daemon_factory(f'deny = {{ "{table.spec}" }}\n'
                            'cache {\n  maps = "sqlite"\n  ttl = 1s\n  negative_ttl = 1s\n'
                            '  stale = 1h\n}', send_as=f'"inline:{{ {ALICE} = {ALICE}, '
                                                       f'{SALES} = {ALICE} }}"')
    table.revoke(ALICE)
    table.grant(SALES, ALICE)
    assert daemon.send(AS_ALICE).accepted
    assert daemon.send(AS_SALES).code == 550
    table.go_away()
    time.sleep(1.2)
    assert daemon.send(AS_ALICE).accepted
    assert daemon.send(AS_SALES).code == 451
    table.come_back()
    time.sleep(1.2)
    assert daemon.send(AS_SALES).code == 550


def test_answers_are_kept(daemon_factory, table):
    daemon = cached(daemon_factory, table)
    for _ in range(3):
        assert daemon.send(AS_ALICE).accepted
        assert daemon.send(AS_SALES).code == 550
    table.revoke(ALICE)
    table.grant(SALES, ALICE)
    assert daemon.send(AS_ALICE).accepted
    assert daemon.send(AS_SALES).code == 550
    now = counts(daemon)
    assert now["map"] == table.spec
    # alice@, sales@, @example.org and @.org; a message asks for each of its keys once.
    assert (now["misses"], now["hits"], now["negative_hits"]) == (4, 3, 9)
    assert (now["entries"], now["negative_entries"]) == (1, 3)
    assert 0 < now["bytes"] < 2000
    assert (now["stale"], now["failures"], now["evictions"], now["waits"]) == (0, 0, 0, 0)


def test_a_change_counts_at_once_after_a_flush(daemon_factory, table):
    daemon = cached(daemon_factory, table)
    assert daemon.send(AS_ALICE).accepted
    assert daemon.send(AS_SALES).code == 550
    table.revoke(ALICE)
    table.grant(SALES, ALICE)
    assert ctl(daemon, "flush") == "4 answers forgotten\n"
    assert daemon.send(AS_ALICE).code == 550
    assert daemon.send(AS_SALES).accepted
    daemon.wait_for_log(r"flush: all: 4 answers forgotten")


def test_a_change_counts_at_once_after_a_reload(daemon_factory, table):
    daemon = cached(daemon_factory, table)
    assert daemon.send(AS_ALICE).accepted
    table.revoke(ALICE)
    daemon.reload()
    assert daemon.send(AS_ALICE).code == 550


def test_a_change_counts_in_the_next_message_of_a_connection(daemon_factory, table):
    daemon = cached(daemon_factory, table)
    with daemon.client() as client:
        client.start()
        assert client.send(AS_ALICE).accepted
        table.revoke(ALICE)
        assert client.send(AS_ALICE).accepted
        ctl(daemon, "flush")
        assert client.send(AS_ALICE).code == 550
        client.quit()


def test_flush_of_one_address(daemon_factory, table):
    daemon = cached(daemon_factory, table)
    assert daemon.send(AS_ALICE).accepted
    assert daemon.send(AS_SALES).code == 550
    table.revoke(ALICE)
    table.grant(SALES, ALICE)
    # The address, and its domain, which decides for it as well.
    assert ctl(daemon, "flush", "SALES+x@Example.org") == "3 answers forgotten\n"
    assert daemon.send(AS_SALES).accepted
    assert daemon.send(AS_ALICE).accepted
    assert ctl(daemon, "flush", "@example.net") == "0 answers forgotten\n"
    assert ctl(daemon, "flush", ALICE) == "1 answer forgotten\n"
    assert daemon.send(AS_ALICE).code == 550
    assert ctl(daemon, "flush", "@example.org") == "1 answer forgotten\n"


def test_a_change_counts_within_the_time_to_live(daemon_factory, table):
    daemon = cached(daemon_factory, table, ttl="1s", negative_ttl="1s")
    assert daemon.send(AS_ALICE).accepted
    assert daemon.send(AS_SALES).code == 550
    table.revoke(ALICE)
    table.grant(SALES, ALICE)
    wait_for(lambda: daemon.send(AS_ALICE).code == 550, "the end of the old answer")
    wait_for(lambda: daemon.send(AS_SALES).accepted, "the new answer")


def test_negative_answers_need_not_be_kept(daemon_factory, table):
    daemon = cached(daemon_factory, table, negative_ttl="0s")
    assert daemon.send(AS_SALES).code == 550
    table.grant(SALES, ALICE)
    assert daemon.send(AS_SALES).accepted


def test_others_are_not_cached(daemon_factory, table):
    daemon = daemon_factory(f'cache {{ maps = "{table.spec}" }}',
                            send_as=f'"file:{table.file.parent}/owners", "{table.spec}"',
                            start=False)
    (table.file.parent / "owners").write_text(f"{SALES} {ALICE}\n")
    daemon.start()
    assert daemon.send(AS_ALICE).accepted
    assert daemon.send(AS_SALES).accepted
    assert counts(daemon)["map"] == table.spec


@pytest.mark.parametrize("settings", ["", "cache { maps = none }"])
def test_no_map_is_cached(daemon_factory, table, settings):
    daemon = daemon_factory(settings, send_as=f'"{table.spec}"')
    assert daemon.send(AS_SALES).code == 550
    table.grant(SALES, ALICE)
    assert daemon.send(AS_SALES).accepted
    assert json.loads(ctl(daemon, "status", "--json"))["caches"] == []
    assert "no map is cached" in ctl(daemon, "status")
    assert ctl(daemon, "flush") == "0 answers forgotten\n"


def test_a_name_that_stands_for_no_map(daemon_factory):
    daemon = daemon_factory(start=False)
    daemon.write_config('cache { maps = "ldpa" }')
    done = subprocess.run(daemon.command(), stderr=subprocess.PIPE, text=True,
                          timeout=WAIT, check=False)
    assert done.returncode == 1
    assert re.search(r'sendas\.conf:\d+: cache\.maps: "ldpa": expected ', done.stderr)
    # The same from config check.
    assert re.search(r'sendas\.conf:\d+: cache\.maps: "ldpa": expected ',
                     ctl(daemon, "config", "check", status=2))


def test_many_addresses_stay_within_bounds(daemon_factory, table):
    daemon = cached(daemon_factory, table, megabytes=1)
    assert daemon.send(AS_ALICE).accepted
    with daemon.client() as client:
        client.start()
        for number in range(40):
            names = ", ".join(f"{'x' * 500}{number}.{i}@example.org" for i in range(99))
            assert client.send(Message(sender=ALICE, login=ALICE,
                                       fields=[("From", names)])).code == 550
        client.quit()
    now = counts(daemon)
    assert now["bytes"] <= 1 << 20
    assert now["evictions"] > 0
    misses = now["misses"]
    assert daemon.send(AS_ALICE).accepted
    assert counts(daemon)["misses"] == misses


# --- the map is away ---

def test_away_without_stale_answers(daemon_factory, table):
    daemon = cached(daemon_factory, table, ttl="1s")
    assert daemon.send(AS_ALICE).accepted
    table.go_away()
    wait_for(lambda: daemon.send(AS_ALICE).code == 451, "the end of the answer")
    assert counts(daemon)["failures"] >= 1
    assert counts(daemon)["stale"] == 0
    table.come_back()
    assert daemon.send(AS_ALICE).accepted


def test_away_with_stale_answers(daemon_factory, table):
    daemon = cached(daemon_factory, table, ttl="1s", negative_ttl="1s", stale="1h")
    table.grant("@example.net", ALICE)
    catch_all = Message(sender="any@example.net", login=ALICE,
                        fields=[("From", "any@example.net")])
    assert daemon.send(AS_ALICE).accepted
    assert daemon.send(catch_all).accepted
    assert daemon.send(AS_SALES).code == 550
    table.go_away()
    wait_for(lambda: counts(daemon)["stale"] > 0 or not daemon.send(AS_ALICE).accepted,
             "a stale answer")
    assert daemon.send(AS_ALICE).accepted
    # Also where an old "no" stands before the "yes".
    wait_for(lambda: daemon.send(catch_all).accepted, "the catch-all")
    # An old answer refuses nothing: the address may have an owner by now.
    wait_for(lambda: daemon.send(AS_SALES).code == 451, "the end of the refusal")
    assert "451" in str(daemon.send(AS_SALES).code)
    # What was never asked stays unknown.
    new = "new@example.com"
    assert daemon.send(Message(sender=new, login=ALICE, fields=[("From", new)])).code == 451
    # And a flush means it.
    ctl(daemon, "flush")
    assert daemon.send(AS_ALICE).code == 451
    table.come_back()
    assert daemon.send(AS_ALICE).accepted


def test_stale_answers_of_another_owner(daemon_factory, table):
    """Somebody else's address, as far as is known: put off, not refused."""
    daemon = cached(daemon_factory, table, ttl="1s", negative_ttl="1s", stale="1h")
    table.grant(SALES, "bob@example.org")
    assert daemon.send(AS_SALES).code == 550
    table.go_away()
    wait_for(lambda: daemon.send(AS_SALES).code == 451, "the end of the refusal")


# --- one lookup at a time ---

def test_many_at_once(daemon_factory, table):
    """Under load no answer is wrong, and each key is asked for once."""
    daemon = cached(daemon_factory, table)
    wrong = []

    def load():
        with daemon.client() as client:
            client.start()
            for _ in range(50):
                if not client.send(AS_ALICE).accepted or client.send(AS_SALES).code != 550:
                    wrong.append(1)
            client.quit()

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    now = counts(daemon)
    assert now["misses"] == 4
    assert now["hits"] + now["negative_hits"] + now["waits"] == 4 * 8 * 50 - 4


def test_flushes_under_load(daemon_factory, table):
    daemon = cached(daemon_factory, table)
    wrong = []
    stop = threading.Event()

    def load():
        with daemon.client() as client:
            client.start()
            while not stop.is_set():
                if not client.send(AS_ALICE).accepted or client.send(AS_SALES).code != 550:
                    wrong.append(1)
            client.quit()

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(20):
        ctl(daemon, "flush", *([ALICE] if number % 2 else []))
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert counts(daemon)["misses"] > 3


# --- the control socket ---

def ask(daemon, request, shut=True):
    """What comes back for the bytes."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(WAIT)
        sock.connect(str(daemon.control))
        try:
            sock.sendall(request)
            if shut:
                sock.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass
        reply = b""
        try:
            while chunk := sock.recv(65536):
                reply += chunk
        except ConnectionResetError:
            pass
        return reply


def test_status(daemon_factory, table):
    daemon = cached(daemon_factory, table)
    assert daemon.send(AS_ALICE).accepted
    began = time.time()
    value = json.loads(ctl(daemon, "status", "--json"))
    assert value["pid"] == daemon.process.pid
    assert began - 60 < value["configured"] <= time.time()
    assert re.fullmatch(r"\d+\.\d+.*", value["version"])
    text = ctl(daemon, "status")
    assert str(daemon.process.pid) in text and f"cache of {table.spec} (send_as)\n" in text
    assert re.search(r"^ +1  lookups that asked the map itself$", text, re.M)


def test_permissions(daemon_factory):
    daemon = daemon_factory()
    status = daemon.control.lstat()
    assert stat.S_ISSOCK(status.st_mode) and stat.S_IMODE(status.st_mode) == 0o600
    assert status.st_uid == os.getuid()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else")
def test_others_are_refused(daemon_factory, directory):
    """Whoever gets at the socket is looked at again."""
    for path in (directory, directory / "0"):
        path.mkdir(exist_ok=True)
        path.chmod(0o755)
    daemon = daemon_factory()
    daemon.control.chmod(0o666)
    daemon.config.chmod(0o644)
    ctl = shutil.copy2(program("sendasctl"), directory)  # where all may run it
    done = subprocess.run([ctl, "flush", "--config", str(daemon.config)],
                          stderr=subprocess.PIPE, text=True, timeout=WAIT, check=False,
                          user="nobody")
    assert (done.returncode, done.stderr) == (
        75, "sendasctl: sendas-milter: root and the daemon's own user alone may ask\n")
    assert ask(daemon, b"status\n").endswith(b"\nok\n")


@pytest.mark.parametrize("request_, reply", [
    (b"", b"error expected one line of text\n"),
    (b"\n", b"error unknown command\n"),
    (b"status", b"error expected one line of text\n"),
    (b"statu\n", b"error unknown command\n"),
    (b"statuss\n", b"error unknown command\n"),
    (b" status\n", b"error unknown command\n"),
    (b"status now\n", b"error status takes no argument\n"),
    (b"sta\0tus\n", b"error expected one line of text\n"),
    (b"status\r\n", b"error expected one line of text\n"),
    (b"flush \n", b"error expected an address or @domain\n"),
    (b"flush  alice@example.org\n", b"error expected an address or @domain\n"),
    (b"flush alice\n", b"error expected an address or @domain\n"),
    (b"flush @\n", b"error expected an address or @domain\n"),
    (b"flush a@b,c@d\n", b"error expected an address or @domain\n"),
    (b"flush \xff\xfe@example.org\n", b"error expected an address or @domain\n"),
    (b"flush alice@example.org\n", b"flushed=0\nok\n"),
    (b"flush\nstatus\n", b"flushed=0\nok\n"),
    (b"x" * 2047 + b"\n", b"error unknown command\n"),
    (b"x" * 2100 + b"\n", b"error the question cannot be read: Message too long\n"),
])
def test_requests(shared, request_, reply):
    assert ask(shared, request_) == reply
    assert ask(shared, b"status\n").endswith(b"\nok\n")


def test_garbage(shared):
    for seed in range(50):
        ask(shared, bytes((seed * 7 + i * 31) % 256 for i in range(seed * 100)))
    ask(shared, b"\0" * 1000000)
    assert ask(shared, b"status\n").endswith(b"\nok\n")
    assert shared.send(AS_ALICE).accepted


def test_silent_clients_do_not_stay(shared):
    """Nobody can keep others from asking for longer than two seconds each."""
    silent = []
    for _ in range(2):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.connect(str(shared.control))
        sock.sendall(b"stat")
        silent.append(sock)
    assert ask(shared, b"status\n").endswith(b"\nok\n")
    for sock in silent:
        sock.close()
    assert shared.send(AS_ALICE).accepted


def test_the_end_does_not_wait_for_clients(daemon_factory):
    daemon = daemon_factory()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.connect(str(daemon.control))
        daemon.signal(15)
        assert daemon.wait() == 0
    assert not daemon.control.exists()


def test_no_milter(daemon_factory):
    daemon = daemon_factory(start=False)
    for words in (["status"], ["status", "--json"], ["flush"], ["flush", ALICE]):
        said = ctl(daemon, *words, status=75)
        assert said == (f"sendasctl: sendas-milter: {daemon.control}: cannot be reached: "
                        "No such file or directory\n")
    daemon.start()
    ctl(daemon, "status")
    daemon.kill()
    assert "Connection refused" in ctl(daemon, "status", status=75)
    daemon.start()
    ctl(daemon, "status")


def test_no_control_socket(daemon_factory):
    daemon = daemon_factory(start=False)
    daemon.control = ""
    daemon.write_config()
    daemon.start()
    assert daemon.send(AS_ALICE).accepted
    assert "control: the configuration names no socket" in ctl(daemon, "flush", status=2)


def test_bad_replies(daemon_factory, directory):
    """Whoever sits at the path: sendasctl neither hangs nor believes it."""
    daemon = daemon_factory(start=False)
    replies = [b"", b"version=1\n", b"ok", b"error no\x1b[2J\n", b"\xff\n", b"x\nerror\n"]
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(daemon.control))
        server.listen(5)

        def serve():
            for reply in replies:
                client, _ = server.accept()
                client.recv(100)
                client.sendall(reply)
                client.close()

        thread = threading.Thread(target=serve)
        thread.start()
        for _ in replies:
            said = ctl(daemon, "status", status=75)
            assert said.count("\n") == 1 and "\x1b" not in said
        thread.join()


def test_a_wrong_address_is_not_sent(daemon_factory):
    daemon = daemon_factory()
    for word in ("alice", "a b@example.org", "@", "a@b\nflush"):
        ctl(daemon, "flush", word, status=2)


def test_another_daemon_has_the_socket(daemon_factory):
    daemon = daemon_factory()
    other = daemon_factory(start=False)
    other.control = daemon.control
    other.write_config()
    done = subprocess.run(other.command(), stderr=subprocess.PIPE, text=True,
                          timeout=WAIT, check=False)
    assert done.returncode == 1
    assert re.search(r"sendas\.conf:\d+: control: \S+/control: another process is "
                     "listening there", done.stderr)
    assert not other.socket.exists()
    assert ask(daemon, b"status\n").endswith(b"\nok\n")
