# SPDX-License-Identifier: BSD-2-Clause
"""Logging in at a real smtpd, in its chroot and outside, and at a sendmail, by every mechanism:
who gets in, and under which name."""

import base64
import itertools

import pytest

from lib import sendmail, smtp
from lib.login_site import log_in
from lib.office import must
from lib.postfix import DOMAIN

ALICE = f"alice@{DOMAIN}"
PASSWORD = "wonderland-1"
SCRAM = ("SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512")
MECHANISMS = ("PLAIN", "LOGIN", *SCRAM, "CRAM-MD5")

every_service = pytest.mark.parametrize(
    "login_site, service", [("builtin", "login"), ("builtin", "login-jail"), ("ldap", "login"),
                            ("ldap", "login-jail"), ("sendmail", "login")],
    indirect=["login_site"])


@every_service
@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_right_and_wrong(login_site, service, mechanism):
    with login_site.connect(service) as client:
        if mechanism not in login_site.mechanisms:  # the accounts have no secret for it
            reply = log_in(client, mechanism, "alice", PASSWORD)
            assert reply.code == 535, reply
            return
        reply = log_in(client, mechanism, "alice", "wrong")
        assert (reply.code, reply.enhanced) == login_site.wrong
        reply = log_in(client, mechanism, "alice", PASSWORD)
        assert (reply.code, reply.enhanced) == login_site.right
        assert login_site.identity(client) == ALICE


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_nobody_is_refused_alike(login_site, mechanism):
    """The same code and text for a login that does not exist, at the same step."""
    with login_site.connect() as client:
        known = log_in(client, mechanism, "alice", "wrong")
        unknown = log_in(client, mechanism, "nobody-here", "wrong")
    assert (known.code, known.lines) == (unknown.code, unknown.lines)
    if mechanism in SCRAM:
        assert unknown.exchange.salt is not None  # it came to the last step
        assert len(known.exchange.salt) == len(unknown.exchange.salt)
        assert known.exchange.iterations == unknown.exchange.iterations


@pytest.mark.parametrize("mechanism", SCRAM)
def test_made_up_salts_stay(login_site, mechanism):
    """A salt that changed from try to try would give an unknown login away."""
    salts = set()
    for _ in range(2):
        with login_site.connect() as client:
            salts.add(log_in(client, mechanism, "nobody-here", "x").exchange.salt)
            other = log_in(client, mechanism, "nobody-else", "x").exchange.salt
    assert len(salts) == 1 and other not in salts


def test_empty_password(login_site):
    with login_site.connect() as client:
        assert log_in(client, "PLAIN", "alice", "").code in (501, 535)
        assert log_in(client, "LOGIN", "alice", "").code in (501, 535)


def test_a_stored_verifier_is_no_password(builtin_login_site):
    stored = builtin_login_site.stored_verifiers(ALICE)
    assert stored
    for verifier in stored:
        with builtin_login_site.connect() as client:
            for mechanism in ("PLAIN", "SCRAM-SHA-256"):
                assert log_in(client, mechanism, "alice", verifier).code == 535


# --- spelling ---

SPELLINGS = (
    # typed, the account that a right password gives; None: nobody
    ("alice", ALICE),
    ("Alice", ALICE),
    ("ALICE@EXAMPLE.ORG", ALICE),
    ("  alice ", ALICE),
    ("ali", ALICE),  # an alias login of hers
    ("ALI@example.org", ALICE),
    ("alice@other.test", None),
    ("alice@", None),
    ("@example.org", None),
    ("alice@example.org@example.org", None),
    ("alice@evil@example.org", None),
    ("a b", None),
    ("\uff41lice", None),  # full-width a
    ("al\u00adice", None),  # a soft hyphen
    ("alic\u0435", None),  # a Cyrillic e
    ("alice\u0301", None),
    ("al\tice", None),
    ("al\x01ice", None),
    ("alice%example.org", None),
    ("alice'--", None),
    ('alice" OR "1"="1', None),
    ("alice*", None),
    ("alic_", None),
    ("%", None),
)


@pytest.mark.parametrize("mechanism", ("PLAIN", "SCRAM-SHA-256"))
@pytest.mark.parametrize("typed,account", SPELLINGS)
def test_spelling(login_site, mechanism, typed, account):
    """Whoever knows alice's password becomes alice, however the login is spelled, and never
    anybody else."""
    with login_site.connect() as client:
        reply = log_in(client, mechanism, typed, PASSWORD)
        if account is None:
            assert reply.code in (501, 535), reply
        else:
            assert reply.code == 235, reply
            assert login_site.identity(client) == account


def test_trailing_dot(login_site):
    """The domain with its dot is refused or is alice: nobody else, and no name of its own."""
    with login_site.connect() as client:
        reply = log_in(client, "PLAIN", f"{ALICE}.", PASSWORD)
        assert reply.code in (235, 535)
        if reply.code == 235:
            assert login_site.identity(client) == ALICE


@pytest.mark.parametrize("data", (b"\0alice\0wonder\0land-1", b"\0ali\0ce\0wonderland-1",
                                  b"alice\0wonderland-1", b"\0\0wonderland-1",
                                  b"\0al\xffice\0wonderland-1"))
def test_raw_plain(login_site, data):
    """NULs and bytes that are no text, where libsasl and we could read them differently."""
    with login_site.connect() as client:
        reply = client.command(b"AUTH PLAIN " + base64.b64encode(data))
        assert reply.code in (454, 501, 535)
        assert must(client.rset())


# --- authorization identities ---

@every_service
@pytest.mark.parametrize("mechanism", ("PLAIN", *SCRAM))
@pytest.mark.parametrize("authzid", (f"bob@{DOMAIN}", "bob", "nobody-here", "root",
                                     f"alice@{DOMAIN}.evil.test"))
def test_nobody_else_by_authzid(login_site, service, mechanism, authzid):
    with login_site.connect(service) as client:
        reply = log_in(client, mechanism, "alice", PASSWORD, authzid=authzid)
        if login_site.ignores_authzid:
            assert reply.code == 235 and login_site.identity(client) == ALICE
        else:
            assert reply.code == 535


@pytest.mark.parametrize("mechanism,authzid", itertools.product(
    ("PLAIN", "SCRAM-SHA-256"), ("alice", ALICE, "ALICE@example.ORG", "ali")))
def test_own_authzid(login_site, mechanism, authzid):
    with login_site.connect() as client:
        assert log_in(client, mechanism, "alice", PASSWORD, authzid=authzid).code == 235
        assert login_site.identity(client) == ALICE


@pytest.mark.parametrize("binding", ("n", "y"))
def test_scram_binding_flags(login_site, binding):
    with login_site.connect() as client:
        assert log_in(client, "SCRAM-SHA-256", "alice", PASSWORD, binding=binding).code == 235


def test_after_an_aborted_scram(login_site):
    """What the first exchange fetched serves nobody else."""
    with login_site.connect() as client:
        begun = smtp.scram.Exchange("SCRAM-SHA-256", "alice", PASSWORD)
        first = base64.b64encode(begun.first()).decode()
        assert client.command(f"AUTH SCRAM-SHA-256 {first}").code == 334
        assert client.command("*").code == 501
        assert log_in(client, "PLAIN", "bob", PASSWORD).code == 535
        assert log_in(client, "PLAIN", "bob", "builder-2").code == 235
        assert login_site.identity(client) == f"bob@{DOMAIN}"


# --- accounts as they change ---

def test_changes_count_at_once(login_site):
    """Adding, changing, disabling and deleting, on a connection that was open before."""
    people = login_site.people
    with login_site.connect() as client:
        for mechanism in login_site.mechanisms:
            assert log_in(client, mechanism, "carol", "first-1").code == 535
    people.add("carol", "first-1")
    assert login_site.logs_in("carol", "first-1")
    people.passwd("carol", "second-2")
    assert login_site.logs_in("carol", "second-2")
    assert not login_site.logs_in("carol", "first-1")
    people.disable("carol")
    assert not login_site.logs_in("carol", "second-2")
    people.enable("carol")
    assert login_site.logs_in("carol", "second-2")
    people.delete("carol")
    assert not login_site.logs_in("carol", "second-2")


def test_application_passwords(builtin_login_site):
    authd = builtin_login_site.authd
    made = authd.ctl("user", "app", "add", ALICE, "phone").stdout.decode().split()[-1]
    with builtin_login_site.connect() as client:
        assert log_in(client, "PLAIN", "alice", made).code == 235
    with builtin_login_site.connect() as client:
        assert log_in(client, "LOGIN", "alice", made).code == 235
        assert builtin_login_site.identity(client) == ALICE
    with builtin_login_site.connect() as client:
        assert log_in(client, "SCRAM-SHA-256", "alice", made).code == 535
        assert log_in(client, "PLAIN", "bob", made).code == 535
    authd.ctl("user", "app", "disable", ALICE, "phone")
    with builtin_login_site.connect() as client:
        assert log_in(client, "PLAIN", "alice", made).code == 535
        assert log_in(client, "PLAIN", "alice", PASSWORD).code == 235
    authd.ctl("user", "app", "delete", ALICE, "phone")


def test_old_hash_gains_scram(builtin_login_site):
    """An imported account has a hash only; a right PLAIN login makes SCRAM work."""
    authd = builtin_login_site.authd
    login = f"dave@{DOMAIN}"
    hashed = "{SSHA}" + _ssha(b"salt", b"old-secret-4")
    authd.ctl("import", "--from", "passwd-file", "-", data=f"{login}:{hashed}\n".encode())
    with builtin_login_site.connect() as client:
        assert log_in(client, "SCRAM-SHA-256", "dave", "old-secret-4").code == 535
        assert log_in(client, "PLAIN", "dave", "wrong").code == 535
        assert log_in(client, "SCRAM-SHA-256", "dave", "old-secret-4").code == 535
    mark = authd.mark()
    with builtin_login_site.connect() as client:
        assert log_in(client, "PLAIN", "dave", "old-secret-4").code == 235
    authd.wait_log("upgrade", mark)
    with builtin_login_site.connect() as client:
        assert log_in(client, "SCRAM-SHA-256", "dave", "old-secret-4").code == 235
    assert not any("SSHA" in v for v in builtin_login_site.stored_verifiers(login))


def _ssha(salt, password):
    import hashlib
    return base64.b64encode(hashlib.sha1(password + salt).digest() + salt).decode()


# --- the log ---

def test_log_lines(login_site):
    """Who, from where, how and with which result; the client's address for PLAIN, too."""
    authd = login_site.authd
    mark = authd.mark()
    with login_site.connect() as client:
        log_in(client, "PLAIN", "alice", "wrong")
        log_in(client, "PLAIN", "alice", PASSWORD)
    line = authd.wait_log(r"^.*result=refused.*$", mark).group()
    assert f"login={ALICE}" in line and "client=127.0.0.1" in line
    assert "reason=wrong-password" in line and "wrong\n" not in line
    line = authd.wait_log(r"^.*result=accepted.*$", mark).group()
    assert f"login={ALICE}" in line and "client=127.0.0.1" in line
    assert PASSWORD not in authd.log()


def test_hostile_login_in_the_log(login_site):
    authd = login_site.authd
    mark = authd.mark()
    with login_site.connect() as client:
        log_in(client, "PLAIN", 'x" result=accepted login=root\u202e', "wrong")
    line = authd.wait_log(r"^.*result=refused.*$", mark).group()
    assert line.count(" result=") + line.count("\tresult=") == 1 or '\\"' in line
    assert "\u202e" not in line


# --- outages ---

def test_sendmail_has_one_answer(session_login_site):
    """Whatever libsasl says, sendmail answers 535 to what is no right password: sendas-sasl(5)
    says so. The plugin's line in its log tells which it was."""
    if sendmail.found() is None:
        pytest.skip("SENDAS_SENDMAIL does not name a directory with an unpacked sendmail")
    site = session_login_site("sendmail")
    mark = len(site.mta.log())
    site.authd.stop()
    try:
        for mechanism in ("PLAIN", "SCRAM-SHA-256"):
            with site.connect() as client:
                assert log_in(client, mechanism, "alice", PASSWORD).code == 535
        site.wait_mta_log("sendas: cannot connect to sendas-authd", mark)
        # But where a filter with F=T is away, nobody's password is looked at.
        site.milter.stop()
        for mechanism in ("PLAIN", "SCRAM-SHA-256"):
            with site.connect(tls=False) as client:
                reply = log_in(client, mechanism, "alice", PASSWORD)
                assert (reply.code, reply.enhanced) == (454, "4.3.0")
        site.milter.start()
    finally:
        site.authd.start()
    with site.connect() as client:
        assert log_in(client, "PLAIN", "alice", PASSWORD).code == 235
