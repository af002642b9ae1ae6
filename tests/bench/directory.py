#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Searches a second of a directory asked by many threads, beside those of one connection that
is used for one search after the other, by one thread and by as many, in turn, on a slapd of
its own (mdb, the attribute of the filter indexed, no log)."""

import argparse
import collections
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))

from lib.slapd import SUFFIX, Slapd  # noqa: E402

PEOPLE = 1000  # as many as directory_rate asks for


def entries():
    yield f"dn: {SUFFIX}\nobjectClass: domain\ndc: example\n"
    for i in range(PEOPLE):
        yield (f"dn: uid=u{i},{SUFFIX}\nobjectClass: inetOrgPerson\nuid: u{i}\ncn: U\nsn: U\n"
               f"mail: u{i}@example.org\n")


def measure(args, uri):
    """(kind, threads): [(searches a second, microseconds of our processor time)]"""
    runs = collections.defaultdict(list)
    output = subprocess.run(
        [f"{args.build}/tests/bench/directory_rate", uri, SUFFIX, str(args.searches),
         str(args.links), *map(str, args.threads)],
        stdout=subprocess.PIPE, text=True, check=True).stdout
    for line in output.splitlines():
        kind, threads, count, wall, processor = line.split()
        runs[kind, int(threads)].append((int(count) / float(wall),
                                         float(processor) / int(count) * 1e6))
    return runs


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=".")
    parser.add_argument("--searches", type=int, default=4000, help="a round")
    parser.add_argument("--links", type=int, default=2, help="connections that threads share")
    parser.add_argument("--threads", type=int, nargs="+", default=[8, 16, 32])
    args = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="sendas-bench-") as root:
        slapd = Slapd(root, globals_text="loglevel 0",
                      database_text="index uid eq\nindex objectClass eq", debug="0")
        slapd.load("\n".join(entries()))
        slapd.start()
        try:
            runs = measure(args, slapd.uri)
        finally:
            slapd.stop()

    print("              threads    median/s      best/s   CPU us   of one thread's median")
    base = statistics.median(rate for rate, _ in runs["serial", 1])
    for (kind, threads), values in runs.items():
        rates = [rate for rate, _ in values]
        print(f"{kind:12} {threads:8} {statistics.median(rates):11.0f} {max(rates):11.0f} "
              f"{statistics.median(cpu for _, cpu in values):8.1f} "
              f"{statistics.median(rates) / base:10.2f}")


if __name__ == "__main__":
    main()
