# SPDX-License-Identifier: BSD-2-Clause
"""Logins with accounts in a real slapd, where they differ from others: what the directory
itself says of an account, who checks the password, and a directory that is away.
(test_credentials has what is the same everywhere.)"""

import concurrent.futures
import re
import statistics
import sys
import time
from pathlib import Path

import pytest

from lib import process, slapd
from lib.certificates import Authority
from lib.login_site import SERVICES, LoginSite, log_in
from lib.people import PEOPLE, READER, LdapPeople, ssha
from lib.postfix import DOMAIN
from lib.slapd import SUFFIX, hash_argon2
from test_credentials import PASSWORD
from test_ldap import hostile_keys, shape

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import authd_client  # noqa: E402

pytestmark = pytest.mark.skipif(not slapd.found(), reason="slapd is not installed")

TIMEOUT = 2  # request_timeout, seconds
SLACK = 2.5  # seconds on top that a busy machine may take
RECOVERY = 5
STRICT = f"pwdPolicySubentry: cn=strict,{SUFFIX}"


@pytest.fixture(scope="module")
def authority(root):
    return Authority(f"{root}/ldap-ca")


@pytest.fixture(scope="module")
def site(root, programs, sink, authority):
    directory = f"{root}/ldap"
    tls = authority.issue("directory", subject_alt_names=["IP:127.0.0.1"])
    place = LoginSite(directory, programs, sink.port, timeout=TIMEOUT,
                      people=LdapPeople(directory, tls=tls))
    place.set_up()
    place.start()
    yield place
    place.stop()


@pytest.fixture
def well_again(site):
    """Leaves a daemon and a directory behind that answer as they did before."""
    yield
    if site.people.slapd.running:
        site.people.slapd.resume()
    else:
        site.people.slapd.start()
    configure(site)
    process.wait_until(lambda: try_login(site, "PLAIN", "alice", PASSWORD)[0].code == 235,
                       what="logins to work again")


def configure(site, parameters=None, settings=None, without=()):
    """Another table file, and other settings, in force at once."""
    site.people.configure(parameters, without=without)
    site.configure(settings or {})
    mark = site.authd.mark()
    site.authd.reload()
    site.authd.wait_log("(re)?loaded|reload", mark)


def try_login(site, mechanism, login, password, service="login"):
    """The reply, and how long it took."""
    with site.connect(service) as client:
        began = time.monotonic()
        return log_in(client, mechanism, login, password), time.monotonic() - began


def code(site, mechanism, login, password):
    return try_login(site, mechanism, login, password)[0].code


def check(site, login, password):
    """The word that saslauthd's protocol has for a password."""
    return authd_client.saslauthd(site.authd.saslauthd_socket, login, password)


def settle(site):
    """The mark of a log in which nothing of the logins so far is missing: a line is written
    after the answer has been sent."""
    mark = site.authd.mark()
    code(site, "PLAIN", "last-of-all", "x")
    site.authd.wait_log("auth: login=last-of-all@.*mechanism=plain.*$", mark)
    return site.authd.mark()


def reason(site, login, password):
    """The code of PLAIN, and what the log says why."""
    mark = settle(site)
    result = code(site, "PLAIN", login, password)
    line = site.authd.wait_log(rf"auth: login={login}@.*mechanism=plain.*$", mark).group()
    return result, dict(part.split("=", 1) for part in line.split()
                        if "=" in part).get("reason")


# --- what the password policy says ---

@pytest.fixture(scope="module")
def policy_people(site):
    people = site.people
    people.add("locked", "right-1", STRICT)
    people.add("reset", "right-2", STRICT)
    people.modify("locked", "add: pwdAccountLockedTime", "pwdAccountLockedTime: 000001010000Z")
    people.modify("reset", "add: pwdReset", "pwdReset: TRUE")
    # When a password was set nobody may say but slapadd.
    people.slapd.stop()
    people.slapd.load("\n".join([
        f"dn: {people.dn('expired')}", "objectClass: inetOrgPerson", "uid: expired", "cn: x",
        "sn: x", f"userPassword: {ssha('right-3')}", STRICT,
        "pwdChangedTime: 20200101000000Z"]) + "\n")
    people.slapd.start()
    return people


@pytest.mark.parametrize("login,password,why", (("locked", "right-1", "account-locked"),
                                                ("reset", "right-2", "must-change"),
                                                ("expired", "right-3", "expired")))
def test_policy(site, policy_people, login, password, why):
    """A right password that the directory does not take: refused in the words of a wrong one,
    and the log says why."""
    assert reason(site, login, password) == (535, why)
    wrong = reason(site, login, "wrong")
    assert wrong[0] == 535
    assert wrong[1] == ("account-locked" if login == "locked" else "wrong-password")
    texts = {tuple(try_login(site, "PLAIN", *pair)[0].lines)
             for pair in ((login, password), (login, "wrong"), ("nobody-here", "x"))}
    assert len(texts) == 1


def test_locked_accounts_have_no_scram(site, policy_people):
    """Nobody binds for SCRAM: it is for us to see that the account is locked."""
    assert code(site, "SCRAM-SHA-256", "locked", "right-1") == 535
    policy_people.modify("locked", "delete: pwdAccountLockedTime")
    assert code(site, "SCRAM-SHA-256", "locked", "right-1") == 235
    assert code(site, "PLAIN", "locked", "right-1") == 235
    policy_people.modify("locked", "add: pwdAccountLockedTime",
                         "pwdAccountLockedTime: 000001010000Z")


def test_the_directory_counts_wrong_passwords(site, policy_people):
    policy_people.add("careless", "right-4", STRICT)
    assert code(site, "PLAIN", "careless", "right-4") == 235
    for _ in range(3):
        assert reason(site, "careless", "wrong")[1] == "wrong-password"
    assert reason(site, "careless", "right-4") == (535, "account-locked")


# --- whose entry ---

def test_empty_password_never_gets_there(site):
    mark = site.people.slapd.mark()
    for mechanism in ("PLAIN", "LOGIN"):
        assert code(site, mechanism, "alice", "") in (501, 535)
    assert code(site, "PLAIN", "bob", "wrong") == 535
    site.people.slapd.wait_log(f'BIND dn="{site.people.dn("bob")}"', mark)
    assert f'BIND dn="{site.people.dn("alice")}"' not in site.people.slapd.log_since(mark)


def test_ambiguous(site):
    """Two entries with one login: nobody can tell whose password counts, and the log names
    both."""
    people = site.people
    people.add("twin1", "one-1", f"mail: twin@{DOMAIN}")
    people.add("twin2", "two-2", f"mail: twin@{DOMAIN}")
    mark = site.authd.mark()
    for service in SERVICES:
        for mechanism in ("PLAIN", "SCRAM-SHA-256"):
            for password in ("one-1", "two-2", "wrong"):
                assert try_login(site, mechanism, "twin", password, service)[0].code == 454
    line = site.authd.wait_log("ambiguous.*", mark).group()
    assert people.dn("twin1") in line and people.dn("twin2") in line
    assert code(site, "PLAIN", "twin1", "one-1") == 235


def test_found_but_not_the_login(site):
    """By the directory's rules the first finds alice, and so may the others: not by ours."""
    assert "uid: alice\n" in site.people.slapd.search("(uid=\uff41lice)", "uid")
    for typed in ("\uff41lice", "al\u00adice", "ALICE\u00ad"):
        for mechanism in ("PLAIN", "SCRAM-SHA-256"):
            assert code(site, mechanism, typed, PASSWORD) == 535


HOSTILE = ("*", "a*", "alice)(uid=*", "*)(uid=*))(|(uid=*", "alice\\2a", "\\", "(", ")",
           "alice)(!(uid=x)", "&", "|(uid=alice)", "alice#", "alice,ou=people", "+", "\\00",
           "uid=alice", "alice;x", "<alice>", "\u202ealice", "a\u0308lice", "%s", "%u", "$(id)")


def test_no_login_changes_the_filter(site):
    """The shape of every filter is that of the template, whatever was typed."""
    mark = site.people.slapd.mark()
    for number, typed in enumerate(HOSTILE):
        for mechanism in ("PLAIN", "SCRAM-SHA-256"):
            assert code(site, mechanism, typed, PASSWORD) in (501, 535), (number, typed)
    searches = [s for s in site.people.slapd.wait_searches(len(HOSTILE), mark)
                if s.base == PEOPLE and s.scope == "sub"]
    assert len(searches) >= len(HOSTILE)
    for search in searches:
        # A question mark: what was typed can be no value of the attribute.
        inner = search.filter.replace("(?", "(").removeprefix("(|(uid=").removesuffix(")")
        parts = inner.split(")(")
        assert [p.partition("=")[0] for p in parts[1:]] == ["uid", "mail", "mail"], search
        for part in (parts[0], *(p.partition("=")[2] for p in parts[1:])):
            assert not set(part.strip(")")) & set("()*"), search


def test_ten_thousand(site, well_again):
    """The same for whatever else can be made up, over the socket alone."""
    configure(site, {"query_filter": "(&(|(uid=%u)(mail=%s))(!(cn=%d)))"})
    keys = [key for key in hostile_keys(10000, seed=22) if "\0" not in key]
    mark = site.people.slapd.mark()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda key: check(site, key, "x"), keys))
    assert set(answers) <= {"NO"}
    site.people.slapd.settle()
    asked = [s.filter for s in site.people.slapd.searches(mark) if s.scope == "sub"
             and s.base == PEOPLE]
    assert len(asked) > 5000
    one = r"(?:\(\??{}=\)|\(\?=\))"  # a question mark: of a value that the syntax has not
    pattern = re.compile(r"\(&\(\|" + one.format("uid") + one.format("mail") + r"\)\(!" +
                         one.format("cn") + r"\)\)")
    assert [text for text in asked if not pattern.fullmatch(shape(text))] == []


# --- who checks ---

def test_hashes_checked_here(site, well_again):
    """Of entries whose hash we may read, no matter in which form the server wrote it."""
    people = site.people
    people.add("argon", "right-5", hashed=hash_argon2("right-5"))
    people.add("clear", "right-6", hashed="right-6")
    configure(site, {"password_check": "local"})
    mark = people.slapd.mark()
    for login, password, scheme in (("alice", PASSWORD, "SSHA"), ("argon", "right-5", "ARGON")):
        log_mark = site.authd.mark()
        assert code(site, "PLAIN", login, password) == 235
        site.authd.wait_log(f"login={login}@.*result=accepted.*scheme={scheme}", log_mark)
        assert code(site, "PLAIN", login, "wrong") == 535
    # A password in the clear is never compared.
    assert code(site, "PLAIN", "clear", "right-6") == 454
    assert f"BIND dn=\"{people.dn('a')[:5]}" not in people.slapd.log_since(mark)
    configure(site, {"password_check": "local-then-bind"})
    assert code(site, "PLAIN", "clear", "right-6") == 235
    assert code(site, "PLAIN", "argon", "right-5") == 235


def test_template(site, well_again):
    """Names made up instead of searched for."""
    configure(site, {"bind_template": f"uid=%u,{PEOPLE}"},
              without=("search_base", "login_attribute", "canonical_attribute",
                       "disabled_filter"))
    mark = site.people.slapd.mark()
    with site.connect() as client:
        assert log_in(client, "PLAIN", "alice", PASSWORD).code == 235
        assert site.identity(client) == f"alice@{DOMAIN}"
    assert code(site, "PLAIN", "alice", "wrong") == 535
    assert code(site, "PLAIN", "nobody-here", "wrong") == 535
    # Who would be alice to the directory is nobody, and another domain's alice is not her.
    for typed in ("\uff41lice", "al\u00adice", f"alice@other.test", "alice,ou=x", "a lice"):
        assert code(site, "PLAIN", typed, PASSWORD) == 535
    assert site.people.slapd.searches(mark) == []


# --- an entry that is remembered ---

REMEMBERED = {"entry_ttl": "3600"}


@pytest.fixture
def remembering(site, well_again):
    """A daemon that has begun to remember only now."""
    configure(site, REMEMBERED)
    return site.people


def operations(site, mark):
    """What the directory was asked for since: of searches the base, of binds the name."""
    site.people.slapd.settle()
    log = site.people.slapd.log_since(mark)
    binds = re.findall(r'BIND dn="([^"]+)" method', log)
    return ([s.base for s in site.people.slapd.searches(mark) if s.base.endswith(PEOPLE)],
            [dn for dn in binds if dn.endswith(PEOPLE)])


def test_remembered(site, remembering):
    """Who has logged in is bound as again at once; who has typed a wrong password is searched
    for, too, which takes as long as for somebody who is not there."""
    alice = remembering.dn("alice")
    assert check(site, "alice", PASSWORD) == "OK"
    mark = remembering.slapd.mark()
    for login in ("alice", f"ALICE@{DOMAIN}"):
        assert check(site, login, PASSWORD) == "OK"
    assert operations(site, mark) == ([], [alice, alice])
    mark = remembering.slapd.mark()
    assert check(site, "alice", "wrong") == "NO"
    assert operations(site, mark) == ([PEOPLE, alice], [alice])
    mark = remembering.slapd.mark()
    assert check(site, "alice", "") == "NO"
    assert operations(site, mark) == ([PEOPLE, alice], [])
    # SCRAM needs what is in the entry, and an alias is one login more.
    mark = remembering.slapd.mark()
    assert code(site, "SCRAM-SHA-256", "alice", PASSWORD) == 235
    assert check(site, f"ali@{DOMAIN}", PASSWORD) == "OK"
    assert operations(site, mark)[0].count(PEOPLE) >= 2


def test_remembered_and_changed(site, remembering):
    """What the directory itself sees counts at once: another password, an entry that is gone
    or has another name. What only the filters say counts when the time is over."""
    for name in ("memo", "gone", "moved"):
        remembering.add(name, "right-7")
        assert check(site, name, "right-7") == "OK"
    remembering.passwd("memo", "right-8")
    assert check(site, "memo", "right-7") == "NO"
    assert check(site, "memo", "right-8") == "OK"
    remembering.delete("gone")
    assert check(site, "gone", "right-7") == "NO"
    remembering.slapd.change(f"dn: {remembering.dn('moved')}\nchangetype: modrdn\n"
                             "newrdn: cn=elsewhere\ndeleteoldrdn: 0\n")
    assert check(site, "moved", "right-7") == "OK"
    # The old name is another's now, whose password is not that of the login.
    remembering.slapd.change(f"dn: cn=elsewhere,{PEOPLE}\nchangetype: modrdn\n"
                             "newrdn: cn=again\ndeleteoldrdn: 1\n")
    remembering.slapd.change(f"dn: cn=elsewhere,{PEOPLE}\nobjectClass: inetOrgPerson\n"
                             f"cn: elsewhere\nsn: x\nuserPassword: {ssha('right-9')}\n")
    assert check(site, "moved", "right-7") == "OK"
    remembering.disable("memo")
    assert check(site, "memo", "right-8") == "OK"
    assert check(site, "memo", "wrong") == "NO"  # and so it was searched for
    assert check(site, "memo", "right-8") == "NO"
    remembering.enable("memo")
    assert check(site, "memo", "right-8") == "OK"
    configure(site, {"entry_ttl": "1"})
    assert check(site, "memo", "right-8") == "OK"
    remembering.disable("memo")
    time.sleep(1.1)
    assert check(site, "memo", "right-8") == "NO"
    configure(site)  # by default there is no such time
    remembering.enable("memo")
    assert check(site, "memo", "right-8") == "OK"
    remembering.disable("memo")
    assert check(site, "memo", "right-8") == "NO"


# --- TLS ---

@pytest.mark.parametrize("start_tls", ("yes", "no"))
def test_tls(site, well_again, authority, start_tls):
    """Logins with the directory behind TLS; and to whom no certificate is known no password
    goes."""
    slapd_ = site.people.slapd
    server = {"server_host": slapd_.uri if start_tls == "yes" else slapd_.tls_uri,
              "start_tls": start_tls}
    configure(site, {**server, "tls_ca_cert_file": authority.ca_file})
    mark = slapd_.mark()
    assert code(site, "PLAIN", "alice", PASSWORD) == 235
    assert code(site, "SCRAM-SHA-256", "alice", PASSWORD) == 235
    assert code(site, "PLAIN", "alice", "wrong") == 535
    slapd_.wait_log(f'BIND dn="{site.people.dn("alice")}" mech=SIMPLE bind_ssf=0 ssf=[1-9]', mark)
    mark, ours = slapd_.mark(), site.authd.mark()
    configure(site, server)  # the system's authorities do not know this one
    fails_for_now(site, TIMEOUT + SLACK)
    site.authd.wait_log("its certificate is not trusted", ours)
    assert "BIND dn=" not in slapd_.log_since(mark)


# --- time ---

def test_unknown_logins_take_as_long(site, well_again):
    """The directory refuses at once who is not there, and computes a slow hash for who is."""
    people = site.people
    slow = hash_argon2("right-7")
    for number in range(4):
        people.add(f"slow{number}", "right-7", hashed=slow)
    site.authd.stop()
    site.authd.start()  # and so knows no other times
    times = {True: [], False: []}
    for number in range(48):
        for known in (True, False):
            login = f"slow{number % 4}" if known else f"absent{number}"
            times[known].append(try_login(site, "PLAIN", login, "wrong")[1])
    # The first ones come before much is known.
    known, unknown = (statistics.median(times[k][24:]) for k in (True, False))
    print(f"wrong password {known * 1000:.1f} ms, no such login {unknown * 1000:.1f} ms")
    assert 0.4 < unknown / known < 2.5


# --- a directory that is away ---

def fails_for_now(site, within):
    """At every smtpd, for the right password, a wrong one and an unknown login alike."""
    for service in SERVICES:
        for mechanism in ("PLAIN", "SCRAM-SHA-256"):
            for login, password in (("alice", PASSWORD), ("alice", "wrong"),
                                    ("nobody-here", "x")):
                reply, took = try_login(site, mechanism, login, password, service)
                assert (reply.code, reply.enhanced) == (454, "4.7.0"), (mechanism, login, reply)
                assert took < within, (service, mechanism, took)


def recovers(site):
    began = time.monotonic()
    for mechanism in ("PLAIN", "SCRAM-SHA-256"):
        process.wait_until(
            lambda m=mechanism: try_login(site, m, "alice", PASSWORD)[0].code == 235,
            what="logins to work again")
    assert time.monotonic() - began < RECOVERY


def test_hung(site, well_again):
    site.people.slapd.pause()
    fails_for_now(site, TIMEOUT + SLACK)
    site.people.slapd.resume()
    recovers(site)


def test_a_lookup_that_hangs_holds_up_nobody(site, well_again):
    """Not even one that began when nobody else was there."""
    with authd_client.Wire(site.authd.lookup_socket) as first, \
            authd_client.Wire(site.authd.lookup_socket) as second:
        assert first.lookup("alice", "authPassword").values()["authPassword"]
        site.people.slapd.pause()
        time.sleep(0.2)  # both are forgotten by the loop
        began = time.monotonic()
        first.send(authd_client.LOOKUP, [(authd_client.LOGIN, "alice"),
                                         (authd_client.NAME, "authPassword")])
        time.sleep(0.05)
        second.locks()
        took = time.monotonic() - began
        assert first.receive().status == authd_client.UNAVAIL
        assert took < (time.monotonic() - began) / 2


def test_killed_and_restarted(site, well_again):
    assert code(site, "PLAIN", "alice", PASSWORD) == 235
    site.people.slapd.kill()
    fails_for_now(site, SLACK)
    site.people.slapd.start()
    recovers(site)


def test_restarted_in_between(site):
    """Connections that were open before are of no use any more, and nobody notices."""
    assert code(site, "PLAIN", "alice", PASSWORD) == 235
    site.people.slapd.restart()
    for mechanism in ("PLAIN", "SCRAM-SHA-256"):
        assert code(site, mechanism, "alice", PASSWORD) == 235


def test_wrong_reader(site, well_again):
    """A password of our own that is wrong is nobody's fault who logs in."""
    configure(site, {"bind_pw": "wrong"})
    fails_for_now(site, TIMEOUT + SLACK)


def test_base_that_is_not_there(site, well_again):
    configure(site, {"search_base": f"ou=nowhere,{SUFFIX}"})
    fails_for_now(site, TIMEOUT + SLACK)


# --- several sources ---

def test_accounts_of_our_own_first(site, well_again):
    """They work while the directory is away; and who is in neither is told so by both."""
    site.authd.ctl("user", "add", f"root@{DOMAIN}", "--no-rules", data=b"own-pass-8\n")
    site._settings["credentials"] = ["builtin", *site.people.credentials]
    try:
        configure(site)
        assert code(site, "PLAIN", "root", "own-pass-8") == 235
        assert code(site, "PLAIN", "alice", PASSWORD) == 235
        assert code(site, "PLAIN", "nobody-here", PASSWORD) == 535
        site.people.slapd.kill()
        assert code(site, "PLAIN", "root", "own-pass-8") == 235
        assert code(site, "SCRAM-SHA-256", "root", "own-pass-8") == 235
        assert code(site, "PLAIN", "alice", PASSWORD) == 454
        assert code(site, "PLAIN", "nobody-here", PASSWORD) == 454
    finally:
        site._settings["credentials"] = site.people.credentials


# --- sendasctl ---

def test_config_check(site, well_again):
    found = site.authd.ctl("config", "check", check=False)
    assert b"ldap" not in found.stdout + found.stderr, found
    site.people.configure({"bind_pw": "wrong"})
    found = site.authd.ctl("config", "check", check=False)
    assert found.returncode != 0
    assert b"credentials" in found.stdout + found.stderr
    assert READER.encode() in found.stdout + found.stderr or b"nvalid" in found.stdout + \
        found.stderr
    site.people.configure({"timeout": "30"})
    found = site.authd.ctl("config", "check", check=False)
    assert b"request_timeout" in found.stdout + found.stderr
