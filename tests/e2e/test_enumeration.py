# SPDX-License-Identifier: BSD-2-Clause
"""Nobody can tell a login that exists from one that does not: not by code or text (also in
test_credentials.py), not by the step, and not by the time it takes, over 2,000 tries."""

import random
import time

import pytest

from lib.login_site import LoginSite, log_in

TRIES = 1000  # of each kind
# How far the chance that an unknown login takes longer than a known one may be from a half.
# With 1,000 of each, three times its standard deviation is 0.04 where there is no difference.
BIAS = 0.06


@pytest.fixture(scope="module")
def site(root, programs, sink):
    place = LoginSite(f"{root}/enum", programs, sink.port)
    place.set_up()
    place.start()
    yield place
    place.stop()


def exceeds(first, second):
    """The probability that one of `second` is larger than one of `first` (Mann-Whitney)."""
    ranked = sorted([(t, 0) for t in first] + [(t, 1) for t in second])
    rank_sum = sum(rank for rank, (_, kind) in enumerate(ranked, 1) if kind == 1)
    return (rank_sum - len(second) * (len(second) + 1) / 2) / (len(first) * len(second))


@pytest.mark.slow
@pytest.mark.parametrize("mechanism", ("PLAIN", "SCRAM-SHA-256"))
def test_time_and_reply(site, mechanism):
    times = {True: [], False: []}
    replies = {True: set(), False: set()}
    rng = random.Random(mechanism)
    with site.connect(tls=False) as client:
        order = [True, False] * TRIES
        rng.shuffle(order)
        for number, known in enumerate(order):
            login = rng.choice(("alice", "bob")) if known else f"nobody{number}"
            began = time.perf_counter()
            reply = log_in(client, mechanism, login, "a wrong password")
            times[known].append(time.perf_counter() - began)
            replies[known].add((reply.code, reply.text))
    assert replies[True] == replies[False] and len(replies[True]) == 1
    bias = exceeds(times[True], times[False]) - 0.5
    print(f"{mechanism}: an unknown login takes longer with probability {0.5 + bias:.3f}")
    assert abs(bias) < BIAS
