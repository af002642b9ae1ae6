# SPDX-License-Identifier: BSD-2-Clause
"""The policy-examples as their READMEs say: their very files, on an MTA of their own."""

import json
import pathlib

import pytest
from lib import dovecot, sendmail, smtp
from lib.authd import AUTHD_USER, Authd, plugin_path
from lib.example_sendmail import ExampleSendmail
from lib.examples import EXAMPLES, SITES, check_cases, password_of, services_of, sites_of
from lib.expect import PLACE_TITLES
from lib.network import Network
from lib.office import Office, must
from lib.postfix import Postfix
from lib.programs import prepare_socket_directory
from lib.smtp import compose

OWN_ACCOUNTS = EXAMPLES / "own-accounts"

# Those with entries for a directory are test_directories.py's, that for Exim test_exim.py's, that
# with a signer test_signing.py's.
NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/cases.tsv")
               if (path.parent / "postfix-master.cf").exists()
               and not (path.parent / "opendkim.conf").exists())
CASES = [(mta, name, case) for name in NAMES for mta in sites_of(name)
         for case in check_cases.read_cases(EXAMPLES / name / "cases.tsv")
         if case.login or case.facts]  # Postfix lets nobody else hand in mail

# The replies that are not the usual 550 5.7.1.
CODES = {"login-required": (530, "5.7.0"), "defer": (451, "4.7.1")}


@pytest.fixture(scope="module")
def sites(root, programs, sink):
    running = {}

    def site(name, mta="postfix"):
        if mta == "sendmail" and sendmail.found() is None:
            pytest.skip("SENDAS_SENDMAIL does not name a directory with an unpacked sendmail")
        if mta == "dovecot" and not dovecot.found():
            pytest.skip("dovecot is not installed")
        if (name, mta) not in running:
            example = SITES[mta](name, root, programs, sink)
            running[name, mta] = example, Office(example.mta, sink)
            example.start()
        return running[name, mta]

    yield site
    for example, _ in running.values():
        example.stop()


def check_refused(reply, case):
    wanted = CODES.get(case.reason, CODES.get(case.verdict, (550, "5.7.1")))
    assert (reply.code, reply.enhanced) == wanted, reply
    assert len(reply.lines) == 1
    if case.reason != "login-required":
        assert PLACE_TITLES[case.place] in reply.text, reply


def send_locally(example, office, case):
    """By sendmail(1), which says nothing of what becomes of the message."""
    recipient = office.recipient()
    example.mta.sendmail(compose(case.fields), "-f", case.mail_from, recipient)
    return office.sink.wait(recipient)


def check_arrived(arrived, case):
    """The sender fields are those of the case."""
    fields = [field.decode() for field in arrived.fields()]
    wanted = case.out if case.out is not None else case.fields
    assert check_cases.sender_fields(fields) == check_cases.sender_fields(wanted)
    assert (case.verdict == "tag") == bool(arrived.fields("X-Sendas"))


def check_held(example, sent):
    """The message waits in the MTA's queue, and is taken out of it here."""
    assert sent.accepted, sent
    assert example.mta.held() == [sent.queue_id]
    example.mta.delete(sent.queue_id)


@pytest.mark.parametrize("mta, name, case", CASES,
                         ids=[f"{m}-{n}-line-{c.line}" for m, n, c in CASES])
def test_case(sites, mta, name, case):
    example, office = sites(name, mta)
    mark = example.milter.mark()
    if case.facts.get("daemon") == "local":
        check_arrived(send_locally(example, office, case), case)
    else:
        with example.connect(case) as client:
            sent = office.send(client, case.mail_from, compose(case.fields))
        if case.verdict in ("reject", "defer"):
            check_refused(sent.reply, case)
        elif case.verdict == "quarantine":
            check_held(example, sent)
        else:
            check_arrived(office.delivered(sent), case)
    example.milter.wait_log(f"decision={case.verdict} rule=.?{case.rule}", mark)
    office.audit()


@pytest.mark.parametrize("name", [n for n in NAMES if "sendmail" in sites_of(n)])
def test_sendmail_settings(sites, name):
    """sendasctl mta-check has nothing against what m4 makes of them; only /tmp is no place for a
    socket."""
    example, _ = sites(name, "sendmail")
    result = example.milter.ctl("mta-check", "--sendmail", f"{example.mta.etc}/sendmail.cf",
                                "--json", check=False)
    assert [f["check"] for f in json.loads(result.stdout)["findings"]] == ["socket"]


# --- mailbox-server ---

def test_outside_mail_has_one_hop(sites):
    """received.unauthenticated = false: ours stamps what people hand in, and nothing else."""
    example, office = sites("mailbox-server")
    for daemon, fields in (("submission", 2), ("smtp", 1)):
        case = next(c for c in example.cases
                    if c.verdict == "accept" and c.facts["daemon"] == daemon and c.rule == "default")
        with example.connect(case) as client:
            sent = office.send(client, case.mail_from, compose(case.fields))
        assert len(office.delivered(sent).fields("Received")) == fields


# --- small-office ---

def test_login_wants_tls(sites):
    """The example's service takes no password without TLS."""
    _, office = sites("small-office")
    client = office.connect(tls=False)
    assert "AUTH" not in client.extensions
    client.quit()


@pytest.mark.parametrize("mta", ["postfix", "sendmail"])
@pytest.mark.parametrize("name", ["small-office", "isp"])
def test_client_is_hidden(sites, name, mta):
    """received.client = none: nobody sees where the mail came from, from the MTA neither."""
    example, office = sites(name, mta)
    case = next(c for c in example.cases if c.login and c.verdict == "accept")
    with example.connect(case) as client:
        sent = office.send(client, case.mail_from, compose(case.fields))
    fields = office.delivered(sent).fields("Received")
    assert any(b"(sendas)" in field for field in fields)
    assert b"[" not in b"".join(fields), fields


def test_nul_is_refused(sites):
    """message_reject_characters: nobody gets to see a NUL."""
    example, office = sites("small-office")
    case = next(c for c in example.cases if c.login.startswith("anna"))
    with example.connect(case) as client:
        sent = office.send(client, "anna@example.org",
                           b"From: anna@example.org\0, ben@example.org\r\n\r\nx\r\n")
    assert sent.reply.code in (550, 554), sent


# --- dovecot ---

def test_submission_server_of_the_example(sites):
    """Dovecot's own, by the second half of the example's dovecot.conf."""
    example, office = sites("dovecot", "dovecot")
    anna, ben = "anna@example.org", "ben@example.org"
    with smtp.Client(example.submission_port, source="127.0.0.9") as client:
        must(client.ehlo())
        must(client.auth_plain(anna, password_of(anna)))
        must(client.ehlo())
        sent = office.send(client, anna, compose([f"From: {anna}"]))
        office.delivered(sent)
        example.milter.wait_log(f"decision=accept .*login={anna} client=127.0.0.9 .*"
                                "daemon=dovecot mech=XCLIENT")
        sent = office.send(client, anna, compose([f"From: {ben}"]))
        assert (sent.reply.code, sent.reply.enhanced) == (550, "5.7.1"), sent


# --- own-accounts ---

class ExampleSasl:
    """The example's smtpd.conf, as it is: its paths are those inside of the chroot; or with
    sockets in `run`."""

    mechanisms = None

    def __init__(self, programs, run="/run/sendas-authd"):
        self._programs = programs
        self._run = run

    def write(self, directory):
        text = (OWN_ACCOUNTS / "smtpd.conf").read_text().replace("/run/sendas-authd", self._run)
        pathlib.Path(f"{directory}/smtpd.conf").write_text(text)
        return plugin_path(self._programs, directory)


@pytest.fixture(scope="module")
def accounts_example(root, programs, sink):
    """Two sockets of the four are opened: those in the jail, where a test may do so."""
    own = f"{root}/accounts"
    main_cf = (OWN_ACCOUNTS / "postfix-main.cf").read_text().replace("/etc/postfix",
                                                                     f"{own}/etc")
    server = Postfix(own, sink.port,
                     services_of((OWN_ACCOUNTS / "postfix-master.cf").read_text()),
                     main_cf=main_cf, sasl=ExampleSasl(programs))
    server.set_up()
    authd = Authd(programs, own, jail=server.queue)
    prepare_socket_directory(f"{server.queue}/run/sendas-authd")
    text = (OWN_ACCOUNTS / "authd.conf").read_text()
    for theirs, ours in (('"/var/spool/postfix', f'"{server.queue}'),
                         ('"/run/sendas-authd', f'"{authd.run}'),
                         ('"sendas-authd"', f'"{AUTHD_USER}"')):
        assert theirs in text
        text = text.replace(theirs, ours)
    authd.write_conf(text + f'accounts = "{authd.accounts_path}"\n'
                     f'key_file = "{authd.state}/authd.key"\n')
    authd.init()
    authd.add("anna@example.org", "secret-anna")
    authd.start()
    server.start()
    yield Office(server, sink, {"anna": "secret-anna"})
    server.stop()
    authd.stop()


@pytest.fixture(scope="module")
def sendmail_accounts(root, programs, sink):
    """With what README.md changes in authd.conf for sendmail."""
    if sendmail.found() is None:
        pytest.skip("SENDAS_SENDMAIL does not name a directory with an unpacked sendmail")
    own = f"{root}/accounts-sendmail"
    pathlib.Path(own).mkdir()
    authd = Authd(programs, own)
    text = (OWN_ACCOUNTS / "authd.conf").read_text()
    for theirs, ours in ((",\n                      \"/var/spool/postfix/run/sendas-authd/lookup\"", ""),
                         (",\n                      \"/var/spool/postfix/run/sendas-authd/mux\"", ""),
                         ('socket_group = "postfix"\n', ""),
                         ('peers = { "postfix" }', 'peers = { "root" }'),
                         ('"/run/sendas-authd', f'"{authd.run}'),
                         ('"sendas-authd"', f'"{AUTHD_USER}"')):
        assert theirs in text
        text = text.replace(theirs, ours)
    authd.write_conf(text + f'accounts = "{authd.accounts_path}"\n'
                     f'key_file = "{authd.state}/authd.key"\n')
    authd.init()
    authd.add("anna@example.org", "secret-anna")
    authd.start()
    network = Network()
    server = ExampleSendmail(f"{own}/mta", sink.port, (OWN_ACCOUNTS / "sendmail.mc").read_text(),
                             network, sasl=ExampleSasl(programs, authd.run))
    server.set_up()
    server.start()
    yield server, network
    server.stop()
    network.close()
    authd.stop()


@pytest.mark.parametrize("log_in", [smtp.Client.auth_plain, smtp.Client.auth_login,
                                    smtp.Client.auth_scram])
def test_own_accounts_on_sendmail(sendmail_accounts, log_in):
    server, network = sendmail_accounts
    with smtp.Client(network.connect("127.0.0.1", server.port("submission"))) as client:
        client.ehlo()
        assert client.extensions.get("AUTH") == "SCRAM-SHA-256"  # nothing else without TLS
        assert client.starttls(server.ca_file).ok and client.ehlo().ok
        assert set(client.extensions["AUTH"].split()) == {"PLAIN", "LOGIN", "SCRAM-SHA-256"}
        assert log_in(client, "anna", "secret-ann").code == 535
        assert log_in(client, "anna", "secret-anna").code == 235


def test_own_accounts(accounts_example):
    client = accounts_example.connect()
    assert set(client.extensions["AUTH"].split()) == {"PLAIN", "LOGIN", "SCRAM-SHA-256"}
    for log_in in (client.auth_plain, client.auth_login, client.auth_scram):
        assert log_in("anna", "wrong").code == 535
    assert client.auth_scram("anna", "secret-anna").code == 235
    client.quit()
    accounts_example.connect("anna").quit()
