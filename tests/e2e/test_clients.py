# SPDX-License-Identifier: BSD-2-Clause
"""Programs that people send mail with log in, each by every mechanism that it can; and Exim,
whose cyrus_sasl driver uses the same plugin."""

import os
import shutil
import smtplib
import ssl
import subprocess

import pytest

from lib import smtp
from lib.exim import MECHANISMS as EXIM_MECHANISMS
from lib.exim import Exim, found
from lib.authd import SYSTEM_PLUGINS, SendasSasl
from lib.login_site import MECHANISMS, SERVICES, log_in
from lib.office import must
from lib.postfix import DOMAIN
from test_credentials import PASSWORD

ALICE = f"alice@{DOMAIN}"


def run(argv, data="", **options):
    """The finished program, its output and errors in one."""
    if shutil.which(argv[0]) is None:
        pytest.skip(f"{argv[0]} is not installed")
    return subprocess.run(argv, input=data, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60, check=False, **options)


MESSAGE = f"From: Alice <{ALICE}>\nTo: r@example.net\nSubject: x\n\nHello.\n"


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("mechanism", ("plain", "login", "scram-sha-1", "scram-sha-256",
                                       "cram-md5", "digest-md5"))
def test_msmtp(builtin_login_site, tmp_path, mechanism, service):
    def send(password):
        conf = tmp_path / "msmtprc"
        conf.write_text(
            f"account default\nhost 127.0.0.1\nport {builtin_login_site.mta.port(service)}\n"
            f"auth {mechanism}\nuser alice\npassword {password}\nfrom {ALICE}\n"
            f"tls on\ntls_trust_file {builtin_login_site.mta.ca_file}\n"
            "tls_host_override mail.example.org\ntimeout 20\n")
        conf.chmod(0o600)
        return run(["msmtp", f"--file={conf}", "r@example.net"], MESSAGE)

    result = send(PASSWORD)
    assert result.returncode == 0, result.stdout
    result = send("wrong")
    assert result.returncode != 0 and "535" in result.stdout, result.stdout


@pytest.mark.parametrize("mechanism", ("PLAIN", "LOGIN", "SCRAM-SHA-1", "SCRAM-SHA-256",
                                       "CRAM-MD5", "DIGEST-MD5"))
def test_gsasl(builtin_login_site, mechanism):
    """With --no-cb: it would insist on channel binding, which Postfix does not offer."""
    def log_on(password):
        return run(["gsasl", "--client", "--smtp", "-m", mechanism, "--no-cb", "-d",
                    "--quality-of-protection", "qop-auth",
                    "--x509-ca-file", builtin_login_site.mta.ca_file, "--no-starttls",
                    "-a", "alice", "-p", password, "-r", DOMAIN,
                    "--hostname", "mail.example.org", "--service", "smtp",
                    "127.0.0.1", str(builtin_login_site.mta.port("login"))], "QUIT\n")

    good, bad = log_on(PASSWORD), log_on("wrong")
    assert "235 2.7.0" in good.stdout or "Client authentication finished" in good.stdout, \
        good.stdout
    assert good.returncode == 0, good.stdout
    assert bad.returncode != 0 or "235" not in bad.stdout, bad.stdout


@pytest.mark.parametrize("mechanism", ("PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5"))
def test_swaks(builtin_login_site, mechanism):
    def send(password):
        return run(["swaks", "--server", f"127.0.0.1:{builtin_login_site.mta.port('login')}",
                    "--tls", "--auth", mechanism, "--auth-user", "alice",
                    "--auth-password", password, "--quit-after", "AUTH",
                    "--from", ALICE, "--to", "r@example.net"])

    good, bad = send(PASSWORD), send("wrong")
    assert good.returncode == 0 and " 235 2.7.0" in good.stdout, good.stdout
    assert bad.returncode != 0 and " 535 5.7.8" in bad.stdout, bad.stdout


@pytest.mark.parametrize("mechanism", ("PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5"))
def test_curl(builtin_login_site, tmp_path, mechanism):
    message = tmp_path / "message"
    message.write_text(MESSAGE)

    def send(password):
        return run(["curl", "-sSv", "--url",
                    f"smtp://mail.example.org:{builtin_login_site.mta.port('login')}/client",
                    "--resolve",
                    f"mail.example.org:{builtin_login_site.mta.port('login')}:127.0.0.1",
                    "--ssl-reqd", "--cacert", builtin_login_site.mta.ca_file,
                    "--login-options", f"AUTH={mechanism}", "--user", f"alice:{password}",
                    "--mail-from", ALICE, "--mail-rcpt", "r@example.net",
                    "--upload-file", str(message)])

    good, bad = send(PASSWORD), send("wrong")
    assert good.returncode == 0 and "< 235 2.7.0" in good.stdout, good.stdout
    assert bad.returncode == 67 and "< 535 5.7.8" in bad.stdout, bad.stdout


@pytest.mark.parametrize("mechanism", ("PLAIN", "LOGIN", "CRAM-MD5"))
def test_smtplib(builtin_login_site, mechanism):
    def session(password):
        client = smtplib.SMTP("127.0.0.1", builtin_login_site.mta.port("login"), timeout=20)
        client.starttls(context=ssl._create_unverified_context())
        client.ehlo()
        client.esmtp_features["auth"] = mechanism
        client.login("alice", password)
        return client

    with session(PASSWORD) as client:
        assert client.sendmail(ALICE, ["r@example.net"], MESSAGE) == {}
    with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
        session("wrong")
    assert refused.value.smtp_code == 535


# --- Exim ---

@pytest.fixture(scope="module")
def exim(root, session_login_site):
    if found() is None:
        pytest.skip("SENDAS_EXIM does not name a directory with an unpacked Exim")
    server = Exim(f"{root}/exim", SendasSasl(session_login_site("builtin").authd,
                                             mechanisms=MECHANISMS, canon=False))
    os.makedirs(server.root, mode=0o755)
    server.set_up()
    server.start()
    yield server
    server.stop()


def connect(exim):
    client = smtp.Client(exim.port)
    must(client.ehlo())
    return client


@pytest.mark.parametrize("mechanism", EXIM_MECHANISMS)
def test_exim(exim, mechanism):
    with connect(exim) as client:
        assert log_in(client, mechanism, "alice", "wrong").code == 535
        assert log_in(client, mechanism, "nobody-here", "wrong").code == 535
        assert log_in(client, mechanism, "alice", PASSWORD).code == 235
        must(client.mail(ALICE))
        must(client.rcpt("r@example.net"))
    assert f"identity <{ALICE}>" in exim.log()


@pytest.mark.parametrize("mechanism", EXIM_MECHANISMS)
def test_exim_outage(exim, builtin_login_site, mechanism):
    """What Exim makes of an outage: the plugin is asked first, so that the client hears of a
    temporary failure, which the saslauthd protocol alone could not tell Exim."""
    builtin_login_site.authd.stop()
    try:
        with connect(exim) as client:
            assert log_in(client, mechanism, "alice", PASSWORD).code == 435
    finally:
        builtin_login_site.authd.start()
    with connect(exim) as client:
        assert log_in(client, mechanism, "alice", PASSWORD).code == 235


# --- the tools of sasl2-bin ---

def tool(builtin_login_site, *argv, data=""):
    """A program of sasl2-bin that takes smtpd's own settings, and finds the plugin."""
    sasl = f"{builtin_login_site.mta.etc}/sasl"
    path = ":".join([f"{sasl}/plugins", *(d for d in SYSTEM_PLUGINS if os.path.isdir(d))])
    return run(list(argv), data, env={**os.environ, "SASL_CONF_PATH": sasl,
                                      "SASL_PATH": path})


def test_pluginviewer(builtin_login_site):
    for name in ("saslpluginviewer", "pluginviewer"):
        if shutil.which(name):
            listed = tool(builtin_login_site, name, "-a").stdout
            assert "sendas" in listed.split(), listed
            return
    pytest.skip("sasl2-bin is not installed")


def test_saslpasswd2(builtin_login_site):
    """Sets, changes and takes away a password through the plugin, as root."""
    command = ("saslpasswd2", "-a", "smtpd", "-u", DOMAIN, "-p", "-c", "erin")
    assert tool(builtin_login_site, *command, data="first-5").returncode == 0
    assert builtin_login_site.logs_in("erin", "first-5")
    assert tool(builtin_login_site, *command, data="second-5").returncode == 0
    assert builtin_login_site.logs_in("erin", "second-5")
    assert not builtin_login_site.logs_in("erin", "first-5")
    gone = tool(builtin_login_site, "saslpasswd2", "-a", "smtpd", "-u", DOMAIN, "-d", "erin")
    assert gone.returncode == 0, gone.stdout
    assert not builtin_login_site.logs_in("erin", "second-5")


def test_saslpasswd2_is_for_root(builtin_login_site):
    """Postfix's own user may ask, and change nothing."""
    denied = tool(builtin_login_site, "setpriv", "--reuid=postfix", "--regid=postfix",
                  "--init-groups", "saslpasswd2", "-a", "smtpd", "-u", DOMAIN, "-p", "-c",
                  "alice", data="mine-6")
    assert denied.returncode != 0 and "authorization failure" in denied.stdout, denied.stdout
    assert builtin_login_site.logs_in("alice", PASSWORD)
