# SPDX-License-Identifier: BSD-2-Clause
"""Which properties are asked for, and how they get into libsasl's list."""

from fake_authd import CANON, NAME, OK, VALUE, pack

ALICE = "alice@example.org"
OVERRIDE, AUTHZID = 1, 2


def direct(server, flags, *properties):
    return server.run("direct", flags, ALICE, *properties)


def test_values(server, authd):
    authd.accounts[ALICE.encode()].properties.update(
        {b"empty": [b""], b"none": [], b"binary": [b"a\0b\xff"], b"long": [b"x" * 9000]})
    found = server.run("lookup", ALICE, "*mail", "*empty", "*none", "*binary", "*long", "mail",
                       "*nothing").properties()
    assert found["*mail"] == [b"alice@example.org", b"a@example.org"]
    assert found["*empty"] == found["*none"] == found["*nothing"] == []
    assert found["*binary"] == [b"a\0b\xff"]
    assert found["*long"] == [b"x" * 9000]
    assert found["mail"] == [b"alice@example.org", b"a@example.org"]


def test_passes(server, authd):
    """A star is for the authentication id, none for the authorization id."""
    found = direct(server, 0, "*mail", "mail", "**", "*").properties()
    assert found["*mail"] and not found["mail"]
    assert authd.questions[-1].all(NAME) == [b"mail"]
    found = direct(server, AUTHZID, "*mail", "mail", "**").properties()
    assert found["mail"] and not found["*mail"]
    assert authd.questions[-1].all(NAME) == [b"mail"]


def test_nothing_to_ask(server, authd):
    assert direct(server, AUTHZID, "*mail").code == "OK"
    assert direct(server, AUTHZID, "userPassword", "cmusaslsecretPLAIN").code == "OK"
    assert authd.questions == []
    assert direct(server, 0, "mail").code == "OK"
    assert direct(server, 0, "*userPassword", "*USERPASSWORD").code == "OK"
    assert [q.all(NAME) for q in authd.questions] == [[], []]


def test_override(server, authd):
    """What another plugin has found stays, unless libsasl says otherwise."""
    found = direct(server, 0, "*mail=before", "*authPassword").properties()
    assert found["*mail"] == [b"before"] and len(found["*authPassword"]) == 3
    assert authd.questions[-1].all(NAME) == [b"authPassword"]
    found = direct(server, OVERRIDE, "*mail=before").properties()
    assert found["*mail"] == [b"alice@example.org", b"a@example.org"]
    found = direct(server, OVERRIDE, "*gone=before").properties()
    assert found["*gone"] == []
    authd.behave = "unavail"
    answer = direct(server, OVERRIDE, "*mail=before")
    assert (answer.code, answer.properties()["*mail"]) == ("UNAVAIL", [b"before"])


def test_not_even_a_password_that_was_there(server, authd):
    found = direct(server, OVERRIDE, "*userPassword=before", "*mail").properties()
    assert found["*userPassword"] == [b"before"]


def test_all_or_nothing(server, authd):
    """An answer that makes no sense at its end leaves nothing behind."""
    authd.behave = lambda q: pack(OK, [(NAME, b"mail"), (VALUE, b"x"), (NAME, b"other")])
    answer = direct(server, 0, "*mail")
    assert (answer.code, answer.properties()["*mail"]) == ("UNAVAIL", [])


def test_many_properties(server, authd):
    names = [f"*p{i}" for i in range(60)]
    assert direct(server, 0, *names).code == "OK"
    assert authd.questions[-1].all(NAME) == [n[1:].encode() for n in names]
    answer = direct(server, 0, *names, "*p61", "*p62", "*p63", "*p64")
    assert answer.code == "UNAVAIL" and "Message too long" in answer.log[0]
    assert direct(server, 0, "*" + "x" * 16000).code == "OK"
    assert direct(server, 0, "*" + "x" * 17000).code == "UNAVAIL"


def test_order_of_values(server, authd):
    """Of two verifiers for one mechanism libsasl tries the first only."""
    authd.behave = lambda q: authd._answer(q) if q.kind == CANON else pack(
        OK, [(NAME, b"authPassword")] + [(VALUE, b"%d" % i) for i in range(50)])
    found = server.run("lookup", ALICE, "*authPassword").properties()
    assert found["*authPassword"] == [b"%d" % i for i in range(50)]
