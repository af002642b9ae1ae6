# SPDX-License-Identifier: BSD-2-Clause
"""Two servers: the second is asked when the first does not answer, and the first again
when it does."""

import time

import pytest

import ask
from test_outage import SLACK

ALICE = f"uid=alice,{ask.SUFFIX}"


@pytest.fixture
def pair(make_slapd, make_proxy):
    """A proxy to the first server, its URI, and that of the second."""
    first, second = make_slapd("first"), make_slapd("second")
    proxy = make_proxy(first.port)
    return proxy, f"ldap://127.0.0.1:{proxy.port}", second.uri


def test_prefers_the_first(pair, make_asker):
    _, first, second = pair
    assert make_asker(first, second).search("(uid=alice)")["server"] == first


@pytest.mark.parametrize("mode,within", [("refuse", 0), ("close", 0), ("drop", 1.5)])
def test_second_answers_in_time(pair, make_asker, mode, within):
    """A server that is silent gets half of the time; the other half is enough on any machine."""
    proxy, first, second = pair
    asker = make_asker(first, second, timeout_ms=3000)
    proxy.mode = mode
    reply = asker.search("(uid=alice)", threads=16)
    assert (reply["yes"], reply["server"]) == (16, second)
    assert reply["slowest"] < within + SLACK
    # It is not asked in vain each time.
    reply = asker.search("(uid=alice)", threads=8, rounds=20)
    assert reply["unknown"] == 0
    reply = asker.check(ALICE, "correct horse")
    assert reply["verdict"] == "right"


@pytest.mark.parametrize("mode", ["refuse", "close", "drop"])
def test_second_takes_over_in_the_middle(pair, make_asker, mode):
    proxy, first, second = pair
    asker = make_asker(first, second, timeout_ms=1000)
    assert asker.search("(uid=alice)")["server"] == first
    assert asker.check(ALICE, "correct horse")["answer"] == "yes"
    proxy.mode = mode
    reply = asker.search("(uid=alice)", threads=16, rounds=20)
    assert (reply["unknown"], reply["server"]) == (0, second)
    reply = asker.check(ALICE, "correct horse", threads=4, rounds=5)
    assert (reply["yes"], reply["unknown"]) == (20, 0)
    assert len(asker.notices) == 1
    assert asker.notices[0][0] == ask.WARNING
    assert asker.notices[0][1].startswith(f"{first} is away: ")
    assert asker.notices[0][1].endswith(f"; asking {second}")


@pytest.mark.parametrize("mode", ["refuse", "close", "drop"])
def test_first_is_asked_again_within_five_seconds(pair, make_asker, mode):
    proxy, first, second = pair
    asker = make_asker(first, second, timeout_ms=1000)
    proxy.mode = mode
    end = time.monotonic() + 2  # long enough for several attempts
    while time.monotonic() < end:
        reply = asker.search("(uid=alice)")
        assert reply["answer"] == "yes"
        assert reply["seconds"] < 0.5 + SLACK
        time.sleep(0.02)
    assert reply["server"] == second
    proxy.mode = "pass"
    proxy.cut()
    start = time.monotonic()
    while asker.search("(uid=alice)")["server"] != first:
        assert time.monotonic() - start < 5
        time.sleep(0.02)
    # Nobody had to wait for the attempts to come back, and the log is short.
    assert asker.notices[-1] == (ask.INFO, f"{first} is back")
    assert len(asker.notices) == 2
    assert asker.check(ALICE, "correct horse")["answer"] == "yes"


def test_both_away_names_both(pair, make_asker, make_slapd):
    proxy, first, second = pair
    proxy.mode = "refuse"
    gone = make_slapd("gone", start=False)
    reply = make_asker(first, gone.uri).search("(uid=alice)")
    assert reply["answer"] == "unknown"
    assert reply["error"] == (f"{first}: Connection refused; "
                              f"{gone.uri}: Connection refused")
