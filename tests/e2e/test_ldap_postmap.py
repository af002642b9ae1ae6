# SPDX-License-Identifier: BSD-2-Clause
"""ldap: tables answer as Postfix's own do: the same files, the same keys, the same server.

Each table file below is asked for each key through `postmap -q` and through mapquery. The
answers must be the same, but for DIFFERENT: what we do otherwise on purpose, each with its
reason.
"""

import os
import re

import pytest

from lib import lookups, office_directory, slapd
from lib.office_directory import SUFFIX, entry, group, person

pytestmark = pytest.mark.skipif(
    not lookups.built("ldap") or not slapd.found() or not lookups.postfix_reads("ldap"),
    reason="needs mapquery, slapd, and Postfix with postfix-ldap",
)

PEOPLE = "".join([
    person("alice", mail=["alice@example.org", "ALI@Example.ORG"],
           mailacceptinggeneralid=["alice@example.org", "alice"], maildrop="alice@host.example",
           proxyAddresses=["SMTP:alice@example.org", "smtp:a.lice@example.org", "x500:/o=x"]),
    person("bob", mail="bob@example.org", maildrop=["bob, robert", "bob@host.example"],
           proxyAddresses="smtp:bob@example.org"),
    person("carol", mail="carol@example.org", description="100%", labeledURI="http://x/"),
    person("dave", mail="sales@example.org", o="Example"),
    person("erin", mail="sales@example.org", maildrop="erin@"),
    person("frank", mail="frank@example.com", title="a*b(c)\\d"),
    person("o'brien", mail="o'brien@example.org"),
    person("jsmith", mail='"john smith"@example.org'),
    person("jdoe", mail="jane doe@example.org"),
    person("percent", mail="100%@example.org"),
    person("template", mail="%s@example.org"),
    person("star", mail="*@example.org"),
    person("paren", mail="a)(b@example.org"),
    person("backslash", mail="a\\b@example.org"),
    person("grace", mail="grace@mail.sub.example.com", maildrop="@only.example"),
    person("nine", mail="nine@a.b.c.d.e.f.g.h.i"),
    person("catchall", mail="@example.net"),
    person("juergen", mail="juergen@example.org", title="jürgen@bücher.example"),
    person("sub1", ou="example.org", mail="sub@example.org", maildrop="sub-org"),
    person("sub2", ou="example.com", mail="sub@example.com", maildrop="sub-com"),
    person("both", mail="both@example.org", maildrop="drop", memberAddress="member",
           mailacceptinggeneralid="both@example.org"),
    entry(f"uid=nested,uid=alice,ou=people,{SUFFIX}", ["account", "mailThing"], uid="nested",
          mail="nested@example.org"),
    person("lang", mail="lang@example.org", maildrop__lang_de="de", maildrop__lang_en="en"),
    person("blob", mail="blob@example.org", blob=[b"bytes", b"bytes\0more"]),
    person("octets", mail="octets@example.org", blob=[b"bytes", b"caf\xc3\xa9"]),
    person("spaces", mail="spaces@example.org", maildrop="a b,c , d"),
])

NOBODY = f"uid=nobody,ou=people,{SUFFIX}"

GROUPS = "".join([
    group("staff", ["alice", "bob"], mail="staff@example.org"),
    group("board", [f"cn=staff,ou=groups,{SUFFIX}", "carol"], mail="board@example.org",
          maildrop="board-drop"),
    group("dead", ["alice", NOBODY], mail="dead@example.org"),
    group("empty", [NOBODY], mail="empty@example.org"),
    group("mixed", ["bob"], mail="mixed@example.org", memberAddress=["x@y", "z@y"]),
    group("deep1", [f"cn=deep2,ou=groups,{SUFFIX}"], mail="deep@example.org"),
    group("deep2", [f"cn=deep3,ou=groups,{SUFFIX}"], maildrop="deep2-drop"),
    group("deep3", ["dave"]),
    group("loop1", [f"cn=loop2,ou=groups,{SUFFIX}", "alice"], mail="loop@example.org"),
    group("loop2", [f"cn=loop1,ou=groups,{SUFFIX}", "bob"]),
    group("self", [f"cn=self,ou=groups,{SUFFIX}", "bob"], mail="self@example.org"),
    group("diamond", [f"cn=staff,ou=groups,{SUFFIX}", "alice"], mail="diamond@example.org"),
    group("url", [NOBODY], mail="url@example.org",
          labeledURI=f"ldap:///ou=people,{SUFFIX}?uid?sub?(o=Example)"),
    group("url-all", [NOBODY], mail="url-all@example.org",
          labeledURI=f"ldap:///ou=people,{SUFFIX}??one?(sn=carol)"),
    group("url-other", [NOBODY], mail="url-other@example.org",
          labeledURI=f"ldap:///ou=people,{SUFFIX}?description?one?(sn=carol)"),
    group("url-mail", [NOBODY], mail="url-mail@example.org",
          labeledURI=f"ldap:///ou=people,{SUFFIX}?mail?sub?(sn=alice)"),
    group("url-none", [NOBODY], mail="url-none@example.org",
          labeledURI=f"ldap:///ou=nowhere,{SUFFIX}??sub?(sn=alice)"),
    group("url-bad", [NOBODY], mail="url-bad@example.org",
          labeledURI="ldap:///x?y?z?(?"),
    group("text", ["alice"], mail="text@example.org", labeledURI="no name of anything"),
    entry(f"cn=posix,ou=groups,{SUFFIX}", ["posixGroup", "mailThing"], cn="posix",
          gidNumber="1000", memberUid=["alice", "bob"], mail="posix@example.org"),
])

ALL_GROUPS = ["staff", "board", "dead", "empty", "mixed", "deep", "loop", "self", "diamond",
              "url", "url-all", "url-other", "url-mail", "url-none", "url-bad", "text", "posix"]

KEYS = (
    re.findall(r"[^\s]+@example\.(?:org|com|net)",
               "alice@example.org ali@example.org bob@example.org carol@example.org "
               "sales@example.org frank@example.com o'brien@example.org both@example.org "
               "100%@example.org %s@example.org *@example.org a)(b@example.org "
               "a\\b@example.org grace@mail.sub.example.com @example.net sub@example.org "
               "sub@example.com nested@example.org lang@example.org blob@example.org octets@example.org "
               "spaces@example.org a.lice@example.org juergen@example.org") +
    [f"{name}@example.org" for name in ALL_GROUPS] +
    ['"john smith"@example.org', "jane doe@example.org", "alice", "bob", "nobody",
     "nobody@example.org", "org", "example.org", "@", "@@", "a@", "@b", "user@",
     "alice@example.org@", "@alice@example.org", "alice@@example.org", "a@b@c@d", "alice@.org",
     "alice@example..org", "alice@example.org.", "alice@.example.org", "alice@org",
     "alice@a.b.c.d.e.f.g.h.i.j", "x@...", "x@.", "x@a.", "x@.a", "@a.b", "@example.org",
     "@mail.sub.example.com", "grace@mail.sub.example.com", "@example.net",
     "nine@a.b.c.d.e.f.g.h.i", "x@a.b.c.d.e.f.g.h.i", "grace@sub.example.com", "grace@other.mail.sub.example.com",
     "*", "*@*", "al*@example.org", "(uid=alice)", "alice)(uid=*", "*)(uid=*))(|(uid=*",
     "alice@example.org)(mail=*", "\\2a@example.org", "\\*@example.org", "\\@example.org", "\\",
     "&(a=b)", "|", "!", "(", ")", "()", "a&b@example.org", "a|b@example.org", "a=b@example.org",
     "a,b@example.org", "a+b@example.org", "a;b@example.org", "a<b>@example.org", "#a@example.org",
     "a#@example.org", "a/b@example.org", "uid=alice,ou=people", "alice,ou=people",
     "alice,ou=people@example.org", "alice+cn=x@example.org", "%u@%d", "%d", "%1@%2", "%",
     "jürgen@bücher.example", "jürgen@xn--bcher-kva.example", "日本@例え.example",
     "x" * 200 + "@example.org", "a@" + "b." * 60 + "example.org", "1@example.org", "1", "-1",
     "null@null", "{x}@example.org", "[x]@example.org", "user@[192.0.2.1]", "a\tb@example.org",
     "\x01@example.org", "user!path@example.org", "alice@example.com", "frank@example.org",
     "sn=alice", "posixGroup", "sub@example.net", "sub@com", "x@sub.example.org"] +
    [f"al{c}ice@example.org" for c in "!#$&'+-/=?^_`{|}~.;:,<>[]*()\\%"] +
    [f"user{i}@example.{('org', 'com', 'net')[i % 3]}" for i in range(60)]
)

MAIL = "query_filter = (mail=%s)\n"
UID = "result_attribute = uid\n"
MEMBERS = "special_result_attribute = member\n"
LEAF = "result_attribute =\nleaf_result_attribute = uid\n"

# name: the table file behind the server's and the base's lines
TABLES = {
    "plain": MAIL + UID,
    "bare": "query_filter = mail=%s\n" + UID,
    "upper": "query_filter = (mail=%S)\n" + UID,
    "defaults": "",
    "blanks": "query_filter = (& (objectClass=inetOrgPerson)\n   (| (mail=%s) (uid=%u) ) )\n" + UID,
    "no bind": MAIL + UID + "bind = no\n",
    "bind": MAIL + UID + "bind = yes\nbind_dn = {root_dn}\nbind_pw = {root_password}\n",
    "user and domain": "query_filter = (mail=%u@%d)\n" + UID,
    "upper parts": "query_filter = (mail=%U@%D)\n" + UID,
    "user": "query_filter = (uid=%u)\n" + UID,
    "domain": "query_filter = (mail=@%d)\n" + UID,
    "or": "query_filter = (|(mail=%s)(mail=@%d))\n" + UID,
    "not": "query_filter = (&(mail=%s)(!(uid=bob)))\n" + UID,
    "not key": "query_filter = (&(objectClass=inetOrgPerson)(title=*)(!(mail=%s)))\n" + UID,
    "prefix": "query_filter = (proxyAddresses=smtp:%s)\n" + UID,
    "substring": "query_filter = (mail=%u@*)\n" + UID,
    "substring end": "query_filter = (mail=*@%d)\n" + UID,
    "substring middle": "query_filter = (mail=%u*exam*%d)\n" + UID,
    "presence": "query_filter = (&(mail=%s)(maildrop=*))\n" + UID,
    "percent": "query_filter = (&(description=100%%)(mail=%s))\n" + UID,
    "escapes": "query_filter = (&(title=a\\2ab\\28c\\29\\5cd)(mail=%s))\n" + UID,
    "extensible": "query_filter = (&(mail=%s)(ou:dn:=people))\n" + UID,
    "rule": "query_filter = (mail:caseIgnoreIA5Match:=%s)\n" + UID,
    "order": "query_filter = (&(mail=%s)(createTimestamp>=19700101000000Z))\n" + UID,
    "labels": "query_filter = (&(mail=%s)(mail=*%2.%1))\n" + UID,
    "three labels": "query_filter = (&(mail=%s)(mail=*%3.%2.%1))\n" + UID,
    "label nine": "query_filter = (|(mail=%s)(cn=%9))\n" + UID,
    "member name": "query_filter = (&(objectClass=groupOfNames)(member=uid=%u,ou=people,{suffix}))\n"
    "result_attribute = cn\n",
    "base": "search_base = ou=%d,{suffix}\n" + MAIL + UID,
    "base user": "search_base = uid=%u,ou=people,{suffix}\nscope = base\n"
    "query_filter = (objectClass=*)\n" + UID,
    "base sub": "search_base = uid=%u,ou=people,{suffix}\nquery_filter = objectClass=*\n" + UID,
    "no base": "search_base = ou=nowhere,{suffix}\n" + MAIL + UID,
    "scope one": "search_base = ou=people,{suffix}\nscope = one\n" + MAIL + UID,
    "scope base": "scope = BASE\n" + MAIL + UID,
    "several": MAIL + "result_attribute = uid, maildrop memberAddress\n",
    "options": MAIL + "result_attribute = maildrop;lang-de\n",
    "all options": MAIL + "result_attribute = maildrop\n",
    "case of names": "query_filter = (MAIL=%s)\nresult_attribute = UID\n",
    "drop": MAIL,
    "blob": MAIL + "result_attribute = blob\n",
    "format": MAIL + UID + "result_format = <%s>\n",
    "old format": MAIL + UID + "result_filter = smtp:[%s]\n",
    "both formats": MAIL + UID + "result_filter = old %s\nresult_format = new:%s\n",
    "format user": MAIL + "result_attribute = mail\nresult_format = %u\n",
    "format domain": MAIL + "result_attribute = mail maildrop\nresult_format = %d\n",
    "format key": MAIL + UID + "result_format = %s:%S\n",
    "format key parts": MAIL + UID + "result_format = %s:%U:%D\n",
    "format labels": MAIL + UID + "result_format = %s@%2.%1\n",
    "format fixed": MAIL + UID + "result_format = fixed\n",
    "domains": MAIL + UID + "domain = example.org, EXAMPLE.com\n",
    "domains not": MAIL + UID + "domain = !example.com example.com example.org\n",
    "limit": MAIL + UID + "expansion_limit = 1\n",
    "limit values": MAIL + "result_attribute = mail maildrop\nexpansion_limit = 2\nsize_limit = 0\n",
    "size limit": MAIL + UID + "size_limit = 1\n",
    "groups": MAIL + UID + MEMBERS,
    "groups leaf": MAIL + LEAF + MEMBERS,
    "groups mixed": MAIL + "result_attribute = memberAddress\nleaf_result_attribute = uid\n" + MEMBERS,
    "groups terminal": MAIL + LEAF + MEMBERS + "terminal_result_attribute = maildrop\n",
    "groups url": MAIL + UID + "special_result_attribute = labeledURI\n",
    "groups url mail": MAIL + "result_attribute = mail\nspecial_result_attribute = labeledURI, member\n",
    "groups recursion": MAIL + UID + MEMBERS + "recursion_limit = 3\n",
    "groups recursion one": MAIL + UID + MEMBERS + "recursion_limit = 1\n",
    "posix": MAIL + "result_attribute = memberUid\n",
    "ignored": MAIL + UID + "debuglevel = 0\ncache = no\ntls_random_file = /dev/random\n",
    "dereference": MAIL + UID + "dereference = 3\nchase_referrals = no\n",
}

LOOSE = re.compile(r"[ \t]")

# (table, which keys, why we say something else)
DIFFERENT = [
    ("*", lambda key: key.startswith('"'),
     "a local part in quotes is looked up without them as well when it is not found, as "
     "Postfix itself does in smtpd, but not in postmap"),
    ("*", lambda key: LOOSE.search(key) is not None and key != "jane doe@example.org",
     "the directory passes over blanks; we want the value that was asked for"),
    ("blob", lambda key: key == "blob@example.org",
     "a value with a NUL inside: Postfix takes what stands before it, which could be another "
     "login; we cannot tell"),
    ("groups*", lambda key: key.split("@")[0] in ("loop", "self"),
     "members of each other: Postfix goes around until its limit and fails; we follow each "
     "name once"),
    ("groups*", lambda key: key.split("@")[0] == "diamond",
     "a member by two ways: Postfix has it twice, we once"),
    ("groups terminal", lambda key: key == "sales@example.org",
     "Postfix takes what it found of one entry (that it is terminal) for the next one too"),
    ("groups terminal", lambda key: key == "lang@example.org",
     "an attribute with an option (maildrop;lang-de) is terminal to us as well"),
    ("member name", lambda key: re.search(r"[,+;<>#=\\ \"]", key) is not None,
     "what is put into a name is escaped for a name"),
]

# Postfix starts anew for each key when one fails, and waits for a second then.
SLOW = ("no base", "limit", "limit values", "size limit", "groups recursion",
        "groups recursion one")


def differs(table, key):
    return any((where in (table, "*") or (where.endswith("*") and table.startswith(where[:-1])))
               and which(key) for where, which, _ in DIFFERENT)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    root = tmp_path_factory.mktemp("ldap")
    os.chmod(root, 0o755)
    instance = office_directory.make(str(root), PEOPLE + GROUPS)
    instance.start()
    yield instance
    instance.stop()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    path = tmp_path_factory.mktemp("tables")
    os.chmod(path, 0o755)
    lookups.make_config(path / "postfix")
    return path


def write_table(place, server, name):
    table = place / (name.replace(" ", "-") + ".cf")
    text = TABLES[name]
    for word in ("suffix", "root_dn", "root_password"):
        text = text.replace("{" + word + "}", getattr(server, word))
    table.write_text(f"server_host = {server.uri}\nsearch_base = {server.suffix}\n"
                     f"version = 3\n{text}")
    return f"ldap:{table}"


def test_there_are_enough_keys():
    assert len(set(KEYS)) >= 200


@pytest.mark.parametrize("name", TABLES)
def test_same_answers(server, place, name):
    spec = write_table(place, server, name)
    keys = [key for key in sorted(set(KEYS)) if not differs(name, key)]
    if name in SLOW:
        known = {f"{g}@example.org" for g in ALL_GROUPS + ["alice", "bob", "sales"]}
        keys = [key for i, key in enumerate(keys) if key in known or i % 60 == 0]
    theirs = lookups.ask_postmap(place / "postfix", spec, keys)
    ours = lookups.ask_mapquery(spec, keys)
    wrong = {key: {"postmap": theirs[key], "mapquery": ours[key]}
             for key in keys if theirs[key] != ours[key]}
    assert wrong == {}


def test_tables_find_something(server, place):
    """The comparison would be worth little if nothing were ever found or ever missing."""
    for name in TABLES:
        answers = lookups.ask_mapquery(write_table(place, server, name), KEYS).values()
        if name not in ("no base", "scope base"):
            assert any(isinstance(answer, tuple) for answer in answers), name
        if name not in ("no base",):
            assert None in answers, name


@pytest.mark.parametrize("key, table, values", [
    # What we say where we differ.
    ("jane doe@example.org", "plain", ("jdoe",)),
    ('"john smith"@example.org', "plain", ("jsmith",)),
    ('"jane doe"@example.org', "plain", ("jdoe",)),
    ("jane  doe@example.org", "plain", None),
    (" alice@example.org", "plain", None),
    ("blob@example.org", "blob", "error"),
    ("loop@example.org", "groups leaf", ("bob", "alice")),
    ("self@example.org", "groups leaf", ("bob",)),
    ("diamond@example.org", "groups leaf", ("alice", "bob")),
    ("sales@example.org", "groups terminal", ("dave", "erin@")),
    ("alice,ou=people@example.org", "member name", None),
])
def test_what_differs(server, place, key, table, values):
    assert lookups.ask_mapquery(write_table(place, server, table), [key])[key] == values
