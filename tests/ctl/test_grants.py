# SPDX-License-Identifier: BSD-2-Clause
"""grant, revoke and grants."""

import subprocess
import threading
import time

import pytest

from program import PROGRAM


def test_grant_and_revoke_say_what_they_did(site):
    assert site.ok("grant", "alice", "a@x.example", "b@x.example") == (
        "alice@example.org may now use a@x.example\n"
        "alice@example.org may now use b@x.example\n")
    assert site.ok("grant", "alice", "b@x.example", "c@x.example") == (
        "alice@example.org could already use b@x.example\n"
        "alice@example.org may now use c@x.example\n")
    assert site.ok("revoke", "alice", "b@x.example", "d@x.example") == (
        "alice@example.org no longer has a grant for b@x.example\n"
        "alice@example.org had no grant for d@x.example\n")
    assert site.rows() == [("a@x.example", "alice@example.org"),
                           ("c@x.example", "alice@example.org")]


@pytest.mark.parametrize("login, address, row", [
    ("Alice", "Sales@Example.ORG", ("sales@example.org", "alice@example.org")),
    ("ALICE@Example.Net", "a@x", ("a@x", "alice@example.net")),
    ("*", "a@x", ("a@x", "*")),
    ("alice", "@Shop.Example", ("@shop.example", "alice@example.org")),
    ("alice", '"a"@x', ("a@x", "alice@example.org")),
    ("alice", "a@bücher.example", ("a@xn--bcher-kva.example", "alice@example.org")),
    ("alice", "a+tag@x", ("a+tag@x", "alice@example.org")),
    ("jürgen", "a@x", ("a@x", "jürgen@example.org")),
])
def test_both_are_normalised(site, login, address, row):
    site.ok("grant", login, address)
    assert site.rows() == [row]
    site.ok("revoke", login, address)
    assert site.rows() == []


def test_case_of_local_parts_counts_when_the_site_says_so(site):
    site.configure(case_sensitive_local_part="true")
    site.ok("grant", "alice", "Sales@X.example")
    assert site.rows() == [("Sales@x.example", "alice@example.org")]


@pytest.mark.parametrize("word", ["sales", "", "a@b@c", "a b@x", "a@", "a@x,b@x", "<a@x>", "*",
                                  "a@x\n", b"a@\xff\xfe"])
@pytest.mark.parametrize("command", ["grant", "revoke"])
def test_no_address(office, command, word):
    before = office.rows()
    complaint = office.refused(command, "alice", "new@example.org", word)
    assert complaint.startswith("no address: ")
    assert office.rows() == before


@pytest.mark.parametrize("word", ["", "a b", "a,b", "a\x01b", "a\nb", "x" * 513])
@pytest.mark.parametrize("command", ["grant", "revoke"])
def test_no_login(office, command, word):
    before = office.rows()
    assert office.refused(command, word, "new@example.org").startswith("no login: ")
    assert office.rows() == before


def test_all_grants(office):
    lines = office.ok("grants").splitlines()
    assert lines[0].split() == ["ADDRESS", "LOGIN", "RIGHT", "UNTIL", "GRANTED"]
    assert [tuple(line.split()[:2]) for line in lines[1:]] == [
        ("@shop.example", "bob@example.org"),
        ("alice@example.org", "alice@example.org"),
        ("bob@example.org", "bob@example.org"),
        ("list@example.org", "*"),
        ("sales@example.org", "alice@example.org"),
        ("sales@example.org", "bob@example.org"),
    ]
    columns = {line.index(line.split()[1], len(line.split()[0])) for line in lines}
    assert len(columns) == 1


def test_json_schema(office):
    rows = office.json("grants")
    assert len(rows) == 6
    for row in rows:
        assert set(row) == {"address", "login", "right", "created", "expires", "expired"}
        assert abs(row["created"] - time.time()) < 600
    assert office.json("grants", "nobody@nowhere.example", "--store", office.store)[0][
        "login"] == "*"


def test_empty_lists(site):
    assert site.json("grants") == []
    assert site.json("grants", "alice") == []
    assert site.ok("grants", "alice") == "no grants for alice\n"


@pytest.mark.parametrize("word, expected", [
    # a login alone
    ("bob", [("@shop.example", "bob@example.org"), ("bob@example.org", "bob@example.org"),
             ("sales@example.org", "bob@example.org"), ("list@example.org", "*")]),
    ("carol", [("list@example.org", "*")]),
    ("*", [("list@example.org", "*")]),
    # login and address
    ("alice@example.org", [("alice@example.org", "alice@example.org"),
                           ("sales@example.org", "alice@example.org"),
                           ("list@example.org", "*")]),
    # an address alone
    ("sales@example.org", [("sales@example.org", "alice@example.org"),
                           ("sales@example.org", "bob@example.org")]),
    ("SALES+x@example.org", [("sales@example.org", "alice@example.org"),
                             ("sales@example.org", "bob@example.org")]),
    ("list@example.org", [("list@example.org", "*")]),
    ("any@shop.example", [("@shop.example", "bob@example.org")]),
    ("@shop.example", [("@shop.example", "bob@example.org")]),
])
def test_both_directions(office, word, expected):
    rows = [(row["address"], row["login"]) for row in office.json("grants", word)]
    assert rows == expected
    text = office.ok("grants", word)
    for address, login in expected:
        assert any(line.split()[:2] == [address, login] for line in text.splitlines())


def test_both_meanings_have_a_title(office):
    text = office.ok("grants", "alice@example.org")
    assert "alice@example.org may use:\n" in text
    assert "\nalice@example.org may be used by:\n" in text
    assert "may use:" not in office.ok("grants", "sales@example.org")


def test_a_word_that_is_neither(site):
    assert site.refused("grants", "a b").startswith("neither login nor address: ")


def test_grants_while_others_read(site):
    """Readers see all of a command's rows or none of them, and never an error."""
    done = threading.Event()
    seen, wrong = set(), []

    def read():
        while not done.is_set():
            result = site.run("export")
            seen.add(len(result.stdout.splitlines()) % 10)
            if result.returncode != 0:
                wrong.append(result.stderr)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for i in range(20):
        site.ok("grant", "alice", *(f"a{i}-{j}@x.example" for j in range(10)))
    done.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert seen == {0}


def test_two_writers_wait_for_each_other(site):
    writers = [subprocess.Popen([PROGRAM, "-c", site.conf, "grant", "alice",
                                 *(f"w{i}-{j}@x.example" for j in range(50))],
                                stdout=subprocess.DEVNULL) for i in range(8)]
    assert [writer.wait(60) for writer in writers] == [0] * 8
    assert len(site.rows()) == 400
