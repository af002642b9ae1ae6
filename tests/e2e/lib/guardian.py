# SPDX-License-Identifier: BSD-2-Clause
"""Reads from standard input what its parent starts and stops, and when the parent is gone (end
of file) ends what is left: the process groups, then the directories."""

import os
import shutil
import signal
import sys
import time

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def end(groups, number):
    for group in groups:
        try:
            os.killpg(group, number)
        except ProcessLookupError:
            pass


def main():
    for number in SIGNALS:  # we end with our parent, not before it
        signal.signal(number, signal.SIG_IGN)
    groups, directories = set(), set()
    for line in sys.stdin:
        word, what = line.rstrip("\n").split(" ", 1)
        if word == "started":
            groups.add(int(what))
        elif word == "stopped":
            groups.discard(int(what))
        elif word == "directory":
            directories.add(what)
    if groups:
        end(groups, signal.SIGTERM)
        time.sleep(0.5)
        end(groups, signal.SIGKILL)
    for directory in directories:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
