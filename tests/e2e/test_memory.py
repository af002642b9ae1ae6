# SPDX-License-Identifier: BSD-2-Clause
"""The plugin inside of a real smtpd that valgrind, or the address sanitizer, watches: no
invalid access, nothing lost, whatever the daemon behind it does."""

import glob
import os
import re
import shutil
import stat
import subprocess

import pytest

from lib import process
from lib.login_site import LoginSite, log_in
from test_credentials import MECHANISMS, PASSWORD

TIMEOUT = 20  # seconds: smtpd is slow under valgrind


def watched_daemons(directory, command):
    """A daemon_directory of Postfix where smtpd is a script that runs `command` over it."""
    real = process.run(["postconf", "-d", "-h", "daemon_directory"]).strip()
    os.makedirs(directory, mode=0o755)
    for path in glob.glob(f"{real}/*"):
        if os.path.basename(path) != "smtpd":
            os.symlink(path, f"{directory}/{os.path.basename(path)}")
    script = f"{directory}/smtpd"
    with open(script, "w", encoding="utf-8") as f:
        f.write(f"#!/bin/sh\nexec env {command} {real}/smtpd \"$@\"\n")
    os.chmod(script, 0o755)
    return directory


class Plugin:
    """Programs whose plugin is another build's."""

    def __init__(self, programs, plugin):
        self._programs = programs
        self._plugin = plugin

    def path(self, name):
        return self._plugin if name == "libsendas.so" else self._programs.path(name)


@pytest.fixture
def site_of(root, programs, sink):
    """Makes a site whose smtpd runs under a command, with this plugin."""
    sites = []

    def make(name, command, plugin=None):
        place = f"{root}/{name}"
        os.makedirs(f"{place}/reports")
        os.chmod(f"{place}/reports", stat.S_IRWXU | stat.S_IRWXG | stat.S_IRWXO)
        chosen = Plugin(programs, plugin) if plugin else programs
        site = LoginSite(place, chosen, sink.port, timeout=TIMEOUT)
        daemons = watched_daemons(f"{place}/daemons",
                                  command.format(reports=f"{place}/reports"))
        # Under the tools a start takes seconds, and the chroot hides their files.
        site.postfix.add_main_cf(f"daemon_directory = {daemons}\n")
        site.set_up()
        site.start()
        sites.append(site)
        return site

    yield make
    for site in sites:
        site.stop()


def exercise(site):
    """Every way through the plugin: right, wrong, unknown, outage, restart."""
    with site.connect(tls=False) as client:
        for mechanism in MECHANISMS:
            assert log_in(client, mechanism, "alice", "wrong").code == 535
            assert log_in(client, mechanism, "nobody-here", "x").code == 535
        site.authd.kill()
        for mechanism in MECHANISMS:
            assert log_in(client, mechanism, "alice", PASSWORD).code == 454
        site.authd.start()
        assert log_in(client, "PLAIN", "  ALI ", PASSWORD).code == 235
    for mechanism in MECHANISMS:
        with site.connect(tls=False) as client:
            assert log_in(client, mechanism, "alice", PASSWORD).code == 235
            client.quit()
    site.postfix.stop()


def reports(site):
    texts = {}
    for path in glob.glob(f"{site.root}/reports/*"):
        with open(path, encoding="utf-8", errors="replace") as f:
            texts[path] = f.read()
    return texts


@pytest.mark.slow
def test_valgrind(site_of):
    if not shutil.which("valgrind"):
        pytest.skip("valgrind is not installed")
    site = site_of("vg", "valgrind --leak-check=full --show-leak-kinds=definite,indirect"
                   " --keep-debuginfo=yes --log-file={reports}/%p.txt")
    exercise(site)
    texts = reports(site)
    assert any("HEAP SUMMARY" in text for text in texts.values()), texts
    for text in texts.values():
        # Blocks of a report are set apart by lines with nothing but the process id.
        for block in re.split(r"(?m)^==\d+== *$", text):
            assert "libsendas" not in block, block


@pytest.mark.slow
def test_address_sanitizer(site_of):
    plugin = os.environ.get("SENDAS_ASAN_PLUGIN")
    if plugin is None:
        pytest.skip("SENDAS_ASAN_PLUGIN does not name a plugin built with the sanitizer")
    library = subprocess.run(["gcc", "-print-file-name=libasan.so"], check=True, text=True,
                             stdout=subprocess.PIPE).stdout.strip()
    site = site_of("asan", f"LD_PRELOAD={library} ASAN_OPTIONS=detect_leaks=0:"
                   "log_path={reports}/asan", plugin)
    exercise(site)
    assert reports(site) == {}
    assert b"__asan" in subprocess.run(["nm", "-D", plugin], check=True,
                                       stdout=subprocess.PIPE).stdout
