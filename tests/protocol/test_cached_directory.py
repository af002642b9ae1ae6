# SPDX-License-Identifier: BSD-2-Clause
"""A directory is asked once for what many messages need, and may go away."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))

from lib import slapd as slapd_module  # noqa: E402
from lib.slapd import Slapd  # noqa: E402

from harness import wait_for  # noqa: E402
from milter_client import Message  # noqa: E402
from test_cache import counts, ctl  # noqa: E402

pytestmark = pytest.mark.skipif(not slapd_module.found(),
                                reason="needs slapd (Debian: apt-get install slapd)")

ALICE = "alice@example.org"
SALES = "sales@example.org"
AS_SALES = Message(sender=SALES, login=ALICE, fields=[("From", SALES)])
AS_ALICE = Message(sender=ALICE, login=ALICE)

ENTRIES = """\
dn: dc=example,dc=org
objectClass: domain
dc: example

dn: cn=alice,dc=example,dc=org
objectClass: inetOrgPerson
uid: alice@example.org
cn: Alice
sn: A
mail: alice@example.org
"""

GRANT = """\
dn: cn=alice,dc=example,dc=org
changetype: modify
add: mail
mail: sales@example.org
"""


@pytest.fixture
def slapd(directory):
    server = Slapd(directory)
    server.load(ENTRIES)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def map_file(directory, slapd):
    path = directory / "owners.cf"
    path.write_text(f"server_host = {slapd.uri}\nsearch_base = dc=example,dc=org\n"
                    "query_filter = (mail=%s)\nresult_attribute = uid\n"
                    "bind = no\ntimeout = 2\nversion = 3\n")
    return path


def grant(slapd):
    slapd.change(GRANT)


def test_a_directory_is_cached_by_default(daemon_factory, slapd, map_file):
    daemon = daemon_factory(send_as=f'"ldap:{map_file}"')
    for _ in range(20):
        assert daemon.send(AS_ALICE).accepted
        assert daemon.send(AS_SALES).code == 550
    now = counts(daemon)
    assert now["map"] == f"ldap:{map_file}"
    assert now["misses"] < 10  # slow machines may see the end of what is kept for 10 s
    searches = len(slapd.searches())
    assert searches <= now["misses"]
    grant(slapd)
    # sendasctl asks the directory itself.
    assert "yes" in ctl(daemon, "check", ALICE, SALES)
    ctl(daemon, "flush", SALES)
    assert daemon.send(AS_SALES).accepted


def test_a_directory_that_goes_away(daemon_factory, slapd, map_file):
    daemon = daemon_factory('cache { ttl = 1s  negative_ttl = 1s  stale = 1h }',
                            send_as=f'"ldap:{map_file}"')
    assert daemon.send(AS_ALICE).accepted
    assert daemon.send(AS_SALES).code == 550
    slapd.stop()
    wait_for(lambda: daemon.send(AS_SALES).code == 451, "the end of the refusal")
    for _ in range(10):
        assert daemon.send(AS_ALICE).accepted
    assert counts(daemon)["stale"] > 0
    slapd.start(keep=True)
    grant(slapd)
    wait_for(lambda: daemon.send(AS_SALES).accepted, "the directory to be asked again")
