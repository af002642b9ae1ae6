# SPDX-License-Identifier: BSD-2-Clause
"""sendasctl(8) against the program: commands, options, examples."""

import os
import re
import subprocess

from program import PROGRAM, SOURCE, AccountSite, commands

FORMATS = ["postfix", "sendas", "passwd-file", "shadow", "htpasswd", "sasldb", "csv", "sqlite"]
MANUAL = (SOURCE / "man" / "sendasctl.8").read_text()


def section(name):
    return re.search(rf"^\.Sh {name}\n(.*?)(?=^\.Sh |\Z)", MANUAL, re.M | re.S).group(1)


def manual_commands(text, macro):
    """The commands that stand behind a macro at the beginning of lines."""
    return {re.match(r"(?:(?! (?:Ar|Fl|Op|Cm)\b)[a-z -])+", line).group(0).strip()
            for line in re.findall(rf"^\.{macro}Cm (.*)$", text, re.M)}


def test_commands(bare):
    assert manual_commands(section("COMMANDS"), "It ") - set(FORMATS) == commands(bare)


def test_synopsis(bare):
    assert {re.sub(r"\n", "", c) for c in manual_commands(section("SYNOPSIS"), "")} == \
        commands(bare)


def test_options(bare):
    """Every option in some help text is in the manual, and the other way round."""
    texts = [bare.ok(*command.split(), "--help", config=False)
             for command in commands(bare)]
    helped = {option for text in texts for option in re.findall(r"--([a-z0-9-]+)", text)}
    described = {option for option in re.findall(r"Fl -([a-z0-9-]+)", MANUAL)}
    assert described == helped


def test_exit_statuses():
    assert re.findall(r"^\.It (\d+)$", section("EXIT STATUS"), re.M) == [
        "0", "1", "2", "74", "75"]


def test_formats():
    """Those of import, as the complaint about another names them."""
    listed = section("COMMANDS").split(".It Cm import")[1].split(".It Cm export")[0]
    assert re.findall(r"^\.It Cm ([a-z-]+)$", listed, re.M) == FORMATS


def test_json_keys_of_accounts(auth):
    auth.add("alice")
    auth.ok("user", "app", "add", "alice", "phone")
    shown = auth.json("user", "show", "alice")
    for key in {**shown, **shown["verifiers"][0], **shown["app_passwords"][0],
                **auth.json("user", "list")[0]}:
        assert re.search(rf"\bLi {key}\b", MANUAL), key


def test_json_keys(office):
    """The keys that the manual names are those that are printed."""
    answer = office.json("explain", "--login", "alice", "--mail-from", "alice@example.org",
                         input="From: alice@example.org\n\n")
    for key in answer:
        assert f".It Li {key}\n" in MANUAL
    for key in {**office.json("check", "alice", "alice@example.org"),
                **office.json("grants")[0], **office.json("config", "options")[0]}:
        assert re.search(rf"\bLi {key}\b", MANUAL), key


def test_examples(bare):
    """Runs all of them, in order, in one directory."""
    site = AccountSite(bare.directory)
    bare.configure(user='"root"' if os.geteuid() == 0 else '"nobody"')
    (bare.directory / "sender_logins").write_text("bob@example.org bob\n")
    (bare.directory / "message.eml").write_text("From: alice@example.org\n\n")
    bin_ = bare.directory / "bin"
    bin_.mkdir()
    wrapper = bin_ / "sendasctl"
    site.configure_authd(user='"root"' if os.geteuid() == 0 else '"nobody"')
    wrapper.write_text(f'''#!/bin/sh
case "$1 $3" in
user*|init*) exec "{PROGRAM}" --config "{bare.conf}" --authd-config "{site.authd}" "$@" ;;
"import passwd-file") exec "{PROGRAM}" --authd-config "{site.authd}" "$@" ;;
esac
exec "{PROGRAM}" --config "{bare.conf}" "$@"
''')
    (bare.directory / "users").write_text("bob:{PLAIN}Kor8-rekt-Plof\n")
    wrapper.chmod(0o755)
    examples = re.findall(r"^\.Bd .*?\n(.*?)^\.Ed", section("EXAMPLES"), re.M | re.S)
    assert len(examples) == 7
    with subprocess.Popen(["sleep", "60"]) as filter_:  # the one that gets the signal
        (bare.directory / "sendas.pid").write_text(str(filter_.pid))
        for example in examples:
            result = subprocess.run(["sh", "-e", "-c", example], cwd=bare.directory,
                                    capture_output=True, text=True, check=False,
                                    env={**os.environ, "PATH": f"{bin_}:{os.environ['PATH']}"})
            assert (result.returncode, result.stderr) == (0, ""), example
        assert filter_.wait(10) == -1  # SIGHUP
    assert "bob@example.org bob@example.org\n" in (
        bare.directory / "sender_logins.new").read_text()
