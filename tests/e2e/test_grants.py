# SPDX-License-Identifier: BSD-2-Clause
"""Who owns an address, through Postfix: each way to say so, and the reply to who does not."""

import os
import sqlite3
import time

import pytest
from conftest import every_mta
from lib import lookups
from lib.expect import check_log, check_refusal

pytestmark = every_mta

ALICE = "alice@example.org"
BOB = "bob@example.org"


class Desk:
    """One milter and the sessions of those who send through it."""

    def __init__(self, office, milter):
        self.office = office
        self.milter = milter
        self.clients = {}

    def send(self, login, address, mail_from=None):
        """Sends a message from the address, in the envelope as well; a Sent."""
        if login not in self.clients:
            self.clients[login] = self.office.connect(login, "own")
        return self.office.send(self.clients[login], mail_from or address, [f"From: {address}"])

    def may(self, login, address):
        sent = self.send(login, address)
        assert sent.accepted, sent
        assert b"From: " + address.encode() in self.office.delivered(sent).fields("From")

    def may_not(self, login, address):
        check_refusal(self.send(login, address).reply, place="mail_from", address=address)
        # Nor in the header alone.
        own = ALICE if login == "alice" else BOB
        check_refusal(self.send(login, address, own).reply, place="from", address=address)

    def cannot_tell(self, login, address):
        reply = self.send(login, address).reply
        assert (reply.code, reply.enhanced[:4]) == (451, "4.7."), reply

    def ctl(self, *words):
        return self.milter.ctl(*words).stdout.decode()


@pytest.fixture
def desk(office, own_milter):
    """With the grants file alone, started."""
    own_milter.start()
    return Desk(office, own_milter)


@pytest.fixture
def configured(office, own_milter):
    def start(**settings):
        own_milter.configure(settings)
        own_milter.start()
        return Desk(office, own_milter)
    return start


@pytest.fixture
def table(tmp_path):
    """Writes a file that the milter's user may read; its path."""
    def write(name, text):
        directory = tmp_path
        while directory != directory.parent and str(directory) != "/tmp":
            directory.chmod(0o755)
            directory = directory.parent
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o644)
        return str(path)
    return write


# --- keys ---

def test_catch_all_owner(desk):
    desk.ctl("grant", "bob", "@shop.example")
    desk.may("bob", "anything@shop.example")
    desk.may_not("alice", "anything@shop.example")
    # An address of its own owner is no more the catch-all's.
    desk.ctl("grant", "alice", "orders@shop.example")
    desk.may("alice", "orders@shop.example")
    desk.may_not("bob", "orders@shop.example")
    desk.may_not("bob", "anything@sub.shop.example")


def test_sub_domains(desk):
    desk.ctl("grant", "bob", "@.shop.example")
    desk.ctl("grant", "alice", "@eu.shop.example")
    desk.may("bob", "a@us.shop.example")
    desk.may("bob", "a@mail.eu.shop.example")
    desk.may("alice", "a@eu.shop.example")
    desk.may_not("bob", "a@eu.shop.example")
    desk.may_not("bob", "a@shop.example")
    desk.may_not("bob", "a@notshop.example")


def test_everybody(desk):
    desk.ctl("grant", "*", "noreply@example.org")
    desk.may("alice", "noreply@example.org")
    desk.may("bob", "noreply+tag@example.org")


def test_a_new_grant_counts_at_once(desk):
    desk.may_not("alice", "press@example.org")
    desk.ctl("grant", "alice", "press@example.org")
    desk.may("alice", "press@example.org")
    desk.ctl("revoke", "alice", "press@example.org")
    desk.may_not("alice", "press@example.org")


# --- ends and denials ---

def test_a_grant_that_ends(desk):
    desk.ctl("grant", "--until", "+1h", "bob", "press@example.org")
    desk.may("bob", "press@example.org")
    database = sqlite3.connect(desk.milter.store_path)
    database.execute("UPDATE rights SET expires = unixepoch() + 1 WHERE expires IS NOT NULL")
    database.commit()
    database.close()
    time.sleep(1.5)
    desk.may_not("bob", "press@example.org")
    assert "expired" in desk.ctl("grants", "press@example.org")
    desk.ctl("grant", "bob", "press@example.org")
    desk.may("bob", "press@example.org")


def test_a_denial_wins(desk):
    desk.ctl("grant", "*", "@shop.example")
    desk.ctl("grant", "bob", "ceo@shop.example")
    desk.ctl("grant", "--deny", "bob", "ceo@shop.example")
    desk.may("bob", "sales@shop.example")
    desk.may_not("bob", "ceo@shop.example")
    desk.ctl("grant", "--deny", "bob", "@shop.example")
    desk.may_not("bob", "sales@shop.example")
    desk.may("alice", "sales@shop.example")
    desk.ctl("revoke", "--deny", "bob", "@shop.example")
    desk.ctl("revoke", "--deny", "bob", "ceo@shop.example")
    desk.may("bob", "ceo@shop.example")


def test_a_denial_in_another_map(configured, table):
    deny = table("deny", "@shop.example  group:interns\n")
    desk = configured(deny=["builtin", f"file:{deny}"])
    desk.ctl("grant", "*", "@shop.example")
    desk.ctl("group", "add", "interns", "bob")
    desk.may("alice", "a@shop.example")
    desk.may_not("bob", "a@shop.example")
    # And when nobody knows who is denied, nobody sends, and nobody is refused for good.
    desk = configured_again(desk, deny=["fail:down"])
    desk.cannot_tell("alice", ALICE)


def configured_again(desk, **settings):
    desk.milter.configure(settings)
    desk.milter.reload()
    return Desk(desk.office, desk.milter)


# --- groups ---

def test_groups_in_the_grants_file(desk):
    desk.ctl("grant", "group:sales", "offers@example.org")
    desk.may_not("bob", "offers@example.org")
    desk.ctl("group", "add", "sales", "bob")
    desk.may("bob", "offers@example.org")
    desk.may_not("alice", "offers@example.org")
    desk.ctl("group", "add", "sales", "group:field")
    desk.ctl("group", "add", "field", "alice", "group:sales")
    desk.may("alice", "offers@example.org")
    desk.ctl("group", "remove", "sales", "bob")
    desk.may_not("bob", "offers@example.org")


def test_groups_in_a_file(configured, table):
    """Named by the grants file; and a file that names one of the grants file."""
    groups = table("groups", "# our teams\nsales  bob,\n  group:field\nfield group:travel\n")
    owners = table("owners", "offers@example.org group:Travel\n")
    desk = configured(send_as=["builtin", f"file:{owners}"], groups=["builtin", f"file:{groups}"])
    desk.ctl("grant", "group:sales", "deals@example.org")
    desk.may("bob", "deals@example.org")
    desk.may_not("alice", "deals@example.org")
    desk.may_not("alice", "offers@example.org")
    desk.ctl("group", "add", "travel", "alice")
    desk.may("alice", "offers@example.org")
    desk.may("alice", "deals@example.org")


# --- alias domains ---

def test_alias_domains(configured, table):
    aliases = table("aliases", "@example.com @example.org\nexample.net example.org\n")
    desk = configured(alias_domains=[f"file:{aliases}"])
    desk.may("alice", "alice@example.com")
    desk.may("alice", "alice+tag@example.net")
    desk.may_not("bob", "alice@example.com")
    desk.may_not("alice", "alice@sub.example.com")
    # An owner in the alias domain itself is more specific.
    desk.ctl("grant", "bob", "alice@example.com")
    desk.may("bob", "alice@example.com")
    desk.may_not("alice", "alice@example.com")


# --- several maps ---

def test_owners_of_all_maps_together(configured, table):
    """An alias row does not hide the mailbox row, in whichever order they stand."""
    aliases = table("aliases", f"{ALICE} bob\ninfo@example.org bob\n")
    for maps in (["builtin", f"file:{aliases}"], [f"file:{aliases}", "builtin"]):
        desk = configured(send_as=maps)
        desk.may("alice", ALICE)
        desk.may("bob", ALICE)
        desk.may("bob", "info@example.org")
        desk.may_not("alice", "info@example.org")
        desk.milter.stop()


needs_pcre = pytest.mark.skipif(not lookups.built("pcre"), reason="built without pcre")


@needs_pcre
def test_patterns(configured, table):
    patterns = table("patterns", "if /@example\\.org$/\n"
                                 "/^([a-z]+)-bounces@/  $1\n"
                                 "/^\"?(.*)\"?-list@/  $1\n"
                                 "!/./ nobody\n"
                                 "endif\n")
    desk = configured(send_as=["builtin", f"pcre:{patterns}"])
    desk.may("alice", "alice-bounces@example.org")
    desk.may_not("alice", "bob-bounces@example.org")
    desk.may("bob", "bob-list@example.org")
    # Whatever a name matches, it is one login and no list of them.
    for local in ('"x,alice"-list', "*-list", '"alice bob-list"', '"x,bob-list"'):
        reply = desk.send("alice", f"{local}@example.org", ALICE).reply
        assert reply.code == 550, (local, reply)


@needs_pcre
def test_a_pattern_without_end_is_no_answer(configured, table):
    patterns = table("patterns", "/^(a+)+$/ bob\n")
    desk = configured(send_as=["builtin", f"pcre:{patterns}"])
    desk.cannot_tell("alice", "a" * 60 + "@example.com")
    desk.may("alice", ALICE)
    check_log(desk.milter, 0, decision="defer", reason="lookup-failed")


# --- a site without a grants file ---

def test_no_grants_file_is_needed(configured, table):
    """Every setting but send_as names it by default."""
    owners = table("owners", f"{ALICE} alice\n")
    desk = configured(send_as=[f"file:{owners}"],
                      store=os.path.dirname(owners) + "/nowhere/grants.db")
    desk.may("alice", ALICE)
    check_refusal(desk.send("bob", ALICE).reply, place="mail_from", address=ALICE)
