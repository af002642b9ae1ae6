# SPDX-License-Identifier: BSD-2-Clause
"""What a login costs with accounts in a directory (auth.py --ldap): sendas-authd beside Cyrus
SASL's saslauthd -a ldap and its plugin ldapdb, all on one slapd, asked in turn."""

import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import auth

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from lib.people import PEOPLE, READER, READER_PASSWORD, SCHEMA, ssha  # noqa: E402
from lib.people import BASE_LDIF  # noqa: E402
from lib.slapd import DEFAULT_SCHEMAS, Slapd  # noqa: E402

DEBUG = "0"
THREADS = 16  # of each daemon, for password checks

ACCESS = f"""\
access to attrs=userPassword by dn.exact="{READER}" read by anonymous auth by * none
access to attrs=authPassword by dn.exact="{READER}" read by self read by * none
access to * by * read
"""


def directory(root, accounts):
    """A slapd with the accounts; its hash costs next to nothing, so that what is left is the
    way to it. ldapdb needs its identities mapped to entries."""
    server = Slapd(root, schemas=(*DEFAULT_SCHEMAS, SCHEMA), modules=("ppolicy",),
                   access=ACCESS,
                   globals_text='authz-regexp "uid=([^,@]*)[^,]*,.*cn=auth" '
                                f'"uid=$1,{PEOPLE}"\nauthz-policy to\nloglevel 0\nthreads 16',
                   database_text="index uid eq\nindex objectClass eq\n", debug=DEBUG)
    verifier, hashed = auth.scram_verifier(), ssha(auth.PASSWORD)
    entries = "\n".join(
        f"dn: uid=user{n},{PEOPLE}\nobjectClass: inetOrgPerson\n"
        f"objectClass: authPasswordObject\nuid: user{n}\ncn: x\nsn: x\n"
        f"userPassword: {hashed}\nauthPassword: {verifier}\n" for n in range(accounts))
    ldif = BASE_LDIF.partition("dn: cn=strict")[0] + entries
    server.load(ldif)
    server.start()
    return server


class Authd(auth.Authd):
    """A sendas-authd that asks the directory."""

    def __init__(self, build, root, server):
        table = Path(root) / "people.cf"
        table.write_text(f"server_host = {server.uri}\nbind_dn = {READER}\n"
                         f"bind_pw = {READER_PASSWORD}\nsearch_base = {PEOPLE}\n"
                         "query_filter = (uid=%u)\n")
        super().__init__(build, root, "authd-ldap", 0, "",
                         f'credentials = {{ "ldap:{table}" }}\nverify_workers = {THREADS}\n')


class Saslauthd:
    """saslauthd -a ldap, without its cache."""

    def __init__(self, root, server):
        run = Path(root) / "saslauthd"
        run.mkdir()
        (run / "ldap.conf").write_text(
            f"ldap_servers: {server.uri}\nldap_search_base: {PEOPLE}\nldap_filter: (uid=%U)\n"
            f"ldap_bind_dn: {READER}\nldap_password: {READER_PASSWORD}\n"
            "ldap_auth_method: bind\n")
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


def rate_of(program, mux, args, processes):
    """Checks of a right password a second over a saslauthd socket."""
    result = subprocess.run([program, mux, "check", auth.LOGIN, str(args.accounts),
                             str(args.seconds), str(processes), auth.PASSWORD],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            check=False)
    if result.returncode != 0:
        raise SystemExit(f"bench: {mux}: {result.stderr.strip()[-500:]}")
    return float(auth.re.findall(r"[\d.]+", result.stdout)[0])


def compare(args, root):
    build = Path(args.build).resolve()
    program = str(build / "tests/bench/sasl_rate")
    print(f"making {args.accounts} entries ...", flush=True)
    server = directory(root, args.accounts)
    authd = Authd(build, root, server)
    saslauthd = Saslauthd(root, server)
    ldapdb = auth.Contender(
        "ldapdb", root, "pwcheck_method: auxprop\nauxprop_plugin: ldapdb\n"
        f"ldapdb_uri: {server.ldapi_uri}\nldapdb_mech: EXTERNAL\n")
    ours = authd.contender(root, build, "sendas-ldap")
    rows = {
        "saslauthd -a ldap, check": lambda p: rate_of(program, saslauthd.mux, args, p),
        "sendas, check": lambda p: rate_of(program, authd.mux, args, p),
        "ldapdb, SCRAM lookup":
            lambda p: ldapdb.run(program, "scram", args.accounts, args.seconds, p)[0],
        "sendas, SCRAM lookup":
            lambda p: ours.run(program, "scram", args.accounts, args.seconds, p)[0],
    }
    rates = {(name, p): [] for name in rows for p in args.processes}
    try:
        for _ in range(args.rounds):
            for name, run in rows.items():
                for processes in args.processes:
                    rates[name, processes].append(run(processes))
    finally:
        saslauthd.stop()
        authd.stop()
        server.stop()
    print(f"\n{'':<28}" + "".join(f"{p:>6} proc/s" for p in args.processes))
    for name in rows:
        print(f"{name:<28}" + "".join(f"{statistics.median(rates[name, p]):>12.0f}"
                                      for p in args.processes))
    ok = True
    for ours_name, other in (("sendas, check", "saslauthd -a ldap, check"),
                             ("sendas, SCRAM lookup", "ldapdb, SCRAM lookup")):
        for processes in args.processes:
            ratio = (statistics.median(rates[ours_name, processes]) /
                     statistics.median(rates[other, processes]))
            ok = ok and ratio >= 2
            print(f"{processes} processes: {ours_name} / {other}: {ratio:.2f}")
    return ok
