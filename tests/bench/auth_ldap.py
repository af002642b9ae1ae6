# SPDX-License-Identifier: BSD-2-Clause
"""What a login costs with accounts in a directory (auth.py --ldap): sendas-authd beside Cyrus
SASL's saslauthd -a ldap and its plugin ldapdb, all on one slapd, asked in turn; with --more
beside itself on a larger directory."""

import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import auth
import crowd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from lib.people import PEOPLE, READER, READER_PASSWORD, SCHEMA, ssha  # noqa: E402
from lib.people import BASE_LDIF  # noqa: E402
from lib.slapd import DEFAULT_SCHEMAS, SUFFIX, Slapd  # noqa: E402

THREADS = 16  # of each daemon, for password checks

ACCESS = f"""\
access to attrs=userPassword by dn.exact="{READER}" read by anonymous auth by * none
access to attrs=authPassword by dn.exact="{READER}" read by self read by * none
access to * by * read
"""


def directory(root, entries):
    """A slapd with so many entries; its hash costs next to nothing, so that what is left is the
    way to it. ldapdb needs its identities mapped to entries. (A log would be most of the work.)"""
    server = Slapd(root, f"slapd-{entries}", schemas=(*DEFAULT_SCHEMAS, SCHEMA),
                   modules=("ppolicy",), access=ACCESS, debug="0",
                   globals_text='authz-regexp "uid=([^,@]*)[^,]*,.*cn=auth" '
                                f'"uid=$1,{PEOPLE}"\nauthz-policy to\nloglevel 0\nthreads 16',
                   database_text="index uid,mail,member,objectClass eq\n",
                   size=crowd.size(entries))
    crowd.load(server, BASE_LDIF.partition("dn: cn=strict")[0], entries, SUFFIX, "user%d",
               "objectClass: authPasswordObject\n"
               f"userPassword: {ssha(auth.PASSWORD)}\nauthPassword: {auth.scram_verifier()}\n")
    server.start()
    return server


# What a table file says beside where the directory is.
SEARCH = f"search_base = {PEOPLE}\nquery_filter = (uid=%u)\n"
TABLES = {
    "search, bind": SEARCH,
    "entry_ttl = 60": SEARCH + "entry_ttl = 60\n",
    "local": SEARCH + "password_check = local\n",
    "bind_template": f"bind_template = uid=%u,{PEOPLE}\n",
}


class Authd(auth.Authd):
    """A sendas-authd that asks the directory, by one of TABLES."""

    def __init__(self, build, root, server, kind="search, bind", name="authd-ldap"):
        table = Path(root) / f"{name}.cf"
        table.write_text(f"server_host = {server.uri}\nbind_dn = {READER}\n"
                         f"bind_pw = {READER_PASSWORD}\n" + TABLES[kind])
        super().__init__(build, root, name, 0, "",
                         f'credentials = {{ "ldap:{table}" }}\nverify_workers = {THREADS}\n')


class Saslauthd:
    """saslauthd -a ldap, without its cache, which would remember passwords."""

    def __init__(self, root, server, name="saslauthd",
                 method=f"ldap_search_base: {PEOPLE}\nldap_filter: (uid=%U)\n"
                        "ldap_auth_method: bind\n"):
        run = Path(root) / name
        run.mkdir()
        (run / "ldap.conf").write_text(
            f"ldap_servers: {server.uri}\nldap_bind_dn: {READER}\n"
            f"ldap_password: {READER_PASSWORD}\n" + method)
        self.mux = str(run / "mux")
        program = shutil.which("saslauthd", path="/usr/sbin:/sbin")
        self.process = subprocess.Popen(
            [program, "-d", "-a", "ldap", "-r", "-m", str(run), "-n", str(THREADS),
             "-O", str(run / "ldap.conf")], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True)
        deadline = time.monotonic() + 10
        while not Path(self.mux).exists():
            if time.monotonic() > deadline:
                raise SystemExit("bench: saslauthd has not started")
            time.sleep(0.01)

    def stop(self):
        self.process.terminate()
        self.process.wait()


FASTBIND = f"ldap_filter: uid=%U,{PEOPLE}\nldap_auth_method: fastbind\n"


def rate_of(program, mux, args, processes, accounts):
    """Checks of a right password a second over a saslauthd socket."""
    result = subprocess.run([program, mux, "check", auth.LOGIN, str(accounts),
                             str(args.seconds), str(processes), auth.PASSWORD],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            check=False)
    if result.returncode != 0:
        raise SystemExit(f"bench: {mux}: {result.stderr.strip()[-500:]}")
    return float(auth.re.findall(r"[\d.]+", result.stdout)[0])


def processor_time(pid):
    """Seconds, of the process and its children."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return ((int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") +
            sum(processor_time(child) for child in children))


class Contest:
    """Rows that are asked in turn, each a function of the number of processes that gives a
    rate, and the processes that work for it; what they have started."""

    def __init__(self, args, root):
        self.args, self.root = args, root
        self.build = Path(args.build).resolve()
        self.program = str(self.build / "tests/bench/sasl_rate")
        self.rows, self.started = {}, []

    def start(self, what):
        self.started.append(what)
        return what

    def stop(self):
        for what in reversed(self.started):
            what.stop()

    def directory(self, entries):
        return self.start(directory(self.root, entries))

    def authd(self, server, kind, name):
        return self.start(Authd(self.build, self.root, server, kind, name))

    def check(self, row, server, daemon, accounts):
        self.rows[row] = (lambda p: rate_of(self.program, daemon.mux, self.args, p, accounts),
                          (server.pid, daemon.process.pid))

    def lookup(self, row, server, daemon, contender, accounts):
        self.rows[row] = (lambda p: contender.run(self.program, "scram", accounts,
                                                  self.args.seconds, p)[0],
                          (server.pid, *([daemon.process.pid] if daemon else [])))

    def measure(self, row, processes):
        """The rate, and microseconds of everybody's processor time for each."""
        ask, pids = self.rows[row]

        def now():
            own = os.times()
            return sum(map(processor_time, pids)) + own.children_user + own.children_system

        before = now()
        rate = ask(processes)
        return rate, (now() - before) * 1e6 / (rate * self.args.seconds)

    def run(self):
        """{(row, processes): [rates]}, and the same of processor times."""
        rates = {(row, p): [] for row in self.rows for p in self.args.processes}
        costs = {key: [] for key in rates}
        for _ in range(self.args.rounds):
            for row, processes in rates:
                rate, cost = self.measure(row, processes)
                rates[row, processes].append(rate)
                costs[row, processes].append(cost)
        print(f"\n{'':<32}" + "".join(f"{p:>6} proc/s  us CPU" for p in self.args.processes))
        for row in self.rows:
            print(f"{row:<32}" + "".join(f"{statistics.median(rates[row, p]):>12.0f}"
                                         f"{statistics.median(costs[row, p]):>9.0f}"
                                         for p in self.args.processes))
        return rates, costs


def ratios(args, measured, pairs):
    """Prints them; the least one by pair. The processor time is that of all who take part, slapd
    and client, too; beside other work on the machine it tells more than the rate."""
    rates, costs = measured
    least = {}
    for ours, other in pairs:
        for processes in args.processes:
            of_rounds = sorted(a / b for a, b in zip(rates[ours, processes],
                                                     rates[other, processes]))
            ratio = statistics.median(of_rounds)
            least[ours, other] = min(least.get((ours, other), ratio), ratio)
            cheaper = (statistics.median(costs[other, processes]) /
                       statistics.median(costs[ours, processes]))
            print(f"{processes} processes: {ours} / {other}: {ratio:.2f}"
                  f" ({of_rounds[0]:.2f} to {of_rounds[-1]:.2f}), {cheaper:.2f} by processor time")
    return least


def compare_others(contest, args):
    """Beside saslauthd and ldapdb."""
    accounts = crowd.people(args.accounts)
    server = contest.directory(args.accounts)
    contest.check("saslauthd, search and bind", server,
                  contest.start(Saslauthd(contest.root, server)), accounts)
    contest.check("saslauthd, fastbind", server, contest.start(
        Saslauthd(contest.root, server, "saslauthd-fast", FASTBIND)), accounts)
    authds = {}
    for number, kind in enumerate(TABLES):
        authds[kind] = contest.authd(server, kind, f"authd-{number}")
        contest.check(f"sendas, {kind}", server, authds[kind], accounts)
    contest.lookup("ldapdb, SCRAM lookup", server, None, auth.Contender(
        "ldapdb", contest.root, "pwcheck_method: auxprop\nauxprop_plugin: ldapdb\n"
        f"ldapdb_uri: {server.ldapi_uri}\nldapdb_mech: EXTERNAL\n"), accounts)
    plain = authds["search, bind"]
    contest.lookup("sendas, SCRAM lookup", server, plain,
                   plain.contender(contest.root, contest.build, "sendas-ldap"), accounts)
    least = ratios(args, contest.run(), (
        ("sendas, search, bind", "saslauthd, search and bind"),
        ("sendas, entry_ttl = 60", "saslauthd, search and bind"),
        ("sendas, local", "saslauthd, search and bind"),
        ("sendas, bind_template", "saslauthd, fastbind"),
        ("sendas, SCRAM lookup", "ldapdb, SCRAM lookup")))
    return all(ratio >= 2 for (ours, _), ratio in least.items()
               if ours in ("sendas, entry_ttl = 60", "sendas, local", "sendas, SCRAM lookup"))


def compare_sizes(contest, args):
    """A directory beside a larger one."""
    pairs = []
    for entries in (args.accounts, args.more):
        server, accounts = contest.directory(entries), crowd.people(entries)
        for number, kind in enumerate(("search, bind", "local")):
            authd = contest.authd(server, kind, f"authd-{entries}-{number}")
            contest.check(f"{kind}, {entries} entries", server, authd, accounts)
            if number == 0:
                contest.lookup(f"SCRAM lookup, {entries} entries", server, authd, authd.contender(
                    contest.root, contest.build, f"sendas-{entries}"), accounts)
    for kind in ("search, bind", "local", "SCRAM lookup"):
        pairs.append((f"{kind}, {args.more} entries", f"{kind}, {args.accounts} entries"))
    ratios(args, contest.run(), pairs)
    return True


def compare(args, root):
    contest = Contest(args, root)
    try:
        return compare_sizes(contest, args) if args.more else compare_others(contest, args)
    finally:
        contest.stop()
