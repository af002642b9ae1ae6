# SPDX-License-Identifier: BSD-2-Clause
"""Starts the real sendas-authd for a test, and looks at it from outside."""

import base64
import hashlib
import hmac
import os
import pwd
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "lib"))

import authd_client  # noqa: E402

BUILD = Path(os.environ.get("SENDAS_BUILD", ".")).resolve()
SOURCE = Path(__file__).resolve().parent.parent.parent
WAIT = 30  # seconds; generous, since the machine may be busy and sanitizers are slow
PASSWORD = "correct horse"


def program(name):
    for place in ("", "tests/lib"):
        path = BUILD / place / name
        if path.is_file() and os.access(path, os.X_OK):
            return str(path)
    raise FileNotFoundError(f"{name} is not built in {BUILD}")


def instrumented():
    """Was the daemon built with a sanitizer, which makes it slow?"""
    return re.search(rb"__[at]san_init", Path(program("sendas-authd")).read_bytes())


def me():
    return pwd.getpwuid(os.getuid()).pw_name


def wait_for(condition, what, seconds=WAIT):
    """Polls until condition() is true; its value."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.01)


def scram(password, iterations=4096, name="SCRAM-SHA-256", hash_name="sha256"):
    """An RFC 5803 verifier, by another hand than ours."""
    salt = os.urandom(16)
    salted = hashlib.pbkdf2_hmac(hash_name, password.encode(), salt, iterations)
    client = hmac.new(salted, b"Client Key", hash_name).digest()
    server = hmac.new(salted, b"Server Key", hash_name).digest()
    stored = hashlib.new(hash_name, client).digest()
    text = [base64.b64encode(part).decode() for part in (salt, stored, server)]
    return f"{name}${iterations}:{text[0]}${text[1]}:{text[2]}"


class Authd:
    """One sendas-authd in the foreground, with accounts and settings of its own."""

    def __init__(self, directory, settings="", guessing="", start=True, environment=None,
                 prefix=()):
        self.dir = Path(directory)
        self.dir.mkdir(parents=True, exist_ok=True)
        self.mux = self.dir / "mux"
        self.socket = self.dir / "lookup"
        self.config = self.dir / "authd.conf"
        self.accounts = self.dir / "accounts.db"
        self.log = self.dir / "log"
        self.environment = environment or {}
        self.prefix = list(prefix)  # a command that runs another
        self.process = self.stderr = None
        self.write_config(settings, guessing)
        self.change(f"add alice@example.org {scram(PASSWORD)}",
                    f"add bob@example.org {scram('bob')}")
        if start:
            self.start()

    def change(self, *lines):
        """Does to the accounts what the lines say (tests/lib/accountsfile.c)."""
        done = subprocess.run([program("accountsfile"), str(self.accounts)], text=True,
                              input="".join(line + "\n" for line in lines),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def write_config(self, settings="", guessing=""):
        """The settings that every test needs, then the test's own."""
        new = self.config.with_suffix(".new")
        mine = {
            "lookup_sockets": f'{{ "{self.socket}" }}',
            "saslauthd_sockets": f'{{ "{self.mux}" }}',
            "user": f'"{me()}"',
            "log_to": '"stderr"',
            "accounts": f'"{self.accounts}"',
            "key_file": f'"{self.dir}/authd.key"',
            "scram_iterations": "4096",
            "login_domain": '"example.org"',
        }
        lines = [f"{name} = {value}\n" for name, value in mine.items()
                 if not re.search(rf"^{name}\b", settings, re.M)]
        new.write_text("".join(lines) + settings + f"\nguessing {{\n{guessing}\n}}\n",
                       encoding="utf-8")
        new.rename(self.config)

    def command(self, *arguments):
        return [program("sendas-authd"), "-c", str(self.config), *arguments]

    def start(self):
        self.stderr = open(self.log, "ab")
        self.log_before = self.log.stat().st_size
        self.process = subprocess.Popen(
            self.prefix + self.command(), stdout=self.stderr, stderr=self.stderr,
            stdin=subprocess.DEVNULL, env={**os.environ, **self.environment})
        wait_for(self._ready, "the sockets")
        return self

    def _ready(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"exit status {self.process.returncode}: {self.log_text()}")
        return ": started, version" in self.log_text()[self.log_before:]

    # --- talking to it ---

    def login(self, login="alice@example.org", password=PASSWORD, **options):
        return authd_client.saslauthd(self.mux, login, password, **options)

    def wire(self, **options):
        return authd_client.Wire(self.socket, **options)

    def login_from(self, client, login="alice@example.org", password=PASSWORD, wire=None):
        """As libsasl does it: the plugin says who the client is, then the login comes, unless
        the plugin has heard that it must not."""
        with (self.wire() if wire is None else wire) as connection:
            reply = connection.lookup(login, client=client)
            if reply.status == authd_client.UNAVAIL:
                return "?"
            assert reply.status in (authd_client.OK, authd_client.REFUSED), reply
            return self.login(login, password)

    # --- what it says ---

    def log_text(self):
        return self.log.read_text(encoding="utf-8", errors="surrogateescape")

    def log_lines(self, pattern=""):
        return [line for line in self.log_text().splitlines() if re.search(pattern, line)]

    def wait_for_log(self, pattern, count=1):
        def found():
            lines = self.log_lines(pattern)
            return lines if len(lines) >= count else None
        try:
            return wait_for(found, f"{count} log lines with {pattern!r}")
        except TimeoutError as error:
            raise AssertionError(f"{error}; the log is:\n{self.log_text()}") from None

    # --- signals and state ---

    def signal(self, number):
        self.process.send_signal(number)
        if number == signal.SIGSTOP: # threads run on until one of them has seen it
            os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)

    def reload(self):
        before = len(self.log_lines(r"reload: (configuration loaded|the old)"))
        self.signal(signal.SIGHUP)
        return self.wait_for_log(r"reload: (configuration loaded|the old)", before + 1)[-1]

    def alive(self):
        return self.process.poll() is None

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def memory_kb(self):
        text = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"^VmRSS:\s+(\d+)", text, re.M).group(1))

    def finish(self):
        """Ends the daemon if a test did not; then it must have ended well."""
        if self.process is None:
            return
        if self.alive():
            self.signal(signal.SIGTERM)
            try:
                self.process.wait(WAIT)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError("SIGTERM did not end the daemon") from None
        self.stderr.close()
        status = self.process.returncode
        text = self.log_text()
        assert status in (0, -signal.SIGKILL), f"exit status {status}:\n{text}"
        assert "Sanitizer" not in text and "runtime error" not in text, text
