# SPDX-License-Identifier: BSD-2-Clause
"""sendasctl and a site for it: a directory, a configuration, a grants file."""

import base64
import contextlib
import hashlib
import hmac
import json
import os
import pathlib
import pwd
import re
import sqlite3
import subprocess

BUILD = pathlib.Path(os.environ.get("SENDAS_BUILD", "."))
PROGRAM = (BUILD / "sendasctl").resolve()
SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent


PASSWORD = "Kor8-rekt-Plof"  # one that keeps the rules


class Site:
    def __init__(self, directory, conf=None):
        """A site of its own, or one whose configuration exists."""
        self.directory = directory
        self.conf = conf or directory / "sendas.conf"
        self.store = directory / "lib" / "grants.db"
        self.always = {}  # settings that stay through configure()
        self.program = PROGRAM
        self.options = {}  # of subprocess.run()
        if conf is None:
            self.configure()

    def configure(self, **settings):
        """Writes the configuration: what every test needs, and the settings given."""
        rows = {
            "store": f'"{self.store}"',
            "listen": '"inet:8899@127.0.0.1"',
            "user": '"nobody"',
            "control": f'"{self.directory}/control"',
            "login_domain": '"example.org"',
            "send_as": '{ "builtin" }',
        }
        rows.update({**self.always, **settings})
        self.conf.write_text("".join(f"{name} = {value}\n" for name, value in rows.items()))

    def run(self, *words, config=True, **options):
        """Runs sendasctl; words may be str or bytes. stdout and stderr are text."""
        result = self.run_bytes(*words, config=config, **options)
        result.stdout = result.stdout.decode("utf-8")
        result.stderr = result.stderr.decode("utf-8")
        return result

    def run_bytes(self, *words, config=True, input=b"", **options):
        command = [self.program, *words] + (["--config", self.conf] if config else [])
        if isinstance(input, str):
            input = input.encode()
        return subprocess.run(command, input=input, capture_output=True, timeout=120,
                              cwd=self.directory, check=False, **{**self.options, **options})

    def drop_root(self):
        """From here on it is not root who runs the commands. In an open_directory."""
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self.program = self.directory / PROGRAM.name
            self.options = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}

    def ok(self, *words, **options):
        """Runs a command that must succeed and say nothing on stderr; returns its output."""
        result = self.run(*words, **options)
        assert (result.returncode, result.stderr) == (0, "")
        return result.stdout

    def json(self, *words, status=0, **options):
        result = self.run(*words, "--json", **options)
        assert result.returncode == status, result.stderr
        return json.loads(result.stdout)

    def refused(self, *words, status=2, **options):
        """Runs a command that must fail with one line on stderr and nothing on stdout."""
        result = self.run(*words, **options)
        assert result.returncode == status
        assert result.stdout == ""
        assert result.stderr.count("\n") == 1 and result.stderr.startswith("sendasctl: ")
        return result.stderr[len("sendasctl: "):-1]

    def rows(self):
        """All grants as (address, login)."""
        return [(row["address"], row["login"]) for row in self.json("grants")]


class AccountSite(Site):
    """A site with an authd.conf, too, which the commands for accounts get."""

    COMMANDS = ("init", "user", "import", "config")

    def __init__(self, directory):
        super().__init__(directory)
        self.authd = directory / "authd.conf"
        self.accounts = directory / "authd" / "accounts.db"
        self.key = directory / "authd" / "authd.key"
        self.configure_authd()

    def configure_authd(self, **settings):
        rows = {
            "accounts": f'"{self.accounts}"',
            "key_file": f'"{self.key}"',
            "user": '"nobody"',
            "login_domain": '"example.org"',
            "lookup_sockets": f'{{ "{self.directory}/lookup" }}',
            "scram_iterations": "4096",
            **settings,
        }
        self.authd.write_text("".join(f"{name} = {value}\n" for name, value in rows.items()))

    def run_bytes(self, *words, config=True, **options):
        if config and words and words[0] in self.COMMANDS:
            words = [*words, "--authd-config", self.authd]
        return super().run_bytes(*words, config=config, **options)

    def add(self, login, password=PASSWORD):
        """Makes an account."""
        return self.ok("user", "add", login, input=password + "\n")

    def logins(self):
        return [row["login"] for row in self.json("user", "list")]

    def stored(self, login):
        """The verifiers of an account, by scheme, as they stand in the file."""
        with contextlib.closing(sqlite3.connect(self.accounts)) as db:
            return dict(db.execute(
                "SELECT scheme, stored FROM verifiers JOIN accounts "
                "ON accounts.id = verifiers.account WHERE login = ?", (login,)))


def commands(site):
    """All commands, as the help lists them."""
    listed = site.ok("--help", config=False).split("commands:\n")[1].split("\n\n")[0]
    return {match.group(1) for match in
            re.finditer(r"^  ((?:config |group |map |user app |user )?[a-z-]+)", listed, re.M)}


def scram_right(stored, password):
    """Is the RFC 5803 value that of the (ASCII) password?"""
    mechanism, cost, keys = stored.split("$")
    name = mechanism.removeprefix("SCRAM-").lower().replace("-", "")
    iterations, salt = cost.split(":")
    salted = hashlib.pbkdf2_hmac(name, password.encode(), base64.b64decode(salt), int(iterations))
    client = hmac.digest(salted, b"Client Key", name)
    return keys.split(":")[0] == base64.b64encode(hashlib.new(name, client).digest()).decode()
