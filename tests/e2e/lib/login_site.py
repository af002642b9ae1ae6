# SPDX-License-Identifier: BSD-2-Clause
"""A Postfix whose logins sendas-authd verifies, and clients that are about to log in."""

import os
import re
import shutil
import sqlite3

from . import process, smtp
from .authd import Authd, SendasSasl
from .office import must
from .people import BuiltinPeople
from .postfix import DOMAIN, Postfix, Service

ACCOUNTS = {"alice": "wonderland-1", "bob": "builder-2"}
ALIASES = {"alice": ("ali",)}

# What an account gets, for every mechanism to work.
SCHEMES = ["SCRAM-SHA-256", "SCRAM-SHA-1", "SCRAM-SHA-512", "CRAM-MD5", "DIGEST-MD5"]
MECHANISMS = SendasSasl.MECHANISMS + " CRAM-MD5 DIGEST-MD5"

# Tests guess wrong all the time; the throttle has tests of its own.
NO_THROTTLE = {"max_failures": 0, "max_network_failures": 0, "max_challenges": 0,
               "delay_max": 0}


def log_in(client, mechanism, login, password, **options):
    """The reply that ends an AUTH command."""
    if mechanism == "PLAIN":
        return client.auth_plain(login, password, **options)
    if mechanism == "LOGIN":
        return client.auth_login(login, password)
    if mechanism == "CRAM-MD5":
        return client.auth_cram_md5(login, password)
    return client.auth_scram(login, password, mechanism, **options)


class LoginSite:
    """Services `login` and `login-jail` (chrooted) of one Postfix, and one sendas-authd.

    `settings` of authd.conf; `timeout`: sendas_timeout of smtpd.conf, in seconds; `people`:
    where the accounts are, BuiltinPeople if not given."""

    def __init__(self, root, programs, sink_port, *, settings=None, timeout=5, canon=True,
                 mechanisms=MECHANISMS, people=None):
        self.root = root
        os.makedirs(root, mode=0o755, exist_ok=True)
        self._settings = {"schemes": SCHEMES, "challenge_mechanisms": True,
                          "guessing": NO_THROTTLE, "request_timeout": f"{timeout}s",
                          **(settings or {})}
        if people is not None:
            self._settings["credentials"] = people.credentials
        self.timeout = timeout
        self.authd = Authd(programs, root, jail=f"{root}/q", settings=self._settings)
        self.people = people or BuiltinPeople(self.authd)
        self.mechanisms = self.people.mechanisms
        self.postfix = Postfix(root, sink_port,
                               [Service("login"), Service("login-jail", chroot=True)],
                               main_cf="default_process_limit = 600\n",
                               sasl=SendasSasl(self.authd, mechanisms=mechanisms,
                                               timeout=timeout, canon=canon))

    def configure(self, settings):
        """Other settings for authd.conf, over those of this site."""
        self.authd.configure({**self._settings, **settings})

    def set_up(self):
        self.postfix.set_up()
        self.authd.init()
        self.people.set_up()
        for login, password in ACCOUNTS.items():
            self.people.add(login, password)
        for login, aliases in ALIASES.items():
            self.people.alias(login, *aliases)

    def start(self):
        self.authd.start()
        self.postfix.start()

    def stop(self):
        self.postfix.stop()
        self.authd.stop()
        self.people.stop()
        shutil.rmtree(self.root, ignore_errors=True)

    def connect(self, service="login", *, tls=True, timeout=30.0):
        client = smtp.Client(self.postfix.port(service), timeout=timeout)
        must(client.ehlo())
        if tls:
            must(client.starttls(self.postfix.ca_file))
            must(client.ehlo())
        return client

    def logs_in(self, login, password, service="login"):
        """By every mechanism, or by none (AssertionError for a mixture)."""
        codes = set()
        for mechanism in self.mechanisms:
            with self.connect(service) as client:
                codes.add(log_in(client, mechanism, login, password).code)
        assert codes in ({235}, {535}), codes
        return codes == {235}

    def stored_verifiers(self, login):
        with sqlite3.connect(f"file:{self.authd.accounts_path}?mode=ro", uri=True) as db:
            return [row[0] for row in db.execute(
                "SELECT stored FROM verifiers JOIN accounts ON accounts.id = account"
                " WHERE login = ?", (login,))]

    def wait_postfix_log(self, pattern, mark):
        expression = re.compile(pattern, re.MULTILINE)
        return process.wait_until(lambda: expression.search(self.postfix.log()[mark:]),
                                  what=f"log line {pattern!r}")
