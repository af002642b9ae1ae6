# SPDX-License-Identifier: BSD-2-Clause
"""The completion for bash knows the program's commands and options."""

import re
import shutil
import subprocess

import pytest

from program import SOURCE, commands

pytestmark = pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")


def complete(*words):
    """What is offered for the last word."""
    script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sendasctl; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    result = subprocess.run(
        ["bash", "-c", script, "bash", SOURCE / "contrib/completion/sendasctl.bash",
         "sendasctl", *words], capture_output=True, text=True, check=True)
    assert result.stderr == ""
    return set(result.stdout.split())


def test_commands(bare):
    """Word by word."""
    for command in commands(bare):
        words = command.split()
        for i, word in enumerate(words):
            assert word in complete(*words[:i], ""), command
    offered = {word for word in complete("") if not word.startswith("-")}
    assert offered == {command.split()[0] for command in commands(bare)}
    for family in ("config", "group", "map", "user", "user app"):
        begin = family.split()
        assert complete(*begin, "") == {
            command.split()[len(begin)] for command in commands(bare)
            if command.split()[:len(begin)] == begin}


def test_options(bare):
    for command in commands(bare):
        text = bare.ok(*command.split(), "--help", config=False).split("\noptions:\n")[1]
        assert complete(*command.split(), "--") == set(re.findall(r"--[a-z0-9-]+", text)), command


def test_words():
    assert complete("--config", "x.conf", "gra") == {"grant", "grants"}
    assert complete("import", "--from", "") == {"postfix", "sendas", "passwd-file", "shadow", "htpasswd",
                                                "sasldb", "csv", "sqlite"}
    assert complete("export", "--to", "") == {"postfix", "sendas"}
    assert complete("user", "app", "add", "") == set()
    assert complete("check", "--right", "") == {"send-as", "on-behalf", "resend"}
    assert "alias_domains" in complete("map", "query", "--use", "")
    assert complete("grant", "") == set()
