# SPDX-License-Identifier: BSD-2-Clause
"""ldap: tables on a real slapd where Postfix has no word: who is believed, what hostile keys
can do, members of groups, and what sendasctl shows of it."""

import json
import random
import re
import subprocess

import pytest

from lib import lookups, office_directory, slapd
from lib.lookups import MAPQUERY
from lib.office_directory import SUFFIX, entry, group, person

pytestmark = pytest.mark.skipif(not lookups.built("ldap") or not slapd.found(),
                                reason="needs mapquery and slapd")

# The reader may search all, but not read everything.
ACCESS = """\
access to attrs=userPassword by anonymous auth by * none
access to attrs=proxyAddresses by dn.exact="cn=poor,{suffix}" search by * read
access to * by * read
"""

READER = entry(f"cn=poor,{SUFFIX}", ["organizationalRole", "simpleSecurityObject"], cn="poor",
               userPassword="poor-pw")

ENTRIES = READER + "".join([
    person("alice", mail="alice@example.org", maildrop="alice@example.org",
           proxyAddresses=["SMTP:Alice@example.org", "smtp:sales@example.org", "x500:/o=x"]),
    person("bob", mail="bob@example.org", maildrop="bob@example.org"),
    person("a", mail="a@example.org", maildrop="a@example.org"),
    group("staff", ["alice", "bob"], mail="staff@example.org"),
    group("nested", [f"cn=staff,ou=groups,{SUFFIX}", "a"], mail="nested@example.org"),
    group("alone", [f"uid=nobody,ou=people,{SUFFIX}"], mail="alone@example.org"),
    group("odd, (name)*", ["bob"], mail="odd@example.org").replace(
        f"dn: cn=odd, (name)*,ou=groups,{SUFFIX}", f"dn: cn=odd\\2c (name)*,ou=groups,{SUFFIX}"),
])


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    root = str(tmp_path_factory.mktemp("ldap"))
    instance = office_directory.make(root, "", modules=("memberof",),
                                     database_text="overlay memberof\n",
                                     access=ACCESS.replace("{suffix}", SUFFIX))
    instance.start()
    instance.change(ENTRIES)  # memberOf is made for what is added while it runs
    yield instance
    instance.stop()


@pytest.fixture
def table(server, tmp_path):
    """table(text) -> the spec of a map that asks the server."""
    def write(text):
        path = tmp_path / "table.cf"
        path.write_text(f"server_host = {server.uri}\n" +
                        ("" if "search_base" in text else f"search_base = {SUFFIX}\n") + text)
        return f"ldap:{path}"
    return write


def ask(spec, key):
    return lookups.ask_mapquery_words(spec, [key])[0]


# --- who is believed ---

MAILDROP = "query_filter = (maildrop=%s)\nresult_attribute = uid\n"

TRAPS = [
    "al\u00adice@example.org",       # SOFT HYPHEN
    "\uff41lice@example.org",        # FULLWIDTH LATIN SMALL LETTER A
    " alice@example.org", "alice@example.org ", " alice@example.org ",
    "alice\u200b@example.org",       # ZERO WIDTH SPACE
    "alice@\uff45xample.org",
    "\u24d0lice@example.org",        # CIRCLED LATIN SMALL LETTER A
]


def test_the_directory_falls_for_it(server):
    """Else the next test would show nothing: slapd itself finds alice by most of these."""
    found = [key for key in TRAPS
             if "uid: alice" in server.search(f"(maildrop={key})", "uid")]
    assert len(found) >= 5


@pytest.mark.parametrize("key", TRAPS)
def test_not_believed(table, key):
    assert ask(table(MAILDROP), key) == ("no", "")


@pytest.mark.parametrize("key", ["alice@example.org", "ALICE@example.org", "Alice@EXAMPLE.org"])
def test_believed(table, key):
    assert ask(table(MAILDROP), key) == ("yes", "alice")


@pytest.mark.parametrize("key", ["\uff41lice@example.org", "al\u00adice@example.org",
                                 " alice@example.org"])
def test_base_not_believed(table, key):
    """The same where the key is part of the base."""
    spec = table(f"search_base = uid=%u,ou=people,{SUFFIX}\nscope = base\n"
                 "query_filter = (objectClass=*)\nresult_attribute = uid\n")
    assert ask(spec, "alice@example.org") == ("yes", "alice")
    assert ask(spec, key) == ("no", "")


def test_prefix(table):
    spec = table("query_filter = (proxyAddresses=smtp:%s)\nresult_attribute = uid\n")
    assert ask(spec, "alice@example.org") == ("yes", "alice")
    assert ask(spec, "sales@example.org") == ("yes", "alice")
    assert ask(spec, "\uff41lice@example.org") == ("no", "")


def test_result_prefix(table):
    spec = table("query_filter = (mail=%s)\nresult_attribute = proxyAddresses\n"
                 "result_prefix = smtp:\nresult_format = <%s>\n")
    assert ask(spec, "alice@example.org") == ("yes", "<Alice@example.org>,<sales@example.org>")
    assert ask(spec, "bob@example.org") == ("no", "")


POOR = f"bind_dn = cn=poor,{SUFFIX}\nbind_pw = poor-pw\n"


def test_unreadable(table):
    """A no would be a lie: mail would be lost."""
    spec = table(POOR + "query_filter = (proxyAddresses=smtp:%s)\nresult_attribute = uid\n")
    word, why = ask(spec, "alice@example.org")
    assert word == "unknown"
    assert why.endswith(f"uid=alice,ou=people,{SUFFIX}: the attribute proxyAddresses is "
                        "searched, but cannot be read")
    assert ask(spec, "nobody@example.org") == ("no", "")


def test_unreadable_beside(table):
    spec = table(POOR + "query_filter = (|(maildrop=%s)(proxyAddresses=smtp:%s))\n"
                 "result_attribute = uid\n")
    assert ask(spec, "alice@example.org") == ("yes", "alice")
    assert ask(spec, "sales@example.org")[0] == "unknown"
    assert ask(spec, "\uff41lice@example.org") == ("no", "")  # maildrop says why it was found


# --- hostile keys ---

def hostile_keys(count, seed=20):
    """All kinds of things that mean something in filters and names."""
    rng = random.Random(seed)
    atoms = ["*", "(", ")", "\\", "&", "|", "!", "=", "~=", ">=", "<=", ":=", ":dn:=", "\\2a",
             "\\29\\28", ")(uid=*", "*)(uid=*))(|(uid=*", ")(|(mail=*", "(objectClass=*)", ",",
             "+", '"', "<", ">", ";", "#", " ", "\t", "/", "\u00ad", "\uff41", "ü", "\x01", "\x7f",
             "%s", "%u", "%d", "%", "%%", "$", "`", "'", "alice", "bob", "uid=", "ou=people,",
             "dc=example", "@", "@example.org", ".", "..", "x" * 50, "\u202e", "\U0001f600", "{0}"]
    keys = []
    while len(keys) < count:
        key = "".join(rng.choice(atoms) for _ in range(rng.randint(1, 7)))
        key += rng.choice(["@example.org", "@example.org", "@" + rng.choice(atoms), ""])
        if key.strip():
            keys.append(key)
    return keys


def shape(text):
    """The filter without its values, as slapd prints it (a "(" of a value is escaped)."""
    return re.sub(r"=(?:\\[0-9a-fA-F]{2}|[^()\\*])*", "=", text)


def test_injection(server, table):
    """Ten thousand hostile keys: each search in slapd's log has the shape of the template."""
    spec = table(f"search_base = {SUFFIX}\n"
                 "query_filter = (&(|(maildrop=%s)(uid=%u))(!(cn=%d))"
                 f"(!(member=uid=%u,ou=people,{SUFFIX})))\nresult_attribute = uid\n")
    keys = hostile_keys(10000)
    mark = server.mark()
    words = lookups.ask_mapquery_words(spec, keys)
    assert {word for word, _ in words} <= {"yes", "no"}
    # A value that the syntax does not allow makes "(?=undefined)" of its own assertion.
    pattern = re.compile(r"^\(&\(\|(?:\(maildrop=\)|\(\?=\))(?:\(uid=\)|\(\?=\))\)"
                         r"\(!(?:\(cn=\)|\(\?=\))\)\(!(?:\(member=\)|\(\?[^()]*\))\)\)$")
    asked = server.wait_searches(sum(1 for key in keys if is_asked(key)), mark)
    strange = [s.filter for s in asked if not pattern.match(shape(s.filter))]
    assert strange == []
    # Who is found is whose uid or maildrop the key has, letter for letter.
    for key, (word, rest) in zip(keys, words):
        if word == "yes":
            assert rest in ("alice", "bob", "a")
            local = key.rpartition("@")[0]
            assert rest in (local.lower(), local.strip('"').lower()), key


def is_asked(key):
    """Does the key have what %u and %d want?"""
    local, at, domain = key.rpartition("@")
    return bool(at and local and domain)


def test_injection_base(server, table):
    """The same for keys in the base: they stay one value of one name."""
    spec = table(f"search_base = uid=%u,ou=people,{SUFFIX}\nscope = base\n"
                 "query_filter = (objectClass=*)\nresult_attribute = uid\n")
    keys = hostile_keys(2000, seed=21)
    mark = server.mark()
    words = lookups.ask_mapquery_words(spec, keys)
    searches = server.searches(mark)
    assert len(searches) > 1000
    for search in searches:
        rest = search.base[:-len(f",ou=people,{SUFFIX}")]
        assert search.base.endswith(f",ou=people,{SUFFIX}"), search
        assert not re.search(r"(?<!\\)[,+]", re.sub(r"\\\\", "", rest)), search
    for key, (word, rest) in zip(keys, words):
        if word == "yes":
            assert rest == key.rpartition("@")[0].strip('"').lower() or rest == key.lower()


# --- members of groups ---

MEMBERS = "query_filter = (mail=%s)\nresult_attribute =\nleaf_result_attribute = uid\n"


def owners(spec, key):
    word, rest = ask(spec, key)
    return set(rest.split(",")) if word == "yes" else word


@pytest.mark.parametrize("key, want", [
    ("alice@example.org", {"alice"}),
    ("staff@example.org", {"alice", "bob"}),
    ("nested@example.org", {"alice", "bob", "a"}),
    ("alone@example.org", "no"),
    ("odd@example.org", {"bob"}),
])
def test_members_by_name(table, key, want):
    assert owners(table(MEMBERS + "special_result_attribute = member\n"), key) == want


@pytest.mark.parametrize("key, want", [
    ("alice@example.org", {"alice"}),
    ("staff@example.org", {"alice", "bob"}),
    ("nested@example.org", {"a"}),  # without nesting, which is the server's business
    ("alone@example.org", "no"),
    ("odd@example.org", {"bob"}),
])
def test_members_by_filter(server, table, key, want):
    """The second search finds those whose memberOf has the name of what the first has found."""
    mark = server.mark()
    spec = table(MEMBERS + "member_filter = (memberOf=%s)\n")
    assert owners(spec, key) == want
    # Nobody is a member of a person.
    searches = server.searches(mark)
    assert len(searches) == (1 if key == "alice@example.org" else 2)


def test_members_and_name(table):
    """Both ways together; a filter can name parts of the key as well."""
    spec = table("query_filter = (mail=%s)\nresult_attribute = uid\n"
                 "member_filter = (&(memberOf=%s)(mail=*@%D))\n"
                 "special_result_attribute = member\n")
    assert owners(spec, "nested@example.org") == {"alice", "bob", "a"}


def test_time_is_for_all_searches(server, table):
    """A server that stops answering in the midst: one timeout, not one for each search."""
    spec = table(MEMBERS + "special_result_attribute = member\ntimeout = 1\n")
    server.pause()
    try:
        run = subprocess.run([MAPQUERY, spec], input="staff@example.org\n", text=True,
                             capture_output=True, timeout=20)
    finally:
        server.resume()
    assert run.stdout.startswith("unknown ")
    assert owners(spec, "staff@example.org") == {"alice", "bob"}


# --- wrong files ---

@pytest.mark.parametrize("text, message", [
    ("query_filter = (mail=%s\n", ":3: query_filter: a parenthesis is not closed"),
    ("query_filter = (mail=%x)\n", ':3: query_filter: unknown expansion "%x"'),
    ("query_filter = (%d=x)\n", ":3: query_filter: an expansion can be part of a value only"),
    ("member_filter = (memberOf=%d)\n", ":3: member_filter: expected %s, the name"),
    ("result_format = %q\n", ":3: result_format: unknown expansion"),
    ("result_filter = %q\n", ":3: result_filter: unknown expansion"),
    ("result_attribute =\n", ":3: result_attribute: expected an attribute"),
    ("scope = all\n", ':3: scope: expected base, one or sub, not "all"'),
    ("search_base = %d=x\n", ":3: search_base: expected a distinguished name"),
    ("recursion_limit = 0\n", ":3: recursion_limit: expected a number from 1 on"),
    ("server_host = http://x\n", ":3: server_host: expected a host"),
    ("hosts = x\n", ':3: unknown parameter "hosts"'),
    ("domain = /nowhere\n", ":3: domain: /nowhere: No such file"),
])
def test_bad_tables(tmp_path, text, message):
    path = tmp_path / "bad.cf"
    path.write_text(f"# a comment\nsearch_base = {SUFFIX}\n{text}")
    run = subprocess.run([MAPQUERY, f"ldap:{path}"], input="", capture_output=True, text=True)
    assert run.returncode == 2
    assert run.stderr.startswith(f"mapquery: {path}:")
    assert run.stderr.count("\n") == 1
    assert message in run.stderr


def test_base_wanted(tmp_path):
    path = tmp_path / "bad.cf"
    path.write_text("result_attribute = uid\n")
    run = subprocess.run([MAPQUERY, f"ldap:{path}"], input="", capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (
        2, f'mapquery: {path}: expected a parameter "search_base"\n')


# --- sendasctl ---

@pytest.fixture
def ctl(programs, tmp_path):
    conf = tmp_path / "sendas.conf"
    conf.write_text("")

    def run(*arguments, data=None):
        return subprocess.run([programs.path("sendasctl"), "map", *arguments,
                               "--config", conf], input=data, capture_output=True, text=True)
    return run


def test_query(ctl, table):
    spec = table(MAILDROP)
    run = ctl("query", spec, "alice@example.org")
    assert (run.returncode, run.stdout, run.stderr) == (0, "alice\n", "")
    run = ctl("query", spec, "x@example.org")
    assert (run.returncode, run.stdout, run.stderr) == (1, "", "")
    run = ctl("query", spec, "-", data="bob@example.org\nx@example.org\n\na@example.org\n")
    assert (run.returncode, run.stdout) == (0, "bob@example.org\tbob\na@example.org\ta\n")
    run = ctl("query", spec, "bob@example.org", "--json")
    assert json.loads(run.stdout) == {"answer": "yes", "key": "bob@example.org",
                                      "values": ["bob"], "error": None}


def test_query_fails(ctl, table):
    run = ctl("query", table(MAILDROP + "search_base = dc=nowhere\n"), "bob@example.org")
    assert (run.returncode, run.stdout) == (75, "")
    assert "could not tell: ldap:" in run.stderr and "no such entry" in run.stderr
    assert run.stderr.count("\n") == 1
    run = ctl("query", "ldap:/no/such.cf", "x")
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == "sendasctl: /no/such.cf: No such file or directory\n"


def test_test(ctl, server, table):
    spec = table("query_filter = (|(maildrop=%s)(mail=%s))\nresult_attribute =\n"
                 "leaf_result_attribute = uid\nspecial_result_attribute = member\n")
    run = ctl("test", spec, "Staff@example.org")
    assert run.returncode == 0
    lines = run.stdout.splitlines()
    assert lines[0] == "staff@example.org"
    assert lines[1].startswith(f"  search server={server.uri}")
    assert "entries=1" in lines[1]
    assert lines[2] == f'  entry dn="cn=staff,ou=groups,{SUFFIX}" believed=yes'
    assert any(line.startswith("    search ") for line in lines)
    assert "    value attribute=uid value=alice result=alice" in lines
    assert lines[-1] == "  owners: alice,bob"


def test_test_keys(ctl, table):
    run = ctl("test", table(MAILDROP), "nobody+x@example.org")
    assert run.returncode == 1
    assert [line for line in run.stdout.splitlines() if not line.startswith(" ")] == [
        "nobody+x@example.org", "nobody@example.org", "@example.org", "@.org"]


def test_test_json(ctl, table):
    run = ctl("test", table(MAILDROP), "alice+x@example.org", "--json")
    answer = json.loads(run.stdout)
    assert run.returncode == 0
    assert answer["address"] == "alice+x@example.org"
    assert [(k["key"], k["answer"], k["values"]) for k in answer["keys"]] == [
        ("alice+x@example.org", "no", []), ("alice@example.org", "yes", ["alice"])]
    assert [s["step"] for s in answer["keys"][1]["steps"]] == ["search", "entry", "value"]


def test_test_why_not(ctl, table):
    """The key is asked for in both forms; the second finds alice, who is not meant."""
    run = ctl("test", table(MAILDROP), '" alice"@example.org')
    assert run.returncode == 1
    assert 'believed=no why="no value of maildrop is the one asked for"' in run.stdout


def test_config_check(programs, table, tmp_path):
    """What is no error is told, too."""
    spec = table(MAILDROP + "bind_dn = cn=x\nbind_pw = y\nstart_tls = yes\ndebuglevel = 1\n")
    conf = tmp_path / "sendas.conf"
    conf.write_text(f'send_as = {{ "{spec}" }}\nuser = "root"\n')
    run = subprocess.run([programs.path("sendasctl"), "config", "check", conf],
                         capture_output=True, text=True)
    assert run.returncode == 2
    for what in ("bind_pw: everybody can read this file", "debuglevel: ignored",
                 'TLS without "tls_require_cert = yes"'):
        assert what in run.stderr


# --- groups that the policy asks for ---

@pytest.mark.parametrize("login, group_, status", [
    ("alice", "staff", 0), ("bob", "Staff", 0), ("a", "staff", 1), ("a", "nested", 0),
    ("alice", "nested", 0), ("alice", "alone", 1), ("alice", "st*", 1), ("alice", "*", 1),
    ("bob", "nobody)(cn=staff", 1),
])
def test_groups_of_the_directory(programs, table, tmp_path, login, group_, status):
    """A value group:NAME is looked up by name in `groups`, which may be a directory."""
    spec = table("query_filter = (cn=%s)\nresult_attribute =\nleaf_result_attribute = uid\n"
                 "special_result_attribute = member\n")
    owners_ = tmp_path / "owners"
    owners_.write_text(f"info@example.org group:{group_}\n")
    conf = tmp_path / "sendas.conf"
    conf.write_text(f'send_as = {{ "file:{owners_}" }}\ngroups = {{ "{spec}" }}\n'
                    f'store = "{tmp_path}/nowhere.db"\n')
    run = subprocess.run([programs.path("sendasctl"), "check", login, "info@example.org",
                          "--config", conf], capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (status, ""), run.stdout
    if status == 0:
        assert f"file:{owners_}: info@example.org group:{group_}\n" in run.stdout
