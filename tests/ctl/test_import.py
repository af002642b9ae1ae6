# SPDX-License-Identifier: BSD-2-Clause
"""import and export: Postfix's own file format, there and back."""

import os
import pty

import pytest

from program import PROGRAM

TABLE = """\
# who may send as what
alice@example.org   alice

  # a comment that is indented
Sales@Example.org\talice,bob
  carol,
\tdave@example.net
@shop.example bob
"#odd"@example.org bob
"""

ROWS = [
    ("#odd@example.org", "bob@example.org"),
    ("@shop.example", "bob@example.org"),
    ("alice@example.org", "alice@example.org"),
    ("sales@example.org", "alice@example.org"),
    ("sales@example.org", "bob@example.org"),
    ("sales@example.org", "carol@example.org"),
    ("sales@example.org", "dave@example.net"),
]


def write(site, content):
    path = site.directory / "table"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_import(site):
    path = write(site, TABLE)
    assert site.ok("import", "--from", "postfix", path) == "7 grants imported, 0 stood already\n"
    assert site.rows() == ROWS
    assert site.ok("import", "--from", "postfix", path) == "0 grants imported, 7 stood already\n"


@pytest.mark.parametrize("content", [TABLE.replace("\n", "\r\n"), TABLE.rstrip("\n")])
def test_line_ends(site, content):
    site.ok("import", "--from", "postfix", "-", input=content)
    assert site.rows() == ROWS


def test_round_trip(site):
    site.ok("import", "--from", "postfix", "-", input=TABLE)
    first = site.ok("export")
    assert "sales@example.org alice@example.org,bob@example.org," in first
    other = site.directory / "other.db"
    site.ok("init", "--store", other)
    site.ok("import", "--from", "postfix", "-", "--store", other, input=first)
    assert site.ok("export", "--to", "postfix", "--store", other) == first
    assert sorted(site.rows()) == ROWS


def test_odd_addresses_survive(site):
    odd = ['"a b"@x.example', '"a\\"b"@x.example', '"a,b"@x.example', '"#"@x.example',
           "#a@x.example", "a@xn--bcher-kva.example", "jürgen@x.example", '"a@b"@x.example']
    site.ok("grant", "alice", *odd)
    rows = site.rows()
    assert len(rows) == len(odd)
    text = site.ok("export")
    site.ok("revoke", "alice", *odd)
    assert site.rows() == []
    site.ok("import", "--from", "postfix", "-", input=text)
    assert site.rows() == rows


def test_empty(site):
    assert site.ok("import", "--from", "postfix", "-", input="# nothing\n\n") == (
        "0 grants imported, 0 stood already\n")
    assert site.ok("export") == ""


@pytest.mark.parametrize("line, why", [
    ("a@b@c alice", "an address with more than one @"),
    ("alone alice", "it has no domain; expected user@domain or @domain"),
    ("a@x.example", "expected ADDRESS LOGIN[,LOGIN...]"),
    ("a@x.example , ,", "expected ADDRESS LOGIN[,LOGIN...]"),
    ("a@x.example alice\x01", "a login is 1 to 512 bytes without control bytes"),
])
def test_a_wrong_line_stops_everything(site, line, why):
    path = write(site, f"# comment\ngood@example.org alice\n{line}\n")
    complaint = site.refused("import", "--from", "postfix", path)
    assert complaint.startswith(f"{path}:3: {why}: ")
    assert site.rows() == []


def test_a_nul(site):
    path = write(site, "good@example.org alice\n\na@x.example alice\0bob\n")
    assert site.refused("import", "--from", "postfix", path) == (
        f"{path}:3: there is a NUL byte in it")
    assert site.rows() == []


def test_a_fold_without_a_beginning(site):
    complaint = site.refused("import", "--from", "postfix", "-", input="  a@x alice\n")
    assert complaint.startswith("(standard input):1: the line begins with a blank")


def test_many_wrong_lines_are_counted(site):
    path = write(site, "nonsense\n" * 1000)
    result = site.run("import", "--from", "postfix", path)
    assert result.returncode == 2
    lines = result.stderr.splitlines()
    assert len(lines) == 21
    assert lines[-1] == f"sendasctl: {path}: 1000 lines are wrong; nothing was imported"


def test_hostile_content_is_shown_harmless(site):
    path = write(site, b"\x1b[2J\xff\xfe\x07 alice\n")
    complaint = site.refused("import", "--from", "postfix", path)
    assert "\\x1b[2J\\xff\\xfe\\x07" in complaint


@pytest.mark.parametrize("words, complaint", [
    (["import", "x"], "option --from is missing, such as --from postfix"),
    (["import", "--from", "exim", "x"], "unknown format exim; expected postfix, sendas, "
                                      "passwd-file, shadow, htpasswd, sasldb, csv, sqlite"),
    (["export", "--to", "exim"], "unknown format exim; expected postfix, sendas"),
    (["import", "--from", "postfix", "no-such-file"], "no-such-file: No such file or directory"),
    (["import", "--from", "postfix", "."], ".: Is a directory"),
])
def test_refused(site, words, complaint):
    assert site.refused(*words) == complaint


def test_a_hundred_thousand_lines(site):
    table = "".join(f"user{i}@example.org user{i}\n" for i in range(100_000))
    assert site.ok("import", "--from", "postfix", "-", input=table) == (
        "100000 grants imported, 0 stood already\n")
    assert site.ok("check", "user99999", "user99999@example.org").startswith("yes: ")
    assert len(site.ok("export").splitlines()) == 100_000


def test_progress_on_a_terminal_only(site):
    path = write(site, "".join(f"u{i}@example.org u\n" for i in range(12_000)))
    site.ok("import", "--from", "postfix", path)  # nothing on a pipe
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(PROGRAM, ["sendasctl", "-c", str(site.conf), "import", "--from", "postfix",
                           str(path)])
    shown = b""
    try:
        while chunk := os.read(terminal, 4096):
            shown += chunk
    except OSError:
        pass  # the other side is gone
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert b"\r5000 of 12000 grants" in shown
    assert b"\r12000 of 12000 grants" in shown
