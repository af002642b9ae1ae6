# SPDX-License-Identifier: BSD-2-Clause
"""Speaks with tests/sasl/sasl_server."""

import os
import re
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

BUILD = Path(os.environ.get("SENDAS_BUILD", ".")).resolve()
PLUGIN = BUILD / "libsendas.so"
# Built with a sanitizer? Then only a program that is, too, can load it.
INSTRUMENTED = PLUGIN.exists() and re.search(rb"__[at]san_init", PLUGIN.read_bytes()) is not None
PROGRAM = BUILD / "tests" / "sasl" / "sasl_server"


def system_plugins():
    for path in sorted(Path("/usr").glob("lib*/**/sasl2/libplain.so")):
        return path.parent
    return None


SYSTEM_PLUGINS = system_plugins()

LIMIT = 120 # seconds for one command; valgrind is slow

# What sasl.h calls them.
CODES = {name: code for code, name in (
    (0, "OK"), (-1, "FAIL"), (-2, "NOMEM"), (-3, "BUFOVER"), (-4, "NOMECH"), (-5, "BADPROT"),
    (-6, "NOTDONE"), (-7, "BADPARAM"), (-8, "TRYAGAIN"), (-13, "BADAUTH"), (-14, "NOAUTHZ"),
    (-20, "NOUSER"), (-24, "UNAVAIL"), (-26, "NOVERIFY"), (-31, "CONSTRAINT_VIOLAT"))}
NAMES = {code: name for name, code in CODES.items()}


@dataclass
class Answer:
    code: str
    fields: list
    log: list
    seconds: float

    def properties(self):
        """What lookup and direct have found: {name: [values]}."""
        found = {}
        for text in self.fields:
            name, _, values = text.partition("=")
            found[name] = [bytes.fromhex(v) for v in values.split(",")] if values else []
        return found


class Server:
    def __init__(self, environment, *options, wrapper=()):
        self.process = subprocess.Popen(
            [*wrapper, str(PROGRAM), *options], env=environment, text=True,
            encoding="utf-8", errors="surrogateescape",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.hello = self._answer(time.monotonic())
        assert self.hello.code == "OK", self.hello

    def send(self, *words):
        """A command whose answer is read later."""
        self.process.stdin.write("\t".join(map(str, words)) + "\n")
        self.process.stdin.flush()

    def run(self, *words):
        start = time.monotonic()
        self.send(*words)
        return self._answer(start)

    def _answer(self, start):
        """Reads one; a libsasl that waits without end is ended."""
        watchdog = threading.Timer(LIMIT, self.process.kill)
        watchdog.start()
        try:
            return self._read(start)
        finally:
            watchdog.cancel()

    def _read(self, start):
        log = []
        for line in self.process.stdout:
            line = line.rstrip("\n")
            if line.startswith("= "):
                code, *fields = line[2:].split("\t")
                return Answer(NAMES.get(int(code), code), fields, log,
                              time.monotonic() - start)
            log.append(line)
        raise AssertionError(f"sasl_server ended: {log} {self.process.stderr.read()}")

    def finish(self):
        """Ends it; its exit status and what it wrote to standard error."""
        if self.process.stdin.closed:
            return self.process.returncode, ""
        self.process.stdin.close()
        errors = self.process.stderr.read()
        self.process.wait(timeout=60)
        self.process.stdout.close()
        self.process.stderr.close()
        return self.process.returncode, errors
