# SPDX-License-Identifier: BSD-2-Clause
"""Grants in two directory servers that pass changes on to each other, while 32 clients send:
whatever happens to one of them, nobody gets a wrong answer, and soon all get the right one."""

import shutil
import time

import pytest
from lib import process, slapd
from lib.certificates import Authority
from lib.load import Flow
from lib.mirror import Mirror
from lib.office import Office
from lib.postfix import Postfix, Service
from lib.programs import Milter
from lib.tcp_proxy import TcpProxy

pytestmark = [pytest.mark.slow,
              pytest.mark.skipif(not slapd.found(), reason="slapd is not installed")]

CLIENTS = 32
TIMEOUT = 4        # seconds, of the map's file
RECOVERY = 5       # seconds that the answers may be put off for
PATIENCE = 30      # seconds: longer than that is no slow machine, but a hang

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

dn: uid=bob,dc=example,dc=org
objectClass: inetOrgPerson
uid: bob
cn: Bob
sn: B
mail: bob@example.org
"""

TABLE = """\
server_host = {hosts}
start_tls = {start_tls}
tls_ca_cert_file = {ca_file}
tls_require_cert = yes
timeout = {timeout}
search_base = dc=example,dc=org
query_filter = (mail=%s)
result_attribute = uid
"""


class Site:
    """The servers, a proxy before each door of each, and a Postfix whose milter asks them."""

    def __init__(self, root, programs, sink):
        self.root = f"{root}/mirror"
        authority = Authority(f"{self.root}/ca")
        tls = authority.issue("ldap", subject_alt_names=("IP:127.0.0.1",))
        self.mirror = Mirror(self.root, tls=tls, database_text="index mail,uid eq")
        self.mirror.load(ENTRIES)
        self.plain = [TcpProxy(s.port) for s in self.mirror.servers]
        self.tls = [TcpProxy(s.tls_port) for s in self.mirror.servers]
        self.ca_file = authority.ca_file
        socket = f"unix:{self.root}/run/milter"
        self.table = f"{self.root}/addresses.cf"
        self.write_table("start_tls")
        self.milter = Milter(programs, self.root, "sendas", socket, self.settings())
        self.postfix = Postfix(f"{self.root}/mta", sink.port,
                               [Service("submission", milters=socket)])
        self.office = Office(self.postfix, sink)

    def settings(self):
        # A cache would hide what the servers do.
        return {"send_as": [f"ldap:{self.table}"], "cache": {"maps": "none"}}

    def write_table(self, way):
        hosts = [f"ldap://127.0.0.1:{p.port}" for p in self.plain]
        if way == "ldaps":
            hosts = [f"ldaps://127.0.0.1:{p.port}" for p in self.tls]
        with open(self.table, "w", encoding="utf-8") as f:
            f.write(TABLE.format(hosts=" ".join(hosts), ca_file=self.ca_file, timeout=TIMEOUT,
                                 start_tls="yes" if way == "start_tls" else "no"))

    def start(self):
        self.mirror.start()
        self.postfix.set_up()
        self.milter.start()
        self.postfix.start()

    def stop(self):
        self.office.disconnect()
        self.postfix.stop()
        self.milter.stop()
        for proxy in self.plain + self.tls:
            proxy.stop()
        self.mirror.stop()
        shutil.rmtree(self.root, ignore_errors=True)

    def may_send(self, login, address):
        sent = self.office.send(login, address, [f"From: {address}"])
        assert sent.reply.code in (250, 550), sent
        return sent.accepted


@pytest.fixture(scope="module")
def session_site(root, programs, sink):
    site = Site(root, programs, sink)
    site.start()
    yield site
    site.stop()


@pytest.fixture
def site(session_site):
    """All is well before each test."""
    yield session_site
    for server in session_site.mirror.servers:
        if not server.running:
            server.start()
        server.resume()
    for proxy in session_site.plain + session_site.tls:
        proxy.mode = "pass"
    session_site.mirror.wait_same()


def kill(site):
    site.mirror.servers[0].kill()
    return site.mirror.servers[0].start


def pause(site):
    site.mirror.servers[0].pause()
    return site.mirror.servers[0].resume


def network(mode):
    def happen(site):
        doors = (site.plain[0], site.tls[0])
        for proxy in doors:
            proxy.mode = mode

        def end():
            for proxy in doors:
                proxy.mode = "pass"
        return end
    return happen


def stall(site):
    """Connections are lost; new ones are taken, and get no byte: nor does a handshake."""
    doors = (site.plain[0], site.tls[0])
    for proxy in doors:
        proxy.stall(0)
        proxy.cut()

    def end():
        for proxy in doors:
            proxy.mode = "pass"
    return end


EVENTS = {"killed": kill, "paused": pause, "drop": network("drop"), "close": network("close"),
          "refuse": network("refuse"), "stall": stall}


def judge(answers):
    """No answer is a wrong one."""
    for honest, sent in answers:
        assert sent.reply.code in ((250, 451) if honest else (550, 451)), (honest, sent)


def must_be_settled(flow, mark):
    """All that came after the answer number `mark` is as if nothing had happened."""
    for honest, sent in flow.answers[mark:]:
        assert sent.reply.code == (250 if honest else 550), (honest, sent)


def must_flow(flow):
    """From now on, but for what is under way."""
    mark = flow.count()
    process.wait_until(lambda: flow.count() > mark + 4 * CLIENTS, timeout=PATIENCE,
                       what="mail to flow again")
    must_be_settled(flow, mark + CLIENTS)


@pytest.mark.parametrize("way", ["start_tls", "ldaps"])
@pytest.mark.parametrize("event", EVENTS)
def test_one_is_away(site, event, way):
    site.write_table(way)
    mark = site.milter.mark()
    site.milter.reload()
    site.milter.wait_log("reload", mark)
    with Flow(site.office, "submission", threads=CLIENTS) as flow:
        process.wait_until(lambda: flow.count() > 2 * CLIENTS, timeout=PATIENCE)
        end = EVENTS[event](site)
        time.sleep(RECOVERY)
        must_flow(flow)
        mark = site.milter.mark()
        end()
        # Nobody notices but the log: there was always one to ask.
        site.milter.wait_log("is back", mark, timeout=PATIENCE)
        must_flow(flow)
    assert not flow.errors, flow.errors
    judge(flow.answers)
    assert flow.slowest < PATIENCE


def test_changed_on_the_other(site):
    """A grant that is given, and one that is taken, on the second while the first is away."""
    first, second = site.mirror.servers
    assert not site.may_send("alice", "new@example.org")
    first.kill()
    second.change("dn: uid=alice,dc=example,dc=org\nchangetype: modify\nadd: mail\n"
                  "mail: new@example.org\n")
    assert site.may_send("alice", "new@example.org")
    first.start()
    site.mirror.wait_same()
    time.sleep(RECOVERY)
    assert site.may_send("alice", "new@example.org")
    second.change("dn: uid=alice,dc=example,dc=org\nchangetype: modify\ndelete: mail\n"
                  "mail: new@example.org\n")
    site.mirror.wait_same()
    assert not site.may_send("alice", "new@example.org")


@pytest.mark.parametrize("mode", ["refuse", "drop"])
def test_both_are_away(site, mode):
    """Everybody is put off, within the time that the table's file gives; nobody is refused,
    nobody gets through. Then it goes on."""
    for proxy in site.plain + site.tls:
        proxy.mode = mode
    for _ in range(2):
        began = time.monotonic()
        for address in ("alice@example.org", "bob@example.org"):
            sent = site.office.send("alice", address, [f"From: {address}"])
            assert (sent.reply.code, sent.reply.enhanced) == (451, "4.7.1"), sent
        assert time.monotonic() - began < PATIENCE
    for proxy in site.plain + site.tls:
        proxy.mode = "pass"
    time.sleep(RECOVERY)
    assert site.may_send("alice", "alice@example.org")
    assert not site.may_send("alice", "bob@example.org")
