#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Searches a second of a directory asked by many threads, beside those of one connection that
is used for one search after the other, by one thread and by as many, in turn, on a slapd of
its own (mdb, indexes, no log); with --delay as if it were on another machine, with --more
beside those of a larger one."""

import argparse
import collections
import contextlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import crowd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))

from lib import process  # noqa: E402
from lib.slapd import SUFFIX, Slapd  # noqa: E402

TOP = f"""\
dn: {SUFFIX}
objectClass: domain
dc: example

dn: ou=people,{SUFFIX}
objectClass: organizationalUnit
ou: people
"""

# Filters that find one entry each, for every person.
FILTERS = {
    "uid": "(uid=u%ld)",
    "mail": "(mail=u%ld@example.org)",
    "member": f"(member=uid=u%ld,ou=people,{SUFFIX})",
}


@contextlib.contextmanager
def directory(root, entries):
    slapd = Slapd(root, f"slapd-{entries}", globals_text="loglevel 0",
                  database_text="index uid,mail,member,objectClass eq", debug="0",
                  size=crowd.size(entries))
    crowd.load(slapd, TOP, entries, SUFFIX, "u%d")
    slapd.start()
    try:
        yield slapd
    finally:
        slapd.stop()


@contextlib.contextmanager
def at_a_distance(args, slapd):
    """The URI of the server behind a network that takes its time each way."""
    port, = process.free_ports(1)
    with subprocess.Popen([f"{args.build}/tests/bench/delay", str(port), str(slapd.port),
                           str(args.delay)]) as proxy:
        try:
            process.wait_until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0,
                               what="the delay to listen")
            yield f"ldap://127.0.0.1:{port}"
        finally:
            proxy.terminate()


def measure(args, uri, entries, threads, rounds, attribute="uid"):
    """(kind, threads): [(searches a second, microseconds of our processor time)]"""
    runs = collections.defaultdict(list)
    people = crowd.people(entries) // crowd.GROUP * crowd.GROUP  # those who are in a group
    output = subprocess.run(
        [f"{args.build}/tests/bench/directory_rate", uri, SUFFIX, FILTERS[attribute],
         str(people), str(args.searches), str(args.links), str(rounds), *map(str, threads)],
        stdout=subprocess.PIPE, text=True, check=True).stdout
    for line in output.splitlines():
        kind, count_of_threads, count, wall, processor = line.split()
        runs[kind, int(count_of_threads)].append((int(count) / float(wall),
                                                  float(processor) / int(count) * 1e6))
    return runs


def compare_kinds(args, uri):
    runs = measure(args, uri, args.entries, args.threads, args.rounds)
    print("              threads    median/s      best/s   CPU us   of one thread's median")
    base = statistics.median(rate for rate, _ in runs["serial", 1])
    for (kind, threads), values in runs.items():
        rates = [rate for rate, _ in values]
        print(f"{kind:12} {threads:8} {statistics.median(rates):11.0f} {max(rates):11.0f} "
              f"{statistics.median(cpu for _, cpu in values):8.1f} "
              f"{statistics.median(rates) / base:10.2f}")


def processor_time(pid):
    """Seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def compare_sizes(args, small, large):
    """The same searches in both, in turn. What they cost the server is told as well: that
    depends less on what else the machine does."""
    threads = max(args.threads)
    runs = collections.defaultdict(list)
    costs = collections.Counter()
    for slapd, entries in ((small, args.entries), (large, args.more)):  # warm up, unmeasured
        measure(args, slapd.uri, entries, [threads], 1)
    for _ in range(args.rounds):
        for attribute in FILTERS:
            for slapd, entries in ((small, args.entries), (large, args.more)):
                before = processor_time(slapd.pid)
                measured = measure(args, slapd.uri, entries, [threads], 1, attribute)
                costs[attribute, entries] += processor_time(slapd.pid) - before
                for (kind, count), values in measured.items():
                    runs[attribute, kind, count, entries] += [rate for rate, _ in values]
    print(f"\nfilter    kind          threads  {args.entries:>9} entries  {args.more:>9} entries"
          "   ratio of medians   of bests")
    for attribute in FILTERS:
        for kind, count in (("serial", 1), ("directory", threads)):
            few = runs[attribute, kind, count, args.entries]
            many = runs[attribute, kind, count, args.more]
            print(f"{attribute:9} {kind:12} {count:8} {statistics.median(few):18.0f} "
                  f"{statistics.median(many):18.0f} "
                  f"{statistics.median(many) / statistics.median(few):18.2f} "
                  f"{max(many) / max(few):10.2f}")
    print("\nfilter     slapd's us of processor time a search           ratio")
    for attribute in FILTERS:
        # Serial by one thread, serial by all, and by all on shared connections.
        few, many = (costs[attribute, entries] * 1e6 / (args.rounds * args.searches * 3)
                     for entries in (args.entries, args.more))
        print(f"{attribute:9} {few:18.1f} {many:18.1f} {many / few:14.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=".")
    parser.add_argument("--searches", type=int, default=4000, help="a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--links", type=int, default=2, help="connections that threads share")
    parser.add_argument("--threads", type=int, nargs="+", default=[8, 16, 32])
    parser.add_argument("--entries", type=int, default=1050, help="of the directory")
    parser.add_argument("--more", type=int, help="entries of a second one, such as 1000000")
    parser.add_argument("--delay", type=int, help="microseconds on the way to the server")
    args = parser.parse_args()

    with contextlib.ExitStack() as stack:
        root = stack.enter_context(tempfile.TemporaryDirectory(prefix="sendas-bench-"))
        small = stack.enter_context(directory(root, args.entries))
        if args.more:
            large = stack.enter_context(directory(root, args.more))
            compare_sizes(args, small, large)
        else:
            compare_kinds(args, small.uri)
        if args.delay:
            print(f"\nwith {args.delay} us on the way there and on the way back:")
            compare_kinds(args, stack.enter_context(at_a_distance(args, small)))


if __name__ == "__main__":
    main()
