# SPDX-License-Identifier: BSD-2-Clause
"""Clients that send nonsense, too little, too much, or nothing."""

import os
import socket
import struct
import threading
import time

import pytest

from authd import PASSWORD, wait_for
from authd_client import (CANON, LOGIN, OK, connect, read_all, saslauthd_reply,
                          saslauthd_request, wire_message)

SHORT = "request_timeout = 1s"


def closed(sock):
    try:
        return sock.recv(100) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("bytes_sent", [
    b"\xff\xff" + b"x" * 100,
    struct.pack("!H", 5000) + b"x" * 5000 + struct.pack("!H", 5000) + b"x" * 10,
    b"\x1f\xfb" + b"x" * 8187,
])
def test_saslauthd_too_long(shared, bytes_sent):
    with connect(shared.mux, 20) as sock:
        sock.sendall(bytes_sent)
        assert read_all(sock) in (b"\0\0", b"")
    assert shared.login() == "OK"


@pytest.mark.parametrize("bytes_sent", [
    b"\0\0", b"\0\1\x21", b"\0\1\x01", b"\xff\xff\x11", b"\0\4\x11\x01\0\5" ])
def test_wire_nonsense(shared, bytes_sent):
    with connect(shared.socket, 20) as sock:
        sock.sendall(bytes_sent)
        sock.shutdown(socket.SHUT_WR)
        sock.settimeout(20)
        read_all(sock)
    with shared.wire() as wire:
        assert wire.canon("alice").status == OK


def test_largest_request(shared):
    """8192 bytes are a request, as libsasl bounds it; no more are."""
    with connect(shared.mux, 20) as sock:
        sock.sendall(saslauthd_request("alice", "x" * (8192 - 8 - 5 - 4)))
        assert saslauthd_reply(read_all(sock)) == "NO"
    with connect(shared.mux, 20) as sock:
        sock.sendall(saslauthd_request("alice", "x" * (8193 - 8 - 5 - 4)))
        assert read_all(sock) in (b"\0\0", b"")


def test_byte_by_byte(shared):
    with connect(shared.mux, 20) as sock:
        for byte in saslauthd_request("alice", PASSWORD):
            sock.sendall(bytes([byte]))
            time.sleep(0.001)
        assert saslauthd_reply(read_all(sock)) == "OK"
    with shared.wire() as wire:
        for byte in wire_message(CANON, [(LOGIN, "alice")]):
            wire.sock.sendall(bytes([byte]))
        assert wire.receive().status == OK


def test_silent_clients_are_answered(authd_factory):
    """Not closed without a word: libsasl would lose a descriptor."""
    daemon = authd_factory(SHORT)
    with connect(daemon.mux, 20) as silent, connect(daemon.mux, 20) as partial, \
            connect(daemon.socket, 20) as wire:
        partial.sendall(saslauthd_request("alice", PASSWORD)[:-1])
        wire.sendall(wire_message(CANON, [(LOGIN, "alice")])[:-1])
        began = time.monotonic()
        assert read_all(silent) == b"\0\0"
        assert read_all(partial) == b"\0\0"
        assert closed(wire)
        assert 0.8 < time.monotonic() - began < 10


def test_slow_bytes_do_not_extend_the_time(authd_factory):
    daemon = authd_factory(SHORT)
    with connect(daemon.mux, 20) as sock:
        began = time.monotonic()
        try:
            for byte in saslauthd_request("alice", "x" * 1000):
                sock.sendall(bytes([byte]))
                time.sleep(0.05)
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert time.monotonic() - began < 10


def test_idle_lookup_connections_stay(authd_factory):
    daemon = authd_factory(SHORT)
    with daemon.wire() as wire:
        assert wire.canon("alice").status == OK
        time.sleep(2.5)
        assert wire.canon("alice").status == OK


def test_half_closed_client_gets_its_answer(shared):
    with connect(shared.mux, 20) as sock:
        sock.sendall(saslauthd_request("alice", PASSWORD))
        sock.shutdown(socket.SHUT_WR)
        assert saslauthd_reply(read_all(sock)) == "OK"


def test_clients_that_leave(shared):
    """The answer finds nobody, and nothing leaks."""
    before = shared.descriptors() + 20  # each worker may open the database
    for number in range(200):
        with connect(shared.mux, 20) as sock:
            sock.sendall(saslauthd_request("alice", PASSWORD)[:number])
        with connect(shared.socket, 20) as sock:
            sock.sendall(wire_message(CANON, [(LOGIN, "alice")])[:number])
    assert shared.login() == "OK"
    wait_for(lambda: shared.descriptors() <= before, "descriptors to be closed")


def test_client_that_does_not_read(shared):
    """Its answers fill the socket; it is dropped, and others are served."""
    with connect(shared.socket, 2) as sock:
        message = wire_message(CANON, [(LOGIN, "x" * 400)])
        try:
            for _ in range(20000):
                sock.sendall(message)
        except OSError:
            pass
        assert shared.login() == "OK"
        with shared.wire() as wire:
            assert wire.canon("alice").status == OK


def test_longest_idle_lookup_goes_first(authd_factory):
    daemon = authd_factory("max_connections = 8")
    wires = [daemon.wire() for _ in range(8)]
    for wire in wires:
        assert wire.canon("alice").status == OK
    assert wires[0].canon("alice").status == OK  # so the second is idle the longest
    with daemon.wire() as more:
        assert more.canon("alice").status == OK
        with pytest.raises((EOFError, ConnectionResetError, BrokenPipeError)):
            wires[1].canon("alice")
        assert daemon.login() == "OK"
        assert wires[0].canon("alice").status == OK
    for wire in wires:
        wire.close()


def test_no_descriptors_left(authd_factory):
    """Idle lookups give theirs; logins go on."""
    daemon = authd_factory(prefix=["prlimit", "--nofile=64:64"])
    wires = []
    for _ in range(100):
        wires.append(daemon.wire())
    for _ in range(5):
        assert daemon.login() == "OK"
    for wire in wires:
        wire.close()


def test_flood_of_connections(shared):
    def flood():
        for _ in range(100):
            try:
                with connect(shared.mux, 5) as sock:
                    sock.sendall(os.urandom(50))
            except OSError:
                pass
    threads = [threading.Thread(target=flood) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert shared.login() == "OK"
    for thread in threads:
        thread.join()
    assert shared.login() == "OK"
