# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures of the tests of sendas-authd."""

import pytest

from authd import Authd  # which finds what is in tests/lib
from fixtures import directory, temporary_directory  # noqa: F401


@pytest.fixture
def authd_factory(directory):
    """authd_factory(settings, ...) starts a daemon that ends with the test."""
    daemons = []

    def make(*args, **kwargs):
        daemons.append(Authd(directory / str(len(daemons)), *args, **kwargs))
        return daemons[-1]

    yield make
    for daemon in daemons:
        daemon.finish()


@pytest.fixture(scope="module")
def shared():
    """One daemon with default settings for the tests of a file that change nothing."""
    with temporary_directory() as path:
        daemon = Authd(path, guessing="max_failures = 0\nmax_network_failures = 0\n"
                                      "max_challenges = 0\ndelay_max = 0")
        yield daemon
        daemon.finish()
