# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures of the tests of common/ldap."""

import sys
from pathlib import Path

import pytest

for folder in ("e2e", "lib"):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / folder))

from lib import slapd as slapd_module  # noqa: E402
from lib.certificates import Authority  # noqa: E402
from lib.slapd import Slapd  # noqa: E402
from lib.tcp_proxy import TcpProxy  # noqa: E402

import ask  # noqa: E402
from fixtures import directory, temporary_directory  # noqa: E402,F401

ENTRIES = """\
dn: dc=example,dc=org
objectClass: domain
dc: example

dn: uid=alice,dc=example,dc=org
objectClass: inetOrgPerson
uid: alice
cn: Alice
sn: A
mail: alice@example.org
mail: a@example.org
userPassword: correct horse

dn: uid=bob,dc=example,dc=org
objectClass: inetOrgPerson
uid: bob
cn: Bob
sn: B
mail: bob@example.org
userPassword: battery staple
"""


def pytest_collection_modifyitems(items):
    if not slapd_module.found():
        skip = pytest.mark.skip(reason="needs slapd (Debian: apt-get install slapd)")
        for item in items:
            if {"slapd", "make_slapd"} & set(item.fixturenames):
                item.add_marker(skip)


@pytest.fixture
def make_slapd(directory):
    """make_slapd(name, ...): a server with two people, which runs and ends with the test."""
    servers = []

    def make(name="slapd", *, start=True, entries=ENTRIES, **settings):
        server = Slapd(directory, name, **settings)
        server.load(entries)
        servers.append(server)
        if start:
            server.start()
        return server

    yield make
    for server in servers:
        server.stop()


@pytest.fixture
def slapd(make_slapd):
    return make_slapd()


@pytest.fixture(scope="session")
def authority():
    with temporary_directory() as path:
        yield Authority(f"{path}/ca")


@pytest.fixture
def make_proxy():
    """make_proxy(port): a proxy to the port on loopback."""
    proxies = []

    def make(port):
        proxies.append(TcpProxy(port))
        return proxies[-1]

    yield make
    for proxy in proxies:
        proxy.stop()


@pytest.fixture
def make_asker():
    """make_asker(uri, ..., setting=...): ends with the test, which fails if it complains."""
    askers = []

    def make(*uris, **settings):
        askers.append(ask.Asker(*uris, **settings))
        return askers[-1]

    yield make
    for asker in askers:
        status, errors = asker.finish()
        assert status == 0 and errors == "", errors
