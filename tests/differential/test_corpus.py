# SPDX-License-Identifier: BSD-2-Clause
"""The fields of tests/data, read by our own reader and by the others.

Honest fields are read, and as what they mean; attacks are refused for their reason, or read
with every address in them. No reader finds more in a field than we do.
"""

from functools import lru_cache

import cases
import differential
import pytest
from readers import read_ours

BENIGN = cases.load("benign")
ATTACKS = cases.load("attacks")


def with_crlf(value):
    """The value as it stands on the wire; one with line breaks of its own stays."""
    return value if b"\r" in value else value.replace(b"\n", b"\r\n")


@lru_cache(maxsize=1)
def answers(readfield):
    """What our reader says of all cases, as stored (LF) and as on the wire (CRLF)."""
    values = [case.value for case in BENIGN + ATTACKS]
    values += [with_crlf(value) for value in values]
    return dict(zip(values, read_ours(readfield, values)))


def test_there_are_enough():
    """The corpus does not shrink unseen."""
    assert len(BENIGN) >= 450
    assert len({case.value for case in BENIGN}) >= 450
    assert len(ATTACKS) >= 300


@pytest.mark.parametrize("case", BENIGN, ids=str)
def test_benign(case, readfield):
    """Read, as exactly what it means."""
    for value in (case.value, with_crlf(case.value)):
        answer = answers(readfield)[value]
        assert answer.reason == "none", f"{case.source}:{case.line}: {value!r}"
        assert set(answer.addresses) == set(case.read), value
        assert not answer.literal_only and not answer.unownable, value


@pytest.mark.parametrize("case", ATTACKS, ids=str)
def test_attacks(case, readfield):
    """Refused for the reason that the case gives, or read whole."""
    for value in (case.value, with_crlf(case.value)):
        answer = answers(readfield)[value]
        where = f"{case.source}:{case.line}: {value[:200]!r}"
        if case.refuse:
            assert answer.reason in case.refuse, where
        else:
            assert answer.reason == "none", where
            assert answer.empty == case.empty, where
            assert set(answer.addresses) == set(case.read), where


def test_other_readers_find_no_more(search):
    """The invariant of the differential test, over the cases."""
    values = [
        ("case", value)
        for case in BENIGN + ATTACKS
        for value in (case.value, with_crlf(case.value))
        if len(value) < 5000
    ]
    result = differential.compare(values, search.ours, search.readers())
    assert not result.violations, result.violations[:5]
