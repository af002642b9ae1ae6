#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Messages a second through a real Postfix, its milter on a Unix and on an inet socket.

The same private Postfix serves three smtpd: without a milter, with sendas-milter over a
Unix socket, and over an inet socket. They are loaded in turn, round by round.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))

from lib import process, smtp  # noqa: E402
from lib.postfix import ACCOUNTS, DOMAIN, Postfix, Service  # noqa: E402
from lib.programs import Milter, Programs  # noqa: E402

INET_TO_UNIX = 0.85  # of the Unix socket's rate, at least

# Nothing is delivered, and no disk is waited for: the filter's part shows best.
MAIN_CF = "transport_maps = static:discard:\nsmtpd_peername_lookup = no\n"


class Rate:
    def __init__(self, options):
        self.options = options
        memory = Path("/dev/shm")
        self.dir = tempfile.mkdtemp(prefix="sb-", dir=memory if memory.is_dir() else None)
        Path(self.dir).chmod(0o755)
        self.milters = []
        self.postfix = None

    def start(self):
        programs = Programs(self.options.build)
        port = process.free_ports(1)[0]
        addresses = {"unix": f"unix:{self.dir}/s/milter.sock",
                     "inet": f"inet:{port}@127.0.0.1"}
        owners = Path(self.dir) / "owners"
        owners.write_text("".join(f"{login}@{DOMAIN} {login}@{DOMAIN}\n"
                                  for login in ACCOUNTS), encoding="ascii")
        for name, listen in addresses.items():
            milter = Milter(programs, self.dir, name, listen,
                            {"send_as": [f"file:{owners}"], "log_to": "stderr"})
            self.milters.append(milter)
            milter.start()
        services = [Service("plain"), Service("unix", milters=addresses["unix"]),
                    Service("inet", milters=f"inet:127.0.0.1:{port}")]
        self.postfix = Postfix(self.dir, 9, services, main_cf=MAIN_CF)
        self.postfix.set_up()
        self.postfix.start()

    def finish(self):
        if self.postfix is not None:
            self.postfix.stop()
        for milter in self.milters:
            milter.stop()
        shutil.rmtree(self.dir)

    def load(self, service):
        """Messages/s of some connections that send one message after the other."""
        port = self.postfix.port(service)
        share = self.options.messages // self.options.connections
        barrier = threading.Barrier(self.options.connections + 1)
        failures = []

        def talk(number):
            login = list(ACCOUNTS)[number % len(ACCOUNTS)]
            address = f"{login}@{DOMAIN}"
            honest = smtp.compose([f"From: {address}"])
            spoofed = smtp.compose([f"From: ceo@{DOMAIN}"])
            try:
                with smtp.Client(port) as client:
                    client.ehlo()
                    client.auth_plain(address, ACCOUNTS[login])
                    barrier.wait()
                    for count in range(share):
                        lie = service != "plain" and count % 10 == 9
                        reply = client.send(address, "x@example.net",
                                            spoofed if lie else honest)
                        if reply.code != (550 if lie else 250):
                            failures.append(f"{service}: {reply}")
                    client.quit()
            except Exception as error:  # shown below; the other threads must not wait
                failures.append(f"{service}: {error!r}")
                barrier.abort()

        threads = [threading.Thread(target=talk, args=(n,))
                   for n in range(self.options.connections)]
        for thread in threads:
            thread.start()
        try:
            barrier.wait()
        except threading.BrokenBarrierError:
            pass
        began = time.monotonic()
        for thread in threads:
            thread.join()
        if failures:
            raise SystemExit("bench: " + "; ".join(failures[:3]))
        return share * self.options.connections / (time.monotonic() - began)

    def compare(self):
        names = ["plain", "unix", "inet"]
        rates = {name: [] for name in names}
        for name in names:
            self.load(name)
        for number in range(self.options.rounds):
            for name in names if number % 2 == 0 else reversed(names):
                rates[name].append(self.load(name))
        inet = statistics.median(a / b for a, b in zip(rates["inet"], rates["unix"]))
        unix = statistics.median(a / b for a, b in zip(rates["unix"], rates["plain"]))
        print(f"through Postfix, {self.options.connections} connections, messages/s: " +
              ", ".join(f"{name} {statistics.median(rates[name]):.0f}" for name in names))
        print(f"unix / no milter {unix:.2f}, inet / unix {inet:.2f} "
              f"(wanted: at least {INET_TO_UNIX})")
        return inet


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=".")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=2000, help="in each round")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--check", action="store_true",
                        help="exit with status 1 when the target is missed")
    options = parser.parse_args()
    rate = Rate(options)
    try:
        rate.start()
        inet = rate.compare()
    finally:
        rate.finish()
    return 1 if options.check and inet < INET_TO_UNIX else 0


if __name__ == "__main__":
    sys.exit(main())
