# SPDX-License-Identifier: BSD-2-Clause
"""import of accounts: every format, and nothing lost without a word."""

import base64
import contextlib
import hashlib
import os
import pty
import shutil
import sqlite3
import subprocess

import pytest

from program import PASSWORD, PROGRAM, scram_right

# crypt(3) of PASSWORD
SHA512 = ("$6$saltsalt$XCtg8IKFeL8h1E7Cx0WYYwwjNONhY1VTbxjKOAoXJ9W/L/Xh"
          "F17QkcWSM.uVR3Bbcm6WdJmM.AQFHy6NVE5C7.")
BCRYPT = "$2b$05$abcdefghijklmnopqrstuuPvqnBnraC/wnnNZiAT7UYND2a8ipPee"
YESCRYPT = "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$Uby6WcfVSLBp3h1aeIB3G/EE3JgFqY1vUYF2CCrTAY8"


def ssha(password):
    return "{SSHA}" + base64.b64encode(
        hashlib.sha1(password.encode() + b"salt").digest() + b"salt").decode()


def write(site, content, name="accounts"):
    path = site.directory / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def schemes(site):
    return {row["login"].split("@")[0]: row["schemes"] for row in site.json("user", "list")}


def disabled(site):
    return {row["login"].split("@")[0] for row in site.json("user", "list") if row["disabled"]}


def imported(count, stood=0):
    return f"{count} accounts imported, {stood} stood already\n"


def test_passwd_file(auth):
    path = write(auth, f"""\
# users of Dovecot
alice:{ssha(PASSWORD)}:1000:1000::/home/alice:/bin/sh:userdb_quota=1G
Bob@example.org:{{PLAIN}}{PASSWORD} with blanks::::::nologin
carol:{SHA512}
dave:{{BLF-CRYPT}}{BCRYPT}::::::
""")
    assert auth.ok("import", "--from", "passwd-file", path) == imported(4)
    assert schemes(auth) == {"alice": ["SSHA"], "bob": ["SCRAM-SHA-256"],
                             "carol": ["SHA512-CRYPT"], "dave": ["BLF-CRYPT"]}
    assert disabled(auth) == {"bob"}
    assert auth.stored("carol@example.org")["SHA512-CRYPT"].endswith(SHA512)
    assert scram_right(auth.stored("bob@example.org")["SCRAM-SHA-256"], PASSWORD + " with blanks")


def test_shadow(auth):
    path = write(auth, f"""\
root:*:19000:0:99999:7:::
daemon:!:19000:0:99999:7:::
alice:{SHA512}:19000:0:99999:7:::
bob:!{SHA512}:19000:0:99999:7:::
carol:{YESCRYPT}:19000:0:99999:7::100:
dave:!!:19000::::::
""")
    assert auth.ok("import", "--from", "shadow", path) == \
        imported(3) + "3 left out: without a password\n"
    assert set(schemes(auth)) == {"alice", "bob", "carol"}
    assert disabled(auth) == {"bob", "carol"}  # locked; its last day has gone


def test_htpasswd(auth):
    path = write(auth, f"alice:{BCRYPT.replace('$2b$', '$2y$')}\n"
                       f"bob:{{SHA}}QRyQ4u4+vQ0DkCkgNKR1w04ITAM=\n")
    assert auth.ok("import", "--from", "htpasswd", path) == imported(2)
    assert schemes(auth) == {"alice": ["BLF-CRYPT"], "bob": ["SHA"]}


def test_what_is_not_known_is_said(auth):
    path = write(auth, f"alice:{SHA512}\nbob:$apr1$salt$hash\ncarol:abJnggxhB/yWI\n"
                       "dave:{NTLM}1234\n")
    result = auth.run("import", "--from", "htpasswd", path)
    assert (result.returncode, result.stdout) == (2, "")
    lines = result.stderr.splitlines()
    assert [line.split(": ")[1] for line in lines] == [f"{path}:{n}" for n in (2, 3, 4)]
    assert "NTLM" in lines[2] and all("apr1" not in line for line in lines)
    assert auth.logins() == []


def test_skip(auth):
    path = write(auth, f"alice:{SHA512}\nbob:nonsense\ncarol:\n{SHA512}\na b:{SHA512}\n")
    result = auth.run("import", "--from", "passwd-file", path, "--skip")
    assert result.returncode == 1
    assert result.stdout == (imported(1) + "1 left out: without a password\n"
                             "3 left out: wrong\n")
    assert result.stderr.count("\n") == 3
    assert auth.logins() == ["alice@example.org"]


def test_many_wrong_lines(auth):
    path = write(auth, "nonsense\n" * 100)
    result = auth.run("import", "--from", "htpasswd", path)
    lines = result.stderr.splitlines()
    assert result.returncode == 2 and len(lines) == 21
    assert lines[-1] == "sendasctl: 100 lines are wrong; nothing was imported"
    result = auth.run("import", "--from", "htpasswd", path, "--skip")
    assert len(result.stderr.splitlines()) == 100


def test_secrets_are_not_shown(auth):
    for format_, line in (("passwd-file", "alice:s3cr3t-s3cr3t\n"),
                          ("passwd-file", "a b:{PLAIN}s3cr3t-s3cr3t\n"),
                          ("passwd-file", "alice:{SSHA}s3cr3t-s3cr3t\n"),
                          ("passwd-file", "alice:$6$s3cr3t-s3cr3t\n"),
                          ("csv", "login,password\nalice,s3cr3t-s3cr3t,x\n"),
                          ("csv", "login,password\nalice,\"s3cr3t-s3cr3t\n"),
                          ("csv", "login,password\nalice,s3cr3t-s3cr3t\x01\n")):
        complaint = auth.refused("import", "--from", format_, write(auth, line))
        assert "s3cr3t" not in complaint, complaint


def test_csv(auth):
    path = write(auth, f'''\
login,password,verifier,disabled,aliases\r
alice,"{PASSWORD}, ""quoted""",,no,"ali, a.lice"\r
bob,,{SHA512},YES,\r
carol,,"{SHA512}
{ssha(PASSWORD)}",0,\r
dave,,,,\r
erin,{PASSWORD},{SHA512},,\r
''')
    assert auth.ok("import", "--from", "csv", path) == \
        imported(4) + "1 left out: without a password\n"
    assert schemes(auth) == {"alice": ["SCRAM-SHA-256"], "bob": ["SHA512-CRYPT"],
                             "carol": ["SHA512-CRYPT", "SSHA"],
                             "erin": ["SCRAM-SHA-256", "SHA512-CRYPT"]}
    assert disabled(auth) == {"bob"}
    assert auth.json("user", "show", "ali")["aliases"] == ["a.lice@example.org",
                                                           "ali@example.org"]
    assert scram_right(auth.stored("alice@example.org")["SCRAM-SHA-256"],
                       PASSWORD + ', "quoted"')


@pytest.mark.parametrize("content, complaint", [
    ("user,password\na,b\n", ":1: unknown column \"user\"; expected login, "),
    ("login,password\nalice,x\nalice,y\n", ":3: the login is there twice, first at 2: "),
    ("login,password\nalice,x\nALICE@example.org,y\n", ":3: the login is there twice"),
    ("login,password,disabled\nalice,x,maybe\n", ":2: disabled: expected yes or no: "),
    ("login,password\na@b@c,x\n", ":2: a login has one @: "),
    ("login,password,aliases\nalice,x,a@b@c\n", ":2: a login has one @: "),
    ("login,password\nalice\n", ":2: expected as many values as the header has columns"),
    ("login,password\nalice," + "x" * 1025, ":2: a password must not be longer"),
    ("login,verifier\nalice,{PLAIN}\n", ":2: a password must not be empty"),
    ("login,password\nal\0ice,x\n", ":2: there is a NUL byte in it"),
])
def test_wrong_csv(auth, content, complaint):
    path = write(auth, content)
    assert auth.refused("import", "--from", "csv", path).startswith(f"{path}{complaint}")
    assert auth.logins() == []


def test_update(auth):
    auth.add("alice")
    auth.ok("user", "disable", "alice")
    before = auth.stored("alice@example.org")
    path = write(auth, f"login,verifier,aliases\nalice,{SHA512},ali\nbob,{SHA512},\n")
    assert auth.ok("import", "--from", "csv", path) == imported(1, 1)
    assert auth.stored("alice@example.org") == before
    assert auth.ok("import", "--from", "csv", path, "--update") == \
        "0 accounts imported, 2 changed\n"
    assert schemes(auth)["alice"] == ["SHA512-CRYPT"]
    assert disabled(auth) == {"alice"}  # the file does not say
    assert auth.json("user", "show", "alice")["aliases"] == ["ali@example.org"]
    path = write(auth, f"login,verifier,disabled\nalice,{SHA512},no\nbob,{SHA512},yes\n")
    auth.ok("import", "--from", "csv", path, "--update")
    assert disabled(auth) == {"bob"}


def test_aliases_that_are_taken(auth):
    """Found while accounts are stored: all of it is taken back."""
    auth.add("alice")
    auth.ok("user", "alias", "alice", "ali")
    path = write(auth, f"login,verifier,aliases\nbob,{SHA512},\ncarol,{SHA512},ali\n")
    complaint = auth.refused("import", "--from", "csv", path)
    assert complaint == f'{path}:3: the alias belongs to another account: "ali@example.org"'
    assert auth.logins() == ["alice@example.org"]
    path = write(auth, f"login,verifier\nbob,{SHA512}\nali,{SHA512}\n")
    complaint = auth.refused("import", "--from", "csv", path, "--update")
    assert complaint == f'{path}:3: the login is an alias of an account: "ali@example.org"'
    assert auth.logins() == ["alice@example.org"]
    result = auth.run("import", "--from", "csv", path, "--update", "--skip")
    assert result.returncode == 1
    assert result.stdout == "1 accounts imported, 0 changed\n1 left out: wrong\n"


def test_dry_run(auth):
    auth.add("alice")
    before = auth.stored("alice@example.org")
    path = write(auth, f"login,password\nalice,{PASSWORD}\nbob,{PASSWORD}\n")
    assert auth.ok("import", "--from", "csv", path, "--dry-run") == \
        "1 accounts would be imported, 1 stood already\n"
    assert auth.ok("import", "--from", "csv", path, "--dry-run", "--update") == \
        "1 accounts would be imported, 1 would be changed\n"
    assert auth.logins() == ["alice@example.org"]
    assert auth.stored("alice@example.org") == before
    path = write(auth, "login,password\na b,x\n")
    auth.refused("import", "--from", "csv", path, "--dry-run")


def dump(site, *pairs):
    """A sasldb2 made by its own tool."""
    if not shutil.which("saslpasswd2", path="/usr/sbin:/usr/bin") or not shutil.which("db_dump"):
        pytest.skip("the tools for a sasldb2 are not installed")
    path = site.directory / "sasldb2"
    for login, realm, password in pairs:
        subprocess.run(["/usr/sbin/saslpasswd2", "-p", "-c", "-f", path, "-u", realm, login],
                       input=password.encode(), check=True, capture_output=True)
    return path


def test_sasldb(auth):
    path = dump(auth, ("alice", "example.org", PASSWORD), ("bob", "example.net", "b\\ü, x"))
    assert auth.ok("import", "--from", "sasldb", path) == imported(2)
    assert auth.logins() == ["alice@example.org", "bob@example.net"]
    assert scram_right(auth.stored("alice@example.org")["SCRAM-SHA-256"], PASSWORD)
    assert scram_right(auth.stored("bob@example.net")["SCRAM-SHA-256"], "b\\ü, x")


@pytest.mark.parametrize("options", [[], ["-p"]])
def test_sasldb_dumped_elsewhere(auth, options):
    path = dump(auth, ("alice", "example.org", PASSWORD))
    text = subprocess.run(["db_dump", *options, path], check=True, capture_output=True).stdout
    assert auth.ok("import", "--from", "sasldb", "-", input=text) == imported(1)
    assert scram_right(auth.stored("alice@example.org")["SCRAM-SHA-256"], PASSWORD)
    cut = text.replace(b"DATA=END\n", b"")
    assert "the dump is not whole" in auth.refused("import", "--from", "sasldb", "-", input=cut)


def test_no_sasldb(auth):
    path = write(auth, "alice:secret\n")
    complaint = auth.refused("import", "--from", "sasldb", path)
    assert complaint.startswith(f"{path}: db_dump")


@pytest.fixture
def users(auth):
    """An existing database of users, and the .cf that leads to it."""
    path = auth.directory / "users.db"
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE users (name, hash, clear, off)")
        db.executemany("INSERT INTO users VALUES (?, ?, ?, ?)", [
            ("alice", SHA512, None, 0), ("bob", None, PASSWORD, 1), ("carol", None, None, 0)])
        db.commit()
    return path


def cf(site, users, query):
    return write(site, f"# where they are\ndbpath = {users}\nquery = {query}\n", "users.cf")


QUERY = "SELECT name AS login, hash AS verifier, clear AS password, off AS disabled FROM users"


def test_sqlite(auth, users):
    before = users.read_bytes()
    assert auth.ok("import", "--from", "sqlite", cf(auth, users, QUERY)) == \
        imported(2) + "1 left out: without a password\n"
    assert schemes(auth) == {"alice": ["SHA512-CRYPT"], "bob": ["SCRAM-SHA-256"]}
    assert disabled(auth) == {"bob"}
    assert users.read_bytes() == before


@pytest.mark.parametrize("query, complaint", [
    ("SELECT name, hash FROM users", ':3: query: unexpected column "name"; expected each once: '),
    ("SELECT name AS login FROM users", ":3: query: expected a column login and one of "),
    ("SELECT name AS login, hash AS login FROM users", ":3: query: unexpected column"),
    ("SELECT name AS login, hash AS verifier, 1 AS password, 2 AS disabled, 3 AS aliases, 4 AS x "
     "FROM users", ":3: query: unexpected column"),
])
def test_wrong_queries(auth, users, query, complaint):
    path = cf(auth, users, query)
    assert auth.refused("import", "--from", "sqlite", path).startswith(f"{path}{complaint}")


@pytest.mark.parametrize("query, complaint", [
    ("SELECT frobnicate FROM users", "no such column"),
    ("DELETE FROM users RETURNING name AS login, hash AS verifier", "readonly"),
    ("", "query"),
])
def test_queries_that_fail(auth, users, query, complaint):
    assert complaint in auth.refused("import", "--from", "sqlite", cf(auth, users, query))
    with contextlib.closing(sqlite3.connect(users)) as db:
        assert db.execute("SELECT count(*) FROM users").fetchone() == (3,)


def test_wrong_rows_are_named(auth, users):
    with contextlib.closing(sqlite3.connect(users)) as db:
        db.execute("INSERT INTO users VALUES (NULL, 'x', NULL, 0)")
        db.execute("INSERT INTO users VALUES ('da' || char(0) || 've', ?, NULL, 0)", (SHA512,))
        db.commit()
    result = auth.run("import", "--from", "sqlite", cf(auth, users, QUERY))
    assert result.returncode == 2
    assert result.stderr.splitlines() == [
        f"sendasctl: {users}: row 4: there is no login",
        f'sendasctl: {users}: row 5: a value holds a NUL byte: "da"']
    assert auth.logins() == []


def test_no_database(auth):
    path = cf(auth, auth.directory / "no.db", QUERY)
    assert "no.db" in auth.refused("import", "--from", "sqlite", path)
    path = cf(auth, "users.db", QUERY)
    assert auth.refused("import", "--from", "sqlite", path) == (
        f'{path}:2: dbpath: expected a path that begins with "/"')


@pytest.mark.parametrize("words, complaint", [
    (["--from", "ldap", "x"], "unknown format ldap; expected postfix, sendas, passwd-file, shadow, "
                              "htpasswd, sasldb, csv, sqlite"),
    (["--from", "csv", "no-such-file"], "no-such-file: No such file or directory"),
])
def test_refused(auth, words, complaint):
    assert auth.refused("import", *words) == complaint


def test_options_of_accounts(site):
    assert site.refused("import", "--from", "postfix", "x", "--update") == (
        "import --from postfix takes no option --update")


def test_many_passwords_by_all_processors(auth):
    """On a terminal it says how far it is."""
    path = write(auth, "login,password\n" + "".join(f"u{i},{PASSWORD}{i}\n" for i in range(500)))
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(PROGRAM, ["sendasctl", "import", "--from", "csv", str(path), "--authd-config",
                           str(auth.authd)])
    shown = b""
    try:
        while chunk := os.read(terminal, 4096):
            shown += chunk
    except OSError:
        pass  # the other side is gone
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert b"\r500 of 500 passwords" in shown and b"\r500 of 500 accounts" in shown
    assert PASSWORD.encode() not in shown
    for i in (0, 250, 499):
        stored = auth.stored(f"u{i}@example.org")["SCRAM-SHA-256"]
        assert scram_right(stored, f"{PASSWORD}{i}")


def test_a_hundred_thousand_accounts(auth):
    lines = "".join(f"u{i}:{SHA512}\n" for i in range(100_000))
    assert auth.ok("import", "--from", "passwd-file", "-", input=lines) == imported(100_000)
    assert auth.json("user", "show", "u99999")["verifiers"][0]["scheme"] == "SHA512-CRYPT"
