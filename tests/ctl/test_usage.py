# SPDX-License-Identifier: BSD-2-Clause
"""The command line: help, options in any place, and what is refused."""

import pytest

COMMANDS = ["init", "grant", "revoke", "grants", "import", "export", "check", "config check",
            "config diff", "config options", "explain", "mta-check", "reasons", "user add", "user passwd",
            "user delete", "user disable", "user enable", "user list", "user show", "user alias",
            "user set", "user app add", "user app list", "user app delete", "user app disable",
            "user app enable", "user locks", "user unlock"]


def test_version(bare):
    assert bare.ok("--version", config=False).startswith("sendasctl 0.")
    assert bare.ok("-V", config=False) == bare.ok("grant", "--version", config=False)


def test_help_lists_every_command(bare):
    text = bare.ok("--help", config=False)
    assert text == bare.ok("-h", config=False)
    for command in COMMANDS:
        assert f"\n  {command} " in text
    # The default file is where configure was told.
    assert max(len(line) for line in text.splitlines() if "(default: /" not in line) <= 80


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(bare, command):
    text = bare.ok(*command.split(), "--help", config=False)
    assert text.startswith(f"usage: sendasctl {command}")
    assert "--config FILE" in text
    assert text == bare.ok("-h", *command.split(), config=False)


def test_help_of_a_family(bare):
    text = bare.ok("config", "--help", config=False)
    assert "config check [FILE]" in text
    assert "config options" in text


def test_help_of_a_family_in_a_family(bare):
    text = bare.ok("user", "app", "--help", config=False)
    assert text.count("  user app ") == 5


def test_help_needs_no_arguments_and_no_configuration(bare):
    bare.conf.write_text("nonsense")
    bare.ok("grant", "--help")


@pytest.mark.parametrize("words, complaint", [
    ([], "a command is missing (see sendasctl --help)"),
    (["frobnicate"], "unknown command frobnicate (see sendasctl --help)"),
    (["frobnicate", "--help"], "unknown command frobnicate (see sendasctl --help)"),
    (["gran"], "unknown command gran (see sendasctl --help)"),
    (["config"], "config wants one more word: check, diff or options"),
    (["config", "frobnicate"], "config wants one more word: check, diff or options"),
    (["user"], "user wants one more word: add, passwd, delete, disable, enable, list, show, alias, "
               "set, app, locks or unlock"),
    (["user", "app"], "user app wants one more word: add, list, delete, disable or enable"),
    (["user", "app", "frobnicate", "x"],
     "user app wants one more word: add, list, delete, disable or enable"),
    (["user", "list", "--generate"], "user list takes no option --generate"),
    (["grants", "--frobnicate"], "unknown option --frobnicate (see sendasctl --help)"),
    (["grants", "-x"], "unknown option -x (see sendasctl --help)"),
    (["grants", "--store"], "option --store wants an argument"),
    (["grants", "-c"], "option -c wants an argument"),
    (["grants", "--json=yes"], "option --json takes no argument"),
    (["grants", "--store", "a", "--store", "b"], "option --store is given twice"),
    (["grants", "--store", ""], "option --store wants the name of a file"),
    (["grant", "alice"], "too few arguments; usage: sendasctl grant LOGIN ADDRESS..."),
    (["check", "alice", "a@x", "b@x"],
     "too many arguments; usage: sendasctl check LOGIN ADDRESS"),
    (["init", "now"], "too many arguments; usage: sendasctl init"),
    (["grant", "a", "b@x", "--json"], "grant takes no option --json"),
    (["grants", "--login", "a"], "grants takes no option --login"),
])
def test_wrong_usage_is_one_line(bare, words, complaint):
    assert bare.refused(*words, config=False) == complaint


def test_options_stand_anywhere(office):
    """Before, between and behind the words; -- ends them."""
    config = ("--config", office.conf)
    expected = office.ok("check", "alice", "sales@example.org")
    for words in ([*config, "check", "alice", "sales@example.org"],
                  ["check", *config, "alice", "sales@example.org"],
                  ["check", "alice", f"--config={office.conf}", "sales@example.org"],
                  ["-c", office.conf, "check", "--", "alice", "sales@example.org"]):
        assert office.ok(*words, config=False) == expected


def test_addresses_that_look_like_options(site):
    site.ok("grant", "alice", "--config", site.conf, "--", "-x@example.org", config=False)
    assert site.rows() == [("-x@example.org", "alice@example.org")]


@pytest.mark.parametrize("command", [["grants"], ["check", "a", "b@x"], ["export"],
                                     ["config", "check"],
                                     ["explain", "--login", "a", "--mail-from", "b@x"]])
def test_missing_configuration(bare, command):
    bare.conf.unlink()
    assert "sendas.conf" in bare.refused(*command)


def test_configuration_errors_have_file_and_line(bare):
    bare.conf.write_text('mode = "enforce"\nfrobnicate = true\n')
    assert f"{bare.conf}:2: " in bare.refused("grants")


def test_store_option_wins_over_the_configuration(site):
    other = site.directory / "other.db"
    site.ok("init", "--store", other)
    site.ok("grant", "alice", "a@x.example", "--store", other)
    assert site.rows() == []
    assert "a@x.example" in site.ok("export", "--store", other)
    assert site.ok("check", "alice", "a@x.example", "--store", other).startswith("yes: ")


def test_hostile_words_stay_on_their_line(bare):
    complaint = bare.refused(b"bad\nsendasctl: all is well\x1b[2J\xff", config=False)
    assert complaint == ("unknown command bad\\x0asendasctl: all is well\\x1b[2J\\xff "
                         "(see sendasctl --help)")
