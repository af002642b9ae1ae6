#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a login costs through libsendas.so and sendas-authd, beside Cyrus SASL's own plugins
sasldb and sql (plaintext passwords in Berkeley DB and in SQLite).

All are asked in turn, round by round, by the same program (sasl_rate) in as many processes.
Read the ratios, not the absolute figures. Wants Debian's sasl2-bin, libsasl2-modules-db,
libsasl2-modules-sql and db5.3-util, with --ldap slapd and libsasl2-modules-ldap, and root."""

import argparse
import base64
import hashlib
import hmac
import os
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DOMAIN = "example.org"
LOGIN = "user%u@" + DOMAIN
PASSWORD = "correct-horse-7"
ITERATIONS = 4096
SYSTEM_PLUGINS = "/usr/lib/x86_64-linux-gnu/sasl2"


def scram_verifier(iterations=ITERATIONS):
    """RFC 5803. One salt for all: nobody attacks a benchmark, and it is made once."""
    salt = b"0123456789abcdef"
    salted = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), salt, iterations)
    key = hmac.new(salted, b"Client Key", "sha256").digest()
    stored = hashlib.sha256(key).digest()
    server = hmac.new(salted, b"Server Key", "sha256").digest()
    return "SCRAM-SHA-256$%d:%s$%s:%s" % (
        iterations, *(base64.b64encode(x).decode() for x in (salt, stored, server)))


def cheap_verifier():
    """A hash that costs next to nothing, so that what is left is the way to it."""
    return "{SHA256}" + base64.b64encode(hashlib.sha256(PASSWORD.encode()).digest()).decode()


class Contender:
    """A directory with rate.conf, and the environment to find its plugin in."""

    def __init__(self, name, root, conf, sasl_path=SYSTEM_PLUGINS):
        self.name = name
        self.directory = Path(root) / name
        self.directory.mkdir()
        (self.directory / "rate.conf").write_text(conf)
        self.environment = {**os.environ, "SASL_PATH": sasl_path}

    def run(self, program, kind, accounts, seconds, processes):
        """logins/s and microseconds of the caller's CPU for each."""
        result = subprocess.run(
            [program, str(self.directory), kind, LOGIN, str(accounts), str(seconds),
             str(processes), PASSWORD], env=self.environment, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if result.returncode != 0:
            raise SystemExit(f"bench: {self.name}: {result.stderr.strip()[-500:]}")
        rate, cpu = re.findall(r"[\d.]+", result.stdout)
        return float(rate), float(cpu)


def sasldb(root, accounts):
    path = f"{root}/sasldb2"
    with subprocess.Popen(["db5.3_load", "-T", "-t", "hash", path],
                          stdin=subprocess.PIPE) as load:
        for n in range(accounts):
            load.stdin.write(f"user{n}\\00{DOMAIN}\\00userPassword\n{PASSWORD}\n".encode())
        load.stdin.close()
    if load.returncode != 0:
        raise SystemExit("bench: db5.3_load failed")
    return Contender("sasldb", root, "pwcheck_method: auxprop\nauxprop_plugin: sasldb\n"
                     f"sasldb_path: {path}\n")


def sql(root, accounts):
    """Plaintext for PLAIN in one table, stored verifiers for SCRAM in another. In SQLite's
    default journal mode: the plugin opens the file anew each time and waits for no lock, so
    that in WAL mode two processes get in each other's way and right passwords are refused."""
    path = f"{root}/sql.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE users (login TEXT, realm TEXT, userPassword TEXT,"
                   " cmusaslsecretPLAIN TEXT, PRIMARY KEY (login, realm)) WITHOUT ROWID")
        # Without the column userPassword: the plugin takes a NULL in it for a password.
        db.execute("CREATE TABLE scram (login TEXT, realm TEXT, authPassword TEXT,"
                   " PRIMARY KEY (login, realm)) WITHOUT ROWID")
        verifier = scram_verifier()
        db.executemany("INSERT INTO users VALUES (?, ?, ?, NULL)",
                       ((f"user{n}", DOMAIN, PASSWORD) for n in range(accounts)))
        db.executemany("INSERT INTO scram VALUES (?, ?, ?)",
                       ((f"user{n}", DOMAIN, verifier) for n in range(accounts)))
    conf = ("pwcheck_method: auxprop\nauxprop_plugin: sql\nsql_engine: sqlite3\n"
            f"sql_database: {path}\nsql_hostnames: localhost\nsql_user: x\nsql_passwd: x\n"
            "sql_select: SELECT %p FROM {} WHERE login = '%u' AND realm = '%r'\n")
    return (Contender("sql", root, conf.format("users")),
            Contender("sql-scram", root, conf.format("scram")))


class Authd:
    """A sendas-authd over `accounts` accounts, half of the work of `sendas` below."""

    def __init__(self, build, root, name, accounts, verifiers, settings=""):
        self.directory = Path(root) / name
        self.directory.mkdir()
        self.ctl = [str(build / "sendasctl"), "--authd-config",
                    str(self.directory / "authd.conf")]
        self.mux = str(self.directory / "mux")
        (self.directory / "authd.conf").write_text(
            f'user = "root"\nlookup_sockets = {{ "{self.directory}/lookup" }}\n'
            f'saslauthd_sockets = {{ "{self.mux}" }}\nlogin_domain = "{DOMAIN}"\n'
            f'accounts = "{self.directory}/accounts.db"\nlog_to = "stderr"\n'
            f'key_file = "{self.directory}/authd.key"\nlog_accepted = false\n'
            f'upgrade = false\nscram_iterations = {ITERATIONS}\n'
            'guessing {\n    max_failures = 0\n    max_network_failures = 0\n'
            '    max_challenges = 0\n}\n' + settings)
        subprocess.run([*self.ctl, "init"], check=True, stdout=subprocess.DEVNULL)
        self.import_seconds = 0
        if accounts:
            self._fill(accounts, verifiers)
        self._start(build)

    def _fill(self, accounts, verifiers):
        began = time.monotonic()
        with subprocess.Popen([*self.ctl, "import", "--from", "csv", "-"],
                              stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as load:
            load.stdin.write(b"login,verifier\n")
            for n in range(accounts):
                load.stdin.write(f'user{n}@{DOMAIN},"{verifiers}"\n'.encode())
            load.stdin.close()
        if load.returncode != 0:
            raise SystemExit("bench: sendasctl import failed")
        self.import_seconds = time.monotonic() - began

    def _start(self, build):
        with open(self.directory / "log", "wb") as log:
            self.process = subprocess.Popen([str(build / "sendas-authd"), "-c",
                                             str(self.directory / "authd.conf")],
                                            stdout=log, stderr=log)
        deadline = time.monotonic() + 30
        while b"started" not in (self.directory / "log").read_bytes():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"bench: {(self.directory / 'log').read_text()}")
            time.sleep(0.01)

    def cpu(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def contender(self, root, build, name):
        plugins = self.directory / "plugins"
        plugins.mkdir()
        shutil.copy(build / "libsendas.so", plugins)
        return Contender(name, root, "pwcheck_method: saslauthd\n"
                         f"saslauthd_path: {self.mux}\nauxprop_plugin: sendas\n"
                         f"sendas_socket: {self.directory}/lookup\n",
                         f"{plugins}:{SYSTEM_PLUGINS}")

    def checks(self, program, accounts, seconds, processes):
        """Checks of a right password a second over the saslauthd socket, and what one costs
        the daemon, in microseconds of CPU."""
        before = self.cpu()
        result = subprocess.run([program, self.mux, "check", LOGIN, str(accounts),
                                 str(seconds), str(processes), PASSWORD], check=True,
                                stdout=subprocess.PIPE, text=True)
        rate = float(re.findall(r"[\d.]+", result.stdout)[0])
        return rate, (self.cpu() - before) * 1e6 / (rate * seconds)

    def stop(self):
        self.process.terminate()
        self.process.wait()


def compare(args, root):
    build = Path(args.build).resolve()
    program = str(build / "tests/bench/sasl_rate")
    print(f"making {args.accounts} accounts for each ...", flush=True)
    scram = Authd(build, root, "authd-scram", args.accounts, scram_verifier())
    cheap = Authd(build, root, "authd-cheap", args.accounts, cheap_verifier())
    print(f"sendasctl import: {args.accounts / scram.import_seconds:.0f} accounts/s")
    sql_plain, sql_scram = sql(root, args.accounts)
    rows = [
        ("sasldb, PLAIN (plaintext)", sasldb(root, args.accounts), "plain"),
        ("sql, PLAIN (plaintext)", sql_plain, "plain"),
        ("sql, SCRAM lookup", sql_scram, "scram"),
        ("sendas, SCRAM lookup", scram.contender(root, build, "sendas-scram"), "scram"),
        ("sendas, PLAIN (cheap hash)", cheap.contender(root, build, "sendas-cheap"), "plain"),
    ]
    print(f"\n{'':<28}" + "".join(f"{p:>6} proc/s  us CPU " for p in args.processes))
    rates = {}
    results = {name: {p: [] for p in args.processes} for name, _, _ in rows}
    for _ in range(args.rounds):
        for name, contender, kind in rows:
            for processes in args.processes:
                results[name][processes].append(
                    contender.run(program, kind, args.accounts, args.seconds, processes))
    for name, _, _ in rows:
        line = f"{name:<28}"
        for processes in args.processes:
            rate = statistics.median(r for r, _ in results[name][processes])
            cpu = statistics.median(c for _, c in results[name][processes])
            rates[name, processes] = rate
            line += f"{rate:>12.0f} {cpu:>8.0f}"
        print(line)
    ok = True
    for processes in args.processes:
        for other in ("sql, PLAIN (plaintext)", "sql, SCRAM lookup"):
            ratio = rates["sendas, SCRAM lookup", processes] / rates[other, processes]
            ok = ok and ratio >= 1
            print(f"{processes} processes: sendas' SCRAM lookup / {other}: {ratio:.2f}")
    for processes in args.processes:
        measured = [cheap.checks(program, args.accounts, args.seconds, processes)
                    for _ in range(args.rounds)]
        rate, cpu = (statistics.median(column) for column in zip(*measured))
        print(f"{processes} processes: {rate:.0f} checks/s over the saslauthd socket with a"
              f" cheap hash: {1e6 / rate:.0f} us each, {cpu:.0f} us of the daemon's CPU")
        ok = ok and cpu < 100
    scram.stop()
    cheap.stop()
    return ok


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=".")
    parser.add_argument("--accounts", type=int, default=100000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--processes", default="1,8",
                        type=lambda text: [int(n) for n in text.split(",")])
    parser.add_argument("--ldap", action="store_true",
                        help="with a directory: see auth_ldap.py")
    parser.add_argument("--more", type=int,
                        help="with --ldap: entries of a second directory, such as 1000000")
    parser.add_argument("--check", action="store_true",
                        help="exit 1 when a target is missed")
    args = parser.parse_args()
    root = tempfile.mkdtemp(prefix="sendas-bench-", dir="/tmp")
    try:
        if args.ldap:
            import auth_ldap
            ok = auth_ldap.compare(args, root)
        else:
            ok = compare(args, root)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    return 1 if args.check and not ok else 0


if __name__ == "__main__":
    sys.exit(main())
