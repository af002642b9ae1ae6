# SPDX-License-Identifier: BSD-2-Clause
"""Postfix whose logins Dovecot verifies: by smtpd_sasl_type = dovecot, and by Dovecot's own
submission server, which hands on the login by XCLIENT. The milter alone; there is no Cyrus
SASL."""

import base64
import hashlib
import hmac
import json
import os
import shutil
import time

import pytest
from lib import process, smtp
from lib.dovecot import Dovecot, found
from lib.expect import check_log, check_refusal
from lib.login_site import log_in
from lib.office import Office, must
from lib.postfix import Postfix, Service
from lib.programs import Milter
from lib.trace import Received

if not found():
    pytest.skip("dovecot is not installed", allow_module_level=True)

ALICE, BOB = "alice@example.org", "bob@example.org"
PASSWORD, MASTER_PASSWORD = "wonderland-1", "for-support-9"
TOKEN_KEY = b"the identity provider's key, 32 byte"
MECHANISMS = ("PLAIN", "LOGIN", "SCRAM-SHA-1", "SCRAM-SHA-256")

# Whom a test logs in as: login in Dovecot, password, further fields.
ACCOUNTS = {
    ALICE: "",
    "bob": "",
    "ali": f"user={ALICE}",  # another name for alice
    "carol": "userdb_uid=nobody userdb_gid=nogroup userdb_home=/nonexistent "
             "userdb_submission_relay_port={untrusting}",
}

CONF = """\
auth_mechanisms = plain login scram-sha-1 scram-sha-256 xoauth2 oauthbearer
auth_master_user_separator = *
passdb {{
  driver = passwd-file
  args = {root}/masters
  master = yes
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {root}/oauth2.conf
}}
passdb {{
  driver = passwd-file
  args = {root}/users
}}
userdb {{
  driver = prefetch
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={root}/home/%u
}}
service auth {{
  unix_listener {queue}/private/auth {{
    mode = 0660
    user = postfix
    group = postfix
  }}
  inet_listener {{
    address = 127.0.0.1
    port = {auth_port}
  }}
}}

mail_location = maildir:~/Maildir
hostname = mail.example.org
service submission-login {{
  inet_listener submission {{
    address = 127.0.0.1
    port = {submission_port}
  }}
}}
submission_relay_host = 127.0.0.1
submission_relay_port = {relay_port}
submission_relay_trusted = yes
"""


OAUTH2_CONF = """\
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={root}/keys/
username_attribute = sub
"""


def write_oauth(directory):
    """Tokens are verified by a key that lies in a file."""
    os.makedirs(f"{directory}/keys/default/HS256")
    with open(f"{directory}/keys/default/HS256/default", "wb") as f:
        f.write(base64.b64encode(TOKEN_KEY))
    with open(f"{directory}/oauth2.conf", "w", encoding="utf-8") as f:
        f.write(OAUTH2_CONF.format(root=directory))


def token(login, key=TOKEN_KEY):
    """What an identity provider gives out (RFC 7519, HS256)."""
    def encoded(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": login, "exp": int(time.time()) + 600})
    text = ".".join(encoded(json.dumps(part).encode()) for part in parts)
    return f"{text}.{encoded(hmac.digest(key, text.encode(), hashlib.sha256))}"


def log_in_by_token(client, mechanism, login, word):
    """The reply that ends AUTH: after an error the server says more, and waits for a line."""
    first = {"XOAUTH2": f"user={login}\1auth=Bearer {word}\1\1",
             "OAUTHBEARER": f"n,a={login},\1auth=Bearer {word}\1\1"}[mechanism]
    reply = client.command(f"AUTH {mechanism} {base64.b64encode(first.encode()).decode()}")
    return client.command("AQ==") if reply.code == 334 else reply


def submission_server():
    return os.path.exists("/usr/lib/dovecot/submission")


class Site:
    """unix, inet, jail   AUTH, of which Dovecot is asked by a socket of that kind, or out of
                       a chroot
    cold               the same, for an smtpd that has never asked anything
    relay              no AUTH: believes whom XCLIENT says
    untrusting         the same, and believes nobody"""

    def __init__(self, root, programs, sink):
        self.root = f"{root}/dovecot-site"
        os.makedirs(self.root)
        self.auth_port, self.submission_port = process.free_ports(2)
        listen = f"unix:{self.root}/q/sendas/milter"
        dovecot = {"smtpd_sasl_type": "dovecot", "smtpd_sasl_path": "private/auth"}
        self.postfix = Postfix(self.root, sink.port, [
            Service("unix", milters=listen, options=dovecot),
            Service("inet", milters=listen, options={
                **dovecot, "smtpd_sasl_path": f"inet:127.0.0.1:{self.auth_port}"}),
            Service("jail", milters="unix:/sendas/milter", chroot=True, options=dovecot),
            Service("cold", milters=listen, options=dovecot),
            Service("relay", milters=listen, auth=False,
                    options={"smtpd_authorized_xclient_hosts": "127.0.0.1"}),
            Service("untrusting", milters=listen, auth=False)])
        self.postfix.set_up()
        self.office = Office(self.postfix, sink, {ALICE: PASSWORD, "bob": PASSWORD})
        self.milter = Milter(programs, self.root, "m", listen)
        self.milter.configure({"received": {"login": "full"}})
        self.milter.init_store()
        for address in (ALICE, BOB, "carol@example.org"):
            self.milter.grant(address, address)
        self.dovecot = self._set_up_dovecot()

    def _set_up_dovecot(self):
        protocols = "submission" if submission_server() else ""
        conf = CONF.format(root=f"{self.root}/dovecot", queue=self.postfix.queue,
                           auth_port=self.auth_port, submission_port=self.submission_port,
                           relay_port=self.postfix.port("relay"))
        dovecot = Dovecot(self.root, conf, protocols=protocols)
        self.write_users(dovecot)
        with open(f"{dovecot.root}/masters", "w", encoding="utf-8") as f:
            f.write(f"support:{{PLAIN}}{MASTER_PASSWORD}\n")
        write_oauth(dovecot.root)
        return dovecot

    def write_users(self, dovecot):
        extra = {login: fields.format(untrusting=self.postfix.port("untrusting"))
                 for login, fields in ACCOUNTS.items()}
        dovecot.write_users(f"{login}:{{PLAIN}}{PASSWORD}::::::{fields}"
                            for login, fields in extra.items())

    def start(self):
        self.dovecot.start()
        self.milter.start()
        self.postfix.start()

    def stop(self):
        self.postfix.stop()
        self.milter.stop()
        self.dovecot.stop()
        shutil.rmtree(self.root)

    def submission(self, login, **options):
        """A session at Dovecot's submission server."""
        client = smtp.Client(self.submission_port, **options)
        must(client.ehlo())
        must(client.auth_plain(login, PASSWORD))
        must(client.ehlo())
        return client


@pytest.fixture(scope="module")
def module_site(root, programs, sink):
    site = Site(root, programs, sink)
    site.start()
    yield site
    site.stop()


@pytest.fixture
def site(module_site):
    yield module_site
    module_site.office.disconnect()
    module_site.office.audit()


def send(site, client, sender, author):
    return site.office.send(client, sender, [f"From: {author}"])


@pytest.mark.parametrize("service", ("unix", "inet", "jail"))
@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_logins(site, mechanism, service):
    """Honest mail goes through, forged mail does not, and the mechanism is known."""
    client = site.office.connect(service=service)
    assert mechanism in client.extensions["AUTH"].split()
    assert log_in(client, mechanism, ALICE, PASSWORD).code == 235
    sent = send(site, client, ALICE, ALICE)
    arrived = site.office.delivered(sent)
    stamp = Received(arrived.fields("Received")[1])
    assert stamp.with_ == "ESMTPSA" and f"(Authenticated sender: {ALICE})" in stamp.text
    line = check_log(site.milter, 0, queue_id=sent.queue_id, login=ALICE, decision="accept")
    assert f" mech={mechanism} " in line
    check_refusal(send(site, client, ALICE, BOB).reply, place="from", address=BOB)
    check_refusal(send(site, client, BOB, ALICE).reply, place="mail_from", address=BOB)


@pytest.mark.parametrize("mechanism", ("LOGIN", "SCRAM-SHA-256"))
def test_wrong_passwords(site, mechanism):
    with site.office.connect(service="unix") as client:
        assert log_in(client, mechanism, ALICE, "wrong").code == 535
        assert log_in(client, mechanism, "nobody-here", PASSWORD).code == 535


# What was typed, whose mail it then is, and what Postfix calls it if that is not the same.
NAMES = [
    (ALICE, ALICE, None),
    ("Alice@Example.ORG", ALICE, None),  # auth_username_format = %Lu, the default
    ("BOB", BOB, "bob"),  # smtpd_sasl_local_domain is for Cyrus SASL: login_domain counts
    ("ali", ALICE, None),  # the field "user" of the account
]


@pytest.mark.parametrize("mechanism", ("PLAIN", "SCRAM-SHA-256"))
@pytest.mark.parametrize("typed, login, authen", NAMES, ids=[name for name, *_ in NAMES])
def test_names(site, typed, login, authen, mechanism):
    client = site.office.connect(service="unix")
    assert log_in(client, mechanism, typed, PASSWORD).code == 235
    sent = send(site, client, login, login)
    site.office.delivered(sent)
    line = check_log(site.milter, 0, queue_id=sent.queue_id, login=login, decision="accept")
    assert (f" authen={authen} " in line) == (authen is not None), line
    assert not send(site, client, "carol@example.org", login).accepted


@pytest.mark.parametrize("how", ("bob*support", "authzid"))
def test_master_user(site, how):
    """Who may act for others is whom he acts for: neither more, nor himself."""
    client = site.office.connect(service="unix")
    if how == "authzid":
        reply = client.auth_plain("support", MASTER_PASSWORD, authzid="bob")
    else:
        reply = client.auth_plain(how, MASTER_PASSWORD)
    assert reply.code == 235
    sent = send(site, client, BOB, BOB)
    check_log(site.milter, 0, queue_id=sent.queue_id, login=BOB, decision="accept")
    check_refusal(send(site, client, ALICE, ALICE).reply, place="mail_from", address=ALICE)


def test_authzid_of_somebody_else(site):
    with site.office.connect(service="unix") as client:
        assert client.auth_plain("bob", PASSWORD, authzid=ALICE).code == 535


@pytest.mark.parametrize("mechanism", ("XOAUTH2", "OAUTHBEARER"))
def test_tokens(site, mechanism):
    """Who comes with a token of an identity provider has logged in like everybody else."""
    client = site.office.connect(service="unix")
    for wrong in (token(ALICE, b"x" * 32), token(BOB)):
        assert log_in_by_token(client, mechanism, ALICE, wrong).code == 535
    assert log_in_by_token(client, mechanism, ALICE, token(ALICE)).code == 235
    sent = send(site, client, ALICE, ALICE)
    line = check_log(site.milter, 0, queue_id=sent.queue_id, login=ALICE, decision="accept")
    assert f" mech={mechanism} " in line
    check_refusal(send(site, client, ALICE, BOB).reply, place="from", address=BOB)


# --- what an outage looks like ---

def test_outage(site):
    """Nobody hears that his password is wrong."""
    warm = [site.office.connect(service=service) for service in ("unix", "inet")]
    site.dovecot.stop()
    try:
        for client in warm:
            for _ in range(2):
                assert client.auth_plain("bob", PASSWORD).code == 454
        # An smtpd that has never heard from Dovecot what mechanisms there are ends at once.
        with pytest.raises(smtp.Disconnected):
            smtp.Client(site.postfix.port("cold"))
    finally:
        site.dovecot.start()
    # The same sessions go on, and mail with them.
    for client in warm:
        assert client.auth_plain("bob", PASSWORD).code == 235
        assert send(site, client, BOB, BOB).accepted
        assert not send(site, client, BOB, ALICE).accepted


@pytest.fixture
def accounts_away(site):
    """Dovecot is there, and cannot read its accounts."""
    with open(site.dovecot.users, "a", encoding="utf-8") as f:
        f.write("# It has changed.\n")
    os.chmod(site.dovecot.users, 0)
    yield site
    site.write_users(site.dovecot)


def auth_code(site, mechanism):
    with site.office.connect(service="unix") as client:
        return log_in(client, mechanism, "bob", PASSWORD).code


def test_accounts_are_away(accounts_away):
    """Not everybody who asks Dovecot hears the difference: Postfix takes its "temp_fail" for
    a wrong password, and Dovecot's own server does not."""
    process.wait_until(lambda: auth_code(accounts_away, "PLAIN") == 535, interval=0.2,
                       what="Dovecot to look at its file, as it does once a second")
    assert auth_code(accounts_away, "SCRAM-SHA-256") == 535
    if submission_server():
        with smtp.Client(accounts_away.submission_port) as client:
            must(client.ehlo())
            assert client.auth_plain("bob", PASSWORD).code == 454


def test_accounts_are_back(site):
    process.wait_until(lambda: auth_code(site, "PLAIN") == 235, interval=0.2,
                       what="Dovecot to look at its file")


# --- Dovecot's submission server ---

@pytest.fixture
def submission(site):
    if not submission_server():
        pytest.skip("dovecot-submissiond is not installed")
    return site.submission


def test_submission_server(site, submission):
    """Postfix believes it: login and client are those that Dovecot saw."""
    with submission("Alice@Example.ORG", source="127.0.0.9") as client:
        sent = send(site, client, ALICE, ALICE)
        arrived = site.office.delivered(sent)
        line = check_log(site.milter, 0, queue_id=sent.queue_id, login=ALICE,
                         client="127.0.0.9", decision="accept")
        assert " mech=XCLIENT " in line
        stamp = Received(arrived.fields("Received")[1])
        assert (stamp.with_, stamp.addr) == ("ESMTPA", "[127.0.0.9]")
        check_refusal(send(site, client, ALICE, BOB).reply, place="from", address=BOB)
        check_refusal(send(site, client, BOB, ALICE).reply, place="mail_from", address=BOB)


def test_submission_server_that_is_not_believed(site, submission):
    """Without smtpd_authorized_xclient_hosts, Dovecot hands on no login, and says nothing of
    it: its host is then a client like any other in mynetworks."""
    with submission("carol") as client:
        sent = send(site, client, ALICE, ALICE)
        site.office.delivered(sent)
        check_log(site.milter, 0, queue_id=sent.queue_id, login=None, decision="accept")
    site.milter.stop()
    site.milter.configure({"received": {"login": "full"}, "unauthenticated": "reject"})
    site.milter.start()
    mark = site.milter.mark()
    with submission("carol") as client:
        assert client.mail(ALICE).temporary  # what Dovecot makes of 530
    check_log(site.milter, mark, decision="reject", reason="login-required")
    with submission("bob") as client:
        assert send(site, client, BOB, BOB).accepted
