#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The demo behind demo.sh: a private Postfix or sendmail with sendas-authd, libsendas.so and
sendas-milter, people who log in over STARTTLS, real mail, and tables of what became of it."""

import argparse
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time

from lib import process, sendmail, smtp
from lib.authd import Authd, SendasSasl
from lib.cases import CASES, GRANTS
from lib.office import must
from lib.people import LdapPeople
from lib.postfix import DOMAIN, Postfix
from lib.programs import Milter, Programs
from lib.sink import Delivered

HERE = pathlib.Path(__file__).resolve().parent
SERVICE = "submission"
ACCOUNTS = {"alice": "wonderland-1", "bob": "builder-2"}
# How each logs in to send mail: nobody stores a password, whichever they choose.
MECHANISMS = {"alice": "SCRAM-SHA-256", "bob": "PLAIN"}
# Seconds that libsasl waits for sendas-authd.
PATIENCE = 2

# The names by which --mta asks for an MTA.
MTAS = {"postfix": Postfix, "sendmail": sendmail.Sendmail}

# Where --keep leaves word of what is running, for --stop.
KEPT = HERE.parent.parent / "build-demo" / "running"


class OwnFiles:
    """Accounts and grants in the files of sendas itself."""

    credentials = ["builtin"]
    send_as = ["builtin"]

    def __init__(self, site):
        self._site = site
        self.pids = []

    def set_up(self):
        milter, authd = self._site.milter, self._site.authd
        milter.init_store()
        for login, addresses in GRANTS.items():
            milter.grant(login, *addresses)
        for login, password in ACCOUNTS.items():
            authd.add(f"{login}@{DOMAIN}", password)

    def stop(self):
        pass

    def show(self):
        for login in ACCOUNTS:
            print(f"    sendasctl user add {login}@{DOMAIN}")
        for login, addresses in GRANTS.items():
            print(f"    sendasctl grant {login} {' '.join(addresses)}")

    def show_account(self):
        print("\nWhat is stored of alice (sendasctl user show), none of it a password:\n")
        shown = self._site.authd.ctl("user", "show", f"alice@{DOMAIN}").stdout.decode()
        show_lines(shown)

    def hints(self):
        program = self._site.milter.programs.path("sendasctl")
        ctl = f"{program} --config {self._site.milter.conf_path}"
        user = f"{program} --authd-config {self._site.authd.conf_path} user"
        return f"""\
Grants:
    {ctl} grants
    {ctl} grant alice@example.org bob@example.org
Accounts (the password is asked for):
    {user} list
    {user} add carol@{DOMAIN}"""


class Directory:
    """Accounts and grants in an OpenLDAP server: a person's addresses are its mail."""

    def __init__(self, site):
        self._site = site
        self._people = LdapPeople(site.root)
        self.credentials = self._people.credentials
        self.send_as = [self._people.addresses()]

    @property
    def pids(self):
        return [self._people.slapd.pid]

    def set_up(self):
        self._people.set_up(keep=self._site.keep)
        for login, password in ACCOUNTS.items():
            self._people.add(login, password)
        for login, addresses in GRANTS.items():
            self._people.grant(login, *addresses)

    def stop(self):
        self._people.stop()

    def show(self):
        show_lines(self._people.slapd.search("(uid=*)", "uid", "mail").strip())

    def show_account(self):
        print("\nWhat the directory has of alice, none of it a password:\n")
        show_lines(self._people.slapd.search("(uid=alice)", "userPassword", "authPassword"))
        print("How the milter finds out whose sales@example.org is (sendasctl map test):\n")
        show_lines(self._site.milter.ctl("map", "test", self.send_as[0],
                                         "sales@example.org").stdout.decode())

    def hints(self):
        slapd = self._people.slapd
        program = self._site.milter.programs.path("sendasctl")
        return f"""\
Whose is an address, and how that is found out:
    {program} --config {self._site.milter.conf_path} map test {self.send_as[0]} sales@example.org
The directory:
    ldapsearch -x -H {slapd.uri} -D {slapd.root_dn} -w {slapd.root_password} -b {slapd.suffix}"""


def show_lines(text):
    for line in text.splitlines():
        print("    " + line)


class Site:
    """All that runs, below one temporary directory. `mta`: of MTAS; `store`: OwnFiles or
    Directory."""

    def __init__(self, programs, mta, store, *, keep):
        self.root = tempfile.mkdtemp(prefix="sendas-demo-", dir="/tmp")
        os.chmod(self.root, 0o755)
        if not keep:
            process.guard_directory(self.root)
        self.keep = keep
        self.mail = f"{self.root}/delivered"
        os.mkdir(self.mail)
        self.sink = None
        sink_port = process.free_ports(1)[0]
        socket = f"unix:{self.root}/run/milter.sock"
        self.store = store(self)
        self.milter = Milter(programs, self.root, "sendas", socket,
                             {"send_as": self.store.send_as, "received": {"login": "full"}})
        self.authd = Authd(programs, self.root, settings={
            "credentials": self.store.credentials, "request_timeout": f"{PATIENCE}s",
            "scram_iterations": 32768})
        server = MTAS[mta]
        self.mta = server(self.root, sink_port, [server.Service(SERVICE, milters=socket)],
                          sasl=SendasSasl(self.authd, timeout=PATIENCE))
        self.sink_port = sink_port

    def start(self):
        self.sink = process.spawn(
            [sys.executable, str(HERE / "lib" / "sink.py"), str(self.sink_port), self.mail],
            keep=self.keep, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.mta.set_up()
        self.authd.init()
        self.store.set_up()
        self.authd.start(keep=self.keep)
        self.milter.start(keep=self.keep)
        self.mta.start(keep=self.keep)

    def pids(self):
        return [self.sink.pid, self.milter.pid, self.authd.pid, *self.mta.pids,
                *self.store.pids]

    def stop(self):
        self.mta.stop()
        self.milter.stop()
        self.authd.stop()
        self.store.stop()
        if self.sink is not None:
            process.stop(self.sink)
        shutil.rmtree(self.root)

    def delivered(self, recipient):
        """The message for `recipient`, once it is there; None if it does not come."""
        path = f"{self.mail}/{recipient}.eml"
        try:
            process.wait_until(lambda: os.path.exists(path), timeout=20)
        except AssertionError:
            return None
        with open(path, "rb") as f:
            return Delivered("", [recipient], f.read())

    def arrived(self, recipient):
        return os.path.exists(f"{self.mail}/{recipient}.eml")


# --- logging in ---

def log_in(client, login, password, mechanism):
    """The reply that ended an AUTH command by this mechanism."""
    if mechanism == "PLAIN":
        return client.auth_plain(login, password)
    if mechanism == "LOGIN":
        return client.auth_login(login, password)
    return client.auth_scram(login, password, mechanism)


def connect(site):
    client = smtp.Client(site.mta.port(SERVICE))
    must(client.ehlo())
    must(client.starttls(site.mta.ca_file))
    must(client.ehlo())
    return client


class Login:
    """One try to log in, and the code that the server must answer it with."""

    def __init__(self, what, login, password, mechanism, code):
        self.what = what
        self.login = login
        self.password = password
        self.mechanism = mechanism
        self.code = code
        self.reply = None
        self.seconds = None

    def run(self, site):
        with connect(site) as client:
            began = time.monotonic()
            self.reply = log_in(client, self.login, self.password, self.mechanism)
            self.seconds = time.monotonic() - began

    @property
    def good(self):
        return self.reply.code == self.code


def logins(outage):
    """Those that find sendas-authd well, and those that find it stopped, which the MTA answers
    by the code `outage`."""
    alice, bob = ACCOUNTS["alice"], ACCOUNTS["bob"]
    well = [Login("the right password", "alice", alice, "SCRAM-SHA-256", 235),
            Login("the right password", "bob", bob, "PLAIN", 235),
            Login("a login in capitals", f"BOB@{DOMAIN.upper()}", bob, "LOGIN", 235),
            Login("a wrong password", "alice", bob, "PLAIN", 535),
            Login("a wrong password", "alice", bob, "SCRAM-SHA-256", 535),
            Login("nobody's login", "mallory", bob, "PLAIN", 535),
            Login("nobody's login", "mallory", bob, "SCRAM-SHA-256", 535)]
    stuck = [Login("authd is stuck", "bob", bob, "PLAIN", outage),
             Login("authd is stuck", "alice", alice, "SCRAM-SHA-256", outage)]
    return well, stuck


def run_logins(site):
    well, stuck = logins(site.mta.outage)
    for login in well:
        login.run(site)
    site.authd.pause()
    try:
        for login in stuck:
            login.run(site)
    finally:
        site.authd.resume()
    return well + stuck


# --- sending ---

class Outcome:
    """What became of a case: the last reply, and what arrived."""

    def __init__(self, case, number):
        self.case = case
        self.recipient = f"case-{number}@example.net"
        self.reply = None
        self.message = None
        self.good = False

    def run(self, site):
        with connect(site) as client:
            login = self.case.login
            must(log_in(client, login, ACCOUNTS[login], MECHANISMS[login]))
            message = smtp.compose(self.case.fields, f"This is {self.case.name}.\r\n")
            self.reply = client.send(self.case.mail_from, self.recipient, message)

    def judge(self, site):
        """After all cases have run, so that what should not arrive has had its time."""
        if self.case.place is None:
            self.message = site.delivered(self.recipient) if self.reply.ok else None
            self.good = self.message is not None
        else:
            self.good = (self.reply.code == 550 and self.reply.enhanced == "5.7.1" and
                         not site.arrived(self.recipient))

    @property
    def result(self):
        if not self.reply.ok:
            return "refused"
        return "delivered" if self.message or self.case.place else "accepted, and lost"

    @property
    def answer(self):
        return f"{self.reply.code} {self.reply.text}"


# --- showing ---

def paint(text, color):
    if not sys.stdout.isatty() or "NO_COLOR" in os.environ:
        return text
    return f"\033[{color}m{text}\033[0m"


def table_widths():
    """Columns: who, what is tried, envelope, sender fields, result, answer (the rest)."""
    total = shutil.get_terminal_size((140, 24)).columns
    fixed = [5, 21, 24, 31, 9]
    return fixed + [max(28, min(60, total - sum(fixed) - 17))]


def row(cells, widths, mark="", color=""):
    columns = []
    for cell, width in zip(cells, widths):
        lines = []
        for part in cell.split("\n"):
            lines += textwrap.wrap(part, width, break_long_words=True) or [""]
        columns.append(lines)
    height = max(len(c) for c in columns)
    for i in range(height):
        line = "  ".join((c[i] if i < len(c) else "").ljust(w)
                         for c, w in zip(columns, widths)).rstrip()
        head = mark if i == 0 else ""
        print(paint(f"{head:<7}", color) + line)


def show_table(outcomes):
    widths = table_widths()
    line = "-" * (sum(widths) + 2 * len(widths) + 5)
    row(["LOGIN", "SENDS", "MAIL FROM", "SENDER FIELDS", "RESULT", "THE SERVER'S ANSWER"],
        widths, "RIGHT?")
    for before, outcome in zip([None] + outcomes, outcomes):
        case = outcome.case
        # A line between what must be delivered and what must not.
        print(line if before is None or (before.case.place is None) != (case.place is None)
              else "")
        row([case.login, case.name, f"<{case.mail_from}>", "\n".join(case.fields),
             outcome.result, outcome.answer], widths, "ok" if outcome.good else "WRONG",
            "32" if outcome.good else "31;1")
    print(line)


def show_logins(tries):
    widths = [21, 17, 13, 7, 52]
    line = "-" * (sum(widths) + 2 * len(widths) + 5)
    row(["SENDS", "LOGIN", "MECHANISM", "SECONDS", "THE SERVER'S ANSWER"], widths, "RIGHT?")
    print(line)
    for entry in tries:
        row([entry.what, entry.login, entry.mechanism, f"{entry.seconds:.3f}",
             f"{entry.reply.code} {entry.reply.text}"], widths,
            "ok" if entry.good else "WRONG", "32" if entry.good else "31;1")
    print(line)


def show_message(outcome):
    print(f"\nOne of the delivered messages ({outcome.case.name}). The second Received is"
          " the milter's:\n")
    show_lines(outcome.message.data.decode(errors="replace").expandtabs(8))


def show_log(site):
    print("\nThe milter's log has a line for each message, such as:\n")
    for line in site.milter.log().splitlines():
        if "decision=reject" in line:
            print("    " + line)
            break


def show_keep(site):
    port = site.mta.port(SERVICE)
    swaks = (f"swaks --server 127.0.0.1:{port} --tls --auth PLAIN --auth-user alice"
             f" --auth-password {ACCOUNTS['alice']}")
    print(f"""
It goes on running in {site.root}. Accounts: {", ".join(
    f"{login} (password {password})" for login, password in ACCOUNTS.items())}.

Send mail (a spoofed one here):
    {swaks} \\
        --from alice@example.org --to me@example.net --h-From 'Bob <bob@example.org>'
What arrives is in:
    {site.mail}/
{site.store.hints()}
Logs of the milter, of sendas-authd and of {site.mta.title}:
    {site.milter.log_path}
    {site.authd.log_path}
    {site.mta.log_path}
Stop it and remove everything:
    ./demo.sh --stop
""")


# --- the whole ---

def demo(programs, mta, store, keep):
    site = Site(programs, mta, store, keep=keep)
    kept = False
    try:
        print(f"Starting a private {site.mta.title}, sendas-authd, sendas-milter, and these"
              " accounts and grants:\n")
        site.start()
        site.store.show()
        print("\nWho can log in (over STARTTLS, on"
              f" 127.0.0.1:{site.mta.port(SERVICE)}):\n")
        tries = run_logins(site)
        show_logins(tries)
        if site.mta.outage == 535:
            print(f"\n({site.mta.title} has one answer to every login that does not succeed: see"
                  " sendas-sasl(5).)")
        site.store.show_account()
        print("\nWho can send as whom (alice logs in by SCRAM-SHA-256, bob by PLAIN):\n")
        outcomes = [Outcome(case, number) for number, case in enumerate(CASES, 1)]
        for outcome in outcomes:
            outcome.run(site)
        for outcome in outcomes:
            outcome.judge(site)
        show_table(outcomes)
        for outcome in outcomes:
            if outcome.message is not None:
                show_message(outcome)
                break
        show_log(site)
        good = sum(o.good for o in outcomes)
        right = sum(t.good for t in tries)
        honest = sum(o.case.place is None for o in outcomes)
        print(f"\n{right} of {len(tries)} logins as they should be. {good} of {len(outcomes)}"
              f" messages as they should be: {honest} honest ones to be delivered,"
              f" {len(outcomes) - honest} others to be refused.")
        if keep:
            KEPT.write_text("\n".join([site.root] + [str(p) for p in site.pids()]) + "\n")
            kept = True
            show_keep(site)
        return 0 if good == len(outcomes) and right == len(tries) else 1
    finally:
        if not kept:
            site.stop()


def stop():
    """Ends what --keep left running: only processes whose command line or directory is ours."""
    try:
        root, *pids = KEPT.read_text().split()
    except FileNotFoundError:
        print("demo.sh: nothing is kept running")
        return 1
    if os.path.exists(f"{root}/etc/master.cf"):
        try:
            process.run(["postfix", "-c", f"{root}/etc", "stop"])
        except RuntimeError:
            pass  # not running any more
    for pid in map(int, pids):
        if is_ours(pid, root):
            os.kill(pid, signal.SIGTERM)
            for _ in range(200):
                if not is_ours(pid, root):
                    break
                time.sleep(0.05)
    shutil.rmtree(root, ignore_errors=True)
    KEPT.unlink()
    print(f"Stopped, and {root} removed.")
    return 0


def is_ours(pid, root):
    """By its command line, or, where that is no longer what it was, by its directory."""
    try:
        return (root in pathlib.Path(f"/proc/{pid}/cmdline").read_text(errors="replace") or
                os.readlink(f"/proc/{pid}/cwd").startswith(root + "/"))
    except OSError:
        return False


def arguments():
    parser = argparse.ArgumentParser(prog="demo.py")
    parser.add_argument("build_directory", nargs="?", default="build-demo/build")
    parser.add_argument("--mta", choices=MTAS, default="postfix")
    parser.add_argument("--ldap", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--stop", action="store_true")
    return parser.parse_args()


def main():
    wanted = arguments()
    if wanted.stop:
        return stop()
    # A signal unwinds like an exception, so that everything is cleaned up.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    try:
        return demo(Programs(os.path.abspath(wanted.build_directory)), wanted.mta,
                    Directory if wanted.ldap else OwnFiles, wanted.keep)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
