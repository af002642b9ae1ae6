# SPDX-License-Identifier: BSD-2-Clause
"""The table that demo.sh shows and the end-to-end tests check: who sends what, and what must
come of it. The grants are those of GRANTS; accounts are in postfix.ACCOUNTS."""

from collections import namedtuple

# Who may use what; the login's own address is a grant like any other.
GRANTS = {
    "alice@example.org": ("alice@example.org", "sales@example.org"),
    "bob@example.org": ("bob@example.org",),
}

# `place`, `address` and `reason` are what the refusal must name; place is None for accepted
# mail, and another None leaves open which of several things is named.
Case = namedtuple("Case", "name login mail_from fields place address reason")


def _accepted(name, login, mail_from, *fields):
    return Case(name, login, mail_from, fields, None, None, None)


def _refused(name, login, mail_from, *fields, place, address=None, reason="not-owned"):
    return Case(name, login, mail_from, fields, place, address, reason)


CASES = (
    _accepted("an honest message", "alice",
              "alice@example.org", "From: Alice <alice@example.org>"),
    _accepted("a granted alias", "alice",
              "sales@example.org", "From: Sales <sales@example.org>"),
    _accepted("her address with a +tag", "alice",
              "alice+news@example.org", "From: Alice <alice+news@example.org>"),
    _accepted("an honest read receipt", "bob",
              "", "From: Bob <bob@example.org>"),
    _refused("a spoofed envelope sender", "alice",
             "bob@example.org", "From: Alice <alice@example.org>",
             place="mail_from", address="bob@example.org"),
    _refused("a spoofed From, honest envelope", "alice",
             "alice@example.org", "From: Bob <bob@example.org>",
             place="from", address="bob@example.org"),
    _refused("a spoofed From, empty envelope", "alice",
             "", "From: Bob <bob@example.org>",
             place="from", address="bob@example.org"),
    _refused("an alias of somebody else", "bob",
             "bob@example.org", "From: Sales <sales@example.org>",
             place="from", address="sales@example.org"),
    _refused("two From fields", "alice",
             "alice@example.org", "From: Alice <alice@example.org>",
             "From: Bob <bob@example.org>",
             place="from", reason="several-from"),
    _refused("From with a foreign mailbox", "alice",
             "alice@example.org",
             "From: Alice <alice@example.org>, Bob <bob@example.org>",
             place="from", address="bob@example.org"),
    _refused("a spoofed Sender", "alice",
             "alice@example.org", "From: Alice <alice@example.org>",
             "Sender: Bob <bob@example.org>",
             place="sender", address="bob@example.org"),
)
