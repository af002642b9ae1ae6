# SPDX-License-Identifier: BSD-2-Clause
"""A private Exim, unpacked from its package beside the Postfix that is installed, whose
cyrus_sasl driver asks libsasl."""

import os
import re
import shutil

from . import process
from .certificates import make_server_certificate
from .namespace import Namespace, unpacked

CONFIGURATION = """\
primary_hostname = mail.example.org
exim_path = {root}/exim4
deliver_drop_privilege
spool_directory = {root}/spool
log_file_path = {root}/log/%slog
pid_file_path = {root}/exim.pid
daemon_smtp_ports = {port}
local_interfaces = 127.0.0.1
exim_user = Debian-exim
exim_group = Debian-exim
keep_environment =
acl_smtp_rcpt = acl_rcpt
host_lookup =
rfc1413_query_timeout = 0s
tls_advertise_hosts = *
tls_certificate = {root}/cert.pem
tls_privatekey = {root}/key.pem
{main}

begin acl

acl_rcpt:
  accept authenticated = *
         logwrite = identity <$authenticated_id>
  deny
{acl}

begin routers

everybody:
  driver = manualroute
  route_list = * 127.0.0.1
  self = send
  transport = sink

begin transports

sink:
  driver = smtp
  port = {sink_port}

begin authenticators

{authenticators}
"""

AUTHENTICATOR = """
{name}:
  driver = cyrus_sasl
  public_name = {mechanism}
  server_realm = example.org
  server_set_id = $auth1
"""

MECHANISMS = ("PLAIN", "LOGIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "CRAM-MD5")
USER = "Debian-exim"


def our_authenticators():
    return "".join(AUTHENTICATOR.format(name=mechanism.lower().replace("-", "_"),
                                        mechanism=mechanism) for mechanism in MECHANISMS)


def found():
    """Exim's program below SENDAS_EXIM, where its package was unpacked; None without."""
    return unpacked("SENDAS_EXIM", "usr/sbin/exim4")


class Exim:
    """`sasl` as for lib.postfix.Postfix, mail goes to `sink_port`. What stands in its main
    section beside ours, its ACLs and its authenticators may be an example's (`parts`: "main",
    "acl", "authenticators"). It runs in a mount namespace where its user exists: nothing is
    added to the system's users."""

    def __init__(self, root, sasl, *, sink_port="smtp", parts=None, user_id=64999):
        self.root = root
        self.ca_file = f"{root}/cert.pem"
        self._user_id = user_id
        self._sasl = sasl
        self._sink_port = sink_port
        self._parts = parts or {"main": f"add_environment = SASL_CONF_PATH={root}/sasl\n",
                                "acl": "", "authenticators": our_authenticators()}
        self._process = None
        self.port = None

    def set_up(self):
        for name in ("spool", "log", "sasl"):
            os.makedirs(f"{self.root}/{name}", mode=0o755, exist_ok=True)
        for name in ("spool", "log"):
            os.chown(f"{self.root}/{name}", self._user_id, self._user_id)
        make_server_certificate(self.ca_file, f"{self.root}/key.pem", "mail.example.org")
        os.chown(f"{self.root}/key.pem", self._user_id, self._user_id)
        path = self._sasl.write(f"{self.root}/sasl")
        shutil.copy(f"{self.root}/sasl/smtpd.conf", f"{self.root}/sasl/exim.conf")
        self.port = process.free_ports(1)[0]
        # Where libsasl2 finds its plugins: an installed one lies among them.
        main = re.sub(r"(?m)^add_environment\s*=", "add_environment = SASL_PATH="
                      + path.replace(":", "::") + " :",
                      self._parts["main"])
        parts = {**self._parts, "main": main}
        with open(f"{self.root}/exim.conf", "w", encoding="utf-8") as f:
            f.write(CONFIGURATION.format(root=self.root, port=self.port,
                                         sink_port=self._sink_port, **parts))

    def start(self):
        # The sockets' group lets its user in, as Postfix's.
        namespace = Namespace(self.root)
        namespace.add_user(USER, self._user_id, groups=["postfix"])
        # It starts itself anew for each delivery, as its user, who may not pass everywhere.
        program = f"{self.root}/exim4"
        with open(program, "wb"):
            namespace.bind(found(), program)
        with open(f"{self.root}/output", "ab") as log:
            self._process = process.spawn(
                namespace.argv([program, "-C", f"{self.root}/exim.conf", "-bdf", "-q1h"]),
                stdout=log, stderr=log)
        process.wait_until(self._answers, what="Exim")

    def _answers(self):
        if self._process.poll() is not None:
            with open(f"{self.root}/output", encoding="utf-8") as f:
                raise RuntimeError(f"Exim ended at once: {f.read()}")
        return process.answers(self.port)

    def stop(self):
        if self._process is not None:
            process.stop(self._process)
            self._process = None

    def log(self):
        try:
            with open(f"{self.root}/log/mainlog", encoding="utf-8", errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""
