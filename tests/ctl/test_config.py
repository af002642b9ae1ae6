# SPDX-License-Identifier: BSD-2-Clause
"""config check and config options."""

import json
import os
import pwd
import shutil

import pytest

from program import AccountSite


def problems(site, *words):
    result = site.run("config", "check", *words)
    assert result.returncode == 2 and result.stdout == ""
    return [line.removeprefix("sendasctl: ") for line in result.stderr.splitlines()]


@pytest.fixture
def quiet(bare, request):
    """An office in which nothing is wrong, seen by whoever runs the tests."""
    if os.geteuid() == 0:
        bare.always = {"user": '"root"'}
        bare.configure()
    return request.getfixturevalue("office")


def test_nothing_wrong(quiet):
    assert quiet.ok("config", "check") == f"{quiet.conf}: no problem found\n"
    assert quiet.json("config", "check") == {"ok": True, "problems": []}


def test_the_file_as_an_argument(quiet):
    text = quiet.ok("config", "check", quiet.conf, config=False)
    assert text == f"{quiet.conf}: no problem found\n"
    assert quiet.refused("config", "check", quiet.conf) == (
        "name the file once: as --config or as argument")


def test_syntax_errors_have_file_and_line(quiet):
    quiet.conf.write_text('log_accepted = true\nmode = "maybe"\n')
    (line,) = problems(quiet)
    assert line.startswith(f"{quiet.conf}:2: ") and "monitor" in line
    answer = quiet.json("config", "check", status=2)
    assert answer["ok"] is False and answer["problems"] == [line]


def without_place(site, line):
    """The problem of a value, behind the file and the line where it was given."""
    place, _, problem = line.partition(": ")
    name, _, number = place.rpartition(":")
    assert name == str(site.conf) and number.isdigit()
    return problem


def test_each_map_is_tried(quiet):
    quiet.configure(send_as='{ "builtin", "fail:on holiday", "frobnicate:x", '
                            f'"file:{quiet.directory}/missing" }}')
    lines = problems(quiet)
    assert len(lines) == 3
    assert all(without_place(quiet, line).startswith("send_as: ") for line in lines)
    assert "on holiday" in lines[0]
    assert "frobnicate" in lines[1]
    assert "missing" in lines[2] and "No such file" in lines[2]


def test_a_missing_store(quiet):
    quiet.store.unlink()
    (line,) = problems(quiet)
    assert without_place(quiet, line).startswith("send_as: builtin: ") and str(quiet.store) in line


def test_no_map(quiet):
    quiet.configure(send_as="{ }")
    (line,) = problems(quiet)
    assert line.startswith(f"{quiet.conf}:") and "send_as" in line


def test_the_directory_of_the_control_socket(quiet):
    """It may be made at the start, but not the one above it."""
    quiet.configure(control=f'"{quiet.directory}/run/control"')
    quiet.ok("config", "check")
    quiet.configure(control=f'"{quiet.directory}/no/run/control"')
    (line,) = problems(quiet)
    assert without_place(quiet, line) == \
        f"control: {quiet.directory}/no: No such file or directory"
    quiet.configure(control=f'"{quiet.conf}/control"')
    (line,) = problems(quiet)
    assert without_place(quiet, line) == f"control: {quiet.conf}: expected a directory"
    quiet.configure(control='""')
    quiet.ok("config", "check")
    quiet.configure(control='"relative"')
    (line,) = problems(quiet)
    assert "control = " in line and "absolute path" in line


def test_files_that_everybody_may_change(quiet):
    table = quiet.directory / "owners"
    table.write_text("a@example.org alice\n")
    quiet.configure(send_as=f'{{ "builtin", "file:{table}" }}')
    quiet.ok("config", "check")
    for path in (quiet.conf, table, quiet.store):
        path.chmod(0o666)
    lines = problems(quiet)
    for path in (quiet.conf, table, quiet.store):
        assert any(line.startswith(f"{path}: everybody may write it") for line in lines)
    assert any(line.startswith(f"{quiet.store}: everybody may read it") for line in lines)
    assert len(lines) == 4


def test_a_secret_that_others_may_read(quiet):
    key = quiet.directory / "key"
    key.write_bytes(os.urandom(32))
    key.chmod(0o644)
    with quiet.conf.open("a") as conf:
        conf.write(f'received {{ hash_key_file = "{key}" }}\n')
    assert any(line.startswith(f"{key}: everybody may read it") for line in problems(quiet))
    key.chmod(0o640)
    assert any(line.startswith(f"{key}: a group may read it") for line in problems(quiet))
    key.chmod(0o600)
    quiet.ok("config", "check")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
def test_root_tries_the_maps_as_the_filters_user(office):
    office.store.parent.chmod(0o700)
    (line,) = problems(office)
    assert without_place(office, line).startswith("send_as: builtin: ")


@pytest.mark.skipif(os.geteuid() != 0, reason="the user counts for root only")
def test_a_user_or_group_that_does_not_exist(quiet):
    quiet.configure(user='"no-such-user"', socket_group='"no-such-group"')
    lines = [without_place(quiet, line) for line in problems(quiet)]
    assert any(line.startswith("user: ") and "no-such-user" in line for line in lines)
    assert any(line.startswith("socket_group: ") and "no-such-group" in line for line in lines)


def rule_problems(site, text):
    """What is wrong with rules, without the file in front."""
    site.configure(groups='"inline:{ s = alice }"')
    with site.conf.open("a") as conf:
        conf.write(text)
    result = site.run("config", "check")
    return [line.removeprefix(f"sendasctl: {site.conf}:") for line in result.stderr.splitlines()]


FIRST = 8  # the line behind what configure() writes


@pytest.mark.parametrize("rules, expected", [
    # each line of rules is one of the file
    ('rule a { logins = "x@example.org" }\nrule b { logins = { "y@example.org", "X" } }', None),
    ('rule a { logins = { "x", "y" } }\nrule b { logins = "X@example.org" min_tls = any }', "b a"),
    ('rule a { logins = "group:s" }\nrule b { logins = { "x", "GROUP:S" } }', None),
    ('rule a { logins = "group:s" }\nrule b { logins = "GROUP:S" }', "b a"),
    ('rule a { login_domains = "example.org" }\n'
     'rule b { logins = { "x", "y@Example.org" } }', "b a"),
    ('rule a { login_domains = "example.org" }\nrule b { logins = { "x", "group:s" } }', None),
    ('rule a { login_domains = "example.org" }\nrule b { login_domains = ".example.org" }', None),
    ('rule a { login_domains = ".org" }\n'
     'rule b { login_domains = { ".example.org", "x.org" } }', "b a"),
    ('rule a { authenticated = true }\nrule b { logins = x }', "b a"),
    ('rule a { authenticated = true }\nrule b { mechanisms = PLAIN }', "b a"),
    ('rule a { authenticated = true }\nrule b { clients = "10.0.0.1" }', None),
    ('rule a { authenticated = false }\nrule b { authenticated = false clients = "::1" }', "b a"),
    ('rule a { clients = "10.0.0.0/8" }\n'
     'rule b { clients = { "10.1.0.0/16", "10.2.3.4" } }', "b a"),
    ('rule a { clients = "10.0.0.0/8" }\nrule b { clients = { "10.1.0.0/16", "11.2.3.4" } }', None),
    ('rule a { clients = "10.0.0.0/8" }\nrule b { clients = { "10.1.0.0/16", "local" } }', None),
    ('rule a { clients = { "local", "0.0.0.0/0" } }\n'
     'rule b { clients = { "10.1.0.0/16", "local" } }', "b a"),
    ('rule a { clients = "0.0.0.0/0" }\nrule b { clients = "::/0" }', None),
    ('rule a { clients = "10.0.0.0/8" }\nrule b { logins = x }', None),
    ('rule a { client_names = ".example.org" }\nrule b { client_names = "MX.example.org" }', "b a"),
    ('rule a { client_names = ".example.org" }\nrule b { client_names = "example.org" }', None),
    ('rule a { mechanisms = plain }\nrule b { mechanisms = PLAIN logins = x }', "b a"),
    ('rule a { daemons = msa }\nrule b { daemons = { msa, mta } }', None),
    ('rule a { min_tls = TLSv1.2 }\nrule b { min_tls = TLSv1.3 }', "b a"),
    ('rule a { min_tls = TLSv1.3 }\nrule b { min_tls = TLSv1.2 }', None),
    ('rule a { min_tls = any }\nrule b { cert_subjects = "x" }', "b a"),
    ('rule a { cert_subjects = "x" }\nrule b { cert_subjects = "X" }', None),
    ('rule a { logins = x clients = "::1" }\nrule b { logins = x }', None),
])
def test_rules_that_are_never_reached(quiet, rules, expected):
    found = rule_problems(quiet, rules)
    if expected is None:
        assert found == []
    else:
        late, early = expected.split()
        assert found == [f'{FIRST + 1}: rule "{late}": is never reached, as rule "{early}" on '
                         f"line {FIRST} holds wherever this one does; expected it behind this"]


def test_a_rule_for_everybody(quiet):
    """It is told of once, not at each of those behind it."""
    assert rule_problems(quiet, "rule a {}") == []
    assert rule_problems(quiet, "rule a { min_tls = any }\nrule b {}") == []
    assert rule_problems(quiet, "rule a { from = any }\nrule b { logins = x }\nrule c {}") == [
        f'{FIRST}: rule "a": has no condition, so that no rule behind it is ever reached; '
        "expected it to be the last"]


@pytest.mark.parametrize("text, setting, words", [
    ("rule a { authenticated = false logins = x }", "authenticated", "never holds"),
    ("rule a { authenticated = false mechanisms = PLAIN }", "authenticated", "never holds"),
    ('rule a { logins = { x, y } login_domains = "example.net" }', "login_domains", "never holds"),
    ("rule a { clients = local min_tls = any }", "clients", "no TLS"),
    ("rule a { clients = local logins = x }", "clients", "do not log in"),
    ("rule a { authenticated = true clients = '::1' identity = x }", "identity", "no effect"),
    ("rule a { logins = x identity = mail-from }", "identity", "no effect"),
    ("rule a { authenticated = false identity = x }", "identity", "count as this one"),
    ("rule a { min_tls = any identity = mail-from }", "identity", "count as this one"),
    ("rule a { logins = x unauthenticated = reject }", "unauthenticated", "no effect"),
    ("rule a { clients = '::1' identity = x unauthenticated = reject }", "unauthenticated",
     "no effect"),
    ("rule a { clients = '::1' authenticated = false from = any }", "from", "no effect"),
    ("rule a { logins = x on_violation = add-sender sender = any }", "on_violation", "Sender"),
    ("sender = any on_violation = add-sender", "on_violation", "Sender"),
    ("on_violation = add-sender rule a { logins = x sender = any }", "sender", "Sender"),
    ("rule a { authenticated = false unauthenticated = protect-owned on_violation = rewrite }",
     "on_violation", "no address to put in"),
    ("from = any missing_from = add", "missing_from", "from = any"),
    ("missing_from = add rule a { logins = x from = any }", "from", "missing_from"),
    ("help_url = 'https://x/' reply = 'no'", "help_url", "{help_url}"),
    ("reply = 'see {help_url}'", "reply", "help_url"),
    ("rule a { logins = 'group:nobody' }", "logins", 'the group "nobody"'),
])
def test_settings_that_undo_each_other(quiet, text, setting, words):
    (line,) = rule_problems(quiet, text)
    place = f'{FIRST}: rule "a": ' if text.startswith("rule") or " rule a" in text else f"{FIRST}: "
    assert line.startswith(f"{place}{setting}: ") and words in line


@pytest.mark.parametrize("text", [
    "rule a { clients = '::1' identity = x }",
    "rule a { clients = '::1' identity = mail-from unauthenticated = reject }",
    "rule a { daemons = d identity = mail-from }",
    "rule a { clients = '::1' authenticated = false }",
    "rule a { clients = '::1' authenticated = false unauthenticated = protect-owned from = any }",
    "unauthenticated = protect-owned rule a { client_names = '.example.net' from = any }",
    "unauthenticated = reject rule a { clients = '::1' unauthenticated = pass }",
    "help_url = 'https://x/' rule a { logins = x reply = 'no' }",
    "rule a { logins = x from = any } missing_from = allow",
    "rule a { logins = { x, 'y@example.net' } login_domains = 'example.net' }",
    "on_violation = add-sender",
    "rule a { logins = x on_violation = add-sender from = any }",
    "on_violation = rewrite rule a { authenticated = false unauthenticated = protect-owned }",
    "on_violation = rewrite missing_from = add",
])
def test_settings_that_go_together(quiet, text):
    assert rule_problems(quiet, text) == []


def test_many_rules_are_compared_in_no_time(quiet):
    rules = [f'rule r{i} {{ logins = {{ "u{i}", "v{i}" }} clients = "10.0.{i}.0/24" }}'
             for i in range(250)]
    assert rule_problems(quiet, "\n".join(rules)) == []
    rules.append('rule x { logins = u77 clients = "10.0.77.9" }')
    (line,) = rule_problems(quiet, "\n".join(rules))
    assert line.startswith(f'{FIRST + 250}: rule "x": is never reached, as rule "r77"')


def test_values_that_cannot_be_what_they_say(quiet):
    assert rule_problems(quiet, "rule a { own_address = 'a(b@example.org' }") == [
        f'{FIRST}: rule "a": own_address: expected an address, found "a(b@example.org"']


@pytest.mark.parametrize("setting", ["on_behalf", "resend", "deny", "groups", "alias_domains"])
def test_each_kind_of_map_is_tried(quiet, setting):
    table = quiet.directory / "table"
    table.write_text("")
    table.chmod(0o666)
    quiet.configure(**{setting: f'{{ "file:{table}", "fail:on holiday" }}'})
    lines = problems(quiet)
    assert len(lines) == 2
    assert f"{table}: everybody may write it (mode 0666)" in lines
    assert any(f": {setting}: " in line and "on holiday" in line for line in lines)


def test_a_file_of_several_maps_is_told_of_once(quiet):
    table = quiet.directory / "table"
    table.write_text("")
    table.chmod(0o666)
    quiet.configure(on_behalf=f'"file:{table}"', deny=f'"file:{table}"')
    assert problems(quiet) == [f"{table}: everybody may write it (mode 0666)"]


def test_options(bare):
    text = bare.ok("config", "options", config=False)
    rows = bare.json("config", "options", config=False)
    assert {"send_as", "mode", "from", "on_violation"} <= {row["name"] for row in rows}
    for row in rows:
        assert set(row) == {"block", "name", "default", "allowed", "description", "reloadable",
                            "in_rules"}
        assert row["in_rules"] or row["block"] != "rule"
        assert row["name"] in text
    (mode,) = [row for row in rows if row["name"] == "mode"]
    assert mode["allowed"] == "enforce or monitor" and mode["block"] is None


# --- config diff ---


OLD = """
mode = "monitor"
from = "owned" # the default
received { login = "full" }
rule "a" { logins = "x" from = "any" }
rule "b" { logins = "y" }
rule "gone" { clients = "::1" identity = "z" }
"""

NEW = """
received { login = "hashed" client = "full" }
rule "b" { logins = { "y", "z" } mode = "enforce" }
rule "a" { logins = "x" }
rule "new \\"1\\"" { min_tls = "any" }
"""


def diff(site, old, new, *words):
    (site.directory / "old.conf").write_text(old)
    (site.directory / "new.conf").write_text(new)
    return site.run("config", "diff", "old.conf", "new.conf", *words, config=False)


def test_what_differs(bare):
    result = diff(bare, OLD, NEW)
    assert (result.returncode, result.stderr) == (1, "")
    assert result.stdout.splitlines() == [
        '- mode = "monitor"',
        '+ mode = "enforce"',
        '- received.login = "full"',
        '+ received.login = "hashed"',
        '- order of rules: "a", "b"',
        '+ order of rules: "b", "a"',
        '+ rule "b": mode = "enforce"',
        '- rule "b": logins = { "y" }',
        '+ rule "b": logins = { "y", "z" }',
        '- rule "a": from = "any"',
        '+ rule "new \\"1\\""',
        '+ rule "new \\"1\\"": min_tls = "any"',
        '- rule "gone"',
        '- rule "gone": clients = { "::1" }',
        '- rule "gone": identity = "z"',
    ]


def test_what_differs_as_json(bare):
    answer = json.loads(diff(bare, OLD, NEW, "--json").stdout)
    assert answer["replay"] is None
    rows = answer["settings"]
    assert rows[0] == {"rule": None, "setting": "mode", "old": '"monitor"', "new": '"enforce"'}
    assert rows[1]["setting"] == "received.login"
    assert rows[2] == {"rule": None, "setting": None, "old": '"a", "b"', "new": '"b", "a"'}
    assert rows[3] == {"rule": "b", "setting": "mode", "old": None, "new": '"enforce"'}
    assert {"rule": 'new "1"', "setting": None, "old": None, "new": '"new \\"1\\""'} in rows


def test_nothing_differs(bare):
    for old, new in (("", 'mode = "enforce"'), (OLD, "# again\n" + OLD), ("", "")):
        result = diff(bare, old, new)
        assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
        assert json.loads(diff(bare, old, new, "--json").stdout) == {
            "settings": [], "replay": None}


def test_a_difference_is_harmless(bare):
    text = diff(bare, "", 'rule "\xc2\x9b\u202e" { logins = "\u202e" }').stdout
    assert "\u202e" not in text and "\x9b" not in text and "rule" in text


def test_files_that_cannot_be_compared(bare):
    result = diff(bare, "mode = x", "from = y")
    assert (result.returncode, result.stdout) == (2, "")
    assert [line.split(": ")[1] for line in result.stderr.splitlines()] == [
        "old.conf:1", "new.conf:1"]
    result = bare.run("config", "diff", "no.conf", "new.conf", config=False)
    assert result.returncode == 2 and "no.conf: cannot be read" in result.stderr


# --- sendas-authd's configuration ---


def my_name():
    return f'"{pwd.getpwuid(os.geteuid()).pw_name}"'


@pytest.fixture
def authd(tmp_path):
    """Both configurations without a problem, seen by whoever runs the tests."""
    site = AccountSite(tmp_path)
    site.always["user"] = my_name()
    site.configure()
    site.configure_authd(user=my_name())
    site.ok("init")
    assert site.ok("config", "check") == (f"{site.conf}: no problem found\n"
                                          f"{site.authd}: no problem found\n")
    return site


def test_authd_mistakes_have_a_place(authd):
    with authd.authd.open("a") as conf:
        conf.write('schemes = { "ROT13" }\n')
    (line,) = problems(authd)
    assert line.startswith(f"{authd.authd}:") and "schemes: " in line and "ROT13" in line
    authd.authd.write_text("frobnicate = 1\n")
    (line,) = problems(authd)
    assert line.startswith(f"{authd.authd}:1: ")


def test_authd_is_looked_at_when_the_other_is_wrong(authd):
    authd.conf.write_text("frobnicate = 1\n")
    authd.authd.write_text("frobnicate = 1\n")
    assert [line.split(": ")[0] for line in problems(authd)] == [f"{authd.conf}:1",
                                                                 f"{authd.authd}:1"]


def test_accounts_that_are_not_there(authd):
    authd.accounts.unlink()
    (line,) = problems(authd)
    assert line.startswith(f"{authd.authd}: credentials: ") and str(authd.accounts) in line


def test_a_source_that_is_not_there(authd):
    cf = authd.directory / "users.cf"
    authd.configure_authd(user=my_name(), credentials=f'{{ "builtin", "sqlite:{cf}" }}')
    (line,) = problems(authd)
    assert line.startswith(f"{authd.authd}:") and "credentials: " in line and str(cf) in line


def test_accounts_are_secret(authd):
    authd.accounts.chmod(0o640)
    assert f"{authd.accounts}: a group may read it (mode 0640, expected 0600)" in problems(authd)
    authd.accounts.chmod(0o604)
    assert f"{authd.accounts}: everybody may read it (mode 0604, expected 0600)" in problems(authd)
    authd.accounts.chmod(0o600)
    authd.key.chmod(0o640)
    assert f"{authd.key}: a group may read it (mode 0640, expected 0600)" in problems(authd)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
def test_root_asks_the_sources_as_the_daemons_user(authd):
    authd.configure_authd(user='"nobody"')
    lines = problems(authd)
    assert len(lines) == 1 and str(authd.key) in lines[0]
    authd.accounts.parent.chmod(0o755)  # the files are root's still
    path = authd.accounts.parent
    while path != path.parent:
        if path.stat().st_mode & 0o005 != 0o005:
            path.chmod(path.stat().st_mode | 0o005)
        path = path.parent
    shutil.chown(authd.key, "nobody")
    (line,) = problems(authd)
    assert "credentials: " in line and str(authd.accounts) in line


@pytest.mark.skipif(os.geteuid() != 0, reason="the user counts for root only")
def test_a_user_of_authd_that_does_not_exist(authd):
    authd.configure_authd(user='"no-such-user"')
    (line,) = problems(authd)
    assert line.startswith(f"{authd.authd}:") and "user: " in line and "no-such-user" in line
