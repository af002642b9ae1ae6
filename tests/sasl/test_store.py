# SPDX-License-Identifier: BSD-2-Clause
"""Setting passwords, and the tools of sasl2-bin."""

import subprocess

import pytest

from conftest import recommended
from fake_authd import CREATE, LOGIN, SECRET, STORE
from server import INSTRUMENTED

ALICE = "alice@example.org"


def test_setpass(server, authd):
    assert server.run("setpass", "carol", "geheim").code == "OK"
    (question,) = authd.questions
    assert question.kind == STORE
    assert question.fields == [(LOGIN, b"carol"), (SECRET, b"geheim"), (CREATE, b"")]
    assert server.run("auth", "SCRAM-SHA-256", "carol", "geheim").code == "OK"
    assert server.run("setpass", "carol").code == "OK"
    assert authd.questions[-1].fields == [(LOGIN, b"carol")]
    assert server.run("setpass", "carol").code == "NOUSER"


@pytest.mark.parametrize("behave, code", [
    ("denied", "NOAUTHZ"), ("refused", "BADPARAM"), ("none", "NOUSER"), ("unavail", "UNAVAIL"),
    ("close", "UNAVAIL"), ("hang", "UNAVAIL"), ("garbage", "UNAVAIL")])
def test_failures(server, authd, behave, code):
    authd.behave = behave
    assert server.run("setpass", "carol", "geheim").code == code
    assert len(authd.questions) == 1 # never twice


def test_mechanisms_may_not_make_verifiers(server_factory, authd):
    """scram_secret_generate: libscram's own values are not taken, and do no harm."""
    server = server_factory(*recommended(authd), "scram_secret_generate=yes")
    assert server.run("setpass", "carol", "geheim").code == "OK"
    assert [q.kind for q in authd.questions] == [STORE]
    assert server.run("setpass", "carol").code == "OK"


# --- sasl2-bin ---

@pytest.fixture
def tool(environment, authd, directory):
    """Runs a tool with an application's configuration file, as an admin would."""
    if INSTRUMENTED:
        pytest.skip("the tools of sasl2-bin cannot load what has a sanitizer")
    def run(name, *arguments, password=b"", options=recommended(authd)):
        lines = "".join(o.replace("=", ": ", 1) + "\n" for o in options)
        (directory / "smtpd.conf").write_text(lines)
        return subprocess.run([f"/usr/sbin/{name}", *arguments], input=password,
                              env={**environment, "SASL_CONF_PATH": str(directory)},
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=20)
    return run


def test_pluginviewer(tool, authd):
    shown = tool("saslpluginviewer", "-a", options=())
    assert shown.returncode == 0
    assert b'Plugin "sendas"' in shown.stdout and b"sendas" not in shown.stderr
    assert authd.connections == 0


def test_saslpasswd2(tool, authd):
    made = tool("saslpasswd2", "-a", "smtpd", "-p", "-c", "carol", password=b"geheim")
    assert (made.returncode, made.stderr) == (0, b"")
    assert authd.accounts[b"carol@example.org"].password == b"geheim"
    made = tool("saslpasswd2", "-a", "smtpd", "-p", "carol", password=b"anders")
    assert authd.accounts[b"carol@example.org"].password == b"anders"
    gone = tool("saslpasswd2", "-a", "smtpd", "-d", "carol")
    assert (gone.returncode, gone.stderr) == (0, b"")
    assert b"carol@example.org" not in authd.accounts
    gone = tool("saslpasswd2", "-a", "smtpd", "-d", "carol")
    assert gone.returncode != 0 and gone.stderr == b"saslpasswd2: user not found\n"


def test_saslpasswd2_domain(tool, authd):
    assert tool("saslpasswd2", "-a", "smtpd", "-p", "-c", "-u", "example.net", "carol",
                password=b"geheim").returncode == 0
    assert b"carol@example.net" in authd.accounts
    assert tool("saslpasswd2", "-a", "smtpd", "-p", "-c", "-u", "example.net",
                "dave@example.com", password=b"geheim").returncode == 0
    assert b"dave@example.com" in authd.accounts


@pytest.mark.parametrize("behave, text", [
    ("denied", b"authorization failure"), ("refused", b"invalid parameter supplied"),
    ("unavail", b"remote authentication server unavailable")])
def test_saslpasswd2_says_why(tool, authd, behave, text):
    authd.behave = behave
    failed = tool("saslpasswd2", "-a", "smtpd", "-p", "-c", "carol", password=b"geheim")
    assert failed.returncode != 0 and text in failed.stderr


def test_sasldb_beside_it(tool, authd, directory):
    """Where nothing names the plugin, the tools work on sasldb as ever."""
    path = str(directory / "sasldb")
    assert tool("saslpasswd2", "-p", "-c", "-f", path, "-u", "example.org", "carol",
                password=b"geheim", options=()).returncode == 0
    shown = tool("sasldblistusers2", "-f", path, options=())
    assert shown.returncode == 0 and b"carol@example.org: userPassword" in shown.stdout
    assert tool("saslpasswd2", "-d", "-f", path, "-u", "example.org", "carol",
                options=()).returncode == 0
    assert b"carol" not in tool("sasldblistusers2", "-f", path, options=()).stdout
    assert authd.connections == 0
