# SPDX-License-Identifier: BSD-2-Clause
"""Two OpenLDAP servers that each take changes and pass them on (mirror mode)."""

from . import process
from .slapd import ROOT_PASSWORD, SUFFIX, Slapd

REPLICATION = """\
syncrepl rid=001 provider={uri} type=refreshAndPersist searchbase="{suffix}" bindmethod=simple
    binddn="cn=root,{suffix}" credentials={password} retry="1 +" timeout=3
mirrormode on
overlay syncprov
syncprov-checkpoint 100 1
"""


class Mirror:
    """`servers`: two of them below `root`. load() before start(): the second one gets the
    entries from the first. Further arguments are Slapd's."""

    def __init__(self, root, **options):
        modules = ("syncprov",) + tuple(options.pop("modules", ()))
        self.servers = [Slapd(root, f"ldap{n}", modules=modules, globals_text=f"serverID {n}",
                              **options) for n in (1, 2)]
        for own, other in zip(self.servers, reversed(self.servers)):
            with open(own.conf_path, "a", encoding="utf-8") as f:
                f.write(REPLICATION.format(uri=other.uri, suffix=SUFFIX, password=ROOT_PASSWORD))

    def load(self, ldif):
        self.servers[0].load(ldif)

    def start(self):
        for server in self.servers:
            server.start()
        self.wait_same()

    def stop(self):
        for server in self.servers:
            server.stop()

    def wait_same(self, timeout=20):
        """Until both have the same entries."""
        process.wait_until(lambda: len({self._state(s) for s in self.servers}) == 1,
                           timeout=timeout, what="the servers to have the same entries",
                           interval=0.1)

    @staticmethod
    def _state(server):
        return server.search("(objectClass=*)", "entryCSN")
