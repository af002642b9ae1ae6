# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures of the protocol tests."""

import shutil
import tempfile
from pathlib import Path

import pytest

from harness import Daemon
from milter_client import POSTFIX, SENDMAIL


@pytest.fixture
def directory():
    """A short path: a socket's may have 107 bytes only."""
    path = Path(tempfile.mkdtemp(prefix="sendas-"))
    yield path
    shutil.rmtree(path)


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
    path = Path(tempfile.mkdtemp(prefix="sendas-"))
    daemon = Daemon(path)
    yield daemon
    daemon.finish()
    shutil.rmtree(path)


@pytest.fixture(params=[POSTFIX, SENDMAIL], ids=lambda mta: mta.name)
def mta(request):
    return request.param
