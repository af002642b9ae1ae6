# SPDX-License-Identifier: BSD-2-Clause
"""Rights, ends, denials and groups: grant, revoke, grants, group, check, import, export."""

import sqlite3
import time

import pytest


def rows(site, *words):
    """Grants as (address, login, right), without those that have ended."""
    return [(row["address"], row["login"], row["right"])
            for row in site.json("grants", *words) if not row["expired"]]


def expire(site, login):
    """Moves the end of the login's grants into the past."""
    database = sqlite3.connect(site.store)
    database.execute("UPDATE rights SET expires = unixepoch() - 1 WHERE login = ?", (login,))
    database.commit()
    database.close()


# --- rights ---

@pytest.mark.parametrize("options, right, said, again, gone, missing", [
    ([], "send-as", "may now use", "could already use", "no longer has a grant for",
     "had no grant for"),
    (["--on-behalf"], "on-behalf", "may now send on behalf of",
     "could already send on behalf of", "may no longer send on behalf of",
     "had no grant to send on behalf of"),
    (["--resend"], "resend", "may now resend as", "could already resend as",
     "may no longer resend as", "had no grant to resend as"),
    (["--deny"], "deny", "is now denied", "was already denied", "is no longer denied",
     "was not denied"),
])
def test_each_right(site, options, right, said, again, gone, missing):
    words = ["alice", "boss@x.example", *options]
    line = "alice@example.org {} boss@x.example\n"
    assert site.ok("grant", *words) == line.format(said)
    assert site.ok("grant", *words) == line.format(again)
    assert rows(site) == [("boss@x.example", "alice@example.org", right)]
    for other in ["--on-behalf"], ["--deny"], []:
        if other != options:
            assert " no grant " in site.ok("revoke", *words[:2], *other) or other == ["--deny"]
    assert rows(site) == [("boss@x.example", "alice@example.org", right)]
    assert site.ok("revoke", *words) == line.format(gone)
    assert site.ok("revoke", *words) == line.format(missing)
    assert rows(site) == []


def test_rights_exclude_each_other(site):
    assert site.refused("grant", "--deny", "--resend", "alice", "a@x") == (
        "--resend and --deny exclude each other")


def test_rights_stand_beside_each_other(site):
    site.ok("grant", "alice", "a@x")
    site.ok("grant", "--on-behalf", "alice", "a@x")
    site.ok("grant", "--deny", "bob", "a@x")
    assert [row[2] for row in rows(site)] == ["send-as", "on-behalf", "deny"]
    assert [row[2] for row in rows(site, "alice")] == ["send-as", "on-behalf"]


def test_check_by_right(site):
    site.ok("grant", "--on-behalf", "alice", "boss@x.example")
    site.ok("grant", "--resend", "bob", "list@x.example")
    assert site.run("check", "alice", "boss@x.example").returncode == 1
    assert site.ok("check", "--right", "on-behalf", "alice", "boss@x.example") == (
        "yes: alice@example.org may send on behalf of boss@x.example\n"
        "  by builtin: boss@x.example alice@example.org\n")
    assert site.run("check", "--right", "resend", "alice", "boss@x.example").returncode == 1
    assert site.ok("check", "--right", "resend", "bob", "list@x.example").startswith(
        "yes: bob@example.org may resend as list@x.example\n")
    assert site.refused("check", "--right", "all", "alice", "a@x") == (
        "unknown right all; expected send-as, on-behalf or resend")


def test_a_denial_wins(site):
    site.ok("grant", "*", "@x.example")
    site.ok("grant", "alice", "ceo@x.example")
    site.ok("grant", "--deny", "alice", "@x.example")
    result = site.run("check", "alice", "ceo@x.example")
    assert (result.returncode, result.stdout) == (
        1, "no: alice@example.org may not use ceo@x.example\n"
           "  denied by builtin: @x.example alice@example.org\n")
    answer = site.json("check", "alice", "ceo@x.example", status=1)
    assert (answer["answer"], answer["denied"], answer["key"]) == ("no", True, "@x.example")
    assert site.json("check", "bob", "any@x.example")["denied"] is False
    site.ok("revoke", "--deny", "alice", "@x.example")
    site.ok("check", "alice", "ceo@x.example")


# --- ends ---

def test_until(site):
    assert site.ok("grant", "--until", "2099-12-31", "alice", "a@x").startswith(
        "alice@example.org may now use a@x until 2099-12-31 23:59:59 ")
    (row,) = site.json("grants")
    assert row["expires"] > time.time() and row["expired"] is False
    site.ok("check", "alice", "a@x")
    # Another end takes the place of the first; the same is nothing new.
    assert "may now use" in site.ok("grant", "--until", "+2h", "alice", "a@x")
    assert abs(site.json("grants")[0]["expires"] - time.time() - 7200) < 600
    assert "may now use a@x\n" in site.ok("grant", "alice", "a@x")
    assert site.json("grants")[0]["expires"] is None
    assert "could already use" in site.ok("grant", "alice", "a@x")


def test_an_end_comes(site):
    site.ok("grant", "--until", "+1h", "alice", "a@x")
    site.ok("grant", "bob", "@x")
    expire(site, "alice@example.org")
    result = site.run("check", "alice", "a@x")
    assert (result.returncode, result.stdout) == (
        1, "no: alice@example.org may not use a@x\n  @x belongs to bob@example.org\n")
    # It is listed, and decides nothing: the rows of the domain are listed as well.
    lines = site.ok("grants", "a@x").splitlines()
    assert "expired 20" in lines[2] and lines[2].split()[:3] == [
        "a@x", "alice@example.org", "send-as"]
    assert lines[3].split()[:4] == ["@x", "bob@example.org", "send-as", "-"]
    assert [row["expired"] for row in site.json("grants", "a@x")] == [True, False]


def test_a_denial_ends(site):
    site.ok("grant", "alice", "a@x")
    site.ok("grant", "--deny", "--until", "+1h", "alice", "a@x")
    assert site.run("check", "alice", "a@x").returncode == 1
    expire(site, "alice@example.org")
    site.ok("grant", "alice", "a@x")
    site.ok("check", "alice", "a@x")


@pytest.mark.parametrize("when, why", [
    ("2020-01-01", "that is not ahead of us"), ("soon", "expected YYYY-MM-DD"),
    ("2099-02-30", "there is no such day or time")])
def test_no_time(site, when, why):
    assert site.refused("grant", "--until", when, "alice", "a@x").startswith(
        f'no time: "{when}": {why}')
    assert site.ok("init") is not None and rows(site) == []


# --- groups ---

def test_groups(site):
    assert site.ok("group", "add", "Sales", "alice", "Bob", "group:Field") == (
        "alice@example.org is now in group:sales\n"
        "bob@example.org is now in group:sales\n"
        "group:field is now in group:sales\n")
    assert site.ok("group", "add", "field", "carol") == (
        "carol@example.org is now in group:field\n")
    assert site.ok("group", "add", "sales", "bob") == (
        "bob@example.org was already in group:sales\n")
    listed = [(row["group"], row["member"]) for row in site.json("group", "list")]
    assert listed == [("field", "carol@example.org"), ("sales", "alice@example.org"),
                      ("sales", "bob@example.org"), ("sales", "group:field")]
    assert [row["member"] for row in site.json("group", "list", "FIELD")] == [
        "carol@example.org"]
    assert site.ok("group", "list").splitlines()[0].split() == ["GROUP", "MEMBER", "ADDED"]

    assert site.ok("grant", "group:sales", "info@x") == "group:sales may now use info@x\n"
    for login in "alice", "bob", "carol":
        site.ok("check", login, "info@x")
    assert site.run("check", "dave", "info@x").returncode == 1
    assert ("info@x", "group:sales", "send-as") in rows(site, "carol")
    assert ("info@x", "group:sales", "send-as") in rows(site, "group:sales")
    assert rows(site, "dave") == []

    assert site.ok("group", "remove", "sales", "bob", "dave") == (
        "bob@example.org is no longer in group:sales\n"
        "dave@example.org was not in group:sales\n")
    assert site.run("check", "bob", "info@x").returncode == 1
    assert site.ok("group", "delete", "field") == "group:field has no members any more\n"
    assert site.ok("group", "delete", "field") == "group:field had no members\n"
    assert site.run("check", "carol", "info@x").returncode == 1
    site.ok("check", "alice", "info@x")


def test_no_groups(site):
    site.ok("init")
    assert site.ok("group", "list") == "no groups\n"
    assert site.ok("group", "list", "sales") == "the group has no members\n"
    assert site.json("group", "list") == []


@pytest.mark.parametrize("words, why", [
    (["a b", "alice"], "no group: "), (["", "alice"], "no group: "),
    (["group:sales", "alice"], "no group: "), (["*", "alice"], "no group: "),
    (["a,b", "alice"], "no group: "), (["sales", "*"], 'no login: "*": '),
    (["sales", "alice", "a,b"], "no login: "), (["sales", "group:"], "no login: "),
    (["sales", "GROUP:Sales"], "no login: ")])
def test_no_member(site, words, why):
    site.ok("init")
    assert site.refused("group", "add", *words).startswith(why)
    assert site.json("group", "list") == []


def test_a_group_is_no_login(site):
    """Whoever could log in by such a name is no member for that."""
    assert site.refused("check", "group:sales", "a@x").startswith("no login: ")


# --- parent domains ---

def test_parent_domains(site):
    site.ok("grant", "alice", "@.Example.COM")
    assert rows(site) == [("@.example.com", "alice@example.org", "send-as")]
    site.ok("check", "alice", "a@mail.example.com")
    site.ok("check", "alice", "a@deep.mail.example.com")
    assert site.run("check", "alice", "a@example.com").returncode == 1
    assert rows(site, "a@mail.example.com") == [
        ("@.example.com", "alice@example.org", "send-as")]
    assert site.refused("grant", "alice", "@.").startswith("no address: ")
    assert site.refused("grant", "alice", "@.[10.0.0.1]").startswith("no address: ")


# --- there and back ---

def test_export_and_import(site, tmp_path):
    site.ok("grant", "alice", "a@x")
    site.ok("grant", "bob", "a@x")
    site.ok("grant", "group:sales", "a@x", "@.y")
    site.ok("grant", "--until", "2099-12-31 12:00", "carol", "a@x", env={"TZ": "UTC"})
    site.ok("grant", "--deny", "carol", "@x")
    site.ok("grant", "--on-behalf", "carol", '"!a"@x')
    site.ok("group", "add", "sales", "dave", "group:field")
    text = site.ok("export")
    assert text == ('!on-behalf "!a"@x carol@example.org\n'
                    "@.y group:sales\n"
                    "!deny @x carol@example.org\n"
                    "a@x alice@example.org,bob@example.org\n"
                    "!send-as,until=2099-12-31T12:00:00Z a@x carol@example.org\n"
                    "a@x group:sales\n"
                    "!group sales dave@example.org,group:field\n")
    other = tmp_path / "other.db"
    site.ok("init", "--store", other)
    assert site.ok("import", "--from", "sendas", "-", "--store", other, input=text) == (
        "9 grants imported, 0 stood already\n")
    assert site.ok("export", "--store", other) == text


def test_export_to_postfix_says_what_it_leaves_out(site):
    site.ok("grant", "alice", "a@x")
    site.ok("grant", "--deny", "bob", "a@x")
    site.ok("grant", "group:sales", "a@x")
    result = site.run("export", "--to", "postfix")
    assert (result.returncode, result.stdout) == (0, "a@x alice@example.org\n")
    assert result.stderr.startswith("sendasctl: left out: 2 grants ")


@pytest.mark.parametrize("line, why", [
    ("!own a@x alice", "expected !send-as, !on-behalf, !resend, !deny or !group"),
    ("!deny,until=tomorrow a@x alice", "expected until=YYYY-MM-DDTHH:MM:SSZ"),
    ("!deny,until=2099-02-30T00:00:00Z a@x alice", "expected until="),
    ("!deny a@x", "expected ADDRESS LOGIN"),
    ("!deny", "that is no address"),
    ("!group a@x,b alice", "the name of a group"),
    ("!group,until=2099-12-31T00:00:00Z sales alice", "expected until="),
])
def test_wrong_lines(site, line, why):
    complaint = site.refused("import", "--from", "sendas", "-", input=f"b@x bob\n{line}\n")
    assert complaint.startswith("(standard input):2: ") and (
        why in complaint or why == "that is no address"), complaint
    site.ok("init")
    assert rows(site) == []


def test_postfix_lines_have_no_marks(site):
    assert site.refused("import", "--from", "postfix", "-", input="!deny a@x alice\n").startswith(
        "(standard input):1: ")
    assert site.refused("import", "--from", "postfix", "-", input="a@x group:sales\n").startswith(
        "(standard input):1: ")


# --- map query and map test ---

def test_maps_by_use(site):
    site.ok("group", "add", "sales", "alice")
    site.ok("grant", "--deny", "bob", "a@x")
    assert site.ok("map", "query", "--use", "groups", "builtin", "sales") == (
        "alice@example.org\n")
    assert site.ok("map", "query", "--use", "deny", "builtin", "a@x") == "bob@example.org\n"
    assert site.run("map", "query", "builtin", "a@x").returncode == 1
    table = "inline:{ @Alias.example = real.example }"
    assert site.ok("map", "test", "--use", "alias_domains", table, "ALIAS.example") == (
        "alias.example\n  owners: real.example\n")
    assert "sales\n  owners: alice@example.org\n" == site.ok(
        "map", "test", "--use", "groups", "builtin", "Sales")
    assert site.refused("map", "query", "--use", "all", "builtin", "a@x") == (
        "unknown use all; expected send_as, on_behalf, resend, deny, groups, alias_domains")
    assert site.refused("map", "query", "--use", "alias_domains", "builtin", "x") == (
        'map "builtin": the grants file holds no alias domains')
