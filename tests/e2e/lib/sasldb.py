# SPDX-License-Identifier: BSD-2-Clause
"""Accounts in a database of Cyrus SASL's own."""

import os

from . import process


def make_sasldb(path, accounts, realm="example.org"):
    """`accounts`: passwords by login; a login without a domain is in `realm`."""
    for login, password in accounts.items():
        user, _, domain = login.partition("@")
        process.run(["saslpasswd2", "-p", "-c", "-f", path, "-u", domain or realm, user],
                    input=password)
    os.chmod(path, 0o600)
