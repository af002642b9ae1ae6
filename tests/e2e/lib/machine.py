# SPDX-License-Identifier: BSD-2-Clause
"""The machine that a private Postfix serves: programs that run on it hand in their mail by
sendmail(1), as they would where that Postfix were the system's."""

import contextlib
import os
import shutil
import subprocess

from . import process
from .namespace import Namespace


class Machine:
    """Everything runs in a mount namespace where /etc/postfix is that Postfix's: what programs
    have built in leads there, for all users. `root` is a directory for our own files."""

    def __init__(self, root, postfix):
        self.root = root
        self._postfix = postfix
        os.makedirs(root, mode=0o755)

    def _namespace(self):
        namespace = Namespace(self.root)
        namespace.bind(self._postfix.etc, "/etc/postfix")
        return namespace

    def run(self, *argv, data=b"", user=None, check=True):
        """Runs a program to its end, as root or as another user; the finished process."""
        command = list(argv)
        if user is not None:
            command = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups",
                       *command]
        result = subprocess.run(self._namespace().argv(command), input=data, check=False,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
                                cwd="/")
        if check and result.returncode != 0:
            raise RuntimeError(f"{argv[0]}: status {result.returncode}: {result.stdout}")
        return result

    @contextlib.contextmanager
    def cron(self, **crontabs):
        """A cron of its own, with these users' crontabs. It takes this for the machine's start:
        jobs of @reboot run at once."""
        files = f"{self.root}/cron"
        for path in (f"{files}/spool/crontabs", f"{files}/cron.d", f"{files}/run"):
            os.makedirs(path)
        shutil.chown(f"{files}/spool/crontabs", "root", "crontab")
        os.chmod(f"{files}/spool/crontabs", 0o1730)
        _write(f"{files}/crontab", "", 0o644)
        for user, text in crontabs.items():
            path = f"{files}/spool/crontabs/{user}"
            _write(path, text, 0o600)
            shutil.chown(path, user, "crontab")
        namespace = self._namespace()
        for source, target in (("spool", "/var/spool/cron"), ("crontab", "/etc/crontab"),
                               ("cron.d", "/etc/cron.d"), ("run", "/run")):
            namespace.bind(f"{files}/{source}", target)
        daemon = process.spawn(namespace.argv(["cron", "-f"]), stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
        yield daemon
        process.stop(daemon)
        shutil.rmtree(files)


def _write(path, text, mode):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path, mode)
