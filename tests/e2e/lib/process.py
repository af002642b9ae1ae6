# SPDX-License-Identifier: BSD-2-Clause
"""Child processes that do not outlive us unless asked to, free ports, and waiting."""

import itertools
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time


class Guardian:
    """A process that outlives us, however we die, and then ends what we left running and
    removes what we left lying. (The kernel's own way, PR_SET_PDEATHSIG, is forgotten when a
    process changes its user, as all that we start here do.)"""

    def __init__(self):
        self._process = None

    def tell(self, word, what):
        if self._process is None:
            script = pathlib.Path(__file__).with_name("guardian.py")
            self._process = subprocess.Popen(
                [sys.executable, str(script)], stdin=subprocess.PIPE, text=True, bufsize=1,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        self._process.stdin.write(f"{word} {what}\n")


_guardian = Guardian()


def guard_directory(path):
    """The directory is removed when we end without having done so."""
    _guardian.tell("directory", path)


def spawn(argv, *, keep=False, **popen):
    """Starts a program in a session of its own, which ends with us unless `keep`."""
    popen.setdefault("stdin", subprocess.DEVNULL)
    process = subprocess.Popen(argv, start_new_session=True, **popen)
    if not keep:
        _guardian.tell("started", process.pid)
    return process


def stop(process, *, timeout=10.0, first=signal.SIGTERM):
    """Ends a program from spawn() and whatever is left of its session; the exit status."""
    if process.poll() is None:
        process.send_signal(first)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            pass
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    status = process.wait()
    _guardian.tell("stopped", process.pid)
    return status


def run(argv, *, timeout=60.0, **options):
    """Runs a program to its end and returns its standard output; raises unless it exits 0."""
    if "input" not in options:
        options["stdin"] = subprocess.DEVNULL
    result = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            timeout=timeout, check=False, **options)
    if result.returncode != 0:
        raise RuntimeError(f"{argv[0]} exited with {result.returncode}: "
                           f"{result.stderr.strip() or result.stdout.strip()}")
    return result.stdout


# Below those that the kernel gives to clients, and each process begins at another: between
# finding a port and listening there, nobody else takes it.
_ports = itertools.cycle(range(10000, 32000))
next(itertools.islice(_ports, os.getpid() % 110 * 200, None))


def free_ports(count):
    """`count` different loopback ports that are free now."""
    ports = []
    while len(ports) < count:
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", next(_ports)))
            except OSError:
                continue
            ports.append(s.getsockname()[1])
    return ports


def answers(port):
    """Does somebody listen on this loopback port?"""
    try:
        socket.create_connection(("127.0.0.1", port), 0.5).close()
        return True
    except OSError:
        return False


def wait_until(condition, *, timeout=30.0, what="condition", interval=0.02):
    """Polls until condition() is true and returns its value; AssertionError after `timeout`."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"still waiting for {what} after {timeout:g} s")
        time.sleep(interval)
