# SPDX-License-Identifier: BSD-2-Clause
"""policy-examples/small-office as its README says: its very files, on a Postfix of its own."""

import importlib.util
import pathlib

import pytest
from lib.expect import check_refusal
from lib.office import Office
from lib.postfix import Postfix
from lib.programs import MILTER_USER, Milter, prepare_socket_directory
from lib.smtp import compose

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "policy-examples"
SMALL_OFFICE = EXAMPLES / "small-office"

_spec = importlib.util.spec_from_file_location("check_cases", EXAMPLES / "check_cases.py")
check_cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(check_cases)

CASES = [c for c in check_cases.read_cases(SMALL_OFFICE / "cases.tsv") if c.login]


class Submission:
    """The service of the example's master.cf, on a port of ours."""

    name = "submission"

    def __init__(self, master_cf):
        self._lines = [line for line in master_cf.splitlines() if not line.startswith("#")]
        self.port = None

    def master_lines(self):
        first, *rest = self._lines
        assert first.startswith("submission inet")
        first = first.replace("submission", f"127.0.0.1:{self.port}", 1)
        # A chrooted smtpd opens the test's account database by another path.
        return "\n".join([first, *rest, "  -o smtpd_sasl_path=smtpd-chroot"]) + "\n"


class ExampleMilter(Milter):
    """sendas-milter with the example's own configuration; only paths and user are ours."""

    def use(self, conf_text):
        self.write_conf(conf_text)


@pytest.fixture(scope="module")
def example(tmp_path_factory, root, programs, sink):
    accounts = {c.login.partition("@")[0]: "secret-" + c.login for c in CASES}
    server = Postfix(f"{root}/example", sink.port,
                     [Submission((SMALL_OFFICE / "postfix-master.cf").read_text())],
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
    milter.write_conf(text)
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
