# SPDX-License-Identifier: BSD-2-Clause
"""A private OpenLDAP server: its configuration, its entries, its process and its log."""

import os
import re
import shutil
import signal
import subprocess
from collections import namedtuple
from urllib.parse import quote

from . import process
from .daemon import Daemon

MODULES = "/usr/lib/ldap"
SCHEMAS = "/etc/ldap/schema"
DEFAULT_SCHEMAS = ("core", "cosine", "inetorgperson", "nis")
SUFFIX = "dc=example,dc=org"
ROOT_PASSWORD = "secret-of-the-root"

# Passwords serve for binds only; all else may be read by everybody.
ACCESS = """\
access to attrs=userPassword by anonymous auth by * none
access to * by * read
"""

# A search as the log has it. The filter is as slapd prints the one that it has parsed.
Search = namedtuple("Search", "base scope filter attributes")

SCOPES = ("base", "one", "sub")


def _program(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


def found():
    return _program("slapd") is not None and _program("slapadd") is not None


class Slapd(Daemon):
    """One slapd with a database (mdb) and a directory of its own below `root`, in the
    foreground, with a log ("stats") in a file. It runs as who runs the tests.

    `schemas`: names in /etc/ldap/schema, or paths; `modules`: what is loaded beside back_mdb
    ("ppolicy", "argon2", "memberof", ...); `globals_text` and `database_text` go into
    slapd.conf where their names say (overlays, limits, index: `database_text`), `access` is
    the access control of the database. `tls`: a certificates.Pair, whose `ca_file` is needed
    for clients' certificates only; `debug` is what it logs; `size`: bytes that the database
    may have. The ports are chosen once: after a stop() it starts at the same ones."""

    name = "slapd"
    started = "slapd starting"

    def __init__(self, root, name="slapd", *, suffix=SUFFIX, schemas=DEFAULT_SCHEMAS, modules=(),
                 globals_text="", database_text="", access=ACCESS, tls=None, ca_file=None,
                 debug="stats", size=256 << 20):
        super().__init__(None, f"{root}/{name}", "slapd.conf")
        self.suffix = suffix
        self.root_dn = f"cn=root,{suffix}"
        self.root_password = ROOT_PASSWORD
        self.port, self.tls_port = process.free_ports(2)
        self._tls = tls is not None
        self._debug = debug
        os.makedirs(f"{self.directory}/db", mode=0o755, exist_ok=True)
        self.socket_path = f"{self.directory}/ldapi"
        lines = [f"include {s if s.startswith('/') else f'{SCHEMAS}/{s}.schema'}"
                 for s in schemas]
        lines += [f"modulepath {MODULES}", "moduleload back_mdb"]
        lines += [f"moduleload {m}" for m in modules]
        if tls is not None:
            lines += [f"TLSCertificateFile {tls.cert}", f"TLSCertificateKeyFile {tls.key}"]
        if ca_file is not None:
            lines += [f"TLSCACertificateFile {ca_file}", "TLSVerifyClient try"]
        # Who comes through the socket (SASL EXTERNAL) as the user of the server is its root.
        lines += ['authz-regexp "gidNumber='
                  rf'{os.getgid()}\\+uidNumber={os.getuid()},cn=peercred,cn=external,cn=auth" '
                  f'"{self.root_dn}"']
        lines += [globals_text, "database mdb", f"suffix {suffix}", f"rootdn {self.root_dn}",
                  f"rootpw {ROOT_PASSWORD}", f"directory {self.directory}/db",
                  f"maxsize {size}", "dbnosync", access, database_text]
        self.write_conf("\n".join(lines) + "\n")

    # --- where it is ---

    @property
    def uri(self):
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def tls_uri(self):
        return f"ldaps://127.0.0.1:{self.tls_port}"

    @property
    def ldapi_uri(self):
        return f"ldapi://{quote(self.socket_path, safe='')}"

    # --- entries ---

    def load(self, ldif):
        """Adds the entries of the LDIF text while the server does not run."""
        process.run([_program("slapadd"), "-q", "-f", self.conf_path], input=ldif)

    def load_parts(self, parts):
        """The same for LDIF that comes in parts, each of whole entries: more than one wants to
        hold in memory."""
        with subprocess.Popen([_program("slapadd"), "-q", "-f", self.conf_path],
                              stdin=subprocess.PIPE, text=True) as slapadd:
            for part in parts:
                slapadd.stdin.write(part + "\n")
        if slapadd.returncode != 0:
            raise RuntimeError(f"slapadd ended with status {slapadd.returncode}")

    def change(self, ldif):
        """Applies LDIF to the server that runs: an entry without "changetype" is added."""
        process.run(["ldapmodify", "-a", "-x", "-H", self.uri, "-D", self.root_dn,
                     "-w", ROOT_PASSWORD], input=ldif)

    def search(self, text="(objectClass=*)", *attributes, base=None):
        """What ldapsearch prints, as LDIF without comments and folding."""
        return process.run(["ldapsearch", "-x", "-LLL", "-o", "ldif-wrap=no", "-H", self.uri,
                            "-D", self.root_dn, "-w", ROOT_PASSWORD, "-b", base or self.suffix,
                            text, *attributes])

    # --- the process ---

    def argv(self):
        urls = [self.uri, self.ldapi_uri] + ([self.tls_uri] if self._tls else [])
        return [_program("slapd"), "-f", self.conf_path, "-h", " ".join(urls), "-d", self._debug]

    def start(self, *, keep=False, wait=True):
        try:
            os.unlink(self.socket_path)  # of one that was killed
        except FileNotFoundError:
            pass
        super().start(keep=keep, wait=wait and self._debug == "stats")
        if wait:
            # It says that it starts a moment before it listens, or does not say it.
            process.wait_until(self._listens, what="slapd to listen")

    def _listens(self):
        """Seen from outside: a connection would be in its log."""
        with open("/proc/net/tcp", encoding="ascii") as f:
            sockets = [line.split() for line in f]
        return any(s[1].endswith(f":{self.port:04X}") and s[3] == "0A" for s in sockets)

    def stop(self):
        if self.running:
            self.send_signal(signal.SIGCONT)  # a paused one could not end
        return super().stop()

    def restart(self):
        self.stop()
        self.start()

    # --- its log ---

    def searches(self, mark=0):
        """All searches after `mark`, in the order in which they came in."""
        result = []
        open_at = {}
        for line in self.log_since(mark).splitlines():
            match = re.search(r'(conn=\d+ op=\d+) SRCH base="(.*)" scope=(\d) deref=\d '
                              r'filter="(.*)"$', line)
            if match:
                open_at[match.group(1)] = len(result)
                result.append(Search(match.group(2), SCOPES[int(match.group(3))],
                                     match.group(4), ()))
                continue
            match = re.search(r"(conn=\d+ op=\d+) SRCH attr=(.*)$", line)
            if match and match.group(1) in open_at:
                index = open_at[match.group(1)]
                result[index] = result[index]._replace(
                    attributes=tuple(match.group(2).split()))
        return result

    def settle(self):
        """All that it has answered so far is in the log, and this question."""
        mark = self.mark()
        self.search("(cn=settled)", "1.1")
        self.wait_log(r'filter="\(cn=settled\)"', mark)

    def wait_searches(self, count, mark=0):
        """searches(), once there are so many: the log may come after the answer."""
        return process.wait_until(
            lambda: found if len(found := self.searches(mark)) >= count else None,
            what=f"{count} searches in the log")


def hash_argon2(password):
    """A value for userPassword; the server needs the module "argon2"."""
    run = subprocess.run([_program("slappasswd"), "-o", f"module-path={MODULES}",
                          "-o", "module-load=argon2", "-h", "{ARGON2}", "-s", password],
                         stdout=subprocess.PIPE, check=True, text=True)
    return run.stdout.strip()
