# SPDX-License-Identifier: BSD-2-Clause
"""The policy-examples with a directory, as they are, on real directories with their entries:
who may send as whom, and who may log in."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest
from lib import active_directory, slapd
from lib.active_directory import ActiveDirectory
from lib.authd import AUTHD_USER, Authd
from lib.certificates import Authority
from lib.examples import EXAMPLES, check_cases
from lib.slapd import DEFAULT_SCHEMAS, Slapd

READER = "reads-the-directory"

# What slapd needs for the entries of an example, beside its schema file.
SLAPD = {
    "openldap": {"schemas": DEFAULT_SCHEMAS + ("misc",)},
    "freeipa": {"modules": ("memberof",)},
    "iredmail": {"suffix": "dc=example,dc=com"},
}

# Who logs in by what name, with the part of the password behind "secret-"; and the canonical
# login, None for who must not.
LOGINS = {
    "openldap": [("anna", "anna", "anna@example.org"),
                 ("anna@example.org", "anna", "anna@example.org"),
                 ("A.Smith@example.org", "anna", "anna@example.org"),
                 ("anna", "ben", None), ("dmitri", "dmitri", None),
                 ("mallory", "anna", None), ("*", "anna", None), ("ann*", "anna", None)],
    "freeipa": [("carla", "carla", "carla@example.org"),
                ("a.smith@example.org", "anna", "anna@example.org"),
                ("dmitri", "dmitri", None), ("carla", "", None)],
    "iredmail": [("anna@example.org", "anna", "anna@example.org"),
                 ("anna", "anna", "anna@example.org"),
                 ("a.smith@example.org", "anna", "anna@example.org"),
                 # He has no right to use shadow addresses.
                 ("b.miller@example.org", "ben", None),
                 ("dmitri@example.org", "dmitri", None)],
    "active-directory": [("anna", "anna", "anna@ad.example.org"),
                         ("ANNA@ad.example.org", "anna", "anna@ad.example.org"),
                         ("anna@example.org", "anna", "anna@ad.example.org"),
                         ("anna", "ben", None), ("dmitri", "dmitri", None),
                         ("mallory", "anna", None)],
}
CASES = [(name, case) for name in LOGINS
         for case in check_cases.read_cases(EXAMPLES / name / "cases.tsv")]


class Example:
    """The files of an example in a directory of ours, and the directory that they ask."""

    def __init__(self, name, root):
        self.name = name
        self.root = f"{root}/{name}"
        self.etc = f"{self.root}/etc"
        os.makedirs(self.etc)
        self.ldif = (EXAMPLES / name / "directory.ldif").read_text()
        self.conf = check_cases.install(EXAMPLES / name, self.etc)
        self.password = "secret-"
        self._authd = None
        self._server = None

    def _slapd(self):
        options = dict(SLAPD[self.name])
        authority = Authority(f"{self.root}/ca")
        schema = EXAMPLES / self.name / "directory.schema"
        options.setdefault("schemas", DEFAULT_SCHEMAS)
        if schema.exists():
            options["schemas"] += (str(schema),)
        server = Slapd(self.root, tls=authority.issue(
            "ldap", subject_alt_names=("IP:127.0.0.1",)), **options)
        server.load(self.ldif)
        server.start()
        return server, authority.ca_file, READER

    def _active_directory(self):
        server = ActiveDirectory(f"{self.root}/ad")
        server.set_up()
        server.start()
        server.load(self.ldif)
        self.password = "Secret-"
        return server, server.ca_file, "Reads-the-directory-1"

    def start(self):
        start = self._slapd if self.name in SLAPD else self._active_directory
        self._server, ca_file, secret = start()
        pathlib.Path(f"{self.etc}/ldap.secret").write_text(secret + "\n")
        for path in pathlib.Path(self.etc).glob("*.cf"):
            text = path.read_text().replace("/etc/sendas/", f"{self.etc}/")
            text = re.sub(r"(?m)^server_host = .*$",
                          f"server_host = ldap://127.0.0.1:{self._server.port}", text)
            text = re.sub(r"(?m)^tls_ca_cert_file = .*$", f"tls_ca_cert_file = {ca_file}", text)
            path.write_text(text)

    def stop(self):
        if self._authd is not None:
            self._authd.stop()
        if self._server is not None:
            self._server.stop()
        shutil.rmtree(self.root)

    def authd(self, programs):
        """sendas-authd with the example's authd.conf, started once."""
        if self._authd is None:
            authd = Authd(programs, self.root)
            text = pathlib.Path(f"{self.etc}/authd.conf").read_text()
            text = text.replace("/etc/sendas/", f"{self.etc}/")
            text = re.sub(r'(?m)^\s*"/var/spool/postfix[^}]*', "", text)
            text = text.replace('"/run/sendas-authd', f'"{authd.run}')
            text = text.replace('"sendas-authd"', f'"{AUTHD_USER}"')
            text = re.sub(r'(?m)^peers = .*$', "", text)
            authd.write_conf(text + f'accounts = "{authd.accounts_path}"\n'
                             f'key_file = "{authd.state}/authd.key"\n')
            authd.init()
            authd.start()
            self._authd = authd
        return self._authd


@pytest.fixture(scope="module")
def examples(root):
    running = {}

    def example(name):
        if name not in running:
            if name not in SLAPD and (why := active_directory.available()):
                pytest.skip(why)
            if name in SLAPD and not slapd.found():
                pytest.skip("slapd is not installed")
            running[name] = Example(name, f"{root}/directories")
            running[name].start()
        return running[name]

    yield example
    for started in running.values():
        started.stop()


@pytest.mark.parametrize("name, case", CASES, ids=[f"{n}-line-{c.line}" for n, c in CASES])
def test_case(examples, programs, name, case):
    answer = check_cases.explain(programs.path("sendasctl"), examples(name).conf, case)
    assert check_cases.complaint(answer, case) is None


@pytest.mark.parametrize("name, login, secret, canonical",
                         [(n, *row) for n, rows in LOGINS.items() for row in rows])
def test_login(examples, programs, name, login, secret, canonical):
    example = examples(name)
    authd = example.authd(programs)
    mark = authd.mark()
    result = subprocess.run(
        ["testsaslauthd", "-f", authd.saslauthd_socket, "-s", "smtp", "-u", login,
         "-p", example.password + secret if secret else ""],
        stdout=subprocess.PIPE, timeout=30, check=False, text=True)
    assert result.stdout.startswith("0: NO" if canonical is None else "0: OK"), result.stdout
    if canonical is not None:
        authd.wait_log(rf"login={re.escape(canonical)}\b", mark)
