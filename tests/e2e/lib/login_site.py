# SPDX-License-Identifier: BSD-2-Clause
"""An MTA whose logins sendas-authd verifies, and clients that are about to log in."""

import os
import re
import shutil
import sqlite3

from . import process, sendmail, smtp
from .authd import Authd, SendasSasl
from .office import must
from .people import BuiltinPeople
from .postfix import DOMAIN, Postfix, Service
from .programs import Milter

ACCOUNTS = {"alice": "wonderland-1", "bob": "builder-2"}
ALIASES = {"alice": ("ali",)}

# What an account gets, for every mechanism to work.
SCHEMES = ["SCRAM-SHA-256", "SCRAM-SHA-1", "SCRAM-SHA-512", "CRAM-MD5", "DIGEST-MD5"]
MECHANISMS = SendasSasl.MECHANISMS + " CRAM-MD5 DIGEST-MD5"

SERVICES = ("login", "login-jail")  # of a LoginSite on Postfix

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
    where the accounts are, BuiltinPeople if not given. `mta` is the MTA, a Postfix here."""

    # What it answers to a right login, and to a wrong one.
    right, wrong = (235, "2.7.0"), (535, "5.7.8")
    # Does everybody count as who has logged in, whoever it is that he wants to be?
    ignores_authzid = False

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
        self.programs = programs
        self.authd = Authd(programs, root, jail=self.jail(), settings=self._settings)
        self.people = people or BuiltinPeople(self.authd)
        self.mechanisms = self.people.mechanisms
        self.mta = self.make_mta(sink_port, SendasSasl(self.authd, mechanisms=mechanisms,
                                                       timeout=timeout, canon=canon))

    def jail(self):
        return f"{self.root}/q"

    def make_mta(self, sink_port, sasl):
        return Postfix(self.root, sink_port,
                       [Service("login"), Service("login-jail", chroot=True)],
                       main_cf="default_process_limit = 600\n", sasl=sasl)

    @property
    def postfix(self):
        """For tests that are Postfix's alone."""
        return self.mta

    def configure(self, settings):
        """Other settings for authd.conf, over those of this site."""
        self.authd.configure({**self._settings, **settings})

    def set_up(self):
        self.mta.set_up()
        self.authd.init()
        self.people.set_up()
        for login, password in ACCOUNTS.items():
            self.people.add(login, password)
        for login, aliases in ALIASES.items():
            self.people.alias(login, *aliases)

    def start(self):
        self.authd.start()
        self.mta.start()

    def stop(self):
        self.mta.stop()
        self.authd.stop()
        self.people.stop()
        shutil.rmtree(self.root, ignore_errors=True)

    def connect(self, service="login", *, tls=True, timeout=30.0):
        client = smtp.Client(self.mta.port(service), timeout=timeout)
        must(client.ehlo())
        if tls:
            must(client.starttls(self.mta.ca_file))
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

    def identity(self, client):
        """What the MTA, and so every milter, takes this client for."""
        mark = len(self.mta.log())
        must(client.mail(f"x@{DOMAIN}"))
        must(client.rcpt("nobody@example.net"))
        must(client.rset())
        return self.wait_mta_log(r"sasl_method=(\S+), sasl_username=(.*)$", mark).group(2)

    def wait_mta_log(self, pattern, mark):
        expression = re.compile(pattern, re.MULTILINE)
        return process.wait_until(lambda: expression.search(self.mta.log()[mark:]),
                                  what=f"log line {pattern!r}")


class SendmailLoginSite(LoginSite):
    """The same with sendmail, which has one service, `login`. A milter sees who has logged in:
    the log of sendmail has it encoded."""

    right, wrong = (235, "2.0.0"), (535, "5.7.0")
    ignores_authzid = True

    def jail(self):
        return None

    def make_mta(self, sink_port, sasl):
        self.milter = Milter(self.programs, self.root, "milter", f"unix:{self.root}/run/milter")
        return sendmail.Sendmail(f"{self.root}/sendmail", sink_port, [
            sendmail.Service("login", milters=self.milter.listen)], sasl=sasl)

    def start(self):
        self.milter.init_store()
        self.milter.start()
        super().start()

    def stop(self):
        super().stop()
        self.milter.stop()

    def identity(self, client):
        """As the milter has it, which lets nobody send as this address."""
        reply = client.mail("nobody@example.net")
        return re.search(r"\(logged in as (.*?)\)", reply.text).group(1)
