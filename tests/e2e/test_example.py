# SPDX-License-Identifier: BSD-2-Clause
"""The policy-examples as their READMEs say: their very files, on a Postfix of their own."""

import importlib.util
import pathlib

import pytest
from lib.authd import AUTHD_USER, Authd, plugin_path
from lib.expect import check_refusal
from lib.office import Office
from lib.postfix import Postfix
from lib.programs import MILTER_USER, Milter, prepare_socket_directory
from lib.smtp import compose

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "policy-examples"
SMALL_OFFICE = EXAMPLES / "small-office"
OWN_ACCOUNTS = EXAMPLES / "own-accounts"

_spec = importlib.util.spec_from_file_location("check_cases", EXAMPLES / "check_cases.py")
check_cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(check_cases)

CASES = [c for c in check_cases.read_cases(SMALL_OFFICE / "cases.tsv") if c.login]


class Submission:
    """The service of the example's master.cf, on a port of ours."""

    name = "submission"

    def __init__(self, master_cf, *options):
        self._lines = [line for line in master_cf.splitlines() if not line.startswith("#")]
        self._options = [f"  -o {option}" for option in options]
        self.port = None

    def master_lines(self):
        first, *rest = self._lines
        assert first.startswith("submission inet")
        first = first.replace("submission", f"127.0.0.1:{self.port}", 1)
        return "\n".join([first, *rest, *self._options]) + "\n"


class ExampleMilter(Milter):
    """sendas-milter with the example's own configuration; only paths and user are ours."""

    def use(self, conf_text):
        self.write_conf(conf_text)


@pytest.fixture(scope="module")
def example(tmp_path_factory, root, programs, sink):
    accounts = {c.login.partition("@")[0]: "secret-" + c.login for c in CASES}
    server = Postfix(f"{root}/example", sink.port,
                     # A chrooted smtpd opens the test's account database by another path.
                     [Submission((SMALL_OFFICE / "postfix-master.cf").read_text(),
                                 "smtpd_sasl_path=smtpd-chroot")],
                     main_cf=(SMALL_OFFICE / "postfix-main.cf").read_text(),
                     accounts=accounts)
    server.set_up()
    etc = f"{server.root}/sendas"
    socket = f"{server.queue}/sendas/milter.sock"
    prepare_socket_directory(f"{server.queue}/sendas")
    milter = Milter(programs, server.root, "sendas", f"unix:{socket}")
    check_cases.install(SMALL_OFFICE, etc)
    text = pathlib.Path(milter.conf_path).read_text()
    for ours in (("/var/spool/postfix", server.queue), ('"sendas"', f'"{MILTER_USER}"')):
        assert ours[0] in text
        text = text.replace(*ours)
    milter.write_conf(text + f'control = "{milter.directory}/control"\n')
    milter.start()
    server.start()
    yield Office(server, sink, accounts)
    milter.stop()
    server.stop()


@pytest.mark.parametrize("case", CASES, ids=[f"line-{c.line}" for c in CASES])
def test_case(example, case):
    client = example.connect(case.login.partition("@")[0])
    sent = example.send(client, case.mail_from, compose(case.fields))
    client.quit()
    if case.verdict == "accept":
        arrived = example.delivered(sent)
        assert b"127.0.0.1" not in arrived.fields("Received")[1]
    else:
        check_refusal(sent.reply, place=case.place)
    example.audit()


def test_login_wants_tls(example):
    """The example's service takes no password without TLS."""
    client = example.connect(tls=False)
    assert "AUTH" not in client.extensions
    client.quit()


def test_nul_is_refused(example):
    """message_reject_characters: nobody gets to see a NUL."""
    client = example.connect("anna")
    sent = example.send(client, "anna@example.org",
                        b"From: anna@example.org\0, ben@example.org\r\n\r\nx\r\n")
    assert sent.reply.code in (550, 554), sent
    client.quit()


# --- own-accounts ---

class ExampleSasl:
    """The example's smtpd.conf, as it is: its paths are those inside of the chroot."""

    def __init__(self, programs):
        self._programs = programs

    def write(self, directory):
        text = (OWN_ACCOUNTS / "smtpd.conf").read_text()
        pathlib.Path(f"{directory}/smtpd.conf").write_text(text)
        return plugin_path(self._programs, directory)


@pytest.fixture(scope="module")
def accounts_example(root, programs, sink):
    """Two sockets of the four are opened: those in the jail, where a test may do so."""
    own = f"{root}/accounts"
    main_cf = (OWN_ACCOUNTS / "postfix-main.cf").read_text().replace("/etc/postfix",
                                                                     f"{own}/etc")
    server = Postfix(own, sink.port,
                     [Submission((OWN_ACCOUNTS / "postfix-master.cf").read_text())],
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


def test_own_accounts(accounts_example):
    client = accounts_example.connect()
    assert set(client.extensions["AUTH"].split()) == {"PLAIN", "LOGIN", "SCRAM-SHA-256"}
    for log_in in (client.auth_plain, client.auth_login, client.auth_scram):
        assert log_in("anna", "wrong").code == 535
    assert client.auth_scram("anna", "secret-anna").code == 235
    client.quit()
    accounts_example.connect("anna").quit()
