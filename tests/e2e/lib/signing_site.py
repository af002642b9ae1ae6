# SPDX-License-Identifier: BSD-2-Clause
"""policy-examples/dkim-signing as it is, in front of a receiver that checks what it signs; and
beside it what the example warns of."""

import os
import re
import shutil

from . import process
from .examples import ExampleMilter, PostfixSite, services_of
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
POLICY = "v=DMARC1; p=reject; adkim=s; aspf=s"


def make_key(directory, selector, domain):
    """A key for OpenDKIM in the directory: its file, and its record's name and text."""
    process.run(["opendkim-genkey", "-D", directory, "-s", selector, "-d", domain, "-b", "1024"])
    with open(f"{directory}/{selector}.txt", encoding="utf-8") as f:
        record = "".join(re.findall(r'"([^"]*)"', f.read()))
    return f"{directory}/{selector}.private", f"{selector}._domainkey.{domain}", record


class SigningSite(PostfixSite):
    """The example with further services: `swapped` (the filters in the wrong order), `unguarded`
    (OpenDKIM without sendas), `monitor` (sendas in monitor mode)."""

    def __init__(self, root, programs, sink):
        self._place = f"{root}/signing"
        os.makedirs(f"{self._place}/keys")
        os.chmod(self._place, 0o755)
        self._key, name, record = make_key(f"{self._place}/keys", "s1", DOMAIN)
        self.receiver = Receiver(self._place, programs, sink.port,
                                 {name: record, f"_dmarc.{DOMAIN}": POLICY})
        self.receiver.start()
        super().__init__("dkim-signing", root, programs, self.receiver)
        self._signer = self._monitor = None

    def _services(self):
        text = self.text("postfix-master.cf")
        assert MILTERS in text
        services = super()._services()
        for name, milters in OTHERS.items():
            services += services_of(
                text.replace("submission inet", f"{name} inet").replace(MILTERS, milters),
                "smtpd_sasl_path=smtpd-chroot")
        return services

    def passwords(self):
        """By login without its domain."""
        return {login.partition("@")[0]: text for login, text in self.accounts().items()}

    def start(self):
        super().start()
        self._start_signer()
        with open(self.milter.conf_path, encoding="utf-8") as f:
            text = f.read()
        self._monitor = ExampleMilter(self._programs, self.root, "monitor",
                                      f"unix:{self.mta.queue}/sendas/monitor.sock")
        for own in ("control", "store"):
            text = text.replace(f"{self.milter.directory}/{own}",
                                f"{self._monitor.directory}/{own}")
        self._monitor.use(text.replace("/milter.sock", "/monitor.sock")
                          + 'mode = "monitor"\n')
        self._monitor.init_store()
        self._monitor.start()

    def _start_signer(self):
        directory = f"{self.mta.queue}/opendkim"
        os.mkdir(directory, 0o750)
        shutil.chown(directory, "opendkim", SOCKET_GROUP)
        shutil.chown(self._key, "opendkim")
        os.chmod(f"{self._place}/keys", 0o755)
        text = self.text("opendkim.conf")
        for theirs, ours in (("/var/spool/postfix", self.mta.queue),
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
