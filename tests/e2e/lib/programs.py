# SPDX-License-Identifier: BSD-2-Clause
"""The programs under test: a sendas-milter with its configuration, log and grants file."""

import grp
import json
import os
import shutil
import subprocess

from .daemon import Daemon
from .postfix import DOMAIN

# The milter drops root and becomes this user; its group lets Postfix use the socket. sendmail
# needs no such group, for it connects as root.
MILTER_USER = "nobody"
SOCKET_GROUP = next((g.gr_name for g in grp.getgrall() if g.gr_name == "postfix"), "mail")


class Programs:
    """Where the built programs are: a build directory, or the prefix of an installation."""

    def __init__(self, directory):
        self.directory = str(directory)

    def path(self, name):
        for candidate in (name, f"sbin/{name}", f"bin/{name}", f"lib/sasl2/{name}"):
            path = os.path.join(self.directory, candidate)
            if os.access(path, os.X_OK):
                return path
        raise FileNotFoundError(f"{name} not found in {self.directory}: build it first")


def settings_text(settings):
    """A sendas.conf from a dict: str, bool, list of str, or a dict for a block. An int is
    written without quotes."""
    lines = []
    for name, value in settings.items():
        if isinstance(value, dict):
            inner = settings_text(value)
            lines.append(f"{name} {{\n{inner}}}")
        else:
            lines.append(f"{name} = {_value(value)}")
    return "\n".join(lines) + "\n"


def _value(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "{ " + ", ".join(_value(v) for v in value) + " }"
    if isinstance(value, int):
        return str(value)
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class Milter(Daemon):
    """One sendas-milter with a directory of its own below `root`.

    `listen` is where it listens ("unix:PATH" or "inet:PORT@ADDRESS"); the other settings
    have the defaults of base_settings() unless `settings` says otherwise."""

    name = "sendas-milter"

    def __init__(self, programs, root, name, listen, settings=None):
        super().__init__(programs, f"{root}/{name}", "sendas.conf")
        self.listen = listen
        self.store_path = f"{self.directory}/store/grants.db"
        for path in (self.directory, f"{self.directory}/store"):
            os.makedirs(path, mode=0o755, exist_ok=True)
        # SQLite's WAL wants to make files beside the database.
        shutil.chown(f"{self.directory}/store", MILTER_USER)
        if listen.startswith("unix:"):
            prepare_socket_directory(os.path.dirname(listen[len("unix:"):]))
        self.configure(settings)

    def base_settings(self):
        settings = {
            "listen": self.listen,
            "user": MILTER_USER,
            "control": f"{self.directory}/control",
            "store": self.store_path,
            "login_domain": DOMAIN,
        }
        if self.listen.startswith("unix:"):
            settings["socket_group"] = SOCKET_GROUP
        return settings

    def configure(self, settings=None):
        """Writes the configuration file; a running milter reads it at reload()."""
        self.write_conf(settings_text({**self.base_settings(), **(settings or {})}))

    # --- sendasctl ---

    def ctl(self, *arguments, data=None, check=True):
        """Runs sendasctl with our configuration; the finished process, output as bytes."""
        command, *rest = arguments
        result = subprocess.run(
            [self.programs.path("sendasctl"), command, *rest, "--config", self.conf_path],
            input=data if data is not None else b"", stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, timeout=60, check=False)
        if check and result.returncode != 0:
            raise RuntimeError(f"sendasctl {' '.join(arguments)}: status {result.returncode}: "
                               f"{result.stderr.decode(errors='replace').strip()}")
        return result

    def init_store(self):
        self.ctl("init")

    def grant(self, login, *addresses):
        self.ctl("grant", login, *addresses)

    def revoke(self, login, *addresses):
        self.ctl("revoke", login, *addresses)

    def explain(self, login, mail_from, message):
        """The JSON object of `sendasctl explain`, with its exit status as "status"."""
        result = self.ctl("explain", "--login", login, "--mail-from", mail_from, "--json",
                          data=message, check=False)
        if result.returncode not in (0, 1):
            raise RuntimeError(f"sendasctl explain: status {result.returncode}: "
                               f"{result.stderr.decode(errors='replace').strip()}")
        return {**json.loads(result.stdout), "status": result.returncode}


def prepare_socket_directory(directory):
    """A directory where the milter's user may make a socket and Postfix may reach it."""
    os.makedirs(directory, mode=0o755, exist_ok=True)
    shutil.chown(directory, MILTER_USER, SOCKET_GROUP)
