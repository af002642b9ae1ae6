# SPDX-License-Identifier: BSD-2-Clause
"""The completion for bash knows the program's commands and options."""

import re
import shutil
import subprocess

import pytest

from program import SOURCE

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


def commands(site):
    listed = site.ok("--help", config=False).split("commands:\n")[1].split("\n\n")[0]
    return {match.group(1) for match in re.finditer(r"^  ((?:config )?[a-z-]+)", listed, re.M)}


def test_commands(bare):
    offered = {word for word in complete("") if not word.startswith("-")}
    assert offered - {"config"} | {f"config {word}" for word in complete("config", "")} == \
        commands(bare)


def test_options(bare):
    for command in commands(bare):
        text = bare.ok(*command.split(), "--help", config=False).split("\noptions:\n")[1]
        assert complete(*command.split(), "--") == set(re.findall(r"--[a-z-]+", text)), command


def test_words():
    assert complete("--config", "x.conf", "gra") == {"grant", "grants"}
    assert complete("import", "--from", "") == {"postfix"}
    assert complete("grant", "") == set()
