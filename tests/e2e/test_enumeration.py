# SPDX-License-Identifier: BSD-2-Clause
"""Nobody can tell a login that exists from one that does not: not by code or text (also in
test_credentials.py), not by the step, and not by the time it takes, over 2,000 tries."""

import random
import time

import pytest

from lib import slapd
from lib.login_site import LoginSite, log_in
from lib.people import LdapPeople

TRIES = 1000  # of each kind
# How far the chance that an unknown login takes longer than a known one may be from a half.
# With 1,000 of each, three times its standard deviation is 0.04 where there is no difference.
BIAS = 0.06
# A directory answers for somebody who is there with an entry, which takes it longer by some
# microseconds, and a bind that is left out is made up for by a pause, which ends a little late.
BIAS_OF_DIRECTORY = 0.12


# With `remembered` who has logged in is bound as again without a search.
KINDS = {"builtin": None, "ldap": {}, "ldap-remembered": {"entry_ttl": "3600"}}


@pytest.fixture(scope="module", params=KINDS)
def site(request, root, programs, sink):
    parameters = KINDS[request.param]
    directory = f"{root}/enum-{request.param}"
    if parameters is not None and not slapd.found():
        pytest.skip("slapd is not installed")
    place = LoginSite(directory, programs, sink.port,
                      people=None if parameters is None else
                      LdapPeople(directory, parameters=parameters))
    place.set_up()
    place.start()
    place.bias = BIAS if parameters is None else BIAS_OF_DIRECTORY
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
    assert abs(bias) < site.bias
