# SPDX-License-Identifier: BSD-2-Clause
"""A sendas-authd with its configuration, accounts and log, and libsendas.so for a Postfix."""

import os
import shutil
import subprocess

from .daemon import Daemon
from .postfix import DOMAIN
from .programs import SOCKET_GROUP, settings_text

# The daemon drops root and becomes this user; its sockets' group lets Postfix use them.
AUTHD_USER = "nobody"

# Tests log in often: an account's verifier costs what the mechanism must have at least.
ITERATIONS = 4096

SYSTEM_PLUGINS = ("/usr/lib/x86_64-linux-gnu/sasl2", "/usr/lib/aarch64-linux-gnu/sasl2",
                  "/usr/lib/sasl2")


class Authd(Daemon):
    """One sendas-authd with a directory of its own below `root`.

    Its sockets are in `root`/NAME-run, and, for a chrooted smtpd, at the same path below
    `jail` (a queue directory), so that one smtpd.conf serves both. `settings` go over those
    of base_settings()."""

    name = "sendas-authd"

    def __init__(self, programs, root, name="authd", *, jail=None, settings=None):
        super().__init__(programs, f"{root}/{name}", "authd.conf")
        self.run = f"{root}/{name}-run"
        self.jail = jail
        self.state = f"{self.directory}/state"
        self.accounts_path = f"{self.state}/accounts.db"
        for path in (self.directory, self.state):
            os.makedirs(path, mode=0o755, exist_ok=True)
        shutil.chown(self.state, AUTHD_USER)
        os.chmod(self.state, 0o700)
        for path in self.run_directories():
            os.makedirs(path, mode=0o755, exist_ok=True)
            shutil.chown(path, AUTHD_USER, SOCKET_GROUP)
        self.configure(settings)

    def run_directories(self):
        return [self.run] + ([self.jail + self.run] if self.jail else [])

    @property
    def lookup_socket(self):
        return f"{self.run}/lookup"

    @property
    def saslauthd_socket(self):
        return f"{self.run}/mux"

    def base_settings(self):
        return {
            "user": AUTHD_USER,
            "socket_group": SOCKET_GROUP,
            "lookup_sockets": [f"{d}/lookup" for d in self.run_directories()],
            "saslauthd_sockets": [f"{d}/mux" for d in self.run_directories()],
            "accounts": self.accounts_path,
            "key_file": f"{self.state}/authd.key",
            "login_domain": DOMAIN,
            "scram_iterations": ITERATIONS,
        }

    def configure(self, settings=None):
        """Writes the configuration file; a running daemon reads it at reload()."""
        self.write_conf(settings_text({**self.base_settings(), **(settings or {})}))

    # --- sendasctl ---

    def ctl(self, *arguments, data=None, check=True):
        """Runs sendasctl with our configuration; the finished process, output as bytes."""
        result = subprocess.run(
            [self.programs.path("sendasctl"), *arguments, "--authd-config", self.conf_path],
            input=data if data is not None else b"", stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, timeout=60, check=False)
        if check and result.returncode != 0:
            raise RuntimeError(f"sendasctl {' '.join(arguments)}: status {result.returncode}: "
                               f"{result.stderr.decode(errors='replace').strip()}")
        return result

    def init(self):
        """Makes the accounts file and the key."""
        self.ctl("init")

    def add(self, login, password):
        self.ctl("user", "add", login, "--no-rules", data=password.encode() + b"\n")

    def passwd(self, login, password):
        self.ctl("user", "passwd", login, "--no-rules", data=password.encode() + b"\n")


class SendasSasl:
    """How a Postfix asks this daemon: hand it to Postfix(sasl=...)."""

    MECHANISMS = "PLAIN LOGIN SCRAM-SHA-1 SCRAM-SHA-256 SCRAM-SHA-512"

    def __init__(self, authd, *, mechanisms=MECHANISMS, timeout=5, canon=True):
        self.authd = authd
        self.mechanisms = mechanisms
        self.timeout = timeout
        self.canon = canon

    def write(self, directory):
        """smtpd.conf in `directory`, for smtpd in its chroot and outside; and the directories
        where libsasl is to look for plugins, ours among them."""
        conf = ("pwcheck_method: saslauthd\n"
                f"saslauthd_path: {self.authd.saslauthd_socket}\n"
                "auxprop_plugin: sendas\n"
                f"sendas_socket: {self.authd.lookup_socket}\n"
                f"sendas_timeout: {self.timeout}\n"
                f"mech_list: {self.mechanisms}\n")
        if self.canon:
            conf += "canon_user_plugin: sendas\n"
        for name in ("smtpd", "smtpd-chroot"):
            with open(f"{directory}/{name}.conf", "w", encoding="utf-8") as f:
                f.write(conf)
        return plugin_path(self.authd.programs, directory)


def plugin_path(programs, directory):
    """A value of SASL_PATH: the plugin alone in a directory of its own, and the system's."""
    own = f"{directory}/plugins"
    os.makedirs(own, mode=0o755, exist_ok=True)
    shutil.copy(programs.path("libsendas.so"), f"{own}/libsendas.so")
    return ":".join([own] + [d for d in SYSTEM_PLUGINS if os.path.isdir(d)])
