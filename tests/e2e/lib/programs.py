# SPDX-License-Identifier: BSD-2-Clause
"""The programs under test: a sendas-milter with its configuration, log and grants file."""

import json
import os
import re
import shutil
import signal
import subprocess

from . import process
from .postfix import DOMAIN

# The milter drops root and becomes this user; its group lets Postfix use the socket.
MILTER_USER = "nobody"
SOCKET_GROUP = "postfix"


class Programs:
    """Where the built programs are: a build directory, or the prefix of an installation."""

    def __init__(self, directory):
        self.directory = str(directory)

    def path(self, name):
        for candidate in (name, f".libs/{name}", f"sbin/{name}", f"bin/{name}",
                          f"lib/sasl2/{name}"):
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


class Milter:
    """One sendas-milter with a directory of its own below `root`.

    `listen` is where it listens ("unix:PATH" or "inet:PORT@ADDRESS"); the other settings
    have the defaults of base_settings() unless `settings` says otherwise."""

    def __init__(self, programs, root, name, listen, settings=None):
        self.programs = programs
        self.directory = f"{root}/{name}"
        self.listen = listen
        self.conf_path = f"{self.directory}/sendas.conf"
        self.store_path = f"{self.directory}/store/grants.db"
        self.log_path = f"{self.directory}/log"
        self._process = None
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
            "store": self.store_path,
            "login_domain": DOMAIN,
        }
        if self.listen.startswith("unix:"):
            settings["socket_group"] = SOCKET_GROUP
        return settings

    def configure(self, settings=None):
        """Writes the configuration file; a running milter reads it at reload()."""
        self.write_conf(settings_text({**self.base_settings(), **(settings or {})}))

    def write_conf(self, text):
        """All at once: a reload that goes on reads the old file or the new one."""
        with open(self.conf_path + ".new", "w", encoding="utf-8") as f:
            f.write(text)
        os.rename(self.conf_path + ".new", self.conf_path)

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

    # --- the daemon ---

    def start(self, *, keep=False, wait=True):
        mark = self.mark()
        with open(self.log_path, "ab") as log:
            self._process = process.spawn(
                [self.programs.path("sendas-milter"), "-c", self.conf_path],
                stdout=log, stderr=log, keep=keep)
        if wait:
            # Its own word counts: the socket is there a moment before Postfix may use it.
            process.wait_until(lambda: "started, version" in self.log_since(mark) or
                               self._must_run(), what="sendas-milter to start")

    def _must_run(self):
        if self._process.poll() is not None:
            raise RuntimeError(f"sendas-milter ended with status {self._process.returncode}:\n"
                               f"{self.log()}")
        return False

    @property
    def pid(self):
        return self._process.pid

    @property
    def running(self):
        return self._process is not None and self._process.poll() is None

    def wait_exit(self, timeout=10):
        return self._process.wait(timeout)

    def stop(self):
        """SIGTERM, and SIGKILL when that does not end it in time; the exit status."""
        if self._process is None:
            return None
        status = process.stop(self._process)
        self._process = None
        return status

    def kill(self):
        """SIGKILL: no chance to say goodbye."""
        status = process.stop(self._process, first=signal.SIGKILL)
        self._process = None
        return status

    def send_signal(self, number):
        self._process.send_signal(number)

    def reload(self):
        self.send_signal(signal.SIGHUP)

    # --- its log ---

    def log(self):
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def mark(self):
        """The end of the log now, for log_since() and wait_log()."""
        return len(self.log())

    def log_since(self, mark):
        return self.log()[mark:]

    def wait_log(self, pattern, mark=0, timeout=10.0):
        """The first line after `mark` that the regular expression is found in, as a match."""
        expression = re.compile(pattern, re.MULTILINE)
        return process.wait_until(lambda: expression.search(self.log_since(mark)),
                                  timeout=timeout, what=f"log line {pattern!r}; the log:\n"
                                  f"{self.log_since(mark)}")


def prepare_socket_directory(directory):
    """A directory where the milter's user may make a socket and Postfix may reach it."""
    os.makedirs(directory, mode=0o755, exist_ok=True)
    shutil.chown(directory, MILTER_USER, SOCKET_GROUP)
