# SPDX-License-Identifier: BSD-2-Clause
"""The policy-examples on real software: their very files, an MTA and a milter each. Only
paths, ports, users and the certificates are ours."""

import importlib.util
import os
import pathlib
import re
import shutil

from . import process, smtp
from .certificates import Authority
from .dovecot import Dovecot
from .example_sendmail import ExampleSendmail
from .network import Network
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
    """One example, installed as its README says. start() and stop() it.

    `mta`: the MTA, which a class for each kind makes; `socket`: the milter's."""

    # What of an example's sendas.conf is not so here: its text, and what is in its place.
    replacements = (('"sendas"', f'"{MILTER_USER}"'),)

    def __init__(self, name, root, programs):
        self.name = name
        self.files = EXAMPLES / name
        self.cases = check_cases.read_cases(self.files / "cases.tsv")
        self.milter = None
        self.mta = self.socket = None
        self.root = f"{root}/x-{name}"
        self._programs = programs
        self._authority = None

    def text(self, name):
        return (self.files / name).read_text()

    def login(self, case):
        """Whom a case logs in as: a bare login gets the site's domain."""
        if "@" in case.login or not case.login:
            return case.login
        match = re.search(r'(?m)^login_domain\s*=\s*"([^"]+)"', self.text("sendas.conf"))
        return f"{case.login}@{match.group(1) if match else DOMAIN}"

    def accounts(self):
        logins = {self.login(case).lower() for case in self.cases if case.login}
        return {login: password_of(login) for login in logins}

    def set_up(self):
        """The MTA's part; the authority of certificates that it believes."""
        self.mta.set_up()
        self._authority = Authority(f"{self.root}/ca")
        pathlib.Path(f"{self.mta.etc}/our-ca.pem").write_bytes(
            pathlib.Path(self._authority.ca_file).read_bytes())

    def start(self):
        self.set_up()
        etc = f"{self.root}/sendas"
        prepare_socket_directory(os.path.dirname(self.socket))
        self.milter = ExampleMilter(self._programs, self.root, "sendas", f"unix:{self.socket}")
        conf = check_cases.install(self.files, etc)
        text = conf.read_text()
        for theirs, ours in self.replacements:
            assert theirs in text
            text = text.replace(theirs, ours)
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
            shutil.copy(table, self.mta.etc)
        self.milter.start()
        self.mta.start()

    def stop(self):
        if self.milter is not None:
            self.milter.stop()
        self.mta.stop()

    def reach(self, service, case):
        """A session at a service, from the client of a case, past EHLO."""
        raise NotImplementedError

    def service(self, daemon=None):
        """The service that the milter knows by this name; the first one without."""
        services = [s for s in self.mta.services.values() if s.listens]
        return next(s for s in services if daemon in (None, s.daemon))

    def connect(self, case):
        """A session as the case says: from its client, at its service, logged in."""
        facts = dict(case.facts)
        client = self.reach(self.service(facts.get("daemon")), case)
        if "STARTTLS" in client.extensions:
            certificate = None
            if "cert" in facts:
                certificate = self._authority.issue(facts["cert"])
            must(client.starttls(self.mta.ca_file, certificate=certificate))
            must(client.ehlo())
        if case.login and not logged_in_by_proxy(case):
            login = self.login(case)
            must(client.auth_plain(login, password_of(login.lower())))
        return client


def logged_in_by_proxy(case):
    return case.login and case.facts.get("mechanism") == "XCLIENT"


class PostfixSite(ExampleSite):
    """By postfix-main.cf and postfix-master.cf."""

    def __init__(self, name, root, programs, sink):
        super().__init__(name, root, programs)
        self.mta = Postfix(self.root, sink.port, self._services(), main_cf=self._main_cf(),
                           accounts=self.accounts())
        self.socket = f"{self.mta.queue}/sendas/milter.sock"
        self.replacements += (("/var/spool/postfix", self.mta.queue),)

    # A chrooted smtpd opens the test's account database by another path.
    options = ("smtpd_sasl_path=smtpd-chroot",)

    def _services(self):
        return services_of(
            self.text("postfix-master.cf").replace("/etc/postfix/", f"{self.root}/etc/"),
            *self.options)

    def _main_cf(self):
        text = self.text("postfix-main.cf").replace("/etc/postfix/", f"{self.root}/etc/")
        return text + "smtpd_authorized_xclient_hosts = 127.0.0.1\n"

    def reach(self, service, case):
        facts = case.facts
        if service.proxied:
            client = smtp.Client(service.port, first=proxy_header(facts["client"]))
        else:
            client = smtp.Client(service.port)
        must(client.ehlo())
        if "client" in facts and not service.proxied:
            addr = facts["client"]
            login = {"login": self.login(case)} if logged_in_by_proxy(case) else {}
            must(client.xclient(name=facts.get("client_name", "[UNAVAILABLE]"),
                                addr=f"IPV6:{addr}" if ":" in addr else addr, **login))
            must(client.ehlo())
        return client


DOVECOT_ACCOUNTS = """
hostname = mail.example.org
passdb {{
  driver = passwd-file
  args = {root}/dovecot/users
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={root}/dovecot/home
}}
mail_location = maildir:~/Maildir
service submission-login {{
  inet_listener submission {{
    address = 127.0.0.1
    port = {port}
  }}
}}
"""


class DovecotSite(PostfixSite):
    """By dovecot.conf, too, in place of the accounts that Cyrus SASL has elsewhere.
    Dovecot's own submission server is at `submission_port`."""

    options = ()

    def __init__(self, name, root, programs, sink):
        super().__init__(name, root, programs, sink)
        self.submission_port = process.free_ports(1)[0]
        self._dovecot = None

    def set_up(self):
        super().set_up()
        text = self.text("dovecot.conf")
        for theirs, ours in (("/var/spool/postfix", self.mta.queue),
                             ("10588", str(self.service("dovecot").port))):
            assert theirs in text
            text = text.replace(theirs, ours)
        text += DOVECOT_ACCOUNTS.format(root=self.root, port=self.submission_port)
        self._dovecot = Dovecot(self.root, text)
        self._dovecot.write_users(f"{login}:{{PLAIN}}{password}"
                                  for login, password in self.accounts().items())
        self._dovecot.start()

    def stop(self):
        super().stop()
        if self._dovecot is not None:
            self._dovecot.stop()


def proxy_header(client, server=None):
    """What HAProxy says first of a connection from `client` (PROXY protocol, version 1)."""
    family, default = ("TCP6", "::1") if ":" in client else ("TCP4", "127.0.0.1")
    return f"PROXY {family} {client} {server or default} 40000 587\r\n".encode()


class SendmailSite(ExampleSite):
    """By sendmail.mc, and in a network of its own, where it has the ports that stand there,
    and clients the addresses of the cases."""

    def __init__(self, name, root, programs, sink):
        super().__init__(name, f"{root}/sendmail", programs)
        self._network = Network()
        self._sink = self._network.listen(sink.port)
        sink.listen_at(self._sink)
        self.socket = f"{self.root}/run/milter.sock"
        text = self.text("sendmail.mc").replace("/run/sendas/milter.sock", self.socket)
        self.mta = ExampleSendmail(self.root, sink.port, text, self._network,
                                   {case.facts["client_name"]: case.facts["client"]
                                    for case in self.cases if "client_name" in case.facts},
                                   accounts=self.accounts())
        # As small-office/README.md says.
        self.replacements += (('"unix:/var/spool/postfix/sendas/milter.sock"',
                               f'"unix:{self.socket}"'),
                              ('socket_group = "postfix"\n', ""))

    def set_up(self):
        super().set_up()
        if "local" in self.mta.services:
            self.mta.set_up_submission("local")

    def stop(self):
        super().stop()
        self._sink.close()
        self._network.close()

    def reach(self, service, case):
        client = smtp.Client(self._network.connect(
            "127.0.0.1", service.port, source=case.facts.get("client", "127.0.0.1")))
        must(client.ehlo())
        return client


SITES = {"postfix": PostfixSite, "dovecot": DovecotSite, "sendmail": SendmailSite}


def sites_of(name):
    """The MTAs that an example has configurations for."""
    if (EXAMPLES / name / "dovecot.conf").exists():
        return ["dovecot"]
    return [mta for mta, file in (("postfix", "postfix-main.cf"), ("sendmail", "sendmail.mc"))
            if (EXAMPLES / name / file).exists()]
