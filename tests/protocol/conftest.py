# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures of the protocol tests."""

import pytest

from harness import Daemon  # which finds what is in tests/lib
from fixtures import directory, temporary_directory  # noqa: F401
from milter_client import POSTFIX, SENDMAIL


@pytest.fixture
def daemon_factory(directory):
    """daemon_factory(settings, ...) starts a daemon that ends with the test."""
    daemons = []

    def make(*args, **kwargs):
        daemons.append(Daemon(directory / str(len(daemons)), *args, **kwargs))
        return daemons[-1]

    yield make
    for daemon in daemons:
        daemon.finish()


@pytest.fixture(scope="module")
def shared():
    """One daemon with default settings for all tests of a file that change nothing."""
    with temporary_directory() as path:
        daemon = Daemon(path)
        yield daemon
        daemon.finish()


@pytest.fixture(params=[POSTFIX, SENDMAIL], ids=lambda mta: mta.name)
def mta(request):
    return request.param
