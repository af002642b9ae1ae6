# SPDX-License-Identifier: BSD-2-Clause
"""The policy-examples on real software: their very files, a Postfix and a milter each. Only
paths, ports, users and the certificates are ours."""

import importlib.util
import pathlib
import re
import shutil

from . import smtp
from .certificates import Authority
from .office import must
from .postfix import DOMAIN, Postfix
from .programs import MILTER_USER, Milter, prepare_socket_directory

EXAMPLES = pathlib.Path(__file__).resolve().parents[3] / "policy-examples"

_spec = importlib.util.spec_from_file_location("check_cases", EXAMPLES / "check_cases.py")
check_cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(check_cases)


class ExampleService:
    """A service of an example's master.cf; one that listens on the network gets a port of
    ours, and `options`. `daemon` is what the milter knows it by."""

    def __init__(self, text, *options):
        self._first, *self._rest = text.splitlines()
        self.name, kind = self._first.split()[:2]
        self.daemon = self._option("milter_macro_daemon_name") or self.name
        self.proxied = self._option("smtpd_upstream_proxy_protocol") == "haproxy"
        self.listens = kind == "inet"
        self.port = None
        self._options = list(options)
        if self.name == "smtp":  # the sink's addresses are not local
            self._options += ["mynetworks=0.0.0.0/0",
                              "smtpd_relay_restrictions=permit_mynetworks,reject"]

    def _option(self, name):
        match = re.search(rf"(?m)^\s*-o {name}=(.*)$", "\n".join(self._rest))
        return match.group(1) if match else None

    def master_lines(self):
        lines = [self._first, *self._rest]
        if self.listens:
            lines[0] = lines[0].replace(self.name, f"127.0.0.1:{self.port}", 1)
            lines += [f"  -o {option}" for option in self._options]
        return "\n".join(lines) + "\n"


def services_of(master_cf, *options):
    """The services in the text of a master.cf, with further options."""
    lines = [line for line in master_cf.splitlines() if line and not line.startswith("#")]
    return [ExampleService(text, *options) for text in re.split(r"\n(?=\S)", "\n".join(lines))]


class ExampleMilter(Milter):
    """sendas-milter with the example's own configuration."""

    def use(self, conf_text):
        self.write_conf(conf_text)


def password_of(login):
    return "secret-" + login


class ExampleSite:
    """One example, installed as its README says. start() and stop() it."""

    def __init__(self, name, root, programs, sink_port):
        self.name = name
        self.files = EXAMPLES / name
        self.cases = check_cases.read_cases(self.files / "cases.tsv")
        self.milter = None
        self._root = f"{root}/x-{name}"
        self._programs = programs
        self._authority = None
        self.postfix = Postfix(
            self._root, sink_port, self._services(),
            main_cf=self._main_cf(), accounts=self._accounts())

    def _services(self):
        text = (self.files / "postfix-master.cf").read_text()
        # A chrooted smtpd opens the test's account database by another path.
        return services_of(text.replace("/etc/postfix/", f"{self._root}/etc/"),
                           "smtpd_sasl_path=smtpd-chroot")

    def _main_cf(self):
        text = (self.files / "postfix-main.cf").read_text()
        text = text.replace("/etc/postfix/", f"{self._root}/etc/")
        return text + "smtpd_authorized_xclient_hosts = 127.0.0.1\n"

    def login(self, case):
        """Whom a case logs in as: a bare login gets the site's domain."""
        if "@" in case.login or not case.login:
            return case.login
        conf = (self.files / "sendas.conf").read_text()
        match = re.search(r'(?m)^login_domain\s*=\s*"([^"]+)"', conf)
        return f"{case.login}@{match.group(1) if match else DOMAIN}"

    def _accounts(self):
        logins = {self.login(case) for case in self.cases if case.login}
        return {login: password_of(login) for login in logins}

    def start(self):
        self.postfix.set_up()
        self._authority = Authority(f"{self._root}/ca")
        pathlib.Path(f"{self.postfix.etc}/our-ca.pem").write_bytes(
            pathlib.Path(self._authority.ca_file).read_bytes())
        etc = f"{self._root}/sendas"
        socket = f"{self.postfix.queue}/sendas/milter.sock"
        prepare_socket_directory(f"{self.postfix.queue}/sendas")
        self.milter = ExampleMilter(self._programs, self._root, "sendas", f"unix:{socket}")
        conf = check_cases.install(self.files, etc)
        text = conf.read_text()
        for ours in (("/var/spool/postfix", self.postfix.queue),
                     ('"sendas"', f'"{MILTER_USER}"')):
            assert ours[0] in text
            text = text.replace(*ours)
        text = text.replace('login  = "hashed"', 'login  = "hashed"\n    hash_key_file = '
                            f'"{self.milter.directory}/store/received.key"')
        text += f'control = "{self.milter.directory}/control"\n'
        if not re.search(r"(?m)^store\s*=", text):
            text += f'store = "{self.milter.store_path}"\n'
        self.milter.use(text)
        self.milter.init_store()
        table = conf.parent / "sender_logins"
        if table.exists():
            self.milter.ctl("import", "--from", "postfix", str(table))
            shutil.copy(table, self.postfix.etc)
        self.milter.start()
        self.postfix.start()

    def stop(self):
        if self.milter is not None:
            self.milter.stop()
        self.postfix.stop()

    def service(self, daemon=None):
        """The service that the milter knows by this name; the first one without."""
        services = [s for s in self.postfix.services.values() if s.listens]
        return next(s for s in services if daemon in (None, s.daemon))

    def connect(self, case):
        """A session as the case says: from its client, at its service, logged in."""
        facts = dict(case.facts)
        service = self.service(facts.get("daemon"))
        by_proxy = case.login and facts.get("mechanism") == "XCLIENT"
        if service.proxied:
            client = smtp.Client(service.port, first=proxy_header(facts["client"]))
        else:
            client = smtp.Client(service.port)
        must(client.ehlo())
        if "client" in facts and not service.proxied:
            addr = facts["client"]
            must(client.xclient(name=facts.get("client_name", "[UNAVAILABLE]"),
                                addr=f"IPV6:{addr}" if ":" in addr else addr,
                                **({"login": self.login(case)} if by_proxy else {})))
            must(client.ehlo())
        if "STARTTLS" in client.extensions:
            certificate = None
            if "cert" in facts:
                certificate = self._authority.issue(facts["cert"])
            must(client.starttls(self.postfix.ca_file, certificate=certificate))
            must(client.ehlo())
        if case.login and not by_proxy:
            login = self.login(case)
            must(client.auth_plain(login, password_of(login)))
        return client


def proxy_header(client, server=None):
    """What HAProxy says first of a connection from `client` (PROXY protocol, version 1)."""
    family, default = ("TCP6", "::1") if ":" in client else ("TCP4", "127.0.0.1")
    return f"PROXY {family} {client} {server or default} 40000 587\r\n".encode()
