# SPDX-License-Identifier: BSD-2-Clause
"""policy-examples/dkim-signing as it is, in front of a receiver that checks what it signs; and
beside it what the example warns of."""

import os
import re
import shutil

from . import process
from .examples import ExampleMilter, PostfixSite, SendmailSite, services_of
from .postfix import DOMAIN
from .programs import SOCKET_GROUP
from .receiver import FilterProcess, Receiver

MILTERS = "unix:/sendas/milter.sock,unix:/opendkim/opendkim.sock"
# Services that the example does not have, and their filters.
OTHERS = {
    "swapped": "unix:/opendkim/opendkim.sock,unix:/sendas/milter.sock",
    "unguarded": "unix:/opendkim/opendkim.sock",
    "monitor": "unix:/sendas/monitor.sock,unix:/opendkim/opendkim.sock",
}
SENDMAIL_OTHERS = {"swapped": "opendkim;sendas", "unguarded": "opendkim",
                   "monitor": "monitor;opendkim"}
POLICY = "v=DMARC1; p=reject; adkim=s; aspf=s"


def make_key(directory, selector, domain):
    """A key for OpenDKIM in the directory: its file, and its record's name and text."""
    process.run(["opendkim-genkey", "-D", directory, "-s", selector, "-d", domain, "-b", "1024"])
    with open(f"{directory}/{selector}.txt", encoding="utf-8") as f:
        record = "".join(re.findall(r'"([^"]*)"', f.read()))
    return f"{directory}/{selector}.private", f"{selector}._domainkey.{domain}", record


class SigningSite:
    """What the example's site on either MTA has more: the signer, and further services:
    `swapped` (the filters in the wrong order), `unguarded` (OpenDKIM without sendas), `monitor`
    (sendas in monitor mode)."""

    def __init__(self, root, programs, sink):
        self._place = f"{root}/signing-{self.kind}"
        os.makedirs(f"{self._place}/keys")
        os.chmod(self._place, 0o755)
        self._key, name, record = make_key(f"{self._place}/keys", "s1", DOMAIN)
        self.receiver = Receiver(self._place, programs, sink.port,
                                 {name: record, f"_dmarc.{DOMAIN}": POLICY})
        self.receiver.start()
        super().__init__("dkim-signing", root, programs, self.receiver)
        self._signer = self._monitor = None

    def passwords(self):
        """By login without its domain."""
        return {login.partition("@")[0]: text for login, text in self.accounts().items()}

    def start(self):
        super().start()
        self._start_signer()
        with open(self.milter.conf_path, encoding="utf-8") as f:
            text = f.read()
        listen = self.socket.replace("/milter.sock", "/monitor.sock")
        self._monitor = ExampleMilter(self._programs, self.root, "monitor", f"unix:{listen}")
        for own in ("control", "store"):
            text = text.replace(f"{self.milter.directory}/{own}",
                                f"{self._monitor.directory}/{own}")
        self._monitor.use(text.replace(self.socket, listen) + 'mode = "monitor"\n')
        self._monitor.init_store()
        self._monitor.start()

    def _start_signer(self):
        directory = self.signer_directory()
        os.mkdir(directory, 0o750)
        shutil.chown(directory, "opendkim", SOCKET_GROUP)
        shutil.chown(self._key, "opendkim")
        os.chmod(f"{self._place}/keys", 0o755)
        text = self.text("opendkim.conf")
        for theirs, ours in (("/var/spool/postfix/opendkim", directory),
                             ("/etc/dkimkeys/s1.private", self._key),
                             ("/run/opendkim/", f"{directory}/"),
                             ("Syslog                  yes", "Syslog no")):
            assert theirs in text
            text = text.replace(theirs, ours)
        text += "RequireSafeKeys no\n"  # ours is below /tmp
        path = f"{self._place}/opendkim.conf"
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        self._signer = FilterProcess(["opendkim", "-f", "-x", path],
                                     f"{directory}/opendkim.sock", f"{self._place}/opendkim.log")
        self._signer.start()

    def stop(self):
        super().stop()
        for each in (self._monitor, self._signer, self.receiver):
            if each is not None:
                each.stop()


class PostfixSigningSite(SigningSite, PostfixSite):
    kind = "postfix"

    def _services(self):
        text = self.text("postfix-master.cf")
        assert MILTERS in text
        services = super()._services()
        for name, milters in OTHERS.items():
            services += services_of(
                text.replace("submission inet", f"{name} inet").replace(MILTERS, milters),
                "smtpd_sasl_path=smtpd-chroot")
        return services

    def signer_directory(self):
        return f"{self.mta.queue}/opendkim"


class SendmailSigningSite(SigningSite, SendmailSite):
    kind = "sendmail"

    def text(self, name):
        text = super().text(name)
        if name != "sendmail.mc":
            return text
        filters = "INPUT_MAIL_FILTER(`opendkim'"
        monitor = "MAIL_FILTER(`monitor', `S=local:/run/sendas/monitor.sock, F=T')dnl\n"
        daemons = "".join(
            f"DAEMON_OPTIONS(`Name={name}, Port={port}, M=Ea, InputFilters={order}')dnl\n"
            for port, (name, order) in enumerate(SENDMAIL_OTHERS.items(), 1587))
        assert filters in text
        text = text.replace(filters, monitor + daemons + filters)
        for theirs, ours in (("/run/sendas/monitor.sock", f"{self.root}/run/monitor.sock"),
                             ("/run/opendkim", self.signer_directory())):
            assert theirs in text
            text = text.replace(theirs, ours)
        return text

    def signer_directory(self):
        return f"{self.root}/opendkim"


SITES = {"postfix": PostfixSigningSite, "sendmail": SendmailSigningSite}
