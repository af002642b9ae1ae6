# SPDX-License-Identifier: BSD-2-Clause
"""sendasctl user: accounts, aliases, attributes, application passwords."""

import os
import pwd
import re
import socket
import stat
import struct
import subprocess
import threading
import time

import pytest

from program import PASSWORD, PROGRAM, AccountSite, scram_right

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may")


def test_add(auth):
    assert auth.add("Alice") == "alice@example.org added\n"
    assert auth.logins() == ["alice@example.org"]
    stored = auth.stored("alice@example.org")
    assert list(stored) == ["SCRAM-SHA-256"]
    assert stored["SCRAM-SHA-256"].startswith("SCRAM-SHA-256$4096:")
    assert scram_right(stored["SCRAM-SHA-256"], PASSWORD)
    assert not scram_right(stored["SCRAM-SHA-256"], PASSWORD + "x")


def test_the_password_is_nowhere(auth):
    auth.add("alice")
    for path in auth.accounts.parent.iterdir():
        assert PASSWORD.encode() not in path.read_bytes()
    for words in (["show", "alice"], ["show", "alice", "--json"], ["list"], ["list", "--json"]):
        text = auth.ok("user", *words)
        for secret in re.findall(r"[A-Za-z0-9+/=]{20,}", auth.stored("alice@example.org")[
                "SCRAM-SHA-256"]):
            assert secret not in text


def test_schemes_are_those_of_the_configuration(auth):
    auth.configure_authd(schemes='{ "SCRAM-SHA-512", "ARGON2ID", "SCRAM-SHA-1" }',
                         argon2_memory="8192")
    auth.add("alice")
    stored = auth.stored("alice@example.org")
    assert set(stored) == {"SCRAM-SHA-512", "ARGON2ID", "SCRAM-SHA-1"}
    assert scram_right(stored["SCRAM-SHA-512"], PASSWORD)
    assert [row["scheme"] for row in auth.json("user", "show", "alice")["verifiers"]] == \
        sorted(stored)


def test_twice(auth):
    auth.add("alice")
    before = auth.stored("alice@example.org")
    # Nobody is asked for a password in vain: standard input is not needed.
    assert auth.refused("user", "add", "ALICE", status=1) == (
        "there is an account alice@example.org already (see sendasctl user passwd)")
    assert auth.stored("alice@example.org") == before


def test_passwd(auth):
    auth.add("alice")
    new = PASSWORD[::-1]
    assert auth.ok("user", "passwd", "alice", input=new) == \
        "alice@example.org has a new password\n"
    stored = auth.stored("alice@example.org")["SCRAM-SHA-256"]
    assert scram_right(stored, new) and not scram_right(stored, PASSWORD)


def test_passwd_of_an_alias(auth):
    auth.add("alice")
    auth.ok("user", "alias", "alice", "ali")
    assert auth.ok("user", "passwd", "ali", input=PASSWORD + "2") == \
        "alice@example.org has a new password\n"


def test_no_such_account(auth):
    for words in (["passwd", "bob"], ["delete", "bob"], ["disable", "bob"], ["enable", "bob"],
                  ["show", "bob"], ["alias", "bob", "b"], ["set", "bob", "n", "v"],
                  ["app", "add", "bob", "phone"], ["app", "list", "bob"]):
        assert auth.refused("user", *words, status=1) == "there is no account bob@example.org"


def test_one_line_of_standard_input(auth):
    """Not a byte more is taken than the line: the rest is the next program's."""
    script = f'"{PROGRAM}" user add alice --authd-config "$1" && read -r rest && echo "$rest"'
    result = subprocess.run(["sh", "-c", script, "sh", auth.authd], capture_output=True, text=True,
                            input=f"{PASSWORD}\nthe rest\n", check=True)
    assert result.stdout == "alice@example.org added\nthe rest\n"
    assert scram_right(auth.stored("alice@example.org")["SCRAM-SHA-256"], PASSWORD)


@pytest.mark.parametrize("password, complaint", [
    (b"", "there is no password: standard input is at its end"),
    (b"\n", "a password must not be empty"),
    (b"x" * 1025 + b"\n", "a password has at most 1024 bytes"),
    (b"Kor8-rekt\0-Plof\n", "a password holds no NUL byte"),
    (b"Kor8-rekt\xff-Plof\n", "a password must be in UTF-8"),
    (b"Kor8-rekt\x01-Plof\n", "a password must not have control"),
])
def test_no_password(auth, password, complaint):
    assert auth.refused("user", "add", "alice", input=password).startswith(complaint)
    assert auth.logins() == []


def test_long_and_foreign_passwords(auth):
    long = "Kor8 rekt Plof ." * 64
    assert len(long) == 1024
    auth.add("alice", long)
    auth.add("bob", "Grün3s-Büro…ß")


@pytest.mark.parametrize("password", ["short", "Alice-Alice-1", "xx-alice@example.org-7"])
def test_rules(auth, password):
    """Of libpwquality: its defaults, and the login in either form."""
    assert auth.refused("user", "add", "alice", input=password).startswith(
        "the password breaks the rules: ")
    assert auth.logins() == []


@as_root
def test_root_may_break_rules(auth):
    result = auth.run("user", "add", "alice", "--no-rules", input="short")
    assert result.returncode == 0
    assert result.stderr.startswith("sendasctl: warning: the password breaks the rules: ")
    assert result.stderr.count("\n") == 1
    assert auth.logins() == ["alice@example.org"]


def test_others_may_not_break_rules(open_directory):
    site = AccountSite(open_directory)
    site.ok("init")
    site.drop_root()
    assert site.refused("user", "add", "alice", "--no-rules", input="short") == \
        "option --no-rules is for root alone"


def test_generate(auth):
    texts = [auth.ok("user", "add", login, "--generate") for login in ("alice", "bob")]
    passwords = [re.fullmatch(r"\w+@example.org added\npassword: (\S{12,})\n", text).group(1)
                 for text in texts]
    assert passwords[0] != passwords[1]
    assert scram_right(auth.stored("bob@example.org")["SCRAM-SHA-256"], passwords[1])
    text = auth.ok("user", "passwd", "bob", "--generate")
    assert passwords[1] not in text and "\npassword: " in text


def test_never_from_the_command_line(auth):
    assert auth.refused("user", "add", "alice", PASSWORD).startswith("too many arguments")


@pytest.mark.parametrize("login", ["", "a b", "a,b", "a@b@c", "@x", "a@", "a\x01", "a\nb",
                                   b"a\xff", "x" * 513, "a\u200bb", "a@x."])
def test_no_login(auth, login):
    assert auth.refused("user", "add", login, input=PASSWORD).startswith("no login: ")


def test_delete_disable_enable(auth):
    for login in ("alice", "bob", "carol"):
        auth.add(login)
    assert auth.ok("user", "disable", "alice", "bob") == (
        "alice@example.org disabled\nbob@example.org disabled\n")
    assert [row["disabled"] for row in auth.json("user", "list")] == [True, True, False]
    assert auth.ok("user", "enable", "bob") == "bob@example.org enabled\n"
    assert auth.json("user", "show", "bob")["disabled"] is False
    # All of it or nothing.
    assert auth.refused("user", "delete", "carol", "dave", status=1) == (
        "there is no account dave@example.org")
    assert len(auth.logins()) == 3
    assert auth.ok("user", "delete", "carol", "alice") == (
        "carol@example.org deleted\nalice@example.org deleted\n")
    assert auth.logins() == ["bob@example.org"]


def test_a_password_does_not_enable(auth):
    auth.add("alice")
    auth.ok("user", "disable", "alice")
    auth.ok("user", "passwd", "alice", input=PASSWORD + "2")
    assert auth.json("user", "show", "alice")["disabled"] is True


def test_list(auth):
    assert auth.ok("user", "list") == "no accounts\n"
    assert auth.json("user", "list") == []
    auth.add("bob")
    auth.add("alice")
    auth.ok("user", "disable", "alice")
    lines = auth.ok("user", "list").splitlines()
    assert lines[0].split() == ["LOGIN", "STATE", "VERIFIERS", "PASSWORD", "SET"]
    assert [line.split()[:3] for line in lines[1:]] == [
        ["alice@example.org", "disabled", "SCRAM-SHA-256"],
        ["bob@example.org", "enabled", "SCRAM-SHA-256"]]
    row = auth.json("user", "list")[0]
    assert set(row) == {"login", "disabled", "schemes", "created", "changed"}
    assert abs(row["created"] - time.time()) < 600


def test_show(auth):
    auth.add("alice")
    auth.ok("user", "alias", "alice", "ali", "a.lice@example.net")
    auth.ok("user", "set", "alice", "mail-quota", "1 GB")
    auth.ok("user", "app", "add", "alice", "phone")
    shown = auth.json("user", "show", "ALI")
    assert {key: shown[key] for key in ("login", "disabled", "verifiers", "aliases",
                                        "attributes", "locks")} == {
        "login": "alice@example.org", "disabled": False,
        "verifiers": [{"scheme": "SCRAM-SHA-256", "cost": 4096}],
        "aliases": ["a.lice@example.net", "ali@example.org"],
        "attributes": [{"name": "mail-quota", "value": "1 GB"}],
        "locks": None}
    assert [app["label"] for app in shown["app_passwords"]] == ["phone"]
    text = auth.ok("user", "show", "alice")
    for line in ("  verifier   SCRAM-SHA-256, cost 4096\n", "  alias      ali@example.org\n",
                 "  attribute  mail-quota=1 GB\n", "  app        phone (made "):
        assert line in text


def test_aliases(auth):
    auth.add("alice")
    auth.add("bob")
    assert auth.ok("user", "alias", "alice", "Ali", "sales") == (
        "ali@example.org is an alias of alice@example.org\n"
        "sales@example.org is an alias of alice@example.org\n")
    auth.ok("user", "alias", "alice", "ali")  # again is no error
    assert auth.refused("user", "alias", "bob", "bobby", "ali", status=1) == (
        "ali@example.org is an alias of the account alice@example.org")
    assert auth.json("user", "show", "bob")["aliases"] == []
    assert auth.refused("user", "alias", "alice", "bob", status=1) == (
        "bob@example.org is the login of an account")
    assert auth.refused("user", "add", "ali", status=1) == (
        "ali@example.org is an alias of the account alice@example.org")
    assert auth.ok("user", "alias", "alice", "ali", "--remove") == (
        "ali@example.org is no alias of alice@example.org\n")
    assert auth.json("user", "show", "alice")["aliases"] == ["sales@example.org"]
    auth.add("ali")


def test_attributes(auth):
    auth.add("alice")
    assert auth.ok("user", "set", "alice", "uid", "1000") == "alice@example.org: uid set\n"
    auth.ok("user", "set", "alice", "uid", "1001")
    assert auth.json("user", "show", "alice")["attributes"] == [{"name": "uid", "value": "1001"}]
    assert auth.ok("user", "set", "alice", "uid") == "alice@example.org: uid taken away\n"
    assert auth.json("user", "show", "alice")["attributes"] == []


@pytest.mark.parametrize("name", ["", "a b", "*x", "userPassword", "USERPASSWORD", "authPassword",
                                  "cmusaslsecretPLAIN", "x" * 65])
def test_attributes_that_cannot_be(auth, name):
    auth.add("alice")
    auth.refused("user", "set", "alice", name, "x")
    assert auth.json("user", "show", "alice")["attributes"] == []


# --- application passwords ---


def app_password(text):
    return re.search(r"^password: (\S+)$", text, re.M).group(1)


def test_app_passwords(auth):
    auth.add("alice")
    text = auth.ok("user", "app", "add", "alice", "my phone", "--until", "+30d")
    password = app_password(text)
    assert len(password.replace("-", "")) >= 24
    for path in auth.accounts.parent.iterdir():
        assert password.encode() not in path.read_bytes()
    other = app_password(auth.ok("user", "app", "add", "alice", "laptop"))
    assert other != password
    apps = {app["label"]: app for app in auth.json("user", "app", "list", "alice")}
    assert set(apps) == {"my phone", "laptop"}
    assert abs(apps["my phone"]["expires"] - time.time() - 30 * 86400) < 600
    assert apps["laptop"]["expires"] is None
    assert auth.ok("user", "app", "disable", "alice", "laptop") == (
        "laptop of alice@example.org disabled\n")
    assert auth.json("user", "show", "alice")["app_passwords"][
        ["laptop", "my phone"].index("laptop")]["disabled"] is True
    lines = auth.ok("user", "app", "list", "alice").splitlines()
    assert lines[0].split() == ["LABEL", "STATE", "MADE", "END"]
    auth.ok("user", "app", "enable", "alice", "laptop")
    auth.ok("user", "app", "delete", "alice", "laptop")
    assert [app["label"] for app in auth.json("user", "app", "list", "alice")] == ["my phone"]


def test_app_passwords_refused(auth):
    auth.add("alice")
    auth.ok("user", "app", "add", "alice", "phone")
    assert "label" in auth.refused("user", "app", "add", "alice", "phone", status=1)
    assert auth.refused("user", "app", "delete", "alice", "x", status=1) == (
        "alice@example.org has no application password x")
    assert auth.refused("user", "app", "add", "alice", "") == "a label has 1 to 64 bytes"
    assert auth.refused("user", "app", "add", "alice", "x", "--until", "yesterday").startswith(
        "--until yesterday: expected YYYY-MM-DD")
    assert auth.refused("user", "app", "add", "alice", "x", "--until", "2001-01-01") == (
        "--until 2001-01-01: that is not ahead of us")
    for i in range(31):
        auth.ok("user", "app", "add", "alice", f"app{i}")
    auth.refused("user", "app", "add", "alice", "one more", status=1)


# --- the file ---


def test_init(tmp_path):
    site = AccountSite(tmp_path)
    assert site.ok("init") == (f"{site.store} made\n{site.accounts} made\n{site.key} made\n")
    assert site.ok("init") == (f"{site.store} is there already\n"
                               f"{site.accounts} is there already\n")
    for path in (site.accounts, site.key, site.accounts.parent):
        status = path.stat()
        assert stat.S_IMODE(status.st_mode) & 0o077 == 0
        if os.geteuid() == 0:
            assert status.st_uid != 0  # the daemon's
    assert len(site.key.read_bytes()) == 32


def test_init_of_one_side(tmp_path):
    site = AccountSite(tmp_path)
    assert site.ok("init", "--authd-config", site.authd, config=False) == (
        f"{site.accounts} made\n{site.key} made\n")
    assert not site.store.exists()
    other = AccountSite(tmp_path / "..")
    assert other.ok("init", "--config", site.conf, config=False) == f"{site.store} made\n"


@as_root
def test_the_files_stay_the_daemons(auth):
    """Whatever root does with them."""
    auth.add("alice")
    owners = {path.name: path.stat().st_uid for path in auth.accounts.parent.iterdir()}
    assert "accounts.db" in owners and 0 not in owners.values()


def test_without_a_file(tmp_path):
    site = AccountSite(tmp_path)
    for words in (["add", "a"], ["list"], ["show", "a"], ["delete", "a"]):
        assert str(site.accounts) in site.refused("user", *words, status=75)
    assert not site.accounts.exists()


def test_accounts_option(auth):
    other = auth.directory / "authd" / "other.db"
    auth.ok("init", "--accounts", other)
    auth.ok("user", "add", "alice", "--accounts", other, input=PASSWORD)
    assert auth.logins() == []
    assert "alice" in auth.ok("user", "list", "--accounts", other)
    assert auth.refused("user", "list", "--accounts", "") == \
        "option --accounts wants the name of a file"


@pytest.mark.parametrize("settings, complaint", [
    ({"schemes": '{ "ROT13" }'}, "schemes: "),
    ({"schemes": '{ "PLAIN" }'}, "schemes: "),
    ({"schemes": '{ "SSHA" }'}, None),
    ({"frobnicate": "1"}, "frobnicate"),
])
def test_wrong_configuration(auth, settings, complaint):
    auth.configure_authd(**settings)
    result = auth.run("user", "list")
    if complaint is None and result.returncode == 0:
        return
    assert result.returncode == 2
    assert f"{auth.authd}:" in result.stderr and (complaint or "SSHA") in result.stderr


def test_writers_wait_for_each_other(auth):
    writers = [subprocess.Popen([PROGRAM, "user", "add", f"u{i}", "--generate",
                                 "--authd-config", auth.authd], stdout=subprocess.DEVNULL)
               for i in range(8)]
    assert [writer.wait(60) for writer in writers] == [0] * 8
    assert len(auth.logins()) == 8


# --- locks ---

VERSION = 1
UNLOCK, LOCKS = 4, 5
OK, DENIED, UNAVAIL = 1, 4, 5
LOGIN, CLIENT, NAME, VALUE, TEXT = 1, 3, 5, 6, 9


def message(kind, *fields):
    body = bytes([VERSION << 4 | kind])
    for tag, value in fields:
        body += struct.pack(">BH", tag, len(value)) + value
    return struct.pack(">H", len(body)) + body


class Daemon:
    """Answers each question with the same reply and notes it."""

    def __init__(self, path, reply):
        self.questions = []
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(path))
        self.socket.listen()
        self.reply = reply
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                while question := connection.recv(65536):
                    self.questions.append(question)
                    if self.reply is not None:
                        connection.sendall(self.reply)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def test_locks(auth):
    until = int(time.time()) + 300
    reply = message(OK, (NAME, b"login=alice@example.org network=192.0.2.0/24"),
                    (VALUE, b"%d" % until),
                    (NAME, b"network=198.51.100.7/32"), (VALUE, b"%d" % (until + 1)))
    auth.add("alice")
    auth.add("lice")
    with Daemon(auth.directory / "lookup", reply) as daemon:
        assert auth.json("user", "locks") == [
            {"name": "login=alice@example.org network=192.0.2.0/24", "until": until},
            {"name": "network=198.51.100.7/32", "until": until + 1}]
        assert daemon.questions == [message(LOCKS)]
        assert len(auth.ok("user", "locks").splitlines()) == 3
        assert auth.json("user", "show", "alice")["locks"] == [
            {"name": "login=alice@example.org network=192.0.2.0/24", "until": until}]
        assert "  locked     login=alice@example.org" in auth.ok("user", "show", "alice")
        assert auth.json("user", "show", "lice")["locks"] == []


@pytest.mark.parametrize("word, field", [
    ("Alice", (LOGIN, b"alice@example.org")),
    ("192.0.2.1", (CLIENT, b"192.0.2.1")),
    ("2001:db8::1", (CLIENT, b"2001:db8::1")),
])
def test_unlock(auth, word, field):
    with Daemon(auth.directory / "lookup", message(OK, (VALUE, b"3"))) as daemon:
        assert auth.ok("user", "unlock", word) == f"{field[1].decode()}: 3 locks ended\n"
        assert daemon.questions == [message(UNLOCK, field)]


def test_no_locks(auth):
    with Daemon(auth.directory / "lookup", message(OK)):
        assert auth.ok("user", "locks") == "no locks\n"
        assert auth.json("user", "locks") == []


@pytest.mark.parametrize("reply, complaint", [
    (message(DENIED, (TEXT, b"uid 1000")),
     "sendas-authd lets root and its own user alone ask for this: uid 1000"),
    (message(UNAVAIL, (TEXT, b"\x1b[2Jbusy")), "sendas-authd could not answer: \\x1b[2Jbusy"),
])
def test_unlock_refused(auth, reply, complaint):
    with Daemon(auth.directory / "lookup", reply):
        assert auth.refused("user", "unlock", "alice", status=75) == complaint


def test_nobody_answers(auth):
    assert f"{auth.directory}/lookup" in auth.refused("user", "locks", status=75)
    auth.configure_authd(request_timeout="1s")
    with Daemon(auth.directory / "lookup", None):
        start = time.monotonic()
        auth.refused("user", "unlock", "alice", status=75)
        assert 0.5 < time.monotonic() - start < 20


def saslauthd_ask(path, login, password):
    """Asks as an MTA does for a password that a client sent."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        for text in (login, password, "smtp", ""):
            connection.sendall(struct.pack(">H", len(text)) + text.encode())
        return connection.recv(64)


def test_locks_of_the_daemon_itself(tmp_path):
    site = AccountSite(tmp_path)
    mux = tmp_path / "mux"
    me = pwd.getpwuid(os.geteuid()).pw_name
    site.configure_authd(user=f'"{me}"', saslauthd_sockets=f'{{ "{mux}" }}', pid_file='""')
    with site.authd.open("a") as conf:
        conf.write("guessing { max_failures = 1\n delay_max = 0 }\n")
    site.ok("init")
    site.add("alice")
    with subprocess.Popen([PROGRAM.with_name("sendas-authd"), "-c", site.authd],
                          stderr=subprocess.DEVNULL) as daemon:
        try:
            deadline = time.monotonic() + 30
            while not mux.exists() or site.run("user", "locks").returncode != 0:
                assert time.monotonic() < deadline and daemon.poll() is None
                time.sleep(0.05)
            assert saslauthd_ask(mux, "alice", PASSWORD).endswith(b"OK")
            for _ in range(15):
                saslauthd_ask(mux, "alice", "wrong")
            (lock,) = site.json("user", "locks")
            assert lock["name"] == "login=alice@example.org"
            assert 0 < lock["until"] - time.time() < 3600
            (shown,) = site.json("user", "show", "alice")["locks"]
            assert shown["name"] == lock["name"] and abs(shown["until"] - lock["until"]) <= 1
            assert not saslauthd_ask(mux, "alice", PASSWORD).endswith(b"OK")
            assert site.ok("user", "unlock", "alice") == "alice@example.org: 1 locks ended\n"
            assert site.ok("user", "locks") == "no locks\n"
            assert saslauthd_ask(mux, "alice", PASSWORD).endswith(b"OK")
            # What sendasctl changes counts from the next login on.
            site.ok("user", "passwd", "alice", input=PASSWORD + "2")
            assert not saslauthd_ask(mux, "alice", PASSWORD).endswith(b"OK")
            assert saslauthd_ask(mux, "alice", PASSWORD + "2").endswith(b"OK")
            app = app_password(site.ok("user", "app", "add", "alice", "phone"))
            assert saslauthd_ask(mux, "alice", app).endswith(b"OK")
            site.ok("user", "app", "disable", "alice", "phone")
            assert not saslauthd_ask(mux, "alice", app).endswith(b"OK")
            site.ok("user", "disable", "alice")
            assert not saslauthd_ask(mux, "alice", PASSWORD + "2").endswith(b"OK")
        finally:
            daemon.terminate()
