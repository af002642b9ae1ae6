# SPDX-License-Identifier: BSD-2-Clause
"""A network that only the programs of one site have: every IPv4 address is an own one there,
so that a client may come from any, and every port is free."""

import ctypes
import os
import socket
import subprocess
import threading

CLONE_NEWNET = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)


class Network:
    """argv() for programs that are to run in it, connect() and listen() for our own sockets.
    It goes away with the last of them, after close()."""

    def __init__(self):
        self._fd = None
        self._inside(self._make)

    def close(self):
        os.close(self._fd)

    def _inside(self, function):
        """Calls it in a thread of its own, which may leave our network, and returns its value."""
        results = []

        def thread():
            try:
                if self._fd is None:
                    _check(_libc.unshare(CLONE_NEWNET))
                else:
                    _check(_libc.setns(self._fd, CLONE_NEWNET))
                results.append((function(), None))
            except Exception as error:  # pylint: disable=broad-except
                results.append((None, error))

        runner = threading.Thread(target=thread)
        runner.start()
        runner.join()
        value, error = results[0]
        if error is not None:
            raise error
        return value

    def _make(self):
        for command in ("link set lo up", "route add local 0.0.0.0/0 dev lo"):
            subprocess.run(["ip", *command.split()], check=True)
        self._fd = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)

    def argv(self, command):
        """The arguments that run `command` (a list) in it."""
        return ["nsenter", f"--net=/proc/{os.getpid()}/fd/{self._fd}", *command]

    def connect(self, address, port, *, source="127.0.0.1", timeout=30.0):
        """A connection to what runs in it, from a client at `source`."""
        return self._inside(lambda: socket.create_connection((address, port), timeout,
                                                             (source, 0)))

    def listen(self, port):
        """A socket that listens in it."""
        return self._inside(lambda: socket.create_server(("127.0.0.1", port), backlog=256))


def _check(result):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
