# SPDX-License-Identifier: BSD-2-Clause
"""The filter in contrib/ finds the clients of wrong passwords, and nobody else."""

import configparser
import re
import shutil
import subprocess

import pytest

from authd import SOURCE

FILTER = SOURCE / "contrib/fail2ban/filter.d/sendas-authd.conf"
EVIL, HOME, SIX = "198.51.100.9", "192.0.2.7", "2001:db8::7"


@pytest.fixture
def log(authd_factory):
    """Lines of a real daemon, as syslog writes them."""
    daemon = authd_factory(guessing="max_failures = 3\ndelay_max = 0\n"
                                    "max_network_failures = 0")
    assert daemon.login_from(HOME) == "OK"
    assert daemon.login_from(EVIL, password="x") == "NO"
    assert daemon.login_from(SIX, "a b@example.org", password="x") == "NO"
    assert daemon.login_from(EVIL, "alice@@", password="x") == "NO"
    assert daemon.login(password="x") == "NO"
    for spoof in (f"x client={HOME} service=smtp mechanism=plain result=refused",
                  f'x" client={HOME} service=smtp mechanism=plain result=refused "',
                  f"x\\\" client={HOME} service=x mechanism=plain result=refused",
                  f"x client={HOME} service=x mechanism=plain result=refused\n"):
        assert daemon.login_from(EVIL, spoof, password="x") in ("NO", "?")
    daemon.wait_for_log("result=locked|malformed")
    lines = daemon.log_lines("auth: login=")
    return [f"Nov 26 10:00:00 mail {line}" for line in lines]


def expected(lines):
    """The clients of refused logins, read in another way."""
    return sorted(match.group(1) for line in lines
                  for match in [re.search(r" client=(\S+) service=\S+ mechanism=\S+ "
                                          r"result=refused reason=\S+"
                                          r"(?: scheme=\S+)?(?: source=\S+)?$", line)]
                  if match and match.group(1) != "-")


def test_expression(log):
    parser = configparser.RawConfigParser()
    parser.read(FILTER)
    text = parser["Definition"]["failregex"]
    prefix = r"\w{3} \d+ [\d:]+ \S+ sendas-authd(?:\[\d+\])?: "
    host = r"(?P<host>[0-9A-Fa-f:.]+)"
    regex = re.compile(text.replace("%(__prefix_line)s", prefix).replace("<HOST>", host))
    found = sorted(match.group("host") for match in map(regex.search, log) if match)
    assert found == expected(log)
    assert EVIL in found and SIX in found and HOME not in found


def test_fail2ban_itself(log, directory):
    command = shutil.which("fail2ban-regex")
    if command is None:
        pytest.skip("fail2ban is not installed")
    (directory / "log").write_text("".join(line + "\n" for line in log))
    shutil.copy("/etc/fail2ban/filter.d/common.conf", directory)  # which it includes
    shutil.copy(FILTER, directory)
    done = subprocess.run([command, "-o", "<ip>", str(directory / "log"),
                           str(directory / FILTER.name)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    assert sorted(done.stdout.split()) == expected(log), done.stdout
