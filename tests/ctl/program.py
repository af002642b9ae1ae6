# SPDX-License-Identifier: BSD-2-Clause
"""sendasctl and a site for it: a directory, a configuration, a grants file."""

import json
import os
import pathlib
import subprocess

BUILD = pathlib.Path(os.environ.get("SENDAS_BUILD", "."))
PROGRAM = (BUILD / "sendasctl").resolve()
SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent


class Site:
    def __init__(self, directory, conf=None):
        """A site of its own, or one whose configuration exists."""
        self.directory = directory
        self.conf = conf or directory / "sendas.conf"
        self.store = directory / "lib" / "grants.db"
        self.always = {}  # settings that stay through configure()
        if conf is None:
            self.configure()

    def configure(self, **settings):
        """Writes the configuration: what every test needs, and the settings given."""
        rows = {
            "store": f'"{self.store}"',
            "listen": '"inet:8899@127.0.0.1"',
            "user": '"nobody"',
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
        command = [PROGRAM, *words] + (["--config", self.conf] if config else [])
        if isinstance(input, str):
            input = input.encode()
        return subprocess.run(command, input=input, capture_output=True, timeout=120,
                              cwd=self.directory, check=False, **options)

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
