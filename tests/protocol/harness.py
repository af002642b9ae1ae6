# SPDX-License-Identifier: BSD-2-Clause
"""Starts the real sendas-milter for a test, and looks at it from outside."""

import os
import pwd
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "lib"))

from milter_client import POSTFIX, MilterClient  # noqa: E402

BUILD = Path(os.environ.get("SENDAS_BUILD", ".")).resolve()
WAIT = 20  # seconds; generous, since the machine may be busy and sanitizers are slow

# Who owns what in most tests: the file map's lines.
OWNERS = """\
alice@example.org   alice@example.org
sales@example.org   alice@example.org, bob@example.org
bob@example.org     bob@example.org
carol@example.org   carol@example.org
all@example.org     *
"""


def program(name):
    """The path of a program that was built."""
    for place in ("", "milter", "ctl", "tests/bench"):
        path = BUILD / place / name
        if path.is_file() and os.access(path, os.X_OK):
            return str(path)
    raise FileNotFoundError(f"{name} is not built in {BUILD}")


def instrumented():
    """Was the daemon built with a sanitizer, which keeps memory for its own purposes?"""
    return re.search(rb"__[at]san_init", Path(program("sendas-milter")).read_bytes())


def me():
    return pwd.getpwuid(os.getuid()).pw_name


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


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


class Daemon:
    """One sendas-milter in the foreground, with a configuration of its own."""

    def __init__(self, directory, settings="", owners=OWNERS, send_as=None,
                 inet=False, start=True):
        self.dir = Path(directory)
        self.dir.mkdir(parents=True, exist_ok=True)
        self.socket = self.dir / "milter.sock"
        self.control = self.dir / "control"
        self.listen = f"inet:{free_port()}@127.0.0.1" if inet else f"unix:{self.socket}"
        self.owners = self.dir / "owners"
        self.config = self.dir / "sendas.conf"
        self.log = self.dir / "log"
        self.process = None
        self.stderr = None
        self._send_as = send_as
        self.write_owners(owners)
        self.write_config(settings)
        if start:
            self.start()

    @staticmethod
    def _write(path, text):
        """Replaces the file: who reads it meanwhile never sees half of it."""
        new = path.with_suffix(".new")
        new.write_text(text, encoding="utf-8")
        new.rename(path)

    def write_owners(self, text):
        self._write(self.owners, text)

    def write_config(self, settings=""):
        """The settings that every test needs, then the test's own."""
        send_as = self._send_as or f'"file:{self.owners}"'
        self._write(self.config,
                    f'listen = "{self.listen}"\n'
                    f'user = "{me()}"\n'
                    f'control = "{self.control}"\n'
                    'log_to = "stderr"\n'
                    f'send_as = {{ {send_as} }}\n'
                    f'{settings}\n')

    def command(self, *arguments):
        return [program("sendas-milter"), "-c", str(self.config), *arguments]

    def start(self):
        # Opened to append: several processes of a test may write to it in turn.
        self.stderr = open(self.log, "ab")
        self.process = subprocess.Popen(self.command(), stdout=self.stderr,
                                        stderr=self.stderr, stdin=subprocess.DEVNULL)
        wait_for(self._ready, "the socket")
        return self

    def _ready(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"exit status {self.process.returncode}: {self.log_text()}")
        try:
            MilterClient(self.listen).close()
            # It is opened after the other.
            return not self.control or os.path.exists(self.control)
        except OSError:
            return False

    # --- talking to it ---

    def client(self, mta=POSTFIX, **options):
        return MilterClient(self.listen, mta, **options)

    def send(self, message, mta=POSTFIX):
        """One message on a connection of its own."""
        with self.client(mta) as client:
            result = client.start().send(message)
            client.quit()
            return result

    # --- what it says ---

    def log_text(self):
        return self.log.read_text(encoding="utf-8", errors="surrogateescape")

    def log_lines(self):
        return self.log_text().splitlines()

    def wait_for_log(self, pattern, count=1):
        """Waits until `count` lines match; the matching lines."""
        def found():
            lines = [line for line in self.log_lines() if re.search(pattern, line)]
            return lines if len(lines) >= count else None
        try:
            return wait_for(found, f"{count} log lines with {pattern!r}")
        except TimeoutError as error:
            raise AssertionError(f"{error}; the log is:\n{self.log_text()}") from None

    # --- signals and state ---

    def signal(self, number):
        self.process.send_signal(number)
        if number == signal.SIGSTOP:  # threads run on until one of them has seen it
            os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)

    def reload(self):
        """SIGHUP, and waits until it has been acted on."""
        before = len(self._reload_lines())
        self.signal(signal.SIGHUP)
        wait_for(lambda: len(self._reload_lines()) > before, "the reload")
        return self._reload_lines()[-1]

    def _reload_lines(self):
        return [line for line in self.log_lines() if re.search(r"\breload", line)]

    def alive(self):
        return self.process.poll() is None

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def memory_kb(self):
        text = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"^VmRSS:\s+(\d+)", text, re.M).group(1))

    def wait(self, seconds=WAIT):
        return self.process.wait(seconds)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def finish(self):
        """Ends the daemon if a test did not; then it must have ended well."""
        if self.process is None:
            return
        if self.alive():
            self.signal(signal.SIGTERM)
            try:
                self.process.wait(WAIT)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError("SIGTERM did not end the daemon") from None
        self.stderr.close()
        status = self.process.returncode
        text = self.log_text()
        assert status in (0, -signal.SIGKILL), f"exit status {status}:\n{text}"
        assert "Sanitizer" not in text and "runtime error" not in text, text
