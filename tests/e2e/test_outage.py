# SPDX-License-Identifier: BSD-2-Clause
"""Whatever breaks behind a login, the client is asked to come back: 454, within the deadline,
never 535, and smtpd serves on."""

import concurrent.futures
import itertools
import os
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
from contextlib import closing

import pytest

from lib import process
from lib.login_site import SERVICES, LoginSite, log_in
from lib.postfix import DOMAIN
from test_credentials import MECHANISMS, PASSWORD

TIMEOUT = 2
SLACK = 15  # seconds on top that a busy machine may take


@pytest.fixture(scope="module")
def site(root, programs, sink):
    place = LoginSite(f"{root}/out", programs, sink.port, timeout=TIMEOUT)
    place.set_up()
    place.start()
    yield place
    place.stop()


@pytest.fixture
def patient_site(root, programs, sink):
    """One where no deadline ends before a busy machine is done."""
    place = LoginSite(f"{root}/patient", programs, sink.port, timeout=60)
    place.set_up()
    place.start()
    yield place
    place.stop()


@pytest.fixture(autouse=True)
def well_again(site):
    """Each test finds, and leaves behind, a daemon that answers from a good database."""
    backup = f"{site.root}/accounts.backup"
    if not site.authd.running:
        site.authd.start()
    copy_database(site.authd.accounts_path, backup)
    yield
    if site.authd.running:
        site.authd.kill()
    for suffix in ("", "-wal", "-shm"):
        if os.path.lexists(site.authd.accounts_path + suffix):
            os.unlink(site.authd.accounts_path + suffix)
    shutil.copy(backup, site.authd.accounts_path)
    shutil.chown(site.authd.accounts_path, "nobody", "nogroup")
    os.chmod(site.authd.accounts_path, 0o600)
    site.configure({})
    site.authd.start()
    works(site)


def copy_database(source, target):
    with closing(sqlite3.connect(source)) as db, closing(sqlite3.connect(target)) as copy:
        db.backup(copy)


def works(site, login="alice", password=PASSWORD):
    for service in SERVICES:
        for mechanism in ("PLAIN", "SCRAM-SHA-256"):
            with site.connect(service) as client:
                reply = log_in(client, mechanism, login, password)
                assert reply.code == 235, (service, mechanism, reply)


def timed(site, service, mechanism, login="alice", password=PASSWORD):
    with site.connect(service) as client:
        began = time.monotonic()
        reply = log_in(client, mechanism, login, password)
        return reply, time.monotonic() - began


def fails_for_now(site, mechanisms=MECHANISMS, within=TIMEOUT + SLACK):
    """At every smtpd, for the right password, a wrong one and an unknown login alike. Several at
    once: each may wait for its deadline."""
    cases = list(itertools.product(SERVICES, mechanisms, (("alice", PASSWORD), ("alice", "wrong"),
                                                          ("nobody-here", "x"))))
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        results = pool.map(lambda case: timed(site, *case[:2], *case[2]), cases)
        for case, (reply, took) in zip(cases, results):
            assert (reply.code, reply.enhanced) == (454, "4.7.0"), (case, reply)
            assert took < within, (case, took)


def test_all_is_well(site):
    works(site)


def test_daemon_missing(site):
    site.authd.stop()
    fails_for_now(site, within=SLACK)


def test_daemon_killed(site):
    """Its sockets are still there, and nobody listens."""
    site.authd.kill()
    assert os.path.exists(site.authd.lookup_socket)
    fails_for_now(site, within=SLACK)


def test_daemon_hung(site):
    site.authd.pause()
    fails_for_now(site, mechanisms=("PLAIN", "SCRAM-SHA-256"))
    site.authd.resume()
    works(site)


@pytest.mark.parametrize("mechanism", ("PLAIN", "SCRAM-SHA-256"))
@pytest.mark.parametrize("service", SERVICES)
def test_daemon_killed_between_request_and_reply(site, service, mechanism):
    answers = []
    with site.connect(service) as client:
        site.authd.pause()
        worker = threading.Thread(
            target=lambda: answers.append(log_in(client, mechanism, "alice", PASSWORD)))
        worker.start()
        time.sleep(0.3)
        site.authd.kill()
        worker.join(TIMEOUT + SLACK)
        assert not worker.is_alive()
        assert answers[0].code == 454


def test_daemon_restarted(site):
    """A connection that was open before finds the new daemon by itself."""
    with site.connect() as client, site.connect("login-jail") as jailed:
        for each in (client, jailed):
            assert log_in(each, "PLAIN", "alice", "wrong").code == 535
        site.authd.stop()
        for each in (client, jailed):
            assert log_in(each, "PLAIN", "alice", PASSWORD).code == 454
        site.authd.start()
        for each in (client, jailed):
            assert log_in(each, "SCRAM-SHA-256", "alice", PASSWORD).code == 235


def test_only_the_saslauthd_socket_is_gone(site):
    for directory in site.authd.run_directories():
        os.unlink(f"{directory}/mux")
    for service in SERVICES:
        assert timed(site, service, "PLAIN")[0].code == 454
        assert timed(site, service, "SCRAM-SHA-256")[0].code == 235


# --- the database ---

def test_database_locked(site):
    site.authd.stop()
    with closing(sqlite3.connect(site.authd.accounts_path, isolation_level=None)) as db:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("BEGIN EXCLUSIVE")
        site.authd.start()
        fails_for_now(site)
        db.execute("ROLLBACK")
    process.wait_until(lambda: timed(site, "login", "PLAIN")[0].code == 235)


def test_database_corrupt(site):
    site.authd.stop()
    for suffix in ("-wal", "-shm"):
        if os.path.exists(site.authd.accounts_path + suffix):
            os.unlink(site.authd.accounts_path + suffix)
    with open(site.authd.accounts_path, "r+b") as f:
        f.write(b"no database at all" * 100)
    site.authd.start()
    fails_for_now(site, within=SLACK)


def test_database_overwritten_while_open(site):
    works(site)
    with open(site.authd.accounts_path, "r+b") as f:
        f.truncate(0)
    with site.connect() as client:
        assert log_in(client, "PLAIN", "alice", PASSWORD).code in (235, 454)
    site.authd.stop()
    site.authd.start()
    fails_for_now(site, within=SLACK)


def test_database_missing(site):
    os.unlink(site.authd.accounts_path)
    fails_for_now(site, within=SLACK)


def test_database_unreadable(site):
    site.authd.stop()
    shutil.chown(site.authd.accounts_path, "root", "root")
    site.authd.start()
    fails_for_now(site, within=SLACK)


def test_database_of_another_program(site):
    site.authd.stop()
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(site.authd.accounts_path + suffix):
            os.unlink(site.authd.accounts_path + suffix)
    with closing(sqlite3.connect(site.authd.accounts_path)) as db:
        db.execute("CREATE TABLE accounts (login TEXT)")
    shutil.chown(site.authd.accounts_path, "nobody", "nogroup")
    site.authd.start()
    fails_for_now(site, within=SLACK)


def test_database_replaced(site):
    """By rename, as a backup that is put back: the new passwords count with the next login,
    and the old ones no longer."""
    works(site)
    other = f"{site.authd.state}/other.db"
    copy_database(site.authd.accounts_path, other)
    shutil.chown(other, "nobody", "nogroup")
    with open(site.authd.conf_path, encoding="utf-8") as f:
        text = f.read().replace(site.authd.accounts_path, other)
    with open(f"{site.root}/other.conf", "w", encoding="utf-8") as f:
        f.write(text)
    subprocess.run([site.authd.programs.path("sendasctl"), "user", "passwd",
                    f"alice@{DOMAIN}", "--no-rules", "--authd-config",
                    f"{site.root}/other.conf"], input=b"another-1\n", check=True,
                   stdout=subprocess.DEVNULL)
    with closing(sqlite3.connect(other)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for suffix in ("-wal", "-shm"):
        if os.path.exists(other + suffix):
            os.unlink(other + suffix)
    os.rename(other, site.authd.accounts_path)
    for service in SERVICES:
        assert timed(site, service, "PLAIN")[0].code == 535
        assert timed(site, service, "SCRAM-SHA-256")[0].code == 535
        assert timed(site, service, "PLAIN", password="another-1")[0].code == 235
        assert timed(site, service, "SCRAM-SHA-256", password="another-1")[0].code == 235


def test_writer_killed_in_a_transaction(site):
    """What was not committed never logs in, and what was does."""
    script = ("import sqlite3, sys, time\n"
              f"db = sqlite3.connect({site.authd.accounts_path!r}, isolation_level=None)\n"
              "db.execute('PRAGMA cache_size = 1')\n"
              "db.execute('BEGIN IMMEDIATE')\n"
              "db.execute(\"UPDATE accounts SET disabled = 1\")\n"
              "db.execute('CREATE TABLE filler AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL"
              " SELECT i + 1 FROM n WHERE i < 20000) SELECT i, hex(randomblob(50)) FROM n')\n"
              "print('ready', flush=True)\ntime.sleep(60)\n")
    with subprocess.Popen(["/usr/bin/python3", "-c", script],
                          stdout=subprocess.PIPE) as writer:
        writer.stdout.readline()
        works(site)
        writer.send_signal(signal.SIGKILL)
    works(site)


def test_full_disk(site):
    """Reading goes on, an upgrade fails with a line in the log, and the login succeeds."""
    place = f"{site.root}/small"
    os.mkdir(place)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k,mode=700", "tmpfs",
                              place], check=False, capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("no permission to mount a small file system")
    try:
        shutil.chown(place, "nobody")
        site.authd.stop()
        copy_database(site.authd.accounts_path, f"{place}/accounts.db")
        site.configure({"accounts": f"{place}/accounts.db", "scram_iterations": 5000})
        shutil.chown(f"{place}/accounts.db", "nobody", "nogroup")
        site.authd.start()
        works(site)
        site.authd.stop()
        site.configure({"accounts": f"{place}/accounts.db", "scram_iterations": 6000})
        site.authd.start()
        # The -wal and -shm files are there; now there is no room for another byte.
        works(site, "bob", "builder-2")
        with pytest.raises(OSError):
            with open(f"{place}/filler", "wb", buffering=0) as f:
                while f.write(bytes(512)):
                    pass
        works(site)
        result = site.authd.ctl("user", "passwd", f"alice@{DOMAIN}", "--no-rules",
                                data=b"other-3\n", check=False)
        if result.returncode != 0:
            assert b"full" in result.stderr or b"disk" in result.stderr
            works(site)
        site.authd.stop()
    finally:
        if site.authd.running:
            site.authd.kill()
        subprocess.run(["umount", place], check=False)
        site.configure({})
        site.authd.start()


# --- overload ---

@pytest.mark.slow
def test_overload_is_temporary(site):
    """More passwords to check than can be checked in time: 235 or 454, never 535, never
    silence."""
    site.authd.stop()
    site.configure({"scram_iterations": 400000, "verify_workers": 1, "queue": 8})
    site.authd.passwd(f"alice@{DOMAIN}", PASSWORD)
    site.authd.start()
    codes, slow = [], []

    def one():
        reply, took = timed(site, "login", "PLAIN")
        codes.append(reply.code)
        slow.append(took)

    threads = [threading.Thread(target=one) for _ in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(codes) == 60 and set(codes) <= {235, 454} and {235, 454} <= set(codes)
    assert max(slow) < 2 * TIMEOUT + SLACK


@pytest.mark.slow
def test_five_hundred_at_once(patient_site):
    """500 people who log in at the same moment all get in."""
    # Connected one after the other: 500 smtpd are to run before the race begins.
    clients = [patient_site.connect(SERVICES[n % 2], tls=False, timeout=90)
               for n in range(500)]
    replies = []
    try:
        gate = threading.Barrier(len(clients))

        def some(client, number):
            gate.wait()
            replies.append(log_in(client, ("PLAIN", "SCRAM-SHA-256", "LOGIN")[number % 3],
                                  "alice", PASSWORD))

        threads = [threading.Thread(target=some, args=(c, n)) for n, c in enumerate(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        for client in clients:
            client.close()
    assert [r for r in replies if r.code != 235] == [] and len(replies) == len(clients)
