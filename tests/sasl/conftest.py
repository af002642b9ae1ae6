# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures of the tests of the SASL plugin."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "lib"))

from fake_authd import FakeAuthd  # noqa: E402
from fixtures import directory  # noqa: E402,F401
from server import PLUGIN, SYSTEM_PLUGINS, Server  # noqa: E402


@pytest.fixture(scope="session")
def plugins():
    """A plugin directory of its own, so that libsasl2 finds what was built."""
    path = Path(tempfile.mkdtemp(prefix="sendas-sasl-"))
    shutil.copy(PLUGIN, path / "libsendas.so")
    yield path
    shutil.rmtree(path)


@pytest.fixture
def authd(directory):
    authd = FakeAuthd(directory)
    authd.add(b"alice@example.org", b"secret", mail=[b"alice@example.org", b"a@example.org"])
    authd.add(b"bob@example.org", b"hunter2")
    authd.aliases[b"ali@example.org"] = b"alice@example.org"
    yield authd
    authd.stop()


@pytest.fixture
def environment(plugins):
    return {**os.environ, "SASL_PATH": f"{plugins}:{SYSTEM_PLUGINS}",
            "SENDAS_PLUGIN": str(plugins / "libsendas.so")}


@pytest.fixture
def server_factory(environment):
    servers = []

    def make(*options, **kwargs):
        servers.append(Server(environment, *options, **kwargs))
        return servers[-1]

    yield make
    for server in servers:
        server.finish()


@pytest.fixture
def server(server_factory, authd):
    """One configured the way sendas-sasl(5) recommends, with a short deadline."""
    return server_factory(*recommended(authd))


def recommended(authd, timeout=1):
    return ("auxprop_plugin=sendas", "canon_user_plugin=sendas",
            f"sendas_socket={authd.lookup}", f"sendas_timeout={timeout}",
            "pwcheck_method=saslauthd", f"saslauthd_path={authd.mux}")
