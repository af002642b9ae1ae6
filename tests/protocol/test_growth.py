# SPDX-License-Identifier: BSD-2-Clause
"""Nothing grows with the number of messages: memory, descriptors, threads. Nor do threads
with the number of connections."""

import os
import signal
import sqlite3
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import instrumented, program, wait_for
from milter_client import Message

HONEST = Message(sender="alice@example.org", login="alice@example.org")


def load(daemon, messages, connections):
    done = subprocess.run(
        [program("load"), "-c", str(connections), "-m", str(messages), "-r", "5",
         "-l", "100", daemon.listen],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    # The load generator checks every verdict.
    assert done.returncode == 0, done.stdout
    assert " wrong=0" in done.stdout


def threads_of(daemon):
    return len(os.listdir(f"/proc/{daemon.process.pid}/task"))


@pytest.mark.parametrize("inet", [False, True], ids=["unix", "inet"])
def test_twenty_thousand_messages(daemon_factory, inet):
    owners = "".join(f"user{n}@example.org user{n}@example.org\n"
                     f"alias{n}@example.net user{n}@example.org\n" for n in range(100))
    daemon = daemon_factory("log_accepted = false\n", owners=owners, inet=inet)
    load(daemon, 5000, 8)  # until caches and allocator are warm
    descriptors, memory = daemon.descriptors(), daemon.memory_kb()
    load(daemon, 20000, 8)
    # The last connections may still be closing.
    wait_for(lambda: daemon.descriptors() <= descriptors + 2, "all connections to close")
    assert daemon.memory_kb() <= memory + 1024 or instrumented()
    assert threads_of(daemon) < 50


def test_many_connections_at_once_need_few_threads(daemon_factory):
    """libmilter alone starts a thread for each connection that it finds ready."""
    daemon = daemon_factory()
    clients = [daemon.client().start() for _ in range(400)]
    most = 0
    with ThreadPoolExecutor(len(clients)) as pool:
        for _ in range(4):
            daemon.signal(signal.SIGSTOP)
            sent = [pool.submit(client.send, HONEST) for client in clients]
            time.sleep(0.5)  # for most to be there when it goes on
            daemon.signal(signal.SIGCONT)
            while not all(future.done() for future in sent):
                most = max(most, threads_of(daemon))
            assert all(future.result().accepted for future in sent)
    assert most < 100 or instrumented()  # of 400, and some that are about to end
    for client in clients:
        client.close()


def test_those_that_wait_do_not_keep_the_others_waiting(daemon_factory, directory):
    """Lookups wait for a locked database; who needs none is served all the same."""
    database = directory / "owners.db"
    table = directory / "owners.cf"
    locker = sqlite3.connect(database, isolation_level=None)
    locker.execute("CREATE TABLE owners (address TEXT, login TEXT)")
    table.write_text(f"dbpath = {database}\n"
                     "query = SELECT login FROM owners WHERE address = '%s'\n",
                     encoding="ascii")
    daemon = daemon_factory(send_as=f'"sqlite:{table}"')
    clients = [daemon.client().start() for _ in range(150)]
    locker.execute("BEGIN EXCLUSIVE")
    with ThreadPoolExecutor(len(clients)) as pool, daemon.client() as other:
        other.start()
        waiting = [pool.submit(client.send, HONEST) for client in clients]
        time.sleep(0.2)
        assert not any(future.done() for future in waiting)
        began = time.monotonic()
        assert other.send(Message(sender="who@example.com")).accepted
        assert time.monotonic() - began < 1 or instrumented()
    locker.close()
    assert all(future.result().code == 451 for future in waiting)
    for client in clients:
        client.close()
