# SPDX-License-Identifier: BSD-2-Clause
"""A directory (common/ldap) as a test asks it, through tests/lib/directory_ask."""

import json
import os
import shlex
import subprocess
import tempfile
from pathlib import Path

BUILD = Path(os.environ.get("SENDAS_BUILD", ".")).resolve()
PROGRAM = BUILD / "tests/lib/directory_ask"
# Such as "valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite
# --num-callers=40 --suppressions=.../tests/lib/valgrind.supp"; some tests are about times that are
# too short for that.
WRAPPER = shlex.split(os.environ.get("SENDAS_WRAPPER", ""))

# Leaks of libraries, told from our own by the whole stack.
SUPPRESSIONS = Path(__file__).resolve().parent.parent / "lib/lsan.supp"
ENVIRONMENT = {
    **os.environ,
    "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":fast_unwind_on_malloc=0",
    "LSAN_OPTIONS": f"suppressions={SUPPRESSIONS}:print_suppressions=0",
}

# How the levels of notices are numbered.
WARNING, INFO = 1, 2

SUFFIX = "dc=example,dc=org"


class Asker:
    """One process with one directory. Settings are those of struct directory_settings, and
    "fork"; `inside`: a command that runs the command behind it."""

    def __init__(self, *uris, inside=(), **settings):
        self.notices = []  # (level, line)
        self._errors = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            [*inside, *WRAPPER, str(PROGRAM), json.dumps({"uris": uris, **settings})],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True,
            env=ENVIRONMENT)

    def send(self, **question):
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()

    def receive(self):
        """The reply to what was sent first; notices on the way are kept."""
        for line in self._process.stdout:
            reply = json.loads(line)
            if "notice" not in reply:
                return reply
            self.notices.append((reply["level"], reply["notice"]))
        raise RuntimeError(f"directory_ask ended:\n{self.errors()}")

    def ask(self, **question):
        self.send(**question)
        return self.receive()

    def search(self, text, **more):
        more.setdefault("base", SUFFIX)
        return self.ask(search=text, **more)

    def check(self, dn, password, **more):
        return self.ask(check=dn, password=password, **more)

    def notice_lines(self):
        return [line for _, line in self.notices]

    def errors(self):
        self._errors.seek(0)
        return self._errors.read()

    def finish(self):
        """Ends it; its exit status and what it printed as errors, which is what a sanitizer
        has found."""
        self._process.stdin.close()
        for line in self._process.stdout:
            reply = json.loads(line)
            if "notice" in reply:
                self.notices.append((reply["level"], reply["notice"]))
        status = self._process.wait(60)
        errors = self.errors()
        self._errors.close()
        return status, errors
