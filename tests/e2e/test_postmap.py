# SPDX-License-Identifier: BSD-2-Clause
"""sqlite: tables answer as Postfix's own do: the same files, the same keys, `postmap -q`.

Each table file below is asked for each key through postmap and through mapquery. The answers must be the same, but for DIFFERENT:
what we do otherwise on purpose, each with its reason.
"""

import os
import re
import sqlite3
import subprocess

import pytest

from lib import lookups
from lib.lookups import MAPQUERY

pytestmark = pytest.mark.skipif(
    not MAPQUERY.exists() or not lookups.postfix_reads("sqlite"),
    reason="needs mapquery, and Postfix with postfix-sqlite",
)

SCHEMA = """
CREATE TABLE owner(address TEXT, login TEXT, active INTEGER, rank INTEGER, uid INTEGER);
CREATE TABLE "odd name"(address TEXT, "the login" TEXT);
CREATE TABLE kinds(address TEXT, value);
CREATE TABLE parts(domain TEXT, top TEXT, second TEXT, third TEXT, login TEXT);
CREATE VIEW active_owner AS SELECT address, login FROM owner WHERE active;
"""

OWNERS = [
    ("alice@example.org", "alice", 1, 1, 1),
    ("alice@example.org", "alice@example.org", 0, 2, 1),
    ("bob@example.org", "bob", 1, 1, 2),
    ("bob@example.org", "carol dave", 1, 2, 2),
    ("bob@example.org", "erin,frank", 1, 3, 2),
    ("sales@example.org", "alice", 1, 1, 3),
    ("sales@example.org", "", 1, 2, 3),
    ("sales@example.org", None, 1, 3, 3),
    ("empty@example.org", "", 1, 1, 4),
    ("null@example.org", None, 1, 1, 5),
    ("@example.net", "netadmin", 1, 1, 6),
    ("@example.org", "postmaster@example.org", 1, 1, 7),
    ("any@example.org", "*", 1, 1, 8),
    ("o'brien@example.org", "obrien", 1, 1, 9),
    ('"john smith"@example.org', "jsmith", 1, 1, 10),
    ("john smith@example.org", "jsmith-internal", 1, 1, 10),
    ("jane doe@example.org", "jdoe", 1, 1, 11),
    ("100%@example.org", "percent", 1, 1, 12),
    ("%s@example.org", "template", 1, 1, 13),
    ("a\\b@example.org", "backslash", 1, 1, 14),
    ("jürgen@bücher.example", "jürgen", 1, 1, 15),
    ("jürgen@xn--bcher-kva.example", "jürgen-a", 1, 1, 15),
    ("bare", "bare-login", 1, 1, 16),
    ("a@b@example.org", "two-ats", 1, 1, 17),
    ("user@mail.sub.example.com", "sub", 1, 1, 18),
    ("user@example.com", "com", 1, 1, 19),
    ("user@[192.0.2.1]", "literal", 1, 1, 20),
    ("quote\"d@example.org", "dquote", 1, 1, 21),
    ("alias@example.org", "a@x.example,b@y.example c@z.example", 1, 1, 22),
    ("noat@example.org", "just-a-name", 1, 1, 23),
    ("justdomain@example.org", "@only.example", 1, 1, 24),
    ("justlocal@example.org", "local@", 1, 1, 25),
] + [(f"user{i}@example.org", f"login{i % 7}", i % 2, i % 3, 100 + i) for i in range(120)]

KINDS = [
    ("int@example.org", 42),
    ("real@example.org", 1.5),
    ("blob@example.org", b"bytes"),
    ("zero@example.org", 0),
    ("nul@example.org", b"alice\0bob"),
    ("many@example.org", 1),
    ("many@example.org", "two"),
    ("many@example.org", None),
    ("many@example.org", b"three"),
]

PARTS = [
    ("example.org", "org", "example", None, "dom-login"),
    ("mail.sub.example.com", "com", "example", "sub", "deep-login"),
    ("example.com", "com", "example", None, "com-login"),
]

# Keys that an address can become, and many that it cannot: nothing may go wrong with them.
KEYS = (
    [row[0] for row in OWNERS]
    + [row[0] for row in KINDS]
    + [
        "nobody@example.org", "alice", "org", "example.org", "@", "@@", "a@", "@b", "user@",
        "alice@example.org@", "@alice@example.org", "alice@@example.org", "a@b@c@d",
        "alice@.org", "alice@example..org", "alice@example.org.", "alice@.example.org",
        "alice@org", "alice@a.b.c.d.e.f.g.h.i.j", "alice@a.b.c.d.e.f.g.h", "x@...", "x@.",
        "x@a.", "x@.a", "@a.b", "@mail.sub.example.com", "@example.com", "@com",
        "user@sub.example.com", "user@x.example.com", "user@other.mail.sub.example.com",
        "' or '1'='1", "' or 1=1 --@example.org", "'; drop table owner; --@example.org",
        "a'b'c@example.org", "''@example.org", "'@example.org", "x''y@example.org",
        "x@exam'ple.org", "\\'@example.org", "\\@example.org", "a\\'b@example.org",
        "%@example.org", "%%@example.org", "%u@%d", "%d", "%1@%2", "100%%@example.org",
        "$(id)@example.org", "`id`@example.org", "?1@example.org", ":x@example.org",
        "a;b@example.org", "a--b@example.org", "/*x*/@example.org", "a,b@example.org",
        "*", "*@example.org", "*@*", "_@example.org", "al_ce@example.org", "ali%@example.org",
        "alice @example.org", "alice@ example.org", "a b c@example.org", "alice+tag@example.org",
        "älice@example.org", "jürgen@xn--bcher-kva.example", "日本@例え.example", "ß@example.org",
        "x" * 200 + "@example.org", "a" * 64 + "@" + "b." * 60 + "example.org", "1@example.org",
        "1", "0", "-1", "1@1", "null", "null@null", "address@example.org", "login@example.org",
        "#x@example.org", "#", "[x]@example.org", "user@[192.0.2.2]", "user@[ipv6:2001:db8::1]",
        "{x}@example.org", "=@example.org", "a=b@example.org", "\x01@example.org",
        "a\tb@example.org", "user@example.org!path", "path!user@example.org",
    ]
)
INVALID_UTF8 = [b"\xff@example.org", b"alice\xe9@example.org", b"\xc3@example.org"]

QUERY = "query = SELECT login FROM owner WHERE address = "

# name: the table file behind its "dbpath" line
TABLES = {
    "plain": QUERY + "'%s' ORDER BY rank\n",
    "upper": QUERY + "'%S' ORDER BY rank\n",
    "semicolon": QUERY + "'%s' ORDER BY rank;\n",
    "second statement": QUERY + "'%s' ORDER BY rank; SELECT 'x' FROM nowhere WHERE a = '%s'\n",
    "folded": "query = SELECT login\n  FROM owner\n\n# a comment\n\tWHERE address = '%s'\n ORDER BY rank\n",
    "twice": "query = SELECT 1\n" + QUERY + "'%s' ORDER BY rank\n",
    "tight": "query=SELECT login FROM owner WHERE address='%s'AND active=1 ORDER BY rank\n",
    "user and domain": QUERY + "'%u@%d' ORDER BY rank\n",
    "user or domain": QUERY + "'%u' || '@' || '%d' ORDER BY rank\n",
    "upper parts": QUERY + "'%U@%D' ORDER BY rank\n",
    "user": "query = SELECT login FROM owner WHERE address LIKE '%u@%%' ORDER BY uid, rank\n",
    "domain": "query = SELECT login FROM owner WHERE address = '@%d' ORDER BY rank\n",
    "key in result": "query = SELECT '%s' FROM owner WHERE address = '%s'\n",
    "like": "query = SELECT login FROM owner WHERE '%s' LIKE address ORDER BY uid, rank\n",
    "percent": QUERY + "'%s' AND 7 %% 4 = 3 AND '%%' = char(37) ORDER BY rank\n",
    "escaped quote": QUERY + "'%s' AND 'it''s %s' <> 'it''s' ORDER BY rank\n",
    "collate": QUERY + "'%s' COLLATE NOCASE ORDER BY rank\n",
    "collate tight": QUERY + "'%s'COLLATE NOCASE ORDER BY rank\n",
    "in list": "query = SELECT login FROM owner WHERE address IN ('%s', '@%d') ORDER BY uid, rank\n",
    "union": QUERY + "'%s' UNION SELECT login FROM owner WHERE address = '@%d' ORDER BY 1\n",
    "names": 'query = SELECT "login" FROM [owner] WHERE `address` = \'%s\' ORDER BY rank\n',
    "view": "query = SELECT login FROM active_owner WHERE address = '%s' ORDER BY 1\n",
    "two columns": "query = SELECT login, uid FROM owner WHERE address = '%s' ORDER BY rank\n",
    "kinds": "query = SELECT value FROM kinds WHERE address = '%s' ORDER BY rowid\n",
    "labels": "query = SELECT login FROM parts WHERE top = '%1' AND second = '%2'\n",
    "three labels": "query = SELECT login FROM parts WHERE domain LIKE '%%%3.%2.%1'\n",
    "nine labels": "query = SELECT '%9' || '%1'\n",
    "label and user": "query = SELECT '%u' || login FROM parts WHERE top = '%1'\n",
    "constant": "query = SELECT 'everybody'\n",
    "no rows": "query = SELECT login FROM owner WHERE 0\n",
    "format": QUERY + "'%s' ORDER BY rank\nresult_format = <%s>\n",
    "format user": QUERY + "'%s' ORDER BY rank\nresult_format = %u\n",
    "format domain": QUERY + "'%s' ORDER BY rank\nresult_format = %d\n",
    "format parts": QUERY + "'%s' ORDER BY rank\nresult_format = %u at %d\n",
    "format key": QUERY + "'%s' ORDER BY rank\nresult_format = %s:%S\n",
    "format key parts": QUERY + "'%s' ORDER BY rank\nresult_format = %s:%U:%D\n",
    "format label": QUERY + "'%s' ORDER BY rank\nresult_format = %s@%2.%1\n",
    "format percent": QUERY + "'%s' ORDER BY rank\nresult_format = 100%%%s\n",
    "format fixed": QUERY + "'%s' ORDER BY rank\nresult_format = fixed\n",
    "domains": QUERY + "'%s' ORDER BY rank\ndomain = example.org, EXAMPLE.com\n",
    "domains not": QUERY + "'%s' ORDER BY rank\ndomain = !example.com !example.net example.com example.org\n",
    "domains file": QUERY + "'%s' ORDER BY rank\ndomain = /@DIR@/domains\n",
    "domains inline": QUERY + "'%s' ORDER BY rank\ndomain = inline:{example.org=1, example.com=2}\n",
    "limit": QUERY + "'%s' ORDER BY rank\nexpansion_limit = 2\n",
    "limit one": QUERY + "'%s' ORDER BY rank\nexpansion_limit = 1\n",
    "limit format": QUERY + "'%s' ORDER BY rank\nexpansion_limit = 1\nresult_format = %d\n",
    "legacy": "table = owner\nselect_field = login\nwhere_field = address\n",
    "legacy more": "table = owner\nselect_field = login\nwhere_field = address\n"
    "additional_conditions = AND active = 1\n  ORDER BY rank\n",
    "legacy domain": "table = owner\nselect_field = login\nwhere_field = address\n"
    "additional_conditions = AND '%d' <> 'example.com' ORDER BY rank\n",
    "legacy unused": QUERY + "'%s' ORDER BY rank\ntable = nowhere\nselect_field = x\n",
    "error": "query = SELECT nocolumn FROM owner WHERE address = '%s'\n",
    "bare value": "query = SELECT login FROM owner WHERE uid = %u\n",
    "double quotes": 'query = SELECT login FROM owner WHERE address = "%s" ORDER BY rank\n',
}


def is_bare_number(key):
    """A local part that stands in SQL without quotes and is a number there."""
    return re.fullmatch(r"-?[0-9]+", key.rpartition("@")[0] or key) is not None


# (table, which keys, why we say something else)
DIFFERENT = [
    ("kinds", lambda key: key == "nul@example.org",
     "a value with a NUL inside: Postfix takes what stands before it, which could be "
     "another login; we cannot tell"),
    ("bare value", lambda key: not is_bare_number(key),
     "an expansion outside of quotes is a value to us; in Postfix it becomes SQL, which is a "
     "hole for some keys and an error for others"),
    ("double quotes", lambda key: "'" in key or '"' in key or re.fullmatch("address|login|null", key),
     "an expansion in double quotes is a string to us; Postfix doubles single quotes there "
     "and lets double ones end it, and SQLite takes the name of a column for the column"),
    ("*", lambda key: key.startswith('"'),
     "a local part in quotes is looked up without them as well when it is not found, as "
     "Postfix itself does in smtpd, but not in postmap"),
]


def differs(table, key):
    return any(where in (table, "*") and which(key) for where, which, _ in DIFFERENT)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    path = tmp_path_factory.mktemp("postmap")
    os.chmod(path, 0o755)
    db = sqlite3.connect(path / "owners.db")
    db.executescript(SCHEMA)
    db.executemany("INSERT INTO owner VALUES(?, ?, ?, ?, ?)", OWNERS)
    db.executemany("INSERT INTO kinds VALUES(?, ?)", KINDS)
    db.executemany("INSERT INTO parts VALUES(?, ?, ?, ?, ?)", PARTS)
    db.commit()
    db.close()
    (path / "domains").write_text("example.org # and no more\nexample.com, example.net\n")
    lookups.make_config(path / "postfix")
    return path


def write_table(place, name):
    table = place / (name.replace(" ", "-") + ".cf")
    text = TABLES[name].replace("/@DIR@", str(place))
    table.write_text(f"# {name}\ndbpath = {place}/owners.db\n{text}")
    return table


def ask_postmap(place, table, keys):
    return lookups.ask_postmap(place / "postfix", f"sqlite:{table}", keys)


def ask_mapquery(table, keys):
    return lookups.ask_mapquery(f"sqlite:{table}", keys)


def test_there_are_enough_keys():
    assert len(set(KEYS)) >= 200


@pytest.mark.parametrize("name", TABLES)
def test_same_answers(place, name):
    table = write_table(place, name)
    keys = [key for key in sorted(set(KEYS)) if not differs(name, key)]
    if name == "error":
        keys = keys[::25]
    theirs = ask_postmap(place, table, keys)
    ours = ask_mapquery(table, keys)
    wrong = {key: {"postmap": theirs[key], "mapquery": ours[key]}
             for key in keys if theirs[key] != ours[key]}
    assert wrong == {}


def test_tables_find_something(place):
    """The comparison would be worth little if nothing were ever found or ever missing."""
    for name in TABLES:
        answers = ask_mapquery(write_table(place, name), KEYS).values()
        if name not in ("error", "no rows"):
            assert any(isinstance(answer, tuple) for answer in answers), name
        if name not in ("error", "constant"):
            assert None in answers, name


def test_invalid_utf8(place):
    """Such a key stands in no table, neither in theirs nor in ours."""
    table = write_table(place, "plain")
    for key in INVALID_UTF8:
        run = subprocess.run([MAPQUERY, f"sqlite:{table}"], input=key + b"\n", capture_output=True)
        assert run.stdout == b"no\n"
        run = subprocess.run(["postmap", "-c", place / "postfix", "-q", key, f"sqlite:{table}"],
                             capture_output=True)
        assert run.stdout == b""


@pytest.mark.parametrize("key, table, values", [
    # In postmap's own words these are misses or worse; see DIFFERENT.
    ("jane doe@example.org", "plain", ("jdoe",)),
    ('"jane doe"@example.org', "plain", ("jdoe",)),
    ('"john smith"@example.org', "plain", ("jsmith",)),
    ('"jane doe"@example.org', "user and domain", ("jdoe",)),
    ('"@example.net', "plain", None),
    ('""@example.net', "plain", None),
    ("nul@example.org", "kinds", "error"),
    ("1 or 1=1@example.org", "bare value", None),
    ("alice@example.org", "bare value", None),
    ("3@example.org", "bare value", ("alice",)),
    ("address", "double quotes", None),
    ("o'brien@example.org", "double quotes", ("obrien",)),
    ('x" or "1"="1', "double quotes", None),
])
def test_what_differs(place, key, table, values):
    """What we say where we differ."""
    assert ask_mapquery(write_table(place, table), [key])[key] == values


@pytest.mark.parametrize("text, message", [
    ("dbpath = x.db\nquery = SELECT 1\n", 'dbpath: expected a path that begins with "/"'),
    ("dbpath =\nquery = SELECT 1\n", "dbpath: expected a value"),
    ("query = SELECT 1\n", 'expected a parameter "dbpath"'),
    ("dbpath = /x\n", 'expected a parameter "query"'),
    ("dbpath = /x\ntable = t\nselect_field = a\n", 'expected a parameter "query"'),
    ("dbpath = /x\nquery = SELECT '%x'\n", ':2: query: unknown expansion "%x"'),
    ("dbpath = /x\n# a\nquery = SELECT\n '%'\n", ':3: query: unknown expansion "%"'),
    ("dbpath = /x\nquery = SELECT 1\nresult_format = %q\n", ':3: result_format: unknown expansion "%q"'),
    ("dbpath = /x\nquery = SELECT 1\nresult_format =\n", ":3: result_format: expected a value"),
    ("dbpath = /x\nquery = SELECT 1\nexpansion_limit = many\n", ":3: expansion_limit: expected a number"),
    ("dbpath = /x\nquery = SELECT 1\nhosts = localhost\n", ':3: unknown parameter "hosts"'),
    ("dbpath = /x\nquery SELECT 1\n", ':2: expected "name = value"'),
    (" dbpath = /x\n", ":1: begins with a blank"),
    ("dbpath = /x\nquery = SELECT 1\ndomain = /nowhere\n", ":3: domain: /nowhere: No such file"),
    ("dbpath = /x\nquery = SELECT 1\ndomain = hash:/x\n", ':3: domain: map "hash:/x": unknown type'),
    ("dbpath = /x\nquery = SELECT login FROM t_%d\n", ":2: query: an expansion cannot be part of a word"),
    ("dbpath = /x\nquery = SELECT login FROM `%d`\n", ":2: query: an expansion cannot be part of a name"),
    ("dbpath = /x\nquery = SELECT x'%s'\n", ":2: query: an expansion cannot be part of a name"),
    ("dbpath = /x\nquery = SELECT 'a\n", ":2: query: a quote is not closed"),
    ("dbpath = /x\nquery = SELECT ?\n", ":2: query: a parameter cannot be bound"),
])
def test_bad_tables(tmp_path, text, message):
    """What is wrong with a table file, and where, in one line."""
    table = tmp_path / "bad.cf"
    table.write_text(text)
    run = subprocess.run([MAPQUERY, f"sqlite:{table}"], input="", capture_output=True, text=True)
    assert run.returncode == 2
    assert run.stderr.startswith(f"mapquery: {table}:")
    assert run.stderr.count("\n") == 1
    assert message in run.stderr
