# SPDX-License-Identifier: BSD-2-Clause
"""mta-check: settings of Postfix, recorded and real."""

import json
import os
import pwd
import shutil
import socket
import tempfile
import textwrap
from pathlib import Path

import pytest

MAIN = {
    "compatibility_level": "3.6",
    "mail_version": "3.7.11",
    "cleanup_service_name": "cleanup",
    "header_checks": "",
    "message_reject_characters": r"\0",
    "milter_default_action": "tempfail",
    "milter_header_checks": "",
    "milter_protocol": "6",
    "non_smtpd_milters": "",
    "smtp_header_checks": "",
    "smtpd_authorized_xclient_hosts": "",
    "smtpd_forbid_bare_newline": "yes",
    "smtpd_milter_maps": "",
    "smtpd_milters": "",
    "smtpd_sasl_auth_enable": "no",
    "smtpd_upstream_proxy_protocol": "",
}

FAKE = """\
#!/bin/sh
# Answers as postconf does, from files; stands in for it in PATH.
echo "postconf: warning: some remark" >&2
echo "$@" >>"{directory}/calls"
case $1 in
    -x) cat "{directory}/main" ;;
    -Px) cat "{directory}/own" ;;
    -M) cat "{directory}/services" ;;
    *) exit 1 ;;
esac
"""


class Postfix:
    """A fake postconf, and a socket where the filter would listen."""

    def __init__(self, site):
        self.site = site
        self.directory = Path(tempfile.mkdtemp(prefix="sm-"))
        self.queue = self.directory / "q"
        (self.queue / "sendas").mkdir(parents=True)
        self.path = self.queue / "sendas" / "s"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen()
        site.configure(listen=f'"unix:{self.path}"')
        self.bin = self.directory / "bin"
        self.bin.mkdir()
        self.program(FAKE.format(directory=self.directory))
        self.main = {**MAIN, "queue_directory": self.queue,
                     "mail_owner": pwd.getpwuid(os.geteuid()).pw_name}
        self.services = {"smtp/inet": "n smtpd", "submission/inet": "y smtpd",
                         "cleanup/unix": "y cleanup"}
        self.own = {"submission/inet/smtpd_sasl_auth_enable": "yes",
                    "submission/inet/smtpd_milters": "unix:/sendas/s"}

    def program(self, text):
        (self.bin / "postconf").write_text(text)
        (self.bin / "postconf").chmod(0o755)

    def close(self):
        self.listener.close()
        shutil.rmtree(self.directory)

    def write(self):
        def lines(settings):
            return "".join(f"{name} = {value}\n" for name, value in settings.items())
        (self.directory / "main").write_text(lines(self.main))
        (self.directory / "own").write_text(lines(self.own))
        text = ""
        for service, row in self.services.items():
            chroot, command = row.split()
            text += f"{service.replace('/', ' ')} n - {chroot} - - {command}\n"
        (self.directory / "services").write_text(text)

    def environment(self):
        return {**os.environ, "PATH": f"{self.bin}:{os.environ['PATH']}"}

    def run(self, *words):
        self.write()
        return self.site.run("mta-check", *words, env=self.environment())

    def findings(self, *words):
        """What is found, as {(check, service)}; it agrees with the exit status and text."""
        self.write()
        result = self.site.run("mta-check", "--json", *words, env=self.environment())
        assert result.stderr == ""
        answer = json.loads(result.stdout)
        warnings = [f for f in answer["findings"] if f["severity"] == "warning"]
        assert answer["ok"] == (not warnings)
        assert result.returncode == (1 if warnings else 0)
        text = self.run(*words)
        assert text.returncode == result.returncode
        lines = text.stdout.splitlines()
        assert len(lines) == len(answer["findings"]) + (not warnings)
        for line, finding in zip(lines, answer["findings"]):
            assert line.startswith(f"{finding['severity']}: ")
            assert finding["why"] in line
            assert finding["severity"] == "note" or finding["advice"] in line
        self.last = answer["findings"]
        return {(f["check"], f["service"]) for f in answer["findings"]}


@pytest.fixture
def postfix(bare):
    postfix = Postfix(bare)
    yield postfix
    postfix.close()


SUBMISSION = "submission/inet"


def test_nothing_to_warn_of(postfix):
    assert postfix.findings() == set()
    assert postfix.run().stdout == "nothing to warn of\n"


def test_what_postconf_is_asked(postfix):
    postfix.run()
    postfix.run("--postfix", "/a b;c")
    calls = (postfix.directory / "calls").read_text().splitlines()
    assert calls == ["-x", "-Px", "-M", "-x -c /a b;c", "-Px -c /a b;c", "-M -c /a b;c"]


# What is changed, and the one finding that comes of it.
ONE_EACH = [
    ({"own": {"submission/inet/smtpd_milters": ""}}, "not-asked", SUBMISSION),
    ({"own": {"submission/inet/smtpd_milters": "unix:/other, inet:127.0.0.1:1"}},
     "not-asked", SUBMISSION),
    ({"main": {"smtpd_sasl_auth_enable": "yes"}}, "not-asked", "smtp/inet"),
    ({"own": {"submission/inet/smtpd_sasl_auth_enable": "no"}}, "no-auth", None),
    ({"main": {"milter_default_action": "accept"}}, "default-action", SUBMISSION),
    ({"main": {"milter_default_action": "quarantine"}}, "default-action", SUBMISSION),
    ({"own": {"submission/inet/milter_default_action": "accept"}}, "default-action",
     SUBMISSION),
    ({"own": {"submission/inet/smtpd_milters": "{ unix:/sendas/s, default_action=accept }"}},
     "default-action", SUBMISSION),
    ({"main": {"milter_protocol": "2"}}, "protocol", SUBMISSION),
    ({"main": {"smtpd_forbid_bare_newline": "no"}}, "bare-newline", SUBMISSION),
    ({"main": {"smtpd_forbid_bare_newline": "note"}}, "bare-newline", SUBMISSION),
    ({"main": {"message_reject_characters": ""}}, "nul", SUBMISSION),
    ({"main": {"message_reject_characters": r"\012\07"}}, "nul", SUBMISSION),
    ({"own": {"cleanup/unix/message_reject_characters": ""}}, "nul", SUBMISSION),
    ({"own": {"submission/inet/smtpd_milters": "unix:/sendas/s unix:/other"}},
     "filter-after", SUBMISSION),
    ({"main": {"smtpd_milter_maps": "cidr:/x"}}, "milter-maps", SUBMISSION),
    ({"main": {"header_checks": "inline:{x=y}"}}, "header-checks", None),
    ({"main": {"milter_header_checks": "regexp:/no/such/file"}}, "header-checks", None),
    ({"services": {"pickup/unix": "y pickup"}}, "local-mail", None),
    ({"services": {"pickup/unix": "y pickup"}, "main": {"non_smtpd_milters": "unix:/other"}},
     "local-mail", None),
    ({"own": {"submission/inet/smtpd_authorized_xclient_hosts": "192.0.2.1"}}, "xclient",
     SUBMISSION),
    ({"own": {"submission/inet/smtpd_upstream_proxy_protocol": "haproxy"}}, "upstream-proxy",
     SUBMISSION),
    ({"services": {"465/inet": "y smtpd"}}, "submission-without-auth", "465/inet"),
    ({"services": {"192.0.2.1:submission/inet": "y smtpd"}}, "submission-without-auth",
     "192.0.2.1:submission/inet"),
]


@pytest.mark.parametrize("changes, check, service", ONE_EACH)
def test_one_each(postfix, changes, check, service):
    for part, values in changes.items():
        getattr(postfix, part).update(values)
    expected = {(check, service)}
    if check == "no-auth":  # then it is a door without AUTH, too
        expected.add(("submission-without-auth", SUBMISSION))
    assert postfix.findings() == expected


def test_logins_by_xclient(postfix):
    """A service that takes them is looked at like one that offers AUTH."""
    own = postfix.own
    own["submission/inet/smtpd_sasl_auth_enable"] = "no"
    own["submission/inet/smtpd_authorized_xclient_hosts"] = "127.0.0.1"
    assert postfix.findings() == {("xclient", SUBMISSION)}
    own["submission/inet/smtpd_milters"] = ""
    assert postfix.findings() == {("xclient", SUBMISSION), ("not-asked", SUBMISSION)}
    assert "XCLIENT brings logins, and the filter is not asked" in postfix.run().stdout


# What is as good as the setting that is recommended.
HARMLESS = [
    {"main": {"milter_default_action": "shutdown"}},
    {"main": {"milter_default_action": "reject"}},
    {"main": {"milter_default_action": "accept"},
     "own": {"submission/inet/smtpd_milters":
             "{ unix:/sendas/s, default_action = tempfail, connect_timeout=5s }"}},
    {"main": {"smtpd_forbid_bare_newline": "normalize"}},
    {"main": {"message_reject_characters": r"\000\001"}},
    {"own": {"submission/inet/smtpd_milters": "unix:/before unix:/sendas/s"}},
    {"own": {"submission/inet/smtpd_milters": "unix:sendas/s"}},
    {"services": {"587/inet": "n other"}},
    {"services": {"pickup/unix": "y pickup"}, "main": {"non_smtpd_milters": "unix:/sendas/s"}},
    {"main": {"smtpd_upstream_proxy_protocol": "haproxy"},
     "own": {"submission/inet/smtpd_upstream_proxy_protocol": ""}},
]


@pytest.mark.parametrize("changes", HARMLESS)
def test_harmless(postfix, changes):
    for part, values in changes.items():
        getattr(postfix, part).update(values)
    assert postfix.findings() == set()


def test_a_postfix_without_the_setting(postfix):
    del postfix.main["smtpd_forbid_bare_newline"]
    postfix.main["mail_version"] = "3.7.2"
    assert postfix.findings() == {("bare-newline-unknown", None)}
    assert "3.7.2" in postfix.last[0]["found"]


def test_the_path_as_smtpd_sees_it(postfix):
    """The same value is right in a jail and wrong outside of it; the advice helps."""
    postfix.services["submission/inet"] = "n smtpd"
    assert postfix.findings() == {("not-asked", SUBMISSION)}
    advice = postfix.last[0]["advice"]
    assert advice.startswith("set smtpd_milters = unix:/")
    postfix.own["submission/inet/smtpd_milters"] = advice.split()[3].rstrip(",")
    assert postfix.findings() == set()


def test_a_queue_directory_that_is_a_link(postfix):
    link = postfix.directory / "link"
    link.symlink_to(postfix.queue)
    postfix.main["queue_directory"] = link
    assert postfix.findings() == set()


def test_outside_of_the_jail(postfix):
    postfix.main["queue_directory"] = "/var/spool/elsewhere"
    assert postfix.findings() == {("outside-chroot", SUBMISSION)}
    assert "/var/spool/elsewhere/sendas/" in postfix.last[0]["advice"]


def test_nobody_answers(postfix):
    postfix.listener.close()
    assert postfix.findings() == {("socket", None)}
    postfix.path.unlink()
    assert postfix.findings() == {("socket", None)}


def test_an_inet_socket(postfix):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        postfix.site.configure(listen=f'"inet:{port}@127.0.0.1"')
        assert postfix.findings() == {("not-asked", SUBMISSION)}
        postfix.own["submission/inet/smtpd_milters"] = f"inet:localhost:{port}"
        assert postfix.findings() == set()
    assert postfix.findings() == {("socket", None)}


def test_postfix_may_not_connect(postfix):
    postfix.main["mail_owner"] = "nobody"
    postfix.directory.chmod(0o700)
    assert postfix.findings() == {("socket", None)}
    assert f"may not pass through {postfix.directory}/" in postfix.last[0]["found"]
    postfix.directory.chmod(0o755)
    postfix.path.chmod(0o600)
    assert postfix.findings() == {("socket", None)}
    assert f"may not write to {postfix.path}" in postfix.last[0]["found"]
    postfix.path.chmod(0o666)
    assert postfix.findings() == set()


@pytest.mark.parametrize("rule, noted", [
    ("/^From:.*/ REPLACE From: a@example.org\n", True),
    ("# /^From:.*/ REPLACE From: a@example.org\n", False),
    ("/^Subject:.*/ REPLACE Subject: x\n", False),
    ("/^Received:/ IGNORE\n/^(sender|x):/ ignore\n", True),
])
def test_rules_that_rewrite(postfix, rule, noted):
    table = postfix.directory / "checks"
    table.write_text(rule)
    postfix.main["smtp_header_checks"] = f"regexp:{table}"
    assert postfix.findings() == ({("header-checks", None)} if noted else set())


def test_one_service(postfix):
    postfix.main["milter_default_action"] = "accept"
    postfix.services["smtps/inet"] = "y smtpd"
    postfix.own["smtps/inet/smtpd_sasl_auth_enable"] = "yes"
    assert postfix.findings() == {("default-action", SUBMISSION), ("not-asked", "smtps/inet")}
    assert postfix.findings("--service", "smtps") == {("not-asked", "smtps/inet")}
    for name in ("nonesuch", "cleanup"):
        result = postfix.run("--service", name)
        assert (result.returncode, result.stdout) == (2, "")
        assert name in result.stderr


def test_hostile_values(postfix):
    """They stay on their line, and end somewhere."""
    postfix.main["milter_default_action"] = "x\x1b[31m\x07\u202e" + "y" * 100000
    result = postfix.run()
    assert result.returncode == 1 and result.stdout.count("\n") == 1
    assert result.stdout[:-1].isprintable()
    assert len(result.stdout) < 1000
    postfix.findings()


@pytest.mark.parametrize("script, said", [
    ("exit 3", "status 3"),
    ("echo one >&2; echo two >&2; exit 1", "one"),
    ("echo this is no setting", "cannot be read"),
    ("kill -9 $$", "signal 9"),
    ("exec yes", "too long"),
    ("printf 'a = b\\000c\\n'", "cannot be read"),
])
def test_a_postconf_that_fails(postfix, script, said):
    postfix.program(f"#!/bin/sh\n{script}\n")
    result = postfix.run()
    assert (result.returncode, result.stdout) == (75, "")
    assert said in result.stderr and result.stderr.count("\n") == 1
    assert "two" not in result.stderr


def test_no_postconf(postfix):
    result = postfix.site.run("mta-check", env={**os.environ, "PATH": "/nonexistent"})
    assert (result.returncode, result.stdout) == (75, "")
    assert "postconf cannot be run" in result.stderr


def test_wrong_configuration(postfix):
    postfix.site.configure(mode='"maybe"')
    assert postfix.run().returncode == 2


# --- the real postconf ---

MASTER_CF = """\
smtp       inet n - y - - smtpd
submission inet n - y - - smtpd
    -o smtpd_sasl_auth_enable=yes
    -o smtpd_milters=$our_milters
    -o our_milters=unix:/sendas/s
    -o { milter_default_action = accept }
submissions inet n - n - - smtpd
    -o smtpd_sasl_auth_enable=yes
cleanup    unix n - y - 0 cleanup
pickup     unix n - y 60 1 pickup
"""


@pytest.mark.skipif(shutil.which("postconf", path=os.environ["PATH"] + ":/usr/sbin") is None,
                    reason="Postfix is not installed")
def test_real_postconf(postfix):
    etc = postfix.directory / "etc"
    etc.mkdir()
    (etc / "main.cf").write_text(textwrap.dedent(f"""\
        compatibility_level = 3.6
        queue_directory = {postfix.queue}
        mail_owner = {pwd.getpwuid(os.geteuid()).pw_name}
        smtpd_forbid_bare_newline = no
        message_reject_characters = \\0
        milter_default_action = tempfail
        """))
    (etc / "master.cf").write_text(MASTER_CF)
    (postfix.bin / "postconf").unlink()
    postfix.environment = lambda: {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"}
    assert postfix.findings("--postfix", etc) >= {
        ("not-asked", "submissions/inet"), ("default-action", "submission/inet"),
        ("local-mail", None)}
    assert not {("not-asked", "submission/inet"), ("nul", "submission/inet"),
                ("socket", None)} & postfix.findings("--postfix", etc)
    (etc / "master.cf").write_text(MASTER_CF.replace("= accept", "= tempfail").replace(
        "smtpd_sasl_auth_enable=yes\ncleanup", "smtpd_sasl_auth_enable=no\ncleanup"))
    (etc / "main.cf").write_text((etc / "main.cf").read_text().replace(
        "newline = no", "newline = yes"))
    found = postfix.findings("--postfix", etc)
    assert found - {("bare-newline-unknown", None)} == {
        ("local-mail", None), ("submission-without-auth", "submissions/inet")}


# --- sendmail ---

CF = """\
# A comment. Xsendas, S=local:/nowhere
V10/Debian
DZ8.17.1.9
O AuthOptions=A p y
O DaemonPortOptions=Name=submission, Port=587, M=Ea
O DaemonPortOptions=Name=smtp, Port=25,
\tM=EA
O InputMailFilters=sendas
#O InputMailFilters=
Xsendas, S=local:{path}, F=T, T=C:10s;S:10s;R:30s;E:60s
Xother, S=inet:8891@localhost, F=T
"""


class Sendmail:
    """A sendmail.cf, and a socket where the filter would listen, in a directory that only its
    owner may write to."""

    def __init__(self, site):
        self.site = site
        self.directory = Path(tempfile.mkdtemp(prefix="sm-", dir=safe_directory()))
        self.path = self.directory / "s"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        site.configure(listen=f'"unix:{self.path}"')
        self.text = CF.format(path=self.path)

    def change(self, old, new):
        assert old in self.text
        self.text = self.text.replace(old, new)

    def run(self, *words):
        file = self.directory / "sendmail.cf"
        file.write_text(self.text)
        return self.site.run("mta-check", "--sendmail", str(file), *words)

    def findings(self, *words):
        result = self.run("--json", *words)
        assert result.stderr == ""
        answer = json.loads(result.stdout)
        assert answer["ok"] == (result.returncode == 0)
        assert len(self.run(*words).stdout.splitlines()) == len(answer["findings"]) + answer["ok"]
        return {(f["check"], f["service"]) for f in answer["findings"]}, answer

    def close(self):
        self.listener.close()
        shutil.rmtree(self.directory)


def safe_directory():
    """One that sendmail would call safe, with all above it."""
    for path in ("/run", "/var/lib", os.path.expanduser("~")):
        above = [Path(path), *Path(path).parents]
        if os.access(path, os.W_OK) and not any(p.stat().st_mode & 0o022 for p in above):
            return path
    pytest.skip("no directory here is one that only its owner may write to")


@pytest.fixture
def mta(bare):
    server = Sendmail(bare)
    yield server
    server.close()


def test_sendmail_nothing_to_warn_of(mta):
    found, answer = mta.findings()
    assert not found and answer["version"] == "8.17.1.9"
    assert mta.run().stdout == "nothing to warn of\n"


@pytest.mark.parametrize("old, new, wanted", [
    ("M=Ea", "M=EA", {("no-auth", None)}),
    ("InputMailFilters=sendas", "InputMailFilters=other", {("not-asked", "submission")}),
    ("O InputMailFilters=sendas", "", {("not-asked", "submission")}),
    ("S=local:", "S=local:/elsewhere", {("not-asked", "submission")}),
    ("M=Ea", "M=Ea, InputFilters=other;sendas", set()),
    ("M=Ea", "M=Ea, InputFilters=other", {("not-asked", "submission")}),
    ("Name=submission, Port=587, M=Ea", "N=submission, P=587, M=Ea, I=other",
     {("not-asked", "submission")}),
    ("M=Ea", "M=Ea, InputFilters=", {("not-asked", "submission")}),
    ("=sendas\n", "=sendas, other\n", {("filter-after", "submission"), ("filter-after", "smtp")}),
    ("F=T, T=C", "F=R, T=C", {("default-action", "submission"), ("default-action", "smtp")}),
    ("F=T, T=C", "T=C", {("default-action", "submission"), ("default-action", "smtp")}),
    ("O AuthOptions=A p y\n", "", {("plaintext", None)}),
    ("O AuthOptions=A p y\n", "O AuthOptions=A\n", {("plaintext", None)}),
])
def test_sendmail_finding(mta, old, new, wanted):
    mta.change(old, new)
    assert mta.findings()[0] == wanted


def test_sendmail_without_daemons(mta):
    """It has one then, called MTA."""
    mta.text = ""
    assert mta.findings()[0] == {("not-asked", "MTA"), ("plaintext", None)}


def test_sendmail_service(mta):
    mta.change("InputMailFilters=sendas", "InputMailFilters=")
    assert mta.findings("--service", "Submission")[0] == {("not-asked", "submission")}
    assert mta.findings("--service", "smtp")[0] == set()
    result = mta.run("--service", "nobody")
    assert result.returncode == 2 and "no daemon called nobody" in result.stderr


def test_sendmail_socket(mta):
    os.chmod(mta.directory, 0o775)
    found, answer = mta.findings()
    assert found == {("socket", None)} and str(mta.directory) in answer["findings"][0]["found"]
    os.chmod(mta.directory, 0o755)
    os.unlink(mta.path)
    assert mta.findings()[0] == {("socket", None)}


def test_sendmail_file_is_not_there(mta):
    result = mta.site.run("mta-check", "--sendmail", "/nowhere/sendmail.cf")
    assert result.returncode == 75
    assert result.stderr == "sendasctl: /nowhere/sendmail.cf: No such file or directory\n"


def test_sendmail_odd_bytes(mta):
    mta.change("Name=submission", "Name=\x1b[2Jx")
    mta.change("=sendas\n", "=\x1b[2J\n")
    assert "\x1b" not in mta.run().stdout
