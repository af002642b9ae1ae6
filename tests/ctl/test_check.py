# SPDX-License-Identifier: BSD-2-Clause
"""check LOGIN ADDRESS: the answer and the row that decided."""

import pytest


@pytest.mark.parametrize("login, address, row", [
    ("alice", "alice@example.org", "alice@example.org alice@example.org"),
    ("ALICE@EXAMPLE.ORG", "Sales@example.org", "sales@example.org alice@example.org"),
    ("alice", "sales+spring@example.org", "sales@example.org alice@example.org"),
    ("bob", "anything@shop.example", "@shop.example bob@example.org"),
    ("carol", "list@example.org", "list@example.org *"),
])
def test_yes(office, login, address, row):
    first, second = office.ok("check", login, address).splitlines()
    assert first.startswith("yes: ")
    assert second == f"  by builtin: {row}"


@pytest.mark.parametrize("login, address, why", [
    ("alice", "bob@example.org", "bob@example.org belongs to bob@example.org"),
    ("carol", "sales@example.org",
     "sales@example.org belongs to alice@example.org, bob@example.org"),
    ("alice", "x@shop.example", "@shop.example belongs to bob@example.org"),
    ("alice", "ceo@example.com", "no map names an owner of it"),
])
def test_no(office, login, address, why):
    result = office.run("check", login, address)
    assert (result.returncode, result.stderr) == (1, "")
    first, second = result.stdout.splitlines()
    assert first.startswith("no: ") and second == f"  {why}"


def test_json(office):
    assert office.json("check", "Alice", "sales+x@Example.org") == {
        "answer": "yes", "right": "send-as", "denied": False, "login": "alice@example.org", "address": "sales+x@example.org",
        "key": "sales@example.org", "map": "builtin", "value": "alice@example.org",
        "owners": ["alice@example.org", "bob@example.org"], "error": None}
    assert office.json("check", "carol", "bob@example.org", status=1) == {
        "answer": "no", "right": "send-as", "denied": False, "login": "carol@example.org", "address": "bob@example.org",
        "key": "bob@example.org", "map": None, "value": None, "owners": ["bob@example.org"],
        "error": None}


def test_every_map_is_asked(office):
    office.configure(send_as='{ "inline:{ceo@example.com=carol}", "builtin" }')
    answer = office.json("check", "carol", "ceo@example.com")
    assert answer["map"].startswith("inline:") and answer["value"] == "carol"
    assert office.ok("check", "alice", "sales@example.org").startswith("yes: ")


def test_could_not_tell(office):
    office.configure(send_as='{ "fail:the database is on holiday", "builtin" }')
    assert "the database is on holiday" in office.refused("check", "alice", "ceo@example.com",
                                                          status=75)
    answer = office.json("check", "alice", "ceo@example.com", status=75)
    assert answer["answer"] == "unknown" and "on holiday" in answer["error"]
    # another map that names the login is an answer all the same
    assert office.ok("check", "alice", "sales@example.org").startswith("yes: ")


def test_a_store_that_went_away(office):
    office.store.unlink()
    assert str(office.store) in office.refused("check", "alice", "alice@example.org", status=75)


def test_a_map_that_cannot_be_opened(office):
    office.configure(send_as='{ "frobnicate:x" }')
    assert "frobnicate" in office.refused("check", "alice", "alice@example.org")


@pytest.mark.parametrize("address", ["alice", "@example.org", "a@b@c", "", "a\x01@x"])
def test_no_address(office, address):
    assert office.refused("check", "alice", address).startswith("no address: ")


def test_a_domain_that_nobody_can_own(office):
    office.ok("grant", "alice", "@example.org")
    result = office.run("check", "alice", "a@ex_ample-.-org")
    assert result.returncode in (1, 2)
