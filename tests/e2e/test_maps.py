# SPDX-License-Identifier: BSD-2-Clause
"""Who owns an address, asked while mail flows: grants, SQLite tables shared with Postfix, and
databases that are changed, replaced, locked or gone."""

import os
import sqlite3

import pytest
from lib.expect import check_log, check_refusal
from lib.owners import Owners
from lib.process import wait_until

ALICE = "From: Alice <alice@example.org>"
BOB = "From: Bob <bob@example.org>"


# --- the grants file ---

def test_grants_count_from_the_next_message_on(office, own_milter):
    own_milter.start()
    client = office.connect("alice", "own")
    for _ in range(2):
        check_refusal(office.send(client, "alice@example.org",
                                  ["From: press@example.org"]).reply, place="from")
        own_milter.grant("alice", "press@example.org")
        assert office.send(client, "press@example.org", ["From: press@example.org"]).accepted
        own_milter.revoke("alice", "press@example.org")
    check_refusal(client.mail("press@example.org"), place="mail_from")


def test_grant_of_a_domain_and_to_everybody(office, own_milter):
    own_milter.grant("alice", "@example.com")
    own_milter.grant("*", "noreply@example.org")
    own_milter.start()
    alice, bob = office.connect("alice", "own"), office.connect("bob", "own")
    assert office.send(alice, "anything@example.com", ["From: other@example.com"]).accepted
    check_refusal(bob.mail("anything@example.com"), place="mail_from")
    for client in (alice, bob):
        assert office.send(client, "noreply@example.org",
                           ["From: noreply@example.org"]).accepted
    # A grant of the whole domain ends where an address has owners of its own.
    own_milter.grant("bob", "special@example.com")
    check_refusal(alice.mail("special@example.com"), place="mail_from")


def test_import_while_running(office, own_milter, tmp_path):
    table = tmp_path / "owners"
    table.write_text("".join(f"a{i}@example.org alice@example.org\n" for i in range(2000)))
    own_milter.start()
    client = office.connect("alice", "own")
    own_milter.ctl("import", "--from", "postfix", str(table))
    assert office.send(client, "a1999@example.org", ["From: a0@example.org"]).accepted
    exported = own_milter.ctl("export").stdout.decode()
    assert "a1234@example.org" in exported


def test_grants_file_missing(office, own_milter):
    """451, never 550 and never accepted; and mail flows again when the file is back."""
    own_milter.start()
    client = office.connect("alice", "own")
    assert office.send(client, "alice@example.org", [ALICE]).accepted
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(own_milter.store_path + suffix):
            os.rename(own_milter.store_path + suffix, own_milter.store_path + suffix + ".away")
    for mail_from, fields in (("alice@example.org", [ALICE]), ("bob@example.org", [BOB])):
        reply = office.send(client, mail_from, fields).reply
        assert (reply.code, reply.enhanced[:4]) == (451, "4.7."), reply
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(own_milter.store_path + suffix + ".away"):
            os.rename(own_milter.store_path + suffix + ".away", own_milter.store_path + suffix)
    assert office.send(client, "alice@example.org", [ALICE]).accepted
    check_log(own_milter, 0, decision="defer", reason="lookup-failed")


# --- one table for Postfix and for us ---

@pytest.fixture
def owners(postfix):
    """The table of the service `owners`, as it is at first."""
    return Owners(postfix.etc)


@pytest.fixture
def shared(own_milter, owners):
    own_milter.configure({"send_as": [f"sqlite:{owners.cf}"]})
    own_milter.start()
    return owners


@pytest.mark.parametrize("login, mail_from, good", [
    ("alice", "alice@example.org", True),
    ("alice", "Alice@Example.ORG", True),
    ("alice", "alice+tag@example.org", True),
    ("alice", "team@example.org", True),
    ("bob", "team@example.org", True),
    ("alice", "o'hara@example.org", True),
    ("bob", "o'hara@example.org", False),
    ("alice", "bob@example.org", False),
    ("bob", "alice@example.org", False),
    ("alice", "nobody@example.org", False),
    ("alice", "x' OR '1'='1@example.org", False),
])
def test_same_answers_as_postfix(office, shared, login, mail_from, good):
    """Postfix's smtpd_sender_login_maps and our send_as read the same file alike."""
    for service in ("owners", "own"):
        client = office.connect(login, service)
        reply = client.mail(mail_from)
        if reply.ok:
            reply = client.rcpt(office.recipient())
        assert reply.ok is good, f"{service}: {reply}"
        client.quit()


def test_replaced_database(office, shared):
    client = office.connect("alice", "own")
    assert office.send(client, "alice@example.org", [ALICE]).accepted
    shared.replace({"alice@example.org": "bob@example.org", "new@example.org": "alice@example.org"})
    check_refusal(client.mail("alice@example.org"), place="mail_from")
    client.rset()
    assert office.send(client, "new@example.org", ["From: new@example.org"]).accepted


def test_changed_database(office, shared):
    client = office.connect("alice", "own")
    check_refusal(client.mail("late@example.org"), place="mail_from")
    with sqlite3.connect(shared.path) as db:
        db.execute("INSERT INTO owners VALUES ('late@example.org', 'alice@example.org')")
    db.close()
    client.rset()
    assert office.send(client, "late@example.org", ["From: late@example.org"]).accepted


def could_not_tell(office, client):
    for mail_from, fields in (("alice@example.org", [ALICE]), ("bob@example.org", [BOB])):
        reply = office.send(client, mail_from, fields).reply
        assert reply.code == 451 and reply.enhanced.startswith("4."), reply
        assert ".db" not in reply.text and "/" not in reply.text  # no secrets in it


def test_missing_database(office, own_milter, shared):
    client = office.connect("alice", "own")
    os.rename(shared.path, shared.path + ".away")
    could_not_tell(office, client)
    check_log(own_milter, 0, decision="defer", reason="lookup-failed")
    os.rename(shared.path + ".away", shared.path)
    assert office.send(client, "alice@example.org", [ALICE]).accepted


def test_missing_at_start(office, own_milter, owners):
    """A database that is away does not keep the milter from starting."""
    os.unlink(owners.path)
    own_milter.configure({"send_as": [f"sqlite:{owners.cf}"]})
    own_milter.start()
    client = office.connect("alice", "own")
    could_not_tell(office, client)
    owners.write({"alice@example.org": "alice@example.org"})
    assert office.send(client, "alice@example.org", [ALICE]).accepted


def test_garbage_database(office, shared):
    client = office.connect("alice", "own")
    assert office.send(client, "alice@example.org", [ALICE]).accepted
    with open(shared.path + ".new", "wb") as f:
        f.write(b"this is no database " * 1000)
    os.chmod(shared.path + ".new", 0o644)
    os.rename(shared.path + ".new", shared.path)
    could_not_tell(office, client)


@pytest.mark.slow
def test_locked_database(office, shared):
    """Somebody holds it for longer than we wait."""
    client = office.connect("alice", "own")
    assert office.send(client, "alice@example.org", [ALICE]).accepted
    db = sqlite3.connect(shared.path, isolation_level=None)
    db.execute("BEGIN EXCLUSIVE")
    try:
        could_not_tell(office, client)
    finally:
        db.execute("ROLLBACK")
        db.close()
    assert office.send(client, "alice@example.org", [ALICE]).accepted


@pytest.mark.parametrize("choice, code", [("accept", 250), ("reject", 550)])
def test_on_lookup_failure(office, own_milter, owners, choice, code):
    """The admin's own choice, and the log says what happened."""
    os.unlink(owners.path)
    own_milter.configure({"send_as": [f"sqlite:{owners.cf}"], "on_lookup_failure": choice})
    own_milter.start()
    client = office.connect("alice", "own")
    sent = office.send(client, "alice@example.org", [ALICE])
    assert sent.reply.code == code
    line = check_log(own_milter, 0, reason="lookup-failed")
    assert f"decision={'log' if choice == 'accept' else 'reject'} " in line


def test_violation_beside_an_outage(office, own_milter, owners):
    """What another map answers still counts: the answer is never made from half of them."""
    os.unlink(owners.path)
    own_milter.configure({"send_as": ["builtin", f"sqlite:{owners.cf}"]})
    own_milter.start()
    client = office.connect("alice", "own")
    assert office.send(client, "alice@example.org", [ALICE]).accepted
    reply = office.send(client, "alice@example.org", [BOB]).reply
    assert reply.code == 451, reply  # the map that is away could say that it is hers


# --- the other maps ---

def test_file_map_is_read_again(office, own_milter):
    path = f"{own_milter.directory}/owners"

    def write(text):
        with open(path + ".new", "w", encoding="utf-8") as f:
            f.write(text)
        os.rename(path + ".new", path)

    write("alice@example.org alice@example.org\n")
    own_milter.configure({"send_as": [f"file:{path}"]})
    own_milter.start()
    client = office.connect("alice", "own")
    assert office.send(client, "alice@example.org", [ALICE]).accepted
    check_refusal(client.mail("bob@example.org"), place="mail_from")
    client.rset()
    write("# hers too\nbob@example.org bob, alice\n@example.com alice\n")

    def taken():
        reply = client.mail("bob@example.org")
        client.rset()
        return reply.ok
    wait_until(taken, timeout=5, what="the changed file to count")
    assert office.send(client, "any@example.com", ["From: x@example.com"]).accepted
    check_refusal(client.mail("alice@example.org"), place="mail_from")


def test_owners_of_all_maps_count_together(office, own_milter):
    """An alias row in one map does not hide the mailbox row of another."""
    own_milter.configure({"send_as": [
        "inline:{ shared@example.org = bob@example.org }",
        "inline:{ shared@example.org = alice@example.org }"]})
    own_milter.start()
    for login in ("alice", "bob"):
        client = office.connect(login, "own")
        assert office.send(client, "shared@example.org",
                           ["From: shared@example.org"]).accepted
