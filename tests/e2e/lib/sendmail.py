# SPDX-License-Identifier: BSD-2-Clause
"""A private sendmail on loopback, unpacked from its packages beside the Postfix that is
installed: its own configuration, queue, log, certificate and accounts. It is used as
lib.postfix.Postfix is."""

import glob
import os
import re
import shutil
import socket
import subprocess
import sys

from . import process
from .certificates import make_server_certificate
from .namespace import Namespace, unpacked
from .postfix import ACCOUNTS, DOMAIN, HOSTNAME
from .sasldb import make_sasldb

PROGRAM = "usr/libexec/sendmail/sendmail"
USER = "smmsp"  # the program insists on it, whoever it runs as
USER_ID = 64998

# What makes any .mc ours: its paths, the sink, and no limits on our own client.
OUR_MC = """\
define(`confDOMAIN_NAME', `{hostname}')dnl
define(`confCF_VERSION', `')dnl
define(`QUEUE_DIR', `{queue}')dnl
define(`MSP_QUEUE_DIR', `{queue}')dnl
define(`confPID_FILE', `{root}/sendmail.pid')dnl
define(`STATUS_FILE', `{root}/statistics')dnl
define(`confHOST_STATUS_DIRECTORY', `')dnl
define(`ALIAS_FILE', `')dnl
define(`HELP_FILE', `')dnl
define(`confCR_FILE', `-o {etc}/relay-domains')dnl
define(`confCW_FILE', `-o {etc}/local-host-names')dnl
define(`confCT_FILE', `-o {etc}/trusted-users')dnl
define(`confDONT_BLAME_SENDMAIL', `TrustStickyBit')dnl
define(`confDONT_PROBE_INTERFACES', `True')dnl
define(`confTO_IDENT', `0')dnl
define(`confQUEUE_LA', `1000')dnl
define(`confREFUSE_LA', `2000')dnl
define(`confDELAY_LA', `0')dnl
define(`confMIN_QUEUE_AGE', `1s')dnl
define(`confBAD_RCPT_THROTTLE', `0')dnl
define(`confMAX_DAEMON_CHILDREN', `0')dnl
define(`confBIND_OPTS', `-DNSRCH -DEFNAMES')dnl
define(`confSERVICE_SWITCH_FILE', `{etc}/service.switch')dnl
define(`confPRIVACY_FLAGS', `goaway,noetrn,noverb')dnl
define(`SMTP_MAILER_ARGS', `TCP $h {sink_port}')dnl
define(`RELAY_MAILER_ARGS', `TCP $h {sink_port}')dnl
define(`ESMTP_MAILER_ARGS', `TCP $h {sink_port}')dnl
define(`SMART_HOST', `esmtp:[127.0.0.1]')dnl
FEATURE(`nocanonify')dnl
FEATURE(`accept_unresolvable_domains')dnl
"""

# What a mail server has beside it.
SITE_MC = """\
define(`confSERVER_CERT', `{etc}/cert.pem')dnl
define(`confSERVER_KEY', `{etc}/key.pem')dnl
define(`confCACERT', `{etc}/client-ca.pem')dnl
define(`confCACERT_PATH', `{etc}')dnl
define(`confAUTH_REALM', `{domain}')dnl
define(`confAUTH_OPTIONS', `A')dnl
define(`confAUTH_MECHANISMS', `{mechanisms}')dnl
TRUST_AUTH_MECH(`{mechanisms}')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`promiscuous_relay')dnl
"""

# The .mc of what sendmail(1) is to the programs of this machine, the mail submission program.
SUBMIT_MC = """\
divert(0)dnl
OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `{hostname}')dnl
define(`confCF_VERSION', `Submit')dnl
define(`MSP_QUEUE_DIR', `{root}/submit-q')dnl
define(`confPID_FILE', `{root}/submit.pid')dnl
define(`STATUS_FILE', `{root}/statistics')dnl
define(`confCT_FILE', `-o {etc}/trusted-users')dnl
define(`confSERVICE_SWITCH_FILE', `{etc}/service.switch')dnl
define(`confDONT_BLAME_SENDMAIL', `TrustStickyBit')dnl
define(`confDONT_PROBE_INTERFACES', `True')dnl
define(`confTO_IDENT', `0')dnl
define(`confQUEUE_LA', `1000')dnl
define(`confREFUSE_LA', `2000')dnl
define(`confDELAY_LA', `0')dnl
define(`confBIND_OPTS', `-DNSRCH -DEFNAMES')dnl
define(`RELAY_MAILER_ARGS', `TCP $h {submit_port}')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`msp', `[127.0.0.1]')dnl
"""

# The end of any .mc: where libsasl looks.
END_MC = """\
LOCAL_CONFIG
ESASL_PATH={sasl_path}
ESASL_CONF_PATH={etc}/sasl
"""


def found():
    """sendmail's program below SENDAS_SENDMAIL, where its packages were unpacked; None
    without."""
    return unpacked("SENDAS_SENDMAIL", PROGRAM)


class Service:
    """One daemon on a port of its own; what a lib.postfix.Service of this name is there.

    `milters`: as smtpd_milters. `modifiers`: of DaemonPortOptions, beside ours."""

    def __init__(self, name, *, milters="", auth=True, modifiers=""):
        self.name = name
        self.milters = milters
        self.modifiers = modifiers + ("a" if auth else "A")
        self.listens = True
        self.port = None

    def mc_lines(self):
        lines = filters = ""
        if self.milters:
            lines = (f"MAIL_FILTER(`{self.name}', `S={_milter_address(self.milters)}, F=T, "
                     "T=C:10s;S:20s;R:20s;E:20s')dnl\n")
            filters = f", InputFilters={self.name}"
        return lines + (f"DAEMON_OPTIONS(`Name={self.name}, Addr=127.0.0.1, Port={self.port}, "
                        f"M={self.modifiers}{filters}')dnl\n")


def _milter_address(address):
    """unix:PATH as it is; inet:HOST:PORT as sendmail writes it."""
    kind, _, rest = address.partition(":")
    if kind == "inet":
        host, _, port = rest.rpartition(":")
        return f"inet:{port}@{host}"
    return address


class Sendmail:
    """start() and stop() it; services by name in `services`, whose ports are then known.

    `mc` goes between ours and the MAILER lines. `hosts`: lines for its own /etc/hosts. Passwords are those of `accounts` in a
    sasldb2, unless `sasl` (as lib.authd.SendasSasl) says how libsasl is to find them."""

    name = title = "sendmail"
    Service = Service
    outage = 535  # it has one answer, whatever libsasl says: see sendas-sasl(5)

    def __init__(self, root, sink_port, services, *, mc="", accounts=None, sasl=None,
                 mechanisms="PLAIN LOGIN", hosts=""):
        self.root = str(root)
        self.etc = f"{self.root}/etc"
        self.queue = f"{self.root}/q"
        self.log_path = f"{self.root}/mail.log"
        self.ca_file = f"{self.etc}/cert.pem"
        self.services = {s.name: s for s in services}
        self.mc = mc
        self._hosts = hosts
        self._sink_port = sink_port
        self._accounts = ACCOUNTS if accounts is None else accounts
        self._sasl = sasl
        self._mechanisms = mechanisms if sasl is None else sasl.mechanisms
        self._sasl_path = ":".join(glob.glob("/usr/lib/*/sasl2"))
        self._tree = os.environ["SENDAS_SENDMAIL"]
        self._namespace = Namespace(self.root, hostname=HOSTNAME)
        self._namespace.add_user(USER, USER_ID)
        self._process = None
        self._syslog = None

    def port(self, service):
        return self.services[service].port

    # --- setting up ---

    def set_up(self):
        for path, mode in ((self.etc, 0o755), (f"{self.etc}/sasl", 0o755), (self.queue, 0o700),
                           (f"{self.root}/dev", 0o755)):
            os.makedirs(path, exist_ok=True)
            os.chmod(path, mode)
        os.chmod(self.root, 0o755)
        make_server_certificate(f"{self.etc}/cert.pem", f"{self.etc}/key.pem", HOSTNAME)
        if not os.path.exists(f"{self.etc}/client-ca.pem"):
            shutil.copy(f"{self.etc}/cert.pem", f"{self.etc}/client-ca.pem")
        _write(f"{self.etc}/service.switch", "hosts files\naliases files\n")
        if self._hosts:
            with open("/etc/hosts", encoding="utf-8") as f:
                _write(f"{self.etc}/hosts", f.read() + self._hosts)
            _write(f"{self.etc}/host.conf", "multi off\n")  # a name has its first address
            for name in ("hosts", "host.conf"):
                self._namespace.bind(f"{self.etc}/{name}", f"/etc/{name}")
        if self._sasl is None:
            make_sasldb(f"{self.etc}/sasldb2", self._accounts)
            _write(f"{self.etc}/sasl/Sendmail.conf",
                   "pwcheck_method: auxprop\nauxprop_plugin: sasldb\n"
                   f"mech_list: {self._mechanisms}\nsasldb_path: {self.etc}/sasldb2\n")
        else:
            self._sasl_path = self._sasl.write(f"{self.etc}/sasl")
            shutil.copy(f"{self.etc}/sasl/smtpd.conf", f"{self.etc}/sasl/Sendmail.conf")
        unknown = [s for s in self.services.values() if s.port is None]
        for service, port in zip(unknown, process.free_ports(len(unknown))):
            service.port = port
        self.write_configuration()
        self._set_up_devices()

    def write_configuration(self):
        _write(f"{self.etc}/sendmail.mc", self.mc_text())
        _write(f"{self.etc}/sendmail.cf", self.make_cf(f"{self.etc}/sendmail.mc"))

    def mc_text(self):
        facts = self.facts()
        return ("divert(0)dnl\nOSTYPE(`linux')dnl\n" + OUR_MC.format(**facts) +
                SITE_MC.format(**facts) + self.mc +
                "".join(s.mc_lines() for s in self.services.values()) +
                "MAILER(`smtp')dnl\n" + END_MC.format(**facts))

    def facts(self):
        return {"root": self.root, "etc": self.etc, "queue": self.queue, "hostname": HOSTNAME,
                "domain": DOMAIN, "sink_port": self._sink_port,
                "mechanisms": self._mechanisms, "sasl_path": self._sasl_path}

    def make_cf(self, mc):
        """The text of the .cf that m4 makes of a .mc file."""
        cf = f"{self._tree}/usr/share/sendmail/cf/"
        return process.run(["m4", f"-D_CF_DIR_={cf}", f"{cf}m4/cf.m4", mc])

    def _set_up_devices(self):
        """A /dev with a log of ours in it: sendmail can log in no other way."""
        for name in ("null", "zero", "random", "urandom", "tty"):
            _write(f"{self.root}/dev/{name}", "")
            self._namespace.bind(f"/dev/{name}", f"{self.root}/dev/{name}")
        self._namespace.bind(f"{self.root}/dev", "/dev")

    # --- running ---

    def start(self, *, keep=False):
        script = os.path.join(os.path.dirname(__file__), "syslog_file.py")
        self._syslog = process.spawn([sys.executable, script, f"{self.root}/dev/log",
                                      self.log_path], keep=keep)
        process.wait_until(lambda: os.path.exists(f"{self.root}/dev/log"), what="syslog")
        with open(f"{self.root}/output", "ab") as output:
            self._process = process.spawn(
                self.argv([found(), "-C", f"{self.etc}/sendmail.cf", "-bD", "-q2s"]),
                keep=keep, stdout=output, stderr=output)
        ports = [s.port for s in self.services.values()]
        process.wait_until(lambda: all(map(self._answers, ports)) or self._must_run(),
                           what="sendmail")

    def argv(self, command):
        """The arguments that run a command where the daemon runs."""
        return self._namespace.argv(command)

    def connect(self, port):
        """A socket that is connected to a port of ours."""
        return socket.create_connection(("127.0.0.1", port), 0.5)

    def _answers(self, port):
        try:
            self.connect(port).close()
            return True
        except OSError:
            return False

    def _must_run(self):
        if self._process.poll() is not None:
            with open(f"{self.root}/output", encoding="utf-8", errors="replace") as f:
                raise RuntimeError(f"sendmail ended at once:\n{f.read()}\n{self.log()}")
        return False

    @property
    def pid(self):
        return self._process.pid

    @property
    def pids(self):
        """Of all that must end for it to have ended."""
        return [self.pid, self._syslog.pid]

    def stop(self):
        for each in (self._process, self._syslog):
            if each is not None:
                process.stop(each)
        self._process = self._syslog = None

    def log(self):
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    # --- submission by a program of this machine ---

    def set_up_submission(self, service):
        """sendmail() then hands in at this service of ours."""
        os.makedirs(f"{self.root}/submit-q", exist_ok=True)
        os.chmod(f"{self.root}/submit-q", 0o770)
        os.chown(f"{self.root}/submit-q", USER_ID, USER_ID)
        _write(f"{self.etc}/trusted-users", "root\n")
        _write(f"{self.etc}/submit.mc",
               SUBMIT_MC.format(**self.facts(), submit_port=self.port(service)))
        _write(f"{self.etc}/submit.cf", self.make_cf(f"{self.etc}/submit.mc"))

    def submission_argv(self, *arguments):
        """Of sendmail(1), as programs of this machine run it."""
        return self.argv([found(), "-C", f"{self.etc}/submit.cf", "-Ac", *arguments])

    def sendmail(self, message, *arguments):
        """Hands in a message as a program of this machine does, by sendmail(1)."""
        process.run(self.submission_argv(*arguments),
                    input=message.replace(b"\r\n", b"\n").decode())

    # --- the queue ---

    def _queue_files(self, first):
        return [path for path in glob.glob(f"{self.queue}/{first}f*")
                if not path.endswith(".tmp")]

    def queued(self):
        """How many messages wait in the queue."""
        return len(self._queue_files("q"))

    def held(self):
        """The queue ids of the quarantined messages."""
        return [os.path.basename(path)[2:] for path in self._queue_files("h")]

    def delete(self, queue_id):
        for path in glob.glob(f"{self.queue}/?f{queue_id}"):
            os.remove(path)

    def release(self, queue_id):
        """Lets a message go that is quarantined."""
        self.run("-qQ", f"-qI{queue_id}", "-Q")

    def run(self, *arguments, data=b""):
        """Runs the program with our configuration; the finished process, output as bytes."""
        argv = self.argv([found(), "-C", f"{self.etc}/sendmail.cf", *arguments])
        return subprocess.run(argv, input=data, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=60, check=False)


def _write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
