# SPDX-License-Identifier: BSD-2-Clause
"""pcre: tables answer as Postfix's own do: the same files, the same keys, `postmap -q`.

Each table below is asked for each key through postmap and through mapquery. The answers must be
the same, but for DIFFERENT: what we do otherwise on purpose, each with its reason. Lines that
Postfix warns of and leaves out are a mistake here: REFUSED.
"""

import subprocess

import pytest

from lib import lookups
from lib.lookups import MAPQUERY

pytestmark = pytest.mark.skipif(
    not MAPQUERY.exists() or not lookups.built("pcre") or not lookups.postfix_reads("pcre"),
    reason="needs mapquery with pcre, and Postfix with postfix-pcre",
)

KEYS = [
    "alice@example.org", "ALICE@example.org", "Alice@Example.ORG", "alice+tag@example.org",
    "bob@example.org", "bob.smith@example.org", "smith.bob@example.org", "info1@example.org",
    "info27@example.org", "info@example.org", "a@b.example.org", "sales@old.example.org",
    "sales@old.example.com", "x@y", "a/b@example.org", "a|b@example.org", "a b@example.org",
    "$@example.org", "a$b@example.org", "#a@example.org", "!a@example.org", "100%@example.org",
    "jürgen@example.org", "jürgen@xn--bcher-kva.example", "日本@example.org", "alice", "",
    "@example.org", "@", "alice@example.org.", "alice@@example.org", "x" * 300 + "@example.org",
    "*@example.org", "a*b@example.org", "a,victim@example.org", '"x,victim"@example.org',
    '"x victim"@example.org', "group:all@example.org", '"group:all"@example.org',
    "a\\b@example.org", "victim@example.net@example.org", "+@example.org", "-@example.org",
]

# name: the table
TABLES = {
    "plain": "/^alice@example\\.org$/ alice\n/^bob@/ bob\n",
    "first wins": "/example\\.org/ first\n/^alice/ second\n",
    "case by default": "/^ALICE@/ alice\n",
    "case": "/^ALICE@/i alice\n/^Alice@/i other\n",
    "flags": "/^alice@$/m no\n/a l i c e @/x alice\n/bob/A bob\n/smith/A smith\n/org$/E end\n",
    "ungreedy": "/^(.+)@/U $1\n",
    "ungreedy inside": "/^(?U)(.+)b/ $1\n",
    "not extended": "/a b@/ blank\n/a\\ b@/x never\n",
    "extended flag": "/^a\\*b/X star\n",
    "negation": "!/^alice/ other\n/^alice/ alice\n",
    "double negation": "!!/^alice/ alice\n! !/^bob/ bob\n! /example/ elsewhere\n",
    "lists": "/^alice/ alice, bob  carol\n/^bob/\tbob\n",
    "delimiters": "|^alice| alice\n#^x@# never\n~^bob~ bob\n/a\\/b/ slash\n|a\\|b| bar\n@^x@ at\n",
    "captures": "/^([^.]+)\\.([^@]+)@example\\.org$/ $2.$1@example.org\n",
    "forms": "/^info(\\d+)@(.*)$/ user$1@$2 user${1}x $(2) (${1})\n",
    "dollars": "/^alice/ a$$b $$ $$1\n/^bob(.*)@/ $$$1$$\n",
    "unset": "/^(alice)|(bob)@/ one${1}two$2\n",
    "optional": "/^info(\\d*)@/ admin$1\n",
    "nothing left": "/^info(\\d*)@/ $1\n",
    "last one": "/(a)(b)?(c)?@/ x$3\n",
    "many": "/^([!-~])(.)(.)(.)(.)(.)(.)(.)(.)(.)([!-~])/ ${11}${10}$1\n",
    "alternatives": "/^(alice|bob)@example\\.(org|com)$/ $1\n",
    "lookaround": "/^(?!bob)(\\w+)@(?=example)/ $1\n/(?<=smith)\\.bob/ sb\n",
    "classes": "/^[[:alpha:]]+@/ letters\n/^[[:alpha:]]+[[:digit:]]+@/ both\n",
    "backreference": "/^(.)\\1/ twice$1\n/@(.)\\1/ at$1\n",
    "named": "/^(?<who>alice)@/ $1\n",
    "bytes": "/^j.rgen/ one\n/^j..rgen/ two\n",
    "utf": "/(*UTF)^j.rgen/ one\n/(*UTF)^..@/ two\n",
    "if": "if /example\\.org$/\n/^alice/ alice\n/^bob/ bob\nendif\n/./ rest\n",
    "if not": "if !/example\\.org$/\n/./ outside\nendif\n/^alice/ alice\n",
    "nested": "if /example/\nif /^a/\nif !/alice/\n/./ other-a\nendif\n/alice/ alice\nendif\n"
              "/^b/ b\nendif\n/./ rest\n",
    "empty if": "if /alice/\nendif\n/./ rest\n",
    "upper if": "IF /alice/\n/./ alice\nENDIF\n",
    "tight if": "if/alice/\n/./ alice\nendif  \n",
    "comments": "# a comment\n\n   # another\n/^alice/\n  # inside\n  alice\n\n  bob\n/^bob/ bob # no comment\n",
    "folded": "/^alice\n  @/ never\n/^bob/\n\tbob\n",
    "nothing": "# nothing\n",
    "all": "/.*/ everybody\n",
    "empty pattern": "// everybody\n",
    "star": "/^alice/ *\n",
    "groups": "/^alice/ group:sales\n/^(bob|sales)/ group:$1\n",
    "part": "/^(.*)@example\\.org$/ $1\n",
    "whole": "/^(.*)$/ $1\n",
    "quoted": "/^\"(.*)\"@/ $1\n",
    "ends with cr": "/^alice/ alice\r\n",
    "anchored newline": "/^alice@example\\.org\\n?$/ alice\n",
    "dotall": "/^a.*org$/s a\n",
}


def captured(key, name):
    """Does the table put something of such a key into a value?"""
    return "$" in TABLES[name].replace("$$", "") and any(c in key for c in '*, "\\')


# (which tables, which keys, why we say something else)
DIFFERENT = [
    (lambda name, key: captured(key, name),
     "what was matched holds a byte that would make another value of it (a list, everybody), or "
     "quotes: it names nobody"),
    (lambda name, key: "$" in TABLES[name] and "group:" in key,
     "what was matched would make a group of a login: it names nobody"),
    (lambda name, key: key.count("@") > 1 and "$" in TABLES[name],
     "a login with two @ is nobody's"),
]


def differs(name, key):
    return any(which(name, key) for which, _ in DIFFERENT)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    path = tmp_path_factory.mktemp("pcre")
    lookups.make_config(path / "postfix")
    return path


@pytest.mark.parametrize("name", TABLES)
def test_same_answers(place, name):
    table = place / name.replace(" ", "-")
    table.write_bytes(TABLES[name].encode())
    keys = [key for key in KEYS if key]
    theirs = lookups.ask_postmap(place / "postfix", f"pcre:{table}", keys)
    ours = lookups.ask_mapquery(f"pcre:{table}", keys)
    wrong = {key: (theirs[key], ours[key]) for key in keys
             # An empty value has nobody in it.
             if theirs[key] not in (ours[key], ("",) if ours[key] is None else ours[key])
             and not differs(name, key)}
    assert wrong == {}


def test_what_differs_names_nobody(place):
    """Where we differ, the answer is less: never a value that Postfix has not."""
    for name in TABLES:
        table = place / name.replace(" ", "-")
        table.write_bytes(TABLES[name].encode())
        keys = [key for key in KEYS if key and differs(name, key)]
        if not keys:
            continue
        theirs = lookups.ask_postmap(place / "postfix", f"pcre:{table}", keys)
        for key, values in lookups.ask_mapquery(f"pcre:{table}", keys).items():
            assert values is None or set(values) <= set(theirs[key] or ()), (name, key)


# Postfix warns, and takes the table without the line.
REFUSED = [
    ("/^alice/q alice\n", "1: unknown flag \"q\", expected i, m, s, x, A, E, U or X"),
    ("/^alice alice\n", "1: no second \"/\" ends the pattern"),
    ("/^(alice/ alice\n", "1: pattern, byte 8: missing closing parenthesis"),
    ("/^alice/\n", "1: no login behind the pattern"),
    ("/^alice/ $1\n", "1: $1, but the pattern has 0 (...)"),
    ("/^(alice)/ $2\n", "1: $2, but the pattern has 1 (...)"),
    ("/^(alice)/ $0\n", "1: expected $1, ${1}, $(1) or $$ behind the pattern"),
    ("/^(alice)/ $a\n", "1: expected $1, ${1}, $(1) or $$ behind the pattern"),
    ("/^(alice)/ $1x\n", "1: expected $1, ${1}, $(1) or $$ behind the pattern"),
    ("/^(alice)/ ${1\n", "1: expected $1, ${1}, $(1) or $$ behind the pattern"),
    ("!/^(alice)/ $1\n", "1: a pattern with \"!\" has nothing for a \"$\" to stand for"),
    ("# x\nif /alice/\n/./ alice\n", "2: \"if\" without \"endif\""),
    ("/./ alice\nendif\n", "2: \"endif\" without \"if\""),
    ("if /alice/ text\nendif\n", "1: text behind the pattern of \"if\""),
    ("if /alice/\nendif text\n", "2: text behind \"endif\""),
    ("alice@example.org alice\n",
     "1: expected /pattern/flags login, if /pattern/flags, or endif"),
    ("!\n", "1: expected /pattern/"),
]


@pytest.mark.parametrize("text, why", REFUSED)
def test_wrong_lines(place, text, why):
    table = place / "wrong"
    table.write_text(text, encoding="utf-8")
    run = subprocess.run(["postmap", "-c", place / "postfix", "-q", "nobody@x", f"pcre:{table}"],
                         capture_output=True, text=True)
    assert "warning" in run.stderr
    run = subprocess.run([MAPQUERY, f"pcre:{table}"], input="", capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (2, f"mapquery: {table}:{why}\n")
