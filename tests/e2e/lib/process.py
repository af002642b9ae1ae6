# SPDX-License-Identifier: BSD-2-Clause
"""Child processes that never outlive us unless asked to, free ports, and waiting."""

import ctypes
import os
import signal
import socket
import subprocess
import time

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


def spawn(argv, *, death_signal=signal.SIGKILL, keep=False, **popen):
    """Starts a program in a session of its own. Unless `keep`, the kernel sends it
    `death_signal` when we die, however we die. Call it from the main thread."""
    parent = os.getpid()

    def prepare():
        if keep:
            return
        _libc.prctl(_PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:  # we died before prctl
            os._exit(1)

    popen.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.Popen(argv, start_new_session=True, preexec_fn=prepare, **popen)


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
    return process.wait()


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


def free_ports(count):
    """`count` different loopback ports that are free now. All are held until the last is
    found, so that no two are the same."""
    sockets = []
    try:
        for _ in range(count):
            s = socket.socket()
            s.bind(("127.0.0.1", 0))
            sockets.append(s)
        return [s.getsockname()[1] for s in sockets]
    finally:
        for s in sockets:
            s.close()


def wait_until(condition, *, timeout=15.0, what="condition", interval=0.02):
    """Polls until condition() is true and returns its value; AssertionError after `timeout`."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"still waiting for {what} after {timeout:g} s")
        time.sleep(interval)
