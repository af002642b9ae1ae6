# SPDX-License-Identifier: BSD-2-Clause
"""The saslauthd protocol: right, wrong, unknown, and what the log says of it."""

import itertools
import re
import time

import pytest

from authd import PASSWORD, scram
from authd_client import saslauthd_request, connect, read_all

NO = "NO"
NUMBER = itertools.count()


def last_line(daemon, pattern=r"auth: login="):
    return daemon.wait_for_log(pattern)[-1]


@pytest.mark.parametrize("login", [
    "alice@example.org", "alice", "ALICE", "Alice@Example.Org", " alice ", "alice@"])
def test_right(shared, login):
    assert shared.login(login) == "OK"


def test_realm_completes_the_login(shared):
    assert shared.login("alice", realm="example.org") == "OK"
    assert shared.login("alice", realm="example.com") == NO


@pytest.mark.parametrize("login, password, reason", [
    ("alice", "wrong", "wrong-password"),
    ("alice", PASSWORD + " ", "wrong-password"),
    ("alice", PASSWORD.upper(), "wrong-password"),
    ("alice", "", "wrong-password"),
    ("alice", PASSWORD + "\0", "wrong-password"),
    ("alice", "x" * 3000, "wrong-password"),
    ("alice", b"\xff\xfe", "wrong-password"),
    ("bob", PASSWORD, "wrong-password"),
    ("nobody", PASSWORD, "no-login"),
    ("alice@example.com", PASSWORD, "no-login"),
    ("", PASSWORD, "malformed"),
    ("alice\0", PASSWORD, "malformed"),
    ("al\x01ice", PASSWORD, "malformed"),
    ("a@b@example.org", PASSWORD, "malformed"),
    (b"al\xffice", PASSWORD, "malformed"),
    ("x" * 600, PASSWORD, "malformed"),
])
def test_refused(shared, login, password, reason):
    service = f"test{next(NUMBER)}"
    assert shared.login(login, password, service=service) == NO
    line = shared.wait_for_log(f"service={service} ")[-1]
    assert f"result=refused reason={reason}" in line, line


def test_stored_form_is_no_password(shared):
    stored = shared.change("show alice@example.org").strip()
    assert shared.login("alice", stored) == NO


def test_log_lines(authd_factory):
    daemon = authd_factory()
    assert daemon.login_from("192.0.2.7") == "OK"
    assert daemon.login_from("192.0.2.7", password="wrong") == NO
    assert daemon.login("nobody", "wrong", service="imap") == NO
    assert daemon.login('x" result=accepted client=192.0.2.9', "wrong") == NO
    # Lines are written behind the answer: those of two workers may come in either order.
    lines = [line.split(": ", 1)[1] for line in daemon.wait_for_log("auth: login=", 4)]
    assert sorted(lines) == sorted([
        "auth: login=alice@example.org client=192.0.2.7 service=smtp mechanism=plain "
        "result=accepted scheme=SCRAM-SHA-256 source=builtin",
        "auth: login=alice@example.org client=192.0.2.7 service=smtp mechanism=plain "
        "result=refused reason=wrong-password scheme=SCRAM-SHA-256 source=builtin",
        "auth: login=nobody@example.org client=- service=imap mechanism=plain "
        "result=refused reason=no-login",
        'auth: login="x\\" result=accepted client=192.0.2.9@example.org" client=- '
        "service=smtp mechanism=plain result=refused reason=no-login",
    ])
    assert PASSWORD not in daemon.log_text() and "wrong " not in daemon.log_text()


def test_accepted_need_no_line(authd_factory):
    daemon = authd_factory("log_accepted = false")
    assert daemon.login() == "OK"
    assert daemon.login(password="wrong") == NO
    assert [re.search(r"result=(\S+)", line).group(1)
            for line in daemon.wait_for_log("auth: login=")] == ["refused"]


def test_disabled(authd_factory):
    daemon = authd_factory()
    daemon.change("disable alice@example.org")
    assert daemon.login() == NO
    assert "reason=disabled" in last_line(daemon)
    daemon.change("enable alice@example.org")
    assert daemon.login() == "OK"


def test_alias(authd_factory):
    daemon = authd_factory()
    daemon.change("alias alice@example.org ali@example.org")
    assert daemon.login("ali") == "OK"
    assert "login=alice@example.org" in last_line(daemon)


def test_application_password(authd_factory):
    daemon = authd_factory()
    password = daemon.change("app alice@example.org phone 0").strip()
    old = daemon.change("app alice@example.org old 1000000").strip()
    assert daemon.login(password=password) == "OK"
    assert "app=phone" in last_line(daemon)
    assert daemon.login(password=PASSWORD) == "OK"
    assert daemon.login(password=old) == NO
    assert "reason=expired" in last_line(daemon, "result=refused")


def test_upgrade_after_the_answer(authd_factory):
    daemon = authd_factory("scram_iterations = 8192")
    daemon.change("add old@example.org {SSHA}"
                  # Python: sha1(b"secret" + b"saltsalt")
                  + ssha("secret"))
    assert daemon.login("old", "secret") == "OK"
    daemon.wait_for_log("login=old@example.org .* result=upgraded")
    assert "SCRAM-SHA-256$8192:" in daemon.change("show old@example.org")
    assert daemon.login("old", "secret") == "OK"
    assert daemon.login("old", "Secret") == NO
    # The cost of the others is not that of the settings, either.
    assert daemon.login("alice") == "OK"
    daemon.wait_for_log("login=alice@example.org .* result=upgraded")
    assert "SCRAM-SHA-256$8192:" in daemon.change("show alice@example.org")
    assert daemon.login("alice") == "OK"


def test_upgrade_is_a_setting(authd_factory):
    daemon = authd_factory("scram_iterations = 8192\nupgrade = false")
    assert daemon.login() == "OK"
    time.sleep(0.3)
    assert "SCRAM-SHA-256$4096:" in daemon.change("show alice@example.org")


def ssha(password):
    import base64
    import hashlib
    salt = b"saltsalt"
    digest = hashlib.sha1(password.encode() + salt).digest()
    return base64.b64encode(digest + salt).decode()


def test_several_sockets(authd_factory, directory):
    one, two = directory / "one", directory / "jail" / "two"
    daemon = authd_factory(f'saslauthd_sockets = {{ "{one}", "{two}" }}')
    for path in (one, two):
        daemon.mux = path
        assert daemon.login() == "OK"
        assert daemon.login(password="wrong") == NO


def test_each_connection_has_one_request(shared):
    with connect(shared.mux, 20) as sock:
        sock.sendall(saslauthd_request("alice", PASSWORD))
        assert read_all(sock) == b"\0\2OK"


def test_new_account_needs_no_restart(authd_factory):
    daemon = authd_factory()
    assert daemon.login("carol", "c") == NO
    daemon.change(f"add carol@example.org {scram('c')}")
    assert daemon.login("carol", "c") == "OK"
