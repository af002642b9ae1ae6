# SPDX-License-Identifier: BSD-2-Clause
"""A private Postfix on loopback: its own configuration, queue, log, certificate and accounts.

It never touches the Postfix of the system, whose programs it runs, and delivers all mail to
one SMTP server (the sink). The directory must have a short name: Unix sockets in the queue
have paths of at most 107 bytes."""

import json
import os
import pwd
import re
import shutil
import subprocess
import time

from . import process
from .certificates import make_server_certificate
from .sasldb import make_sasldb

HOSTNAME = "mail.example.org"
DOMAIN = "example.org"

# Accounts of the Cyrus SASL database: the login, whose realm may be left out, and the password.
ACCOUNTS = {"alice": "wonderland-1", "bob": "builder-2", "Dora": "explorer-3"}

MAIN_CF = """\
compatibility_level = 3.6
config_directory = {etc}
queue_directory = {queue}
data_directory = {root}/data
maillog_file = {log}
maillog_file_prefixes = {root}
myhostname = {hostname}
mydomain = {domain}
myorigin = $mydomain
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
default_transport = smtp:[127.0.0.1]:{sink_port}
relay_transport = $default_transport
disable_dns_lookups = yes
smtp_host_lookup = native
smtp_tls_security_level = none
recipient_delimiter = +
# Remote clients' mail is passed on as it is: ours all come from loopback.
local_header_rewrite_clients =

smtpd_tls_security_level = may
smtpd_tls_cert_file = {etc}/cert.pem
smtpd_tls_key_file = {etc}/key.pem
smtpd_tls_session_cache_database =
smtpd_sasl_type = cyrus
smtpd_sasl_path = smtpd
cyrus_sasl_config_path = {etc}/sasl
smtpd_sasl_local_domain = $mydomain
smtpd_relay_restrictions = permit_sasl_authenticated, reject

# Speed, and no limits on our own client.
in_flow_delay = 0
smtpd_error_sleep_time = 0
smtpd_soft_error_limit = 10000
smtpd_hard_error_limit = 10000
smtpd_client_connection_count_limit = 0
smtpd_recipient_limit = 10000
message_size_limit = 100000000
mailbox_size_limit = 0
default_process_limit = 200
default_destination_concurrency_limit = 20
destination_concurrency_feedback_debug = no
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 2s

# A filter that is away must never mean that mail goes out unchecked.
milter_default_action = tempfail
milter_protocol = 6
milter_connect_timeout = 10s
milter_command_timeout = 20s
"""

MASTER_CF = """\
pickup     unix  n - n 60 1 pickup
cleanup    unix  n - n - 0 cleanup
qmgr       unix  n - n 300 1 qmgr
tlsmgr     unix  - - n 1000? 1 tlsmgr
rewrite    unix  - - n - - trivial-rewrite
bounce     unix  - - n - 0 bounce
defer      unix  - - n - 0 bounce
trace      unix  - - n - 0 bounce
verify     unix  - - n - 1 verify
proxymap   unix  - - n - - proxymap
smtp       unix  - - n - - smtp
relay      unix  - - n - - smtp
error      unix  - - n - - error
retry      unix  - - n - - error
discard    unix  - - n - - discard
showq      unix  n - n - - showq
anvil      unix  - - n - 1 anvil
scache     unix  - - n - 1 scache
postlog    unix-dgram n - n - 1 postlogd
"""


# The queue: what "postfix check" would make, in two seconds.
QUEUE_DIRECTORIES = (
    ("active bounce corrupt defer deferred flush hold incoming private saved trace".split(),
     "root", 0o700),
    (["maildrop"], "postdrop", 0o730),
    (["public"], "postdrop", 0o710),
)


class Service:
    """One smtpd on a port of its own.

    `milters`: value of smtpd_milters, as this smtpd sees the path when it is chrooted.
    `options`: further main.cf settings for this service alone."""

    def __init__(self, name, *, milters="", chroot=False, auth=True, options=None):
        self.name = name
        self.milters = milters
        self.chroot = chroot
        self.auth = auth
        self.options = dict(options or {})
        self.listens = True
        self.port = None

    def master_lines(self):
        options = {
            "syslog_name": f"postfix/{self.name}",
            "smtpd_sasl_auth_enable": "yes" if self.auth else "no",
            "smtpd_milters": self.milters,
        }
        if not self.auth:
            options["smtpd_relay_restrictions"] = "permit_mynetworks,reject"
        if self.chroot:
            options["smtpd_sasl_path"] = "smtpd-chroot"
        options.update(self.options)
        chroot = "y" if self.chroot else "n"
        lines = [f"127.0.0.1:{self.port} inet n - {chroot} - - smtpd"]
        lines += [f"    -o {name}={value.replace(' ', '')}" for name, value in options.items()]
        return "\n".join(lines) + "\n"


class Postfix:
    """start() and stop() it; services by name in `services`, whose ports are then known.

    `main_cf` is appended to the main.cf. Passwords are those of `accounts` in a sasldb2,
    unless `sasl` (as lib.authd.SendasSasl) says how libsasl is to find them."""

    name = "postfix"
    title = "Postfix"
    Service = Service
    outage = 454  # what a login is answered that could not be verified

    def __init__(self, root, sink_port, services, *, main_cf="", accounts=None, sasl=None):
        self.root = str(root)
        self.etc = f"{self.root}/etc"
        self.queue = f"{self.root}/q"
        self.log_path = f"{self.root}/mail.log"
        self.ca_file = f"{self.etc}/cert.pem"
        self.services = {s.name: s for s in services}
        self._sink_port = sink_port
        self._main_cf = main_cf
        self._accounts = ACCOUNTS if accounts is None else accounts
        self._sasl = sasl
        self._process = None

    def port(self, service):
        return self.services[service].port

    def add_main_cf(self, text):
        """Further lines for main.cf; before set_up()."""
        self._main_cf += text

    def set_up(self):
        """Makes the directories, the certificate and the account database, and writes the
        configuration. Ports are chosen here."""
        for path in (self.etc, f"{self.root}/data", f"{self.queue}/etc", f"{self.queue}/pid"):
            os.makedirs(path, mode=0o755, exist_ok=True)
        for names, group, mode in QUEUE_DIRECTORIES:
            for name in names:
                os.mkdir(f"{self.queue}/{name}")
                shutil.chown(f"{self.queue}/{name}", "postfix", group)
                os.chmod(f"{self.queue}/{name}", mode)
        # Postfix's own processes must be able to pass through.
        os.chmod(self.root, 0o755)
        shutil.chown(f"{self.root}/data", "postfix", "postfix")
        make_server_certificate(self.ca_file, f"{self.etc}/key.pem", HOSTNAME)
        os.makedirs(f"{self.etc}/sasl")
        if self._sasl is None:
            self._make_accounts()
        else:
            path = self._sasl.write(f"{self.etc}/sasl")
            # Where libsasl looks for plugins, beside what Postfix passes on by itself.
            default = process.run(["postconf", "-d", "-h", "import_environment"]).strip()
            self._main_cf += f"import_environment = {default} SASL_PATH={path}\n"
        listening = [s for s in self.services.values() if s.listens]
        for service, port in zip(listening, process.free_ports(len(listening))):
            service.port = port
        self.write_configuration()

    def write_configuration(self):
        main_cf = MAIN_CF.format(root=self.root, etc=self.etc, queue=self.queue,
                                 log=self.log_path, hostname=HOSTNAME, domain=DOMAIN,
                                 sink_port=self._sink_port)
        # A service of a test takes the place of ours, which do not listen on a port.
        taken = {s.name for s in self.services.values() if not s.listens}
        master_cf = "".join(line for line in MASTER_CF.splitlines(keepends=True)
                            if line.split()[0] not in taken)
        for service in self.services.values():
            master_cf += service.master_lines()
        for name, text in (("main.cf", main_cf + self._main_cf), ("master.cf", master_cf)):
            _write(f"{self.etc}/{name}", text)
            # Postfix waits until a file has been left alone for two seconds.
            os.utime(f"{self.etc}/{name}", (time.time() - 10,) * 2)

    def start(self, *, keep=False):
        daemon_directory = process.run(["postconf", "-c", self.etc, "-h",
                                        "daemon_directory"]).strip()
        # The master process itself, not "postfix start", which would leave it to init.
        self._process = process.spawn([f"{daemon_directory}/master", "-c", self.etc],
                                      keep=keep,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # All ports are open once one of them answers.
        port = next(s.port for s in self.services.values() if s.listens)
        process.wait_until(lambda: process.answers(port) or self._must_run(), what="Postfix")

    def _must_run(self):
        if self._process.poll() is not None:
            raise RuntimeError(f"Postfix ended at once:\n{self.log()}")
        return False

    @property
    def pid(self):
        return self._process.pid

    @property
    def pids(self):
        """Of all that must end for it to have ended."""
        return [self.pid]

    def stop(self):
        if self._process is not None:
            process.stop(self._process)
            self._process = None

    def reload(self):
        process.run(["postfix", "-c", self.etc, "reload"])

    def log(self):
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def waiting(self):
        """What waits in the queue, as "postqueue -j" tells it."""
        lines = process.run(["postqueue", "-c", self.etc, "-j"]).splitlines()
        return [json.loads(line) for line in lines]

    def queued(self):
        """How many messages wait in the queue."""
        return len(self.waiting())

    def release(self, queue_id):
        """Lets a message go that is on hold."""
        process.run(["postsuper", "-c", self.etc, "-H", queue_id])

    def sendmail(self, message, *arguments):
        """Hands in a message as a program of this machine does, by sendmail(1)."""
        process.run(["sendmail", "-C", self.etc, *arguments], input=message.decode())

    def held(self):
        """The queue ids of the messages on hold."""
        queue = process.run(["postqueue", "-c", self.etc, "-j"])
        return re.findall(r'"queue_name": "hold", "queue_id": "(\w+)"', queue)

    def delete(self, queue_id):
        process.run(["postsuper", "-c", self.etc, "-d", queue_id])

    def _make_accounts(self):
        # A chrooted smtpd opens the database by its path below the queue directory: the two
        # kinds need a file of settings each.
        database = f"{self.queue}/etc/sasldb2"
        for name, path in (("smtpd", database), ("smtpd-chroot", "/etc/sasldb2")):
            _write(f"{self.etc}/sasl/{name}.conf",
                   "pwcheck_method: auxprop\nauxprop_plugin: sasldb\n"
                   f"mech_list: PLAIN LOGIN\nsasldb_path: {path}\n")
        make_sasldb(database, self._accounts)
        shutil.chown(database, pwd.getpwnam("postfix").pw_uid)


def _write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
