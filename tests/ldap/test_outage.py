# SPDX-License-Identifier: BSD-2-Clause
"""One server, and the ways in which it can be away: within the deadline always, "could not
tell" and never "no", and again an answer soon after."""

import socket
import subprocess
import time

import pytest

import ask
from test_ask import wait_for_answer

SLACK = 0.7  # seconds, for a busy machine


def test_restart_costs_no_answer(slapd, make_asker):
    asker = make_asker(slapd.uri)
    assert asker.search("(uid=alice)")["answer"] == "yes"
    slapd.restart()
    # The connection is gone, and noticed before anything is asked on it.
    assert asker.search("(uid=alice)")["answer"] == "yes"
    assert asker.notices == []


def test_connection_lost_while_a_search_waits(slapd, make_proxy, make_asker):
    proxy = make_proxy(slapd.port)
    asker = make_asker(f"ldap://127.0.0.1:{proxy.port}")
    assert asker.search("(uid=alice)")["answer"] == "yes"
    proxy.mode = "drop"
    asker.send(search="(uid=alice)", base=ask.SUFFIX, threads=8)
    time.sleep(0.3)
    proxy.mode = "pass"
    proxy.cut()
    # Asked once more, on a new connection.
    reply = asker.receive()
    assert (reply["yes"], reply["unknown"]) == (8, 0)
    assert asker.notices == []


def test_killed_and_back(slapd, make_asker):
    asker = make_asker(slapd.uri)
    assert asker.search("(uid=alice)")["answer"] == "yes"
    slapd.kill()
    for _ in range(3):
        reply = asker.search("(uid=alice)", threads=4)
        assert (reply["unknown"], reply["slowest"] < SLACK) == (4, True)
        assert reply["error"] == f"{slapd.uri}: Connection refused"
    time.sleep(1)
    slapd.start()
    start = time.monotonic()
    wait_for_answer(asker)
    assert time.monotonic() - start < 5
    # One line when it goes, one when it comes, however many questions there were.
    assert asker.notices == [(ask.WARNING, f"{slapd.uri} is away: Connection refused"),
                             (ask.INFO, f"{slapd.uri} is back")]


def test_paused_within_the_deadline(slapd, make_asker):
    """A server that accepts and says nothing: all threads are back in time."""
    asker = make_asker(slapd.uri, timeout_ms=1000)
    assert asker.search("(uid=alice)")["answer"] == "yes"
    slapd.pause()
    reply = asker.search("(uid=alice)", threads=16)
    assert reply["unknown"] == 16
    assert 0.9 < reply["slowest"] < 1 + SLACK
    assert reply["error"] == f"{slapd.uri}: no answer in time"
    # Those that follow are not all made to wait as long.
    time.sleep(0.2)
    reply = asker.search("(uid=alice)", threads=16)
    assert (reply["unknown"], reply["slowest"] < 1 + SLACK) == (16, True)
    slapd.resume()
    wait_for_answer(asker)
    assert asker.notice_lines() == [f"{slapd.uri} is away: no answer in time",
                                    f"{slapd.uri} is back"]


@pytest.mark.parametrize("after", [0, 1, 3, 20, 60])
def test_answer_that_stops_in_the_middle(slapd, make_proxy, make_asker, after):
    proxy = make_proxy(slapd.port)
    asker = make_asker(f"ldap://127.0.0.1:{proxy.port}", timeout_ms=600)
    assert asker.search("(uid=alice)")["answer"] == "yes"
    proxy.stall(after)
    reply = asker.search("(uid=alice)", threads=8)
    assert reply["unknown"] + reply["yes"] == 8
    assert reply["unknown"] > 0
    assert reply["slowest"] < 0.6 + SLACK
    proxy.cut()
    proxy.mode = "pass"
    wait_for_answer(asker)


@pytest.mark.parametrize("mode,words", [
    ("refuse", "Connection refused"),
    ("close", "closed the connection"),
    ("drop", "no answer in time"),
])
def test_first_connection(slapd, make_proxy, make_asker, mode, words):
    proxy = make_proxy(slapd.port)
    proxy.mode = mode
    asker = make_asker(f"ldap://127.0.0.1:{proxy.port}", timeout_ms=600)
    reply = asker.search("(uid=alice)")
    assert reply["answer"] == "unknown"
    # A connection that is reset instead is as lost.
    assert words in reply["error"] or "reset by peer" in reply["error"]
    assert reply["seconds"] < 0.6 + SLACK
    proxy.mode = "pass"
    wait_for_answer(asker)


def test_slow_search_does_not_hold_up_the_others(slapd, make_proxy, make_asker):
    """While an answer does not come, another thread's does, on the same connection."""
    asker = make_asker(slapd.uri, connections=1, timeout_ms=2000)
    assert asker.search("(uid=alice)", threads=32, rounds=30)["yes"] == 960


def test_question_without_time_is_not_the_servers_fault(slapd, make_proxy, make_asker):
    """One that had next to no time says nothing of the server."""
    proxy = make_proxy(slapd.port)
    asker = make_asker(f"ldap://127.0.0.1:{proxy.port}", timeout_ms=4000)
    assert asker.search("(uid=alice)")["answer"] == "yes"
    proxy.mode = "drop"
    for _ in range(3):
        reply = asker.search("(uid=alice)", timeout_ms=50)
        assert reply["answer"] == "unknown"
        assert reply["seconds"] < 0.05 + SLACK
    assert asker.notices == []


def test_idle_connection_that_the_server_closed(make_slapd, make_asker):
    slapd = make_slapd(globals_text="idletimeout 1")
    asker = make_asker(slapd.uri)
    assert asker.search("(uid=alice)")["answer"] == "yes"
    slapd.wait_log("idletimeout", timeout=15)
    assert asker.search("(uid=alice)")["answer"] == "yes"
    assert asker.check(f"uid=alice,{ask.SUFFIX}", "correct horse")["answer"] == "yes"
    assert asker.notices == []


def test_ends_while_it_connects_in_the_background(slapd, make_proxy, make_asker):
    """The way back to the preferred server hangs; the end does not wait for it."""
    proxy = make_proxy(slapd.port)
    proxy.mode = "drop"
    first = f"ldap://127.0.0.1:{proxy.port}"
    asker = ask.Asker(first, slapd.uri, timeout_ms=20000)
    proxy.mode = "refuse"
    assert asker.search("(uid=alice)")["server"] == slapd.uri
    proxy.mode = "drop"
    time.sleep(0.5)
    assert asker.search("(uid=alice)")["server"] == slapd.uri  # and begins to look
    time.sleep(0.2)
    start = time.monotonic()
    assert asker.finish() == (0, "")
    assert time.monotonic() - start < 5


def test_made_before_fork(slapd, make_asker):
    """A daemon may open its tables and then go into the background."""
    asker = make_asker(slapd.uri, fork=True)
    reply = asker.search("(uid=alice)", threads=16, rounds=20)
    assert (reply["yes"], reply["unknown"]) == (320, 0)
    assert asker.check(f"uid=alice,{ask.SUFFIX}", "correct horse")["verdict"] == "right"
    slapd.restart()
    assert asker.search("(uid=alice)")["answer"] == "yes"


# --- the name service ---

@pytest.fixture
def silent_names(directory):
    """A command that runs another one where the name service takes questions and says nothing."""
    if subprocess.run(["unshare", "-m", "true"], check=False,
                      stderr=subprocess.DEVNULL).returncode != 0:
        pytest.skip("needs a mount namespace: root")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as service:
        service.bind(("127.77.0.53", 53))
        conf, switch = directory / "resolv.conf", directory / "nsswitch.conf"
        conf.write_text("nameserver 127.77.0.53\noptions timeout:30 attempts:3\n")
        switch.write_text("hosts: files dns\n")
        yield ["unshare", "-m", "sh", "-c",
               f"mount --bind {conf} /etc/resolv.conf && "
               f"mount --bind {switch} /etc/nsswitch.conf && exec \"$@\"", "sh"]
        service.setblocking(False)
        assert service.recv(512)  # it was asked, at last


def test_name_service_that_hangs(slapd, make_asker, silent_names):
    """The deadline holds, another server is asked, and whoever waits for a name does not hold
    up the end of the program."""
    alone = make_asker("ldap://directory.example.org", inside=silent_names, timeout_ms=1000)
    reply = alone.search("(uid=alice)", threads=4)
    assert (reply["unknown"], reply["slowest"] < 1 + SLACK) == (4, True)
    # Who waits for another thread's connection may hear of the end of its time first.
    assert reply["error"] in ("no answer in time", "ldap://directory.example.org: host name "
                              "\"directory.example.org\": no answer from the name service in time")
    two = make_asker("ldap://directory.example.org", slapd.uri, inside=silent_names,
                     timeout_ms=2000)
    assert two.search("(uid=alice)")["answer"] == "yes"
    assert two.check(f"uid=alice,{ask.SUFFIX}", "correct horse")["verdict"] == "right"
