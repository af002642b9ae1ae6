# SPDX-License-Identifier: BSD-2-Clause
"""Nothing grows with the number of messages: memory, descriptors, threads."""

import os
import subprocess

import pytest

from harness import instrumented, program, wait_for


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
