# SPDX-License-Identifier: BSD-2-Clause
"""A daemon of ours as tests see it: its configuration file, its process, its log."""

import os
import re
import signal

from . import process


class Daemon:
    """`name` is the program's; configuration and log are files in `directory`."""

    name = None
    started = "started, version"  # what it logs once it can be asked

    def __init__(self, programs, directory, conf_name):
        self.programs = programs
        self.directory = directory
        self.conf_path = f"{directory}/{conf_name}"
        self.log_path = f"{directory}/log"
        self._process = None

    def write_conf(self, text):
        """All at once: a reload that goes on reads the old file or the new one."""
        with open(self.conf_path + ".new", "w", encoding="utf-8") as f:
            f.write(text)
        os.rename(self.conf_path + ".new", self.conf_path)

    # --- the process ---

    def argv(self):
        return [self.programs.path(self.name), "-c", self.conf_path]

    def start(self, *, keep=False, wait=True):
        mark = self.mark()
        with open(self.log_path, "ab") as log:
            self._process = process.spawn(self.argv(), stdout=log, stderr=log, keep=keep)
        if wait:
            # Its own word counts: the socket is there a moment before Postfix may use it.
            process.wait_until(lambda: self.started in self.log_since(mark) or
                               self._must_run(), what=f"{self.name} to start")

    def _must_run(self):
        if self._process.poll() is not None:
            raise RuntimeError(f"{self.name} ended with status {self._process.returncode}:\n"
                               f"{self.log()}")
        return False

    @property
    def pid(self):
        return self._process.pid

    @property
    def running(self):
        return self._process is not None and self._process.poll() is None

    def wait_exit(self, timeout=30):
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

    def pause(self):
        """It lives, and answers nothing any more."""
        self.send_signal(signal.SIGSTOP)
        # On a busy machine, threads run on until one of them has seen the signal.
        os.waitid(os.P_PID, self.pid, os.WSTOPPED)

    def resume(self):
        self.send_signal(signal.SIGCONT)

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

    def wait_log(self, pattern, mark=0, timeout=30.0):
        """The first line after `mark` that the regular expression is found in, as a match."""
        expression = re.compile(pattern, re.MULTILINE)
        return process.wait_until(lambda: expression.search(self.log_since(mark)),
                                  timeout=timeout, what=f"log line {pattern!r}; the log:\n"
                                  f"{self.log_since(mark)}")
