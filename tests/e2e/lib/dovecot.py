# SPDX-License-Identifier: BSD-2-Clause
"""A private Dovecot that verifies logins for Postfix, and hands mail on to it as a submission
server where a test wants that. It has no mailboxes."""

import os
import shutil

from . import process

# Dovecot's own defaults, but for where things lie and for the time that wrong passwords cost.
BASE_CONF = """\
base_dir = {root}/run
state_dir = {root}/state
instance_name = {name}
log_path = {root}/log
listen = 127.0.0.1
protocols = {protocols}
ssl = no
disable_plaintext_auth = no
auth_failure_delay = 0
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""


def found():
    return shutil.which("dovecot") is not None


class Dovecot:
    """`conf`: what stands behind BASE_CONF: mechanisms, accounts, sockets. start() and stop()
    it. Accounts are lines of `users`, see account()."""

    def __init__(self, root, conf, *, name="dovecot", protocols=""):
        self.root = f"{root}/{name}"
        self.users = f"{self.root}/users"
        self._name = name
        self._process = None
        for path in (self.root, f"{self.root}/state"):
            os.makedirs(path, mode=0o755, exist_ok=True)
        self._conf_path = f"{self.root}/dovecot.conf"
        with open(self._conf_path, "w", encoding="utf-8") as f:
            f.write(BASE_CONF.format(root=self.root, name=name, protocols=protocols) + conf)

    def write_users(self, lines):
        """The passwd-file, all at once: Dovecot reads it anew when it has changed."""
        with open(self.users + ".new", "w", encoding="utf-8") as f:
            f.write("".join(f"{line}\n" for line in lines))
        os.chmod(self.users + ".new", 0o640)
        shutil.chown(self.users + ".new", "root", "dovecot")
        os.rename(self.users + ".new", self.users)

    def hashed(self, scheme, password):
        """The password as Dovecot keeps it by one of its schemes."""
        return process.run(["doveadm", "-c", self._conf_path, "pw", "-s", scheme,
                            "-p", password]).strip()

    def start(self):
        with open(f"{self.root}/output", "ab") as output:
            self._process = process.spawn(["dovecot", "-F", "-c", self._conf_path],
                                          stdout=output, stderr=output)
        process.wait_until(self._ready, what="Dovecot")

    def _ready(self):
        if self._process.poll() is not None:
            with open(f"{self.root}/output", encoding="utf-8") as f:
                raise RuntimeError(f"Dovecot ended at once: {f.read()}\n{self.log()}")
        # The last thing that its master does, once all sockets are open.
        return os.path.exists(f"{self.root}/run/master.pid")

    def stop(self):
        if self._process is not None:
            process.stop(self._process)
            self._process = None

    def log(self):
        try:
            with open(f"{self.root}/log", encoding="utf-8", errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""
