# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures of the tests of sendas-authd."""

import shutil
import tempfile
from pathlib import Path

import pytest

from authd import Authd


@pytest.fixture
def directory():
    """A short path: a socket's may have 107 bytes only."""
    path = Path(tempfile.mkdtemp(prefix="sendas-"))
    yield path
    shutil.rmtree(path)


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
    path = Path(tempfile.mkdtemp(prefix="sendas-"))
    daemon = Authd(path, guessing="max_failures = 0\nmax_network_failures = 0\n"
                                  "max_challenges = 0\ndelay_max = 0")
    yield daemon
    daemon.finish()
    shutil.rmtree(path)
