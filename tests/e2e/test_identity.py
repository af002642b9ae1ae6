# SPDX-License-Identifier: BSD-2-Clause
"""Clients that do not log in: by their address, name or certificate, by what they say, local
programs, and everybody else."""

import os
import re
import shutil

import pytest
from lib import sendmail
from lib.certificates import Authority
from lib.expect import check_log, check_refusal
from lib.office import Office, must
from lib.postfix import Postfix, Service
from lib.programs import Milter

ALICE = "From: Alice <alice@example.org>"
SCAN = "From: Scanner <scanner@example.org>"
STRANGER = "From: Stranger <stranger@example.net>"


# Clients that the MTA finds a name for, by their address; that of the last one is forged.
NAMES = {"192.0.2.7": "mx.partner.example", "192.0.2.6": "mx.partner.example.net",
         "198.51.100.8": "lists.example.net", "192.0.2.9": "forged.partner.example"}


class Site:
    """An MTA of its own, whose milter each test configures.

    open   no AUTH; clients come from other addresses, too
    cert   asks for certificates of `authority`; `other` is somebody else's
    auth   AUTH"""

    def __init__(self, root, programs, sink):
        self.root = f"{root}/identity-{self.name}"
        os.makedirs(self.root)
        self.listen = f"unix:{self.root}/run/milter"
        self.authority = Authority(f"{self.root}/ca")
        self.other = Authority(f"{self.root}/other-ca", "Other CA")
        self.mta = self.make_mta(sink.port)
        self.mta.set_up()
        self.milter = Milter(programs, self.root, "m", self.listen)
        self.office = Office(self.mta, sink)
        self.milter.init_store()
        for login, *addresses in (("alice@example.org", "alice@example.org"),
                                  ("scanner@example.org", "scanner@example.org"),
                                  ("boss@example.org", "boss@example.org")):
            self.milter.grant(login, *addresses)
        self.mta.start()

    def close(self):
        self.mta.stop()
        shutil.rmtree(self.root)

    def start(self, **settings):
        self.milter.configure(settings)
        self.milter.start()
        return self.milter

    def tls_client(self, pair):
        client = self.office.connect(service="cert", tls=False)
        must(client.starttls(self.mta.ca_file, certificate=pair))
        must(client.ehlo())
        return client

    def send(self, client, mail_from, fields):
        return self.office.send(client, mail_from, fields)


class PostfixSite(Site):
    """Clients say who they are (XCLIENT)."""

    name = "postfix"

    def make_mta(self, sink_port):
        xclient = {"smtpd_authorized_xclient_hosts": "127.0.0.0/8", "mynetworks": "0.0.0.0/0"}
        return Postfix(self.root, sink_port, [
            Service("open", auth=False, milters=self.listen, options=xclient),
            Service("cert", auth=False, milters=self.listen, options={
                "smtpd_tls_ask_ccert": "yes", "smtpd_tls_CAfile": self.authority.ca_file}),
            Service("auth", milters=self.listen, options={
                "smtpd_authorized_xclient_hosts": "127.0.0.0/8",
                "milter_macro_daemon_name": "auth"})],
            main_cf=f"non_smtpd_milters = {self.listen}\n")

    @staticmethod
    def address(address):
        """How the MTA sees a client that the tests call by this address."""
        return address

    @staticmethod
    def subject(name):
        """{cert_subject} of a certificate with this common name and no more."""
        return name

    def client(self, addr=None):
        """A session of the client with this address."""
        client = self.office.connect(service="open", tls=False)
        if addr is not None:
            name = NAMES.get(addr, "[UNAVAILABLE]")
            if name.startswith("forged"):  # Postfix says no more of it
                name = "[UNAVAILABLE]"
            must(client.xclient(addr=addr, name=name))
            must(client.ehlo())
        return client


class SendmailSite(Site):
    """Clients have addresses of their own on loopback, with names in a file of hosts."""

    name = "sendmail"

    def make_mta(self, sink_port):
        # The forged name leads to another address than the one that it was found for.
        hosts = "127.0.2.250 forged.partner.example\n" + "".join(
            f"{self.address(address)} {name}\n" for address, name in NAMES.items())
        return sendmail.Sendmail(self.root, sink_port, [
            sendmail.Service("open", auth=False, milters=self.listen),
            sendmail.Service("cert", auth=False, milters=self.listen),
            sendmail.Service("auth", milters=self.listen)],
            mc=f"define(`confCACERT', `{self.authority.ca_file}')dnl\n"
               f"define(`confCACERT_PATH', `{self.authority.directory}')dnl\n", hosts=hosts)

    @staticmethod
    def address(address):
        return "127.0." + ".".join(address.split(".")[2:])

    @staticmethod
    def subject(name):
        return f"/CN={name}"

    def client(self, addr=None):
        return self.office.connect(service="open", tls=False,
                                   source=self.address(addr) if addr else None)


SITES = {site.name: site for site in (PostfixSite, SendmailSite)}


@pytest.fixture(scope="module")
def module_site(request, root, programs, sink):
    if request.param == "sendmail" and sendmail.found() is None:
        pytest.skip("SENDAS_SENDMAIL does not name a directory with an unpacked sendmail")
    site = SITES[request.param](root, programs, sink)
    yield site
    site.close()


def pytest_generate_tests(metafunc):
    """Local programs hand in their mail to Postfix; what sendmail makes of it is elsewhere."""
    if "module_site" in metafunc.fixturenames:
        mtas = ["postfix"] if "local_program" in metafunc.function.__name__ else SITES
        metafunc.parametrize("module_site", mtas, indirect=True)


@pytest.fixture
def site(module_site):
    yield module_site
    module_site.office.disconnect()
    module_site.milter.stop()
    os.unlink(module_site.milter.log_path)
    module_site.office.audit()


SCANNER = {"identity": "scanner@example.org"}


def test_by_address(site):
    milter = site.start(unauthenticated="reject", received={"login": "full"},
                        **{'rule "scanner"': {"clients": [site.address("192.0.2.0") + "/28"], **SCANNER}})
    client = site.client("192.0.2.5")
    sent = site.send(client, "scanner@example.org", [SCAN])
    received = site.office.delivered(sent).fields("Received")[1]
    assert b"(Sender identified as: scanner@example.org)" in received
    assert re.search(b"with E?SMTP id", received)  # nobody has logged in
    check_log(milter, 0, queue_id=sent.queue_id, client=site.address("192.0.2.5"), decision="accept",
              rule="scanner", login="scanner@example.org")
    check_refusal(site.send(client, "scanner@example.org", [ALICE]).reply, place="from",
                  address="alice@example.org")
    reply = site.client("192.0.2.16").mail("scanner@example.org")
    assert (reply.code, reply.enhanced) == (530, "5.7.0"), reply
    check_log(milter, 0, client=site.address("192.0.2.16"), decision="reject", reason="login-required")


def test_by_name(site):
    """The name that the MTA verified; a name that it could not verify is none."""
    site.start(unauthenticated="reject",
               **{'rule "partner"': {"client_names": [".partner.example"], **SCANNER}})
    client = site.client("192.0.2.7")
    assert site.send(client, "scanner@example.org", [SCAN]).accepted
    for address in ("192.0.2.6", "192.0.2.10", "192.0.2.9"):
        assert site.client(address).mail("scanner@example.org").code == 530


def test_by_certificate(site):
    milter = site.start(unauthenticated="reject", **{
        'rule "scanner"': {"cert_subjects": [site.subject("scanner-7")], **SCANNER}})
    known = site.tls_client(site.authority.issue("scanner-7"))
    sent = site.send(known, "scanner@example.org", [SCAN])
    site.office.delivered(sent)
    check_log(milter, 0, queue_id=sent.queue_id, decision="accept", rule="scanner",
              login="scanner@example.org")
    check_refusal(site.send(known, "alice@example.org", [ALICE]).reply, place="mail_from")
    for pair in (None, site.authority.issue("scanner-8"), site.other.issue("scanner-7"),
                 site.authority.issue("scanner-7-old", expired=True)):
        assert site.tls_client(pair).mail("scanner@example.org").code == 530


def test_a_client_that_vouches_for_people(site):
    """A webmail that knows who is who: the envelope sender is who it is."""
    milter = site.start(unauthenticated="reject",
                        **{'rule "webmail"': {"clients": [site.address("192.0.2.8")],
                                              "identity": "mail-from"}})
    client = site.client("192.0.2.8")
    for address in ("alice@example.org", "someone@example.org"):
        sent = site.send(client, address, [f"From: <{address}>"])
        site.office.delivered(sent)
        check_log(milter, 0, queue_id=sent.queue_id, client=site.address("192.0.2.8"), rule="webmail",
                  login=address, decision="accept")
    check_refusal(site.send(client, "alice@example.org", ["From: boss@example.org"]).reply,
                  place="from", address="boss@example.org")
    assert client.mail("").code == 530  # nobody


def test_a_login_is_no_identity(site):
    """Who logs in is who it is, whatever a rule says for others."""
    site.start(**{'rule "scanner"': {"clients": ["127.0.0.0/8"], **SCANNER}})
    client = site.office.connect("alice", "auth")
    assert site.send(client, "alice@example.org", [ALICE]).accepted
    check_refusal(site.send(client, "alice@example.org", [SCAN]).reply, place="from")


def test_rules_by_service_mechanism_and_tls(site):
    site.start(**{"from": "owned", 'rule "any"': {
        "daemons": ["auth"], "mechanisms": ["PLAIN"], "min_tls": "TLSv1.2",
        "from": "any"}})
    tls = site.office.connect("alice", "auth")
    assert site.send(tls, "alice@example.org", [STRANGER]).accepted
    plain = site.office.connect("alice", "auth", tls=False)
    check_refusal(site.send(plain, "alice@example.org", [STRANGER]).reply, place="from")


# --- local programs ---

LOCAL = {'rule "local"': {"clients": ["local"], "identity": "scanner@example.org",
                          "on_violation": "rewrite"}}


def hand_in(site, message, *words):
    recipient = site.office.recipient()
    site.mta.sendmail(message, *words, recipient)
    return site.office.sink.wait(recipient)


def test_local_programs(site):
    """sendmail(1) and cron, whose mail comes by non_smtpd_milters."""
    milter = site.start(unauthenticated="reject", **LOCAL)
    message = hand_in(site, b"Subject: cron\n\noutput\n", "-f", "scanner@example.org")
    assert b"scanner@example.org" in message.fields("From")[0]
    check_log(milter, 0, client="local", rule="local", login="scanner@example.org",
              decision="accept")
    message = hand_in(site, b"From: boss@example.org\nSubject: x\n\nx\n")
    assert message.fields("From") == [b"From: scanner@example.org"]
    assert message.fields("X-Original-From") == [b"X-Original-From: boss@example.org"]
    assert message.mail_from == "scanner@example.org"
    # The same machine over SMTP is no local program.
    assert site.client().mail("scanner@example.org").code == 530
    assert site.client("127.0.0.1").mail("scanner@example.org").code == 530


def test_local_programs_pass_without_a_rule(site):
    milter = site.start()
    message = hand_in(site, b"From: root <root@example.org>\nSubject: x\n\nx\n")
    assert message.fields("From") == [b"From: root <root@example.org>"]
    check_log(milter, 0, client="local", decision="accept")


# --- everybody else ---

def test_protect_owned(site):
    milter = site.start(unauthenticated="protect-owned")
    client = site.client("198.51.100.7")
    site.office.delivered(site.send(client, "stranger@example.net", [STRANGER]))
    site.office.delivered(site.send(client, "", ["From: <"]))
    check_refusal(client.mail("boss@example.org"), place="mail_from",
                  address="boss@example.org")
    check_log(milter, 0, client=site.address("198.51.100.7"), decision="reject", reason="protected")
    for fields, place in ((["From: Boss <boss@example.org>"], "from"),
                          ([STRANGER, "Sender: alice+x@example.org"], "sender"),
                          ([STRANGER, "From: boss@example.org"], "from"),
                          (["From: <boss@example.org> stranger@example.net"], "from"),
                          (["From: =?utf-8?q?boss=40example=2Eorg?= x <"], "from")):
        check_refusal(site.send(client, "stranger@example.net", fields).reply, place=place)


def test_protect_owned_lets_lists_through(site):
    site.start(unauthenticated="protect-owned", **{
        'rule "lists"': {"client_names": ["lists.example.net"], "from": "any"},
        'rule "forwarder"': {"clients": [site.address("198.51.100.9")], "unauthenticated": "pass"}})
    lists = site.client("198.51.100.8")
    assert site.send(lists, "list@example.net", [ALICE, "Sender: list@example.net"]).accepted
    check_refusal(lists.mail("alice@example.org"), place="mail_from")
    lists.rset()
    forwarder = site.client("198.51.100.9")
    assert site.send(forwarder, "alice@example.org", [ALICE]).accepted


def test_protect_owned_and_tag(site):
    milter = site.start(unauthenticated="protect-owned", on_violation="tag")
    sent = site.send(site.client("198.51.100.7"), "stranger@example.net", [ALICE])
    assert site.office.delivered(sent).fields("X-Sendas") == [
        b"X-Sendas: protected from alice@example.org"]
    check_log(milter, 0, client=site.address("198.51.100.7"), queue_id=sent.queue_id, decision="tag")


def test_authentication_results_of_nobody(site):
    site.start(authentication_results={"add": True, "login": "full"})
    forged = "Authentication-Results: mail.example.org; auth=pass smtp.auth=boss"
    sent = site.send(site.client("198.51.100.7"), "stranger@example.net",
                     [forged, STRANGER])
    assert site.office.delivered(sent).fields("Authentication-Results") == [
        b"Authentication-Results: mail.example.org; auth=none"]


# --- AUTH= ---

def test_auth_parameter(site):
    milter = site.start(auth_param="owned")
    client = site.office.connect("alice", "auth")
    reply = client.mail("alice@example.org", "AUTH=boss@example.org")
    assert (reply.code, reply.enhanced) == (550, "5.7.1")
    assert "AUTH= <boss@example.org>" in reply.text
    check_log(milter, 0, decision="reject", place="auth_param", address="boss@example.org",
              reason="auth-param")
    client.rset()
    for parameter in ("AUTH=<>", "AUTH=alice+2Bx@example.org", "AUTH=alice@example.org"):
        assert client.mail("alice@example.org", parameter).ok
        client.rset()


def test_auth_parameter_is_no_identity(site):
    site.start()
    client = site.office.connect("alice", "auth")
    sent = site.office.send(client, "boss@example.org", [ALICE],
                            parameters="AUTH=boss@example.org")
    check_refusal(sent.reply, place="mail_from", address="boss@example.org")


def test_local_program_that_is_refused(site, sink):
    """It gets a bounce, as sendmail(1) has no other way to say so; nothing is delivered."""
    milter = site.start(**{'rule "local"': {"clients": ["local"],
                                            "identity": "scanner@example.org"}})
    recipient = site.office.recipient()
    site.mta.sendmail(b"From: boss@example.org\nSubject: x\n\nx\n", "-f",
                          "scanner@example.org", recipient)
    check_log(milter, 0, client="local", rule="local", decision="reject", place="from",
              address="boss@example.org")
    bounce = sink.wait("scanner@example.org")
    assert b"this address is not yours to use" in b" ".join(bounce.data.split())
    assert recipient not in sink.recipients()
