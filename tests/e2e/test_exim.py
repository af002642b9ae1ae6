# SPDX-License-Identifier: BSD-2-Clause
"""policy-examples/exim on a real Exim: logins through the plugin, whole mail, and the ACL that
lets sendasctl decide; what an admin of Exim can have from sendas. (That each mechanism works
is seen in test_clients.py, too.)"""

import os
import pathlib
import re
import shutil
import sqlite3
from contextlib import closing

import pytest
from lib import process, smtp
from lib.authd import AUTHD_USER, Authd, plugin_path
from lib.examples import EXAMPLES, check_cases
from lib.exim import USER, Exim, found
from lib.login_site import log_in
from lib.office import Office, must
from lib.postfix import DOMAIN
from lib.smtp import compose

FILES = EXAMPLES / "exim"
MECHANISMS = ("PLAIN", "LOGIN", "SCRAM-SHA-256")
ANNA, BEN = f"anna@{DOMAIN}", f"ben@{DOMAIN}"
CASES = check_cases.read_cases(FILES / "cases.tsv")


def replaced(text, *pairs):
    for theirs, ours in pairs:
        assert theirs in text, theirs
        text = text.replace(theirs, ours)
    return text


class ExampleSasl:
    """The example's sasl-exim.conf."""

    def __init__(self, authd):
        self._authd = authd

    def write(self, directory):
        text = replaced((FILES / "sasl-exim.conf").read_text(),
                        ("/run/sendas-authd", self._authd.run))
        pathlib.Path(f"{directory}/smtpd.conf").write_text(text)
        return plugin_path(self._authd.programs, directory)


class Site:
    """The example, as its README says."""

    def __init__(self, root, programs, sink):
        self.root = f"{root}/exim-site"
        os.makedirs(self.root)
        self.authd = Authd(programs, self.root)
        # The group that lets Exim's user use the sockets is Postfix's: it exists here.
        self.authd.write_conf(replaced(
            (FILES / "authd.conf").read_text(), ('"sendas-authd"', f'"{AUTHD_USER}"'),
            (f'"{USER}"', '"postfix"'), ("/run/sendas-authd", self.authd.run))
            + f'accounts = "{self.authd.accounts_path}"\n'
            f'key_file = "{self.authd.state}/authd.key"\nrequest_timeout = 2s\n'
            'guessing {\ndelay_max = 0\nmax_failures = 1\nmax_network_failures = 0\n}\n')
        self.authd.init()
        for login in {case.login for case in CASES} | {"ben"}:
            self.authd.add(f"{login}@{DOMAIN}", self.password(login))
        self.etc = f"{self.root}/etc"
        os.makedirs(self.etc)
        self.conf = check_cases.install(FILES, self.etc)
        self.program = pathlib.Path(f"{self.root}/sendas-exim")
        self.program.write_text(replaced(
            (FILES / "sendas-exim").read_text(),
            ("sendasctl explain", f"{programs.path('sendasctl')} explain --config {self.conf}")))
        self.program.chmod(0o755)
        self.exim = Exim(f"{self.root}/exim", ExampleSasl(self.authd), sink_port=sink.port,
                         parts=self._parts())
        os.makedirs(self.exim.root)
        self.exim.set_up()
        self.office = Office(self.exim, sink)

    def _parts(self):
        text = replaced((FILES / "exim.conf").read_text(),
                        ("/etc/exim4/sasl", f"{self.root}/exim/sasl"),
                        ("/usr/local/sbin/sendas-exim", str(self.program)))
        names = {"main section": "main", "ACLs": "acl", "authenticators": "authenticators"}
        sections = re.split(r"(?m)^# --- (.*) ---$", text)[1:]
        assert sections[::2] == list(names)
        return dict(zip(names.values(), sections[1::2]))

    @staticmethod
    def password(login):
        return f"secret-{login}"

    def start(self):
        self.authd.start()
        self.exim.start()

    def stop(self):
        self.exim.stop()
        self.authd.stop()
        shutil.rmtree(self.root)

    def connect(self, login=None):
        client = smtp.Client(self.exim.port)
        must(client.ehlo())
        must(client.starttls(self.exim.ca_file))
        must(client.ehlo())
        if login is not None:
            must(client.auth_plain(login, self.password(login)))
        return client


@pytest.fixture(scope="module")
def module_site(root, programs, sink):
    if found() is None:
        pytest.skip("SENDAS_EXIM does not name a directory with an unpacked Exim")
    site = Site(root, programs, sink)
    site.start()
    yield site
    site.stop()


@pytest.fixture
def site(module_site):
    yield module_site
    module_site.office.audit()


def send(site, client, sender, fields):
    sent = site.office.send(client, sender, compose(fields))
    if sent.reply.ok:
        sent.queue_id = sent.reply.text.rpartition("id=")[2]
    return sent


def test_passwords_want_tls(site):
    with smtp.Client(site.exim.port) as client:
        must(client.ehlo())
        assert "AUTH" not in client.extensions
    with site.connect() as client:
        assert set(client.extensions["AUTH"].split()) == set(MECHANISMS)


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("typed", ("anna", "ANNA@Example.ORG"))
def test_whole_mail(site, mechanism, typed):
    """Whatever the spelling, it is one login for Exim and for sendas."""
    with site.connect() as client:
        assert log_in(client, mechanism, typed, site.password("anna")).code == 235
        arrived = site.office.delivered(send(site, client, ANNA, [f"From: Anna <{ANNA}>"]))
        assert arrived.fields("From") == [f"From: Anna <{ANNA}>".encode()]
        received = b" ".join(arrived.fields("Received")[0].split())
        assert b"with esmtpsa (TLS1.3)" in received and b"(Exim " in received
        reply = send(site, client, ANNA, [f"From: Anna <{BEN}>"]).reply
        assert (reply.code, reply.enhanced) == (550, "5.7.1")
        assert f"From <{BEN}>: this address is not yours to use" in reply.text
    assert set(re.findall("identity <(.*)>", site.exim.log())) == {ANNA}


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_wrong_passwords(site, mechanism):
    with site.connect() as client:
        for login in ("anna", "nobody-here"):
            assert log_in(client, mechanism, login, "wrong").code == 535


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"line-{case.line}")
def test_case(site, case):
    with site.connect(case.login) as client:
        sent = send(site, client, case.mail_from, case.fields)
    if case.verdict == "accept":
        arrived = site.office.delivered(sent)
        fields = [field.decode() for field in arrived.fields()]
        assert check_cases.sender_fields(fields) == check_cases.sender_fields(case.fields)
    else:
        assert (sent.reply.code, sent.reply.enhanced) == (550, "5.7.1"), sent


def test_guessed_too_often(site):
    """A lock is no wrong password. (From loopback it takes ten times max_failures.)"""
    login = f"guessed@{DOMAIN}"
    site.authd.add(login, "right")
    for i in range(10):
        with site.connect() as client:
            assert client.auth_plain(login, f"wrong-{i}").code == 535
    for mechanism in MECHANISMS:
        with site.connect() as client:
            assert log_in(client, mechanism, login, "right").code == 435


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_disabled(site, mechanism):
    login = f"gone-{mechanism.lower()}@{DOMAIN}"
    site.authd.add(login, "right")
    with site.connect() as client:
        assert log_in(client, mechanism, login, "right").code == 235
    site.authd.ctl("user", "disable", login)
    with site.connect() as client:
        assert log_in(client, mechanism, login, "right").code == 535


# --- outages ---

@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_outage_of_the_accounts(site, mechanism):
    """Nobody hears that his password is wrong; the same session goes on afterwards."""
    with site.connect() as client:
        site.authd.stop()
        try:
            assert log_in(client, mechanism, "anna", site.password("anna")).code == 435
        finally:
            site.authd.start()
        assert log_in(client, mechanism, "anna", site.password("anna")).code == 235
        assert send(site, client, ANNA, [f"From: {ANNA}"]).accepted


@pytest.fixture
def sasl_conf(site):
    """Exim's exim.conf of libsasl2, which each connection reads; as it was, afterwards."""
    path = pathlib.Path(f"{site.exim.root}/sasl/exim.conf")
    text = path.read_text()
    yield path
    path.write_text(text)


def codes_of(site, mechanisms=MECHANISMS):
    """What anna hears by each mechanism."""
    codes = []
    for mechanism in mechanisms:
        with site.connect() as client:
            codes.append(log_in(client, mechanism, "anna", site.password("anna")).code)
    return codes


def test_outage_with_canon_user_plugin(site, sasl_conf):
    """Why the plugin is not to be named there: the login is not known, and Exim says 535."""
    sasl_conf.write_text(sasl_conf.read_text() + "canon_user_plugin: sendas\n")
    assert codes_of(site) == [235, 235, 235]
    site.authd.stop()
    try:
        codes = codes_of(site)
    finally:
        site.authd.start()
    assert 535 in codes, codes


def test_outage_of_the_database(site):
    """The daemon is there, and cannot read its accounts."""
    site.authd.stop()
    with closing(sqlite3.connect(site.authd.accounts_path, isolation_level=None)) as db:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("BEGIN EXCLUSIVE")
        site.authd.start()
        codes = codes_of(site, ("PLAIN", "SCRAM-SHA-256"))
        db.execute("ROLLBACK")
    assert codes == [435, 435]
    process.wait_until(lambda: codes_of(site) == [235, 235, 235], what="the accounts")


def test_outage_of_one_socket(site, sasl_conf):
    """It answers the plugin and not on the other socket: PLAIN and LOGIN hear 535 then."""
    sasl_conf.write_text(re.sub("(?m)^saslauthd_path: .*$", "saslauthd_path: /nonexistent/mux",
                                sasl_conf.read_text()))
    assert codes_of(site) == [535, 535, 235]


def put_off(site, fields=(f"From: {ANNA}",)):
    with site.connect("anna") as client:
        reply = send(site, client, ANNA, fields).reply
    return (reply.code, reply.enhanced) == (451, "4.7.1")


def test_outage_of_the_owners(site):
    """What could not be told is put off, whatever stands in the way."""
    owners = f"{site.etc}/owners"
    os.rename(owners, owners + ".away")
    try:
        assert put_off(site)
    finally:
        os.rename(owners + ".away", owners)
    site.program.chmod(0o644)
    try:
        assert put_off(site)
    finally:
        site.program.chmod(0o755)


@pytest.mark.parametrize("size", (60_000, 64_000, 67_000, 140_000))
def test_large_headers(site, size):
    """Exim shows 64 KB of a header and no more: what is behind that must not come in."""
    filler = [f"X-{i}: {'x' * 90}" for i in range(size // 100)]
    with site.connect("anna") as client:
        for fields in ([f"From: {ANNA}", *filler, f"Sender: {BEN}"], [*filler, f"From: {BEN}"]):
            assert 500 <= send(site, client, ANNA, fields).reply.code < 560
        sent = send(site, client, ANNA, [*filler, f"From: {ANNA}"])
        assert sent.reply.code == (250 if size <= 60_000 else 552), sent
