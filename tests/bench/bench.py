#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What sendas-milter costs beside a libmilter filter that does nothing.

Both filters run side by side and are loaded in turn, round by round, so that whatever
else the machine does strikes both. Read the ratios, not the absolute figures: each is the
median over the rounds of one round's sendas-milter to its neighbour's do-nothing filter.
"""

import argparse
import os
import pwd
import re
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

# What the table is judged by with --check.
TARGETS = {
    "rate": 0.9,            # of the do-nothing filter's messages/s, at least
    "cpu": 1.25,            # of its CPU per message, at most
    "startup_ms": 200,
    "memory_mb": 12,        # RSS at 512 connections
    "more_rate": 0.9,       # with --more grants, of what it is with --grants, at least
    "more_cpu": 1.1,        # the same, at most
    "cached_rate": 0.9,     # with a cached map, of what it is with the grants, at least
    "cached_cpu": 1.1,      # the same, at most
    "site_rate": 0.8,       # at a large site, of what it is at a small one, at least
    "site_cpu": 1.2,        # the same, at most
}


# A small site has 1,000 grants and one rule, a large one this beside its grants.
GROUPS = 1000
LARGE_GROUPS = 10       # with 1,000 members at least
RULES = 200
SMALL_GRANTS = 1000


class Filter:
    """A filter program under measurement."""

    def __init__(self, name, command, address, log):
        self.name = name
        self.address = address
        self._log = open(log, "ab")
        began = time.monotonic()
        self.process = subprocess.Popen(command, stdout=self._log, stderr=self._log)
        self._wait_until_it_answers()
        self.startup = time.monotonic() - began

    def _wait_until_it_answers(self):
        deadline = time.monotonic() + 30
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"bench: {self.name} did not start; see {self._log.name}")
            time.sleep(0.001)

    def _answers(self):
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
                sock.settimeout(10)
                sock.connect(self.address.partition(":")[2])
                sock.sendall(struct.pack("!IcIII", 13, b"O", 6, 0x1FF, 0x1FFFFF))
                return len(sock.recv(64)) > 0
        except (FileNotFoundError, ConnectionRefusedError):
            return False

    def cpu_seconds(self):
        """User and system, by the clock of clock_getcpuclockid(3): no ticks of 10 ms."""
        return time.clock_gettime((~self.process.pid << 3) | 2)

    def memory_mb(self):
        """(RSS, PSS) now."""
        text = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        return tuple(int(re.search(rf"^{key}:\s+(\d+)", text, re.M).group(1)) / 1024
                     for key in ("Rss", "Pss"))

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._log.close()


@dataclass
class Store:
    path: Path
    logins: int
    groups: int = 0


@dataclass
class Round:
    rate: float
    cpu: float   # seconds per 10,000 messages
    p50: float   # milliseconds
    p99: float


@dataclass
class Series:
    """The rounds of one filter at one number of connections."""

    rounds: list = field(default_factory=list)

    def median(self, what):
        return statistics.median(getattr(entry, what) for entry in self.rounds)


def ratio(ours, floor, what):
    """Median over the rounds of ours / floor: each round compares neighbours in time."""
    return statistics.median(getattr(a, what) / max(getattr(b, what), 1e-9)
                             for a, b in zip(ours.rounds, floor.rounds))


class Bench:
    def __init__(self, options):
        self.options = options
        self.build = Path(options.build).resolve()
        self.dir = Path(tempfile.mkdtemp(prefix="sendas-bench-"))
        os.chmod(self.dir, 0o755)
        self.store = Store(self.dir / "grants.db", options.grants // 2)
        self.filters = []
        self.missed = []

    # --- programs and data ---

    def program(self, name):
        for place in ("", "milter", "ctl", "tests/bench"):
            path = self.build / place / name
            if path.is_file() and os.access(path, os.X_OK):
                return str(path)
        raise SystemExit(f"bench: {name} is not built in {self.build}")

    def make_store(self, store):
        """Two grants a login: its own address, and an alias in another domain. With groups,
        the alias is that of a group which the login is in."""
        table = self.dir / "grants.txt"
        with open(table, "w", encoding="ascii") as out:
            for login in range(store.logins):
                owner = f"user{login}@example.org"
                if store.groups:
                    owner = f"group:team{login % store.groups}"
                out.write(f"user{login}@example.org user{login}@example.org\n"
                          f"alias{login}@example.net {owner}\n")
            for group in range(store.groups):
                members = [f"user{n}@example.org" for n in range(group, store.logins, store.groups)]
                if group < LARGE_GROUPS:
                    members += [f"guest{n}@example.org" for n in range(1000 - len(members))]
                out.write(f"!group team{group} {','.join(members)}\n")
        ctl = [self.program("sendasctl"), "--config", str(self.write_config("ctl", store))]
        subprocess.run([*ctl, "init"], check=True, stdout=subprocess.DEVNULL)
        began = time.monotonic()
        subprocess.run([*ctl, "import", "--from", "sendas", str(table)], check=True,
                       stdout=subprocess.DEVNULL)
        print(f"{store.logins * 2} grants{f', {store.groups} groups' if store.groups else ''} "
              f"imported in {time.monotonic() - began:.1f} s")
        table.unlink()

    def write_config(self, name, store=None, listen=None, send_as="builtin", settings=""):
        path = self.dir / f"{name}.conf"
        listen = listen or f"unix:{self.dir}/{name}.sock"
        user = pwd.getpwuid(os.getuid()).pw_name
        path.write_text(f'listen = "{listen}"\nuser = "{user}"\n'
                        f'store = "{(store or self.store).path}"\nsend_as = {{ "{send_as}" }}\n'
                        f'control = "{self.dir}/{name}.control"\n'
                        f'{settings}\nlog_to = "stderr"\nlogin_domain = "example.org"\n',
                        encoding="ascii")
        return path

    def start_noop(self):
        # It leaves its socket behind, and does not remove an old one.
        Path(self.dir / "noop.sock").unlink(missing_ok=True)
        address = f"unix:{self.dir}/noop.sock"
        return self._start("noop", [self.program("noop"), address], address)

    def start_sendas(self, name="sendas", store=None, **settings):
        config = self.write_config(name, store, **settings)
        return self._start(name, [self.program("sendas-milter"), "-c", str(config)],
                           f"unix:{self.dir}/{name}.sock")

    def _start(self, name, command, address):
        started = Filter(name, command, address, self.dir / f"{name}.log")
        self.filters.append(started)
        return started

    def stop(self, one):
        self.filters.remove(one)
        one.stop()

    def finish(self):
        for one in list(self.filters):
            self.stop(one)
        if self.options.keep:
            print(f"kept: {self.dir}")
        else:
            shutil.rmtree(self.dir)

    # --- measuring ---

    def load_command(self, one, connections, messages, seed, store=None):
        command = [self.program("load"), "-c", str(connections), "-m", str(messages),
                   "-l", str((store or self.store).logins), "-s", str(self.options.spoofed),
                   "-S", str(seed)]
        if one.name == "noop":
            command.append("-n")
        return [*command, one.address]

    def load(self, one, connections, seed, store=None):
        before = one.cpu_seconds()
        done = subprocess.run(
            self.load_command(one, connections, self.options.messages, seed, store),
            stdout=subprocess.PIPE, text=True, check=False)
        cpu = one.cpu_seconds() - before
        if done.returncode != 0:
            raise SystemExit(f"bench: a verdict was wrong or {one.name} failed: "
                             f"{done.stdout.strip()}")
        got = dict(pair.split("=") for pair in done.stdout.split())
        return Round(rate=float(got["rate"]), cpu=cpu * 1e4 / int(got["messages"]),
                     p50=int(got["p50"]) / 1000, p99=int(got["p99"]) / 1000)

    def compare(self, floor, ours):
        """The table: one line for each number of connections."""
        print(f"\n{'':11} {'messages/s':^22} {'CPU s/10,000':^21} "
              f"{'p50 ms':^15} {'p99 ms':^17}")
        print(f"{'connections':11} {'noop':>7} {'sendas':>7} {'ratio':>6} "
              f"{'noop':>7} {'sendas':>6} {'ratio':>6} {'noop':>7} {'sendas':>7} "
              f"{'noop':>8} {'sendas':>8}")
        for connections in self.options.connections:
            a, b = Series(), Series()
            self.load(floor, connections, 0)  # warm both up, unmeasured
            self.load(ours, connections, 0)
            for number in range(self.options.rounds):
                pair = [(floor, a), (ours, b)]
                for one, series in pair if number % 2 == 0 else reversed(pair):
                    series.rounds.append(self.load(one, connections, number + 1))
            self.print_row(connections, a, b)

    def print_row(self, connections, a, b):
        rate, cpu = ratio(b, a, "rate"), ratio(b, a, "cpu")
        print(f"{connections:11} {a.median('rate'):7.0f} {b.median('rate'):7.0f} "
              f"{rate:6.2f} {a.median('cpu'):7.2f} {b.median('cpu'):6.2f} {cpu:6.2f} "
              f"{a.median('p50'):7.2f} {b.median('p50'):7.2f} "
              f"{a.median('p99'):8.2f} {b.median('p99'):8.2f}", flush=True)
        self.judge(f"messages/s at {connections} connections", rate, TARGETS["rate"], True)
        self.judge(f"CPU at {connections} connections", cpu, TARGETS["cpu"], False)

    def compare_ways(self, name, what, one_way, other_way):
        """The same program in two ways, each a filter and its store. The difference is
        small, so it is taken from many short rounds."""
        for connections in self.options.connections:
            ways = (one_way, Series()), (other_way, Series())
            for (one, store), _ in ways:
                self.load(one, connections, 0, store)  # warm up, unmeasured
            for number in range(4 * self.options.rounds):
                for (one, store), series in ways if number % 2 == 0 else reversed(ways):
                    series.rounds.append(self.load(one, connections, number + 1, store))
            rate, cpu = (ratio(ways[1][1], ways[0][1], of) for of in ("rate", "cpu"))
            print(f"{connections:4} connections: messages/s {rate:.2f}, CPU {cpu:.2f}",
                  flush=True)
            self.judge(f"messages/s {what} at {connections} connections", rate,
                       TARGETS[f"{name}_rate"], True)
            self.judge(f"CPU {what} at {connections} connections", cpu,
                       TARGETS[f"{name}_cpu"], False)

    def compare_stores(self, ours, more):
        """Few and many grants."""
        big = self.start_sendas("more", more)
        print(f"\nwith {more.logins * 2} grants, of what it is with "
              f"{self.store.logins * 2}:")
        self.compare_ways("more", "with more grants", (ours, self.store), (big, more))
        self.stop(big)

    def compare_cached(self):
        """Grants from the store, and owners that stand in a cache: so few that after a
        while all of them do."""
        store = Store(self.dir / "few.db", 1000)
        self.make_store(store)
        table = self.dir / "few.cf"
        table.write_text(f"dbpath = {store.path}\n"
                         "query = SELECT login FROM rights WHERE address = '%s' AND kind = 1\n",
                         encoding="ascii")
        ours = self.start_sendas("few", store)
        cached = self.start_sendas("cached", store, send_as=f"sqlite:{table}",
                                   settings='cache { maps = "sqlite" ttl = 1h }')
        print("\nwith a map from the cache, of what it is with grants:")
        self.compare_ways("cached", "with a cached map", (ours, store), (cached, store))
        self.stop(ours)
        self.stop(cached)

    @staticmethod
    def rules(count):
        """Rules of all kinds, the last of which is for everybody."""
        kinds = ('logins = {{ "boss{0}@example.org", "chief{0}@example.org" }}',
                 'login_domains = {{ "d{0}.example.com" }}',
                 'clients = {{ "10.{0}.0.0/16", "2001:db8:{0}::/48" }}',
                 'client_names = {{ ".c{0}.example.com" }}',
                 'daemons = {{ "smtp{0}" }}')
        text = "".join(f'rule "r{n}" {{ {kinds[n % len(kinds)].format(n)}\n'
                       '  on_violation = "defer" }\n' for n in range(count - 1))
        return text + 'rule "all" { authenticated = "true"\n  on_violation = "reject" }\n'

    def compare_sites(self):
        """A small site and a large one."""
        small = Store(self.dir / "small.db", SMALL_GRANTS // 2)
        large = Store(self.dir / "large.db", self.options.site // 2, GROUPS)
        self.make_store(small)
        self.make_store(large)
        ways = [(self.start_sendas(name, store, settings=self.rules(rules)), store)
                for name, store, rules in (("small", small, 1), ("large", large, RULES))]
        print(f"\nwith {self.options.site} grants, {GROUPS} groups and {RULES} rules, of what it "
              f"is with {SMALL_GRANTS} grants and one rule:")
        self.compare_ways("site", "at a large site", *ways)
        for one, _ in ways:
            self.stop(one)

    def judge(self, what, value, target, at_least):
        if value < target if at_least else value > target:
            self.missed.append(f"{what}: {value:.2f}, wanted "
                               f"{'at least' if at_least else 'at most'} {target}")

    def measure_startup(self):
        times = []
        for number in range(5):
            one = self.start_sendas(f"start{number}")
            times.append(one.startup * 1000)
            self.stop(one)
        value = statistics.median(times)
        print(f"start-up (until it answers a negotiation): {value:.0f} ms")
        self.judge("start-up ms", value, TARGETS["startup_ms"], False)

    def sample_memory(self, one, connections):
        """The highest (RSS, PSS) of samples taken while the load runs."""
        load = subprocess.Popen(self.load_command(one, connections,
                                                  self.options.messages, 1),
                                stdout=subprocess.DEVNULL)
        rss = pss = 0.0
        while load.poll() is None:
            now = one.memory_mb()
            rss, pss = max(rss, now[0]), max(pss, now[1])
            time.sleep(0.05)
        self.stop(one)
        return rss, pss

    def measure_memory(self, connections=512):
        """Of fresh processes, every connection busy all the time. RSS counts the libraries
        whole, PSS only this process's share of what others use, too."""
        rss, pss = self.sample_memory(self.start_sendas("memory"), connections)
        floor = self.sample_memory(self.start_noop(), connections)
        print(f"memory at {connections} busy connections: RSS {rss:.1f} MB, PSS {pss:.1f} MB "
              f"(noop: {floor[0]:.1f}, {floor[1]:.1f})")
        self.judge(f"RSS MB at {connections} connections", rss, TARGETS["memory_mb"], False)

    def run(self):
        print(f"{os.cpu_count()} CPUs, {self.options.rounds} rounds of "
              f"{self.options.messages} messages, {self.options.spoofed} % spoofed")
        if self.options.site_only:
            self.options.site = self.options.site or 1000000
            self.compare_sites()
            return
        self.make_store(self.store)
        floor, ours = self.start_noop(), self.start_sendas()
        self.compare(floor, ours)
        if self.options.more:
            more = Store(self.dir / "more.db", self.options.more // 2)
            self.make_store(more)
            self.compare_stores(ours, more)
        if self.options.cached:
            self.compare_cached()
        if self.options.site:
            self.compare_sites()
        self.stop(floor)
        self.stop(ours)
        print()
        self.measure_startup()
        self.measure_memory()


def read_options():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=".", help="build directory")
    parser.add_argument("--grants", type=int, default=100000)
    parser.add_argument("--more", type=int, default=0, metavar="GRANTS",
                        help="compare with a store of so many grants, too")
    parser.add_argument("--cached", action="store_true",
                        help="compare with a map whose answers come from a cache, too")
    parser.add_argument("--site", type=int, nargs="?", const=1000000, default=0,
                        metavar="GRANTS",
                        help=f"compare a site with so many grants (1,000,000), {GROUPS} groups "
                             f"and {RULES} rules with a small one, too")
    parser.add_argument("--site-only", action="store_true", help="and nothing else")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=20000, help="in each round")
    parser.add_argument("--spoofed", type=int, default=10, help="percent")
    parser.add_argument("--connections", type=lambda text: [int(n) for n in text.split(",")],
                        default=[1, 16, 64, 512], metavar="N,N,...")
    parser.add_argument("--check", action="store_true",
                        help="exit with status 1 when a target is missed")
    parser.add_argument("--keep", action="store_true", help="keep logs and data")
    return parser.parse_args()


def main():
    options = read_options()
    bench = Bench(options)
    try:
        bench.run()
    finally:
        bench.finish()
    for line in bench.missed:
        print("missed:", line)
    return 1 if options.check and bench.missed else 0


if __name__ == "__main__":
    sys.exit(main())
