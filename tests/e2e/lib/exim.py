# SPDX-License-Identifier: BSD-2-Clause
"""A private Exim, unpacked from its package beside the Postfix that is installed, whose
cyrus_sasl driver asks libsasl."""

import os
import shutil
import subprocess
import sys

from . import process
from .namespace import Namespace, unpacked

CONFIGURATION = """\
primary_hostname = mail.example.org
spool_directory = {root}/spool
log_file_path = {root}/log/%slog
pid_file_path = {root}/exim.pid
daemon_smtp_ports = {port}
local_interfaces = 127.0.0.1
exim_user = Debian-exim
exim_group = Debian-exim
add_environment = SASL_PATH={sasl_path} : SASL_CONF_PATH={root}/sasl
keep_environment =
acl_smtp_rcpt = acl_rcpt
host_lookup =
rfc1413_query_timeout = 0s

begin acl

acl_rcpt:
  accept authenticated = *
         logwrite = identity <$authenticated_id>
  deny

begin authenticators
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


def found():
    """Exim's program below SENDAS_EXIM, where its package was unpacked; None without."""
    return unpacked("SENDAS_EXIM", "usr/sbin/exim4")


class Exim:
    """`sasl` as for lib.postfix.Postfix. It runs in a mount namespace where its user exists:
    nothing is added to the system's users."""

    def __init__(self, root, sasl, user_id=64999):
        self.root = root
        self._user_id = user_id
        self._sasl = sasl
        self._process = None
        self.port = None

    def set_up(self):
        for name in ("spool", "log", "sasl"):
            os.makedirs(f"{self.root}/{name}", mode=0o755, exist_ok=True)
        for name in ("spool", "log"):
            os.chown(f"{self.root}/{name}", self._user_id, self._user_id)
        path = self._sasl.write(f"{self.root}/sasl")
        shutil.copy(f"{self.root}/sasl/smtpd.conf", f"{self.root}/sasl/exim.conf")
        self.port = process.free_ports(1)[0]
        text = CONFIGURATION.format(root=self.root, port=self.port,
                                    sasl_path=path.replace(":", "::"))
        for mechanism in MECHANISMS:
            text += AUTHENTICATOR.format(name=mechanism.lower().replace("-", "_"),
                                         mechanism=mechanism)
        with open(f"{self.root}/exim.conf", "w", encoding="utf-8") as f:
            f.write(text)

    def start(self):
        # The sockets' group lets its user in, as Postfix's.
        namespace = Namespace(self.root)
        namespace.add_user(USER, self._user_id, groups=["postfix"])
        with open(f"{self.root}/output", "ab") as log:
            self._process = process.spawn(
                namespace.argv([found(), "-C", f"{self.root}/exim.conf", "-bdf", "-q1h"]),
                stdout=log, stderr=log)
        process.wait_until(self._answers, what="Exim")

    def _answers(self):
        if self._process.poll() is not None:
            with open(f"{self.root}/output", encoding="utf-8") as f:
                raise RuntimeError(f"Exim ended at once: {f.read()}")
        probe = subprocess.run(
            [sys.executable, "-c",
             f"import socket; socket.create_connection(('127.0.0.1', {self.port}), 1)"],
            check=False, stderr=subprocess.DEVNULL)
        return probe.returncode == 0

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
