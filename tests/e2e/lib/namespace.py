# SPDX-License-Identifier: BSD-2-Clause
"""A mount namespace for a program that wants users or files of its own at places of the
system's: nothing is added to the system itself."""

import os
import shlex


class Namespace:
    """`root`: a directory for what is put in place. add_user(), bind() and devices() before
    argv()."""

    def __init__(self, root, *, hostname=None):
        self._root = root
        self._hostname = hostname
        self._users = []
        self._members = []
        self._mounts = []

    def add_user(self, name, number, *, groups=()):
        """A user and its group, which is a member of `groups`, too."""
        self._users.append((name, number))
        self._members += [(group, name) for group in groups]

    def bind(self, source, target):
        """`source` is to be seen at `target`, which must exist."""
        self._mounts.append((source, target))

    def _write_users(self):
        with open("/etc/passwd", encoding="utf-8") as f:
            passwd = f.read()
        with open("/etc/group", encoding="utf-8") as f:
            groups = f.read().splitlines()
        for name, number in self._users:
            passwd += f"{name}:x:{number}:{number}::/nonexistent:/bin/false\n"
            groups.append(f"{name}:x:{number}:")
        for group, name in self._members:
            groups = [_with_member(line, group, name) for line in groups]
        for name, text in (("passwd", passwd), ("group", "\n".join(groups) + "\n")):
            with open(f"{self._root}/{name}", "w", encoding="utf-8") as f:
                f.write(text)
            self.bind(f"{self._root}/{name}", f"/etc/{name}")

    def argv(self, command):
        """The arguments that run `command` (a list) in it."""
        if self._users:
            self._write_users()
        steps = ["mount --make-rprivate /"]
        steps += [f"mount --rbind {shlex.quote(source)} {shlex.quote(target)}"
                  for source, target in self._mounts]
        if self._hostname is not None:
            steps.append(f"hostname {shlex.quote(self._hostname)}")
        steps.append(f"exec {shlex.join(command)}")
        return ["unshare", "-m", *(["--uts"] if self._hostname else []), "sh", "-c",
                " && ".join(steps)]


def _with_member(line, group, user):
    if line.split(":", 1)[0] != group:
        return line
    return line + ("" if line.endswith(":") else ",") + user


def unpacked(variable, path):
    """A program below the directory that an environment variable names, where its package was
    unpacked; None without."""
    found = os.path.join(os.environ.get(variable, "/nonexistent"), path)
    return found if os.access(found, os.X_OK) else None
