# SPDX-License-Identifier: BSD-2-Clause
"""Entries for directories of any size: people, and groups that each of them is in one of."""

import time

GROUP = 20  # members
ENTRY_BYTES = 4096  # that one takes in the database with its indexes, at most


def people(entries):
    """How many of so many entries are people."""
    return max(1, entries * GROUP // (GROUP + 1))


def size(entries):
    """What the database needs, in bytes."""
    return (256 << 20) + entries * ENTRY_BYTES


def ldif(entries, base, name, lines=""):
    """LDIF of so many entries below ou=people and ou=groups of `base`, an entry at a time. Person
    number n is `name` % n; `lines`: more of each, object
    classes first."""
    count = people(entries)
    groups = range(entries - count)
    for n in range(count):
        uid = name % n
        yield (f"dn: uid={uid},ou=people,{base}\nobjectClass: inetOrgPerson\n{lines}"
               f"uid: {uid}\ncn: {uid}\nsn: x\nmail: {uid}@example.org\n")
    if groups:
        yield f"dn: ou=groups,{base}\nobjectClass: organizationalUnit\nou: groups\n"
    for g in groups:
        members = "".join(f"member: uid={name % n},ou=people,{base}\n"
                          for n in range(g * GROUP, min((g + 1) * GROUP, count)))
        if members:
            yield (f"dn: cn=g{g},ou=groups,{base}\nobjectClass: groupOfNames\ncn: g{g}\n"
                   f"{members}")


def load(slapd, first, entries, base, name, lines=""):
    """Loads `first`, whose entries they are below, and them; says how long that took."""
    began = time.monotonic()

    def parts():
        yield first
        yield from ldif(entries, base, name, lines)

    slapd.load_parts(parts())
    print(f"slapadd of {entries} entries: {time.monotonic() - began:.0f} s", flush=True)
