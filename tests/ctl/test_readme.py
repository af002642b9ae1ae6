# SPDX-License-Identifier: BSD-2-Clause
"""The README against the program: its commands, its settings."""

import os
import re
import shlex

import pytest

from program import SOURCE, commands

README = (SOURCE / "README.md").read_text()

# What wants more than a site's own files: a terminal, Postfix, a directory. Other tests have
# them: test_password_terminal.py, test_mta_check.py, test_walkthrough.py, test_ldap.py.
ELSEWHERE = ("user add", "import --from passwd-file", "mta-check", "map test ldap:")

LINES = [line.split("#")[0].strip() for line in re.findall(r"(?m)^    (.*)$", README)]
COMMANDS = [line for line in LINES if line.startswith("sendasctl ")]


def is_elsewhere(line):
    return line.startswith(tuple(f"sendasctl {words}" for words in ELSEWHERE))


def test_sendmail():
    """The line of sendmail.mc is that of an example, which the end-to-end tests run."""
    line, = (line for line in LINES if line.startswith("INPUT_MAIL_FILTER"))
    examples = list((SOURCE / "policy-examples").glob("*/sendmail.mc"))
    assert line in (SOURCE / "policy-examples/small-office/sendmail.mc").read_text().splitlines()
    assert len(examples) > 5  # "The examples have a sendmail.mc each"


def settings_of(chapter):
    """The indented lines of a chapter that are a configuration: those without a command."""
    text = README.split(f"## {chapter}\n")[1].split("\n## ")[0]
    return "".join(f"{line}\n" for line in re.findall(r"(?m)^    (.*)$", text)
                   if not line.startswith("sendasctl"))


def test_commands(bare):
    """In their order, on one site."""
    (bare.directory / "message.eml").write_text("From: alice@example.org\n\n")
    ran = 0
    for line in COMMANDS:
        if is_elsewhere(line):
            continue
        words, _, source = line.partition(" < ")
        data = (bare.directory / source).read_text() if source else ""
        result = bare.run(*shlex.split(words)[1:], input=data)
        assert (result.returncode, result.stderr) == (0, ""), line
        ran += 1
    assert ran >= 6


@pytest.mark.parametrize("words", sorted(set(re.findall(r"`sendasctl ([a-z -]+?)`", README))))
def test_commands_in_text(bare, words):
    assert words in commands(bare)


def test_rules(bare):
    """The rules that the README shows are taken, and nothing is held against them."""
    maps = bare.directory / "assistants"
    maps.write_text("ceo@example.org anna@example.org\n")
    bare.configure(user='"root"' if os.geteuid() == 0 else '"nobody"')
    bare.ok("init")
    bare.ok("group", "add", "sites", "site1")
    bare.ok("grant", "scanner", "scanner@example.org")
    with open(bare.conf, "a", encoding="ascii") as conf:
        conf.write(settings_of("Rules for what is not so simple")
                   .replace("/etc/sendas/assistants", str(maps)))
    bare.ok("config", "check")
