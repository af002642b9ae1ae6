# SPDX-License-Identifier: BSD-2-Clause
"""Servers that do not want the plugin, and such whose configuration is wrong."""

import subprocess

import pytest

from conftest import recommended
from server import INSTRUMENTED

ALICE = "alice@example.org"


@pytest.fixture
def sasldb(environment, directory):
    """A sasldb with alice in it, made by saslpasswd2 while the plugin is there, too."""
    if INSTRUMENTED:
        pytest.skip("the tools of sasl2-bin cannot load what has a sanitizer")
    path = directory / "sasldb"
    # sasl_setpass() gives all plugins the password: ours must not be in the way.
    subprocess.run(["/usr/sbin/saslpasswd2", "-p", "-c", "-f", path, "-u", "example.org", "alice"],
                   input=b"from sasldb", env=environment, check=True)
    return path


def test_nobody_asked_for_it(server_factory, authd, sasldb):
    """No auxprop_plugin line: libsasl calls all plugins, and this one keeps out, silently."""
    server = server_factory("pwcheck_method=auxprop", f"sasldb_path={sasldb}")
    answer = server.run("auth", "PLAIN", ALICE, "from sasldb")
    assert (answer.code, answer.log) == ("OK", [])
    answer = server.run("auth", "SCRAM-SHA-256", ALICE, "from sasldb")
    assert (answer.code, answer.log) == ("OK", [])
    assert server.run("auth", "PLAIN", ALICE, "secret").code == "BADAUTH"
    # sasldb, too, wants its passwords set.
    assert server.run("setpass", ALICE, "another").code == "OK"
    assert server.run("auth", "PLAIN", ALICE, "another").code == "OK"
    assert authd.questions == [] and authd.connections == 0


def test_another_plugin_is_named(server_factory, authd, sasldb):
    server = server_factory("pwcheck_method=auxprop", "auxprop_plugin=sasldb",
                            f"sasldb_path={sasldb}", f"sendas_socket={authd.lookup}")
    answer = server.run("auth", "PLAIN", ALICE, "from sasldb")
    assert (answer.code, answer.log) == ("OK", [])
    assert authd.connections == 0


def test_socket_alone(server_factory, authd):
    """sendas_socket without auxprop_plugin: of all plugins, this one has an answer."""
    server = server_factory(f"sendas_socket={authd.lookup}", "pwcheck_method=auxprop")
    assert server.run("auth", "SCRAM-SHA-256", ALICE, "secret").code == "OK"


@pytest.mark.parametrize("named", ["sendas", "SendAs", "sasldb sendas", "sendas  sasldb"])
def test_named_without_socket(server_factory, named):
    """The default socket of this build, which is not there."""
    server = server_factory(f"auxprop_plugin={named}", "pwcheck_method=auxprop")
    answer = server.run("auth", "SCRAM-SHA-256", ALICE, "secret")
    assert answer.code == "UNAVAIL"
    assert "/sendas-authd/lookup): No such file or directory" in answer.log[0]


@pytest.mark.parametrize("option, text", [
    ("sendas_socket=run/lookup", "sendas_socket: expected absolute paths"),
    ("sendas_socket=  ", "sendas_socket: expected absolute paths"),
    ("sendas_timeout=0", "sendas_timeout: expected 1 to 300 seconds"),
    ("sendas_timeout=301", "sendas_timeout: expected 1 to 300 seconds"),
    ("sendas_timeout=99999999999999999999", "sendas_timeout: expected"),
    ("sendas_timeout=-1", "sendas_timeout: expected"),
    ("sendas_timeout=5m", "sendas_timeout: expected"),
    ("sendas_timeout=", "sendas_timeout: expected"),
])
@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256"])
def test_wrong_option(server_factory, authd, option, text, mechanism):
    """It registers and has no answer: not registered, it would refuse every login for good."""
    key = option.split("=")[0]
    server = server_factory(*[o for o in recommended(authd) if not o.startswith(key)], option)
    answer = server.run("auth", mechanism, ALICE, "secret")
    assert answer.code == "UNAVAIL"
    assert any(text in line for line in answer.log)


@pytest.mark.parametrize("timeout", ["1", " 2 ", "3s", "300"])
def test_right_timeout(server_factory, authd, timeout):
    server = server_factory(*[o for o in recommended(authd) if "timeout" not in o],
                            f"sendas_timeout={timeout}")
    assert server.hello.log == []
    assert server.run("auth", "PLAIN", ALICE, "secret").code == "OK"
