# SPDX-License-Identifier: BSD-2-Clause
"""Many at once: none fails, and too many fail for the moment only."""

import time
from concurrent.futures import ThreadPoolExecutor

from authd import PASSWORD
from authd_client import (OK, UNAVAIL, LOGIN, LOOKUP, NAME, Wire, connect, read_all,
                          saslauthd_reply, saslauthd_request)


def test_500_parallel_logins(authd_factory):
    daemon = authd_factory("request_timeout = 30s\nmax_connections = 1200")
    socks = [connect(daemon.mux, 60) for _ in range(500)]
    for sock in socks:
        sock.sendall(saslauthd_request("alice", PASSWORD))
    assert [saslauthd_reply(read_all(sock)) for sock in socks] == ["OK"] * 500
    for sock in socks:
        sock.close()


def test_500_parallel_lookups(authd_factory):
    daemon = authd_factory("request_timeout = 30s\nmax_connections = 1200")
    wires = [Wire(daemon.socket, 60) for _ in range(500)]
    for number, wire in enumerate(wires):
        wire.send(LOOKUP, [(LOGIN, "alice" if number % 2 else "nobody"),
                           (NAME, "authPassword")])
    for wire in wires:
        reply = wire.receive()
        assert reply.status == OK and reply.values()["authPassword"]
        wire.close()


def test_full_queue(authd_factory):
    """Who finds no room is told so at once; the others are served."""
    daemon = authd_factory("queue = 4\nverify_workers = 1\nscram_iterations = 400000\n"
                           "request_timeout = 20s")
    with daemon.wire() as wire:
        assert wire.store("slow", "secret", create=True).status == OK
    socks = [connect(daemon.mux, 60) for _ in range(40)]
    began = time.monotonic()
    for sock in socks:
        sock.sendall(saslauthd_request("slow", "secret"))
    answers = [saslauthd_reply(read_all(sock)) for sock in socks]
    assert set(answers) == {"OK", "?"}
    assert 4 <= answers.count("OK") < 40
    assert time.monotonic() - began < 40
    assert daemon.wait_for_log("too many requests are waiting")
    assert daemon.login("slow", "secret") == "OK"


def test_clients_that_left_hold_up_nobody(authd_factory):
    """Whoever leaves while its request waits is checked no more."""
    daemon = authd_factory("verify_workers = 1\nscram_iterations = 400000\n"
                           "request_timeout = 60s")
    with daemon.wire() as wire:
        assert wire.store("slow", "secret", create=True).status == OK
    began = time.monotonic()
    assert daemon.login("slow", "secret") == "OK"
    one = time.monotonic() - began
    for _ in range(40):
        with connect(daemon.mux, 60) as sock:
            sock.sendall(saslauthd_request("slow", "secret"))
    began = time.monotonic()
    assert daemon.login("slow", "secret") == "OK"
    assert time.monotonic() - began < 15 * one


def test_logins_do_not_hold_up_lookups(authd_factory):
    daemon = authd_factory("verify_workers = 1\nscram_iterations = 400000\n"
                           "request_timeout = 10s")
    with daemon.wire() as wire:
        assert wire.store("slow", "secret", create=True).status == OK
        socks = [connect(daemon.mux, 60) for _ in range(8)]
        for sock in socks:
            sock.sendall(saslauthd_request("slow", "secret"))
        for _ in range(20):
            assert wire.lookup("alice", "authPassword").status == OK
        assert saslauthd_reply(read_all(socks[0])) in ("OK", "?")
        for sock in socks:
            sock.close()


def test_mixed_load_leaks_nothing(authd_factory):
    daemon = authd_factory(guessing="max_failures = 0\nmax_network_failures = 0\n"
                                    "max_challenges = 0\ndelay_max = 0")

    def some(number):
        with daemon.wire() as wire:
            for turn in range(20):
                login = ("alice", "nobody")[turn % 2]
                assert wire.lookup(login, "authPassword").status in (OK, UNAVAIL)
                good = turn % 3 == 0
                answer = daemon.login("alice", PASSWORD if good else "wrong")
                assert answer == ("OK" if good else "NO"), (number, turn)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(some, range(8)))
    descriptors, memory = daemon.descriptors(), daemon.memory_kb()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(some, range(16)))
    assert daemon.descriptors() <= descriptors + 4
    from authd import instrumented
    assert daemon.memory_kb() < memory + 4096 or instrumented()
