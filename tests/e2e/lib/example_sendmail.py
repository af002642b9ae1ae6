# SPDX-License-Identifier: BSD-2-Clause
"""A sendmail by the .mc of an example, in a network of its own."""

import re

from . import sendmail


class ExampleService:
    """A DAEMON_OPTIONS of the example: its name and port."""

    def __init__(self, options):
        words = dict(word.strip().split("=", 1) for word in options.split(","))
        self.name = self.daemon = words["Name"]
        self.listens = True
        self.port = int(words["Port"])


class ExampleSendmail(sendmail.Sendmail):
    """`text`: of the .mc; `hosts`: names of clients, with their addresses; `accounts` or `sasl`
    as for Sendmail."""

    def __init__(self, root, sink_port, text, network, hosts=None, **logins):
        hosts = hosts or {}
        for theirs, ours in (("/etc/mail/tls", f"{root}/etc"),
                             ("/etc/ssl/certs/ca-certificates.crt", f"{root}/etc/cert.pem"),
                             ("/etc/ssl/certs", f"{root}/etc")):
            text = text.replace(theirs, ours)
        services = [ExampleService(options)
                    for options in re.findall(r"(?m)^DAEMON_OPTIONS\(`([^']+)'\)", text)]
        super().__init__(root, sink_port, services, **logins,
                         hosts="".join(f"{hosts[name]} {name}\n" for name in hosts))
        self._text = text
        self._network = network

    def set_up(self):
        super().set_up()
        if "smtp" in self.services:  # the sink's addresses are not local
            with open(f"{self.etc}/relay-domains", "w", encoding="ascii") as f:
                f.write("sink.example.net\n")

    def mc_text(self):
        facts = self.facts()
        text = self._text
        # make_cf() includes cf.m4; what `debian' includes is made when the package is installed.
        for theirs, ours in (("include(`/usr/share/sendmail/cf/m4/cf.m4')dnl\n", ""),
                             ("OSTYPE(`debian')dnl\n",
                              "OSTYPE(`linux')dnl\n" + sendmail.OUR_MC.format(**facts))):
            assert theirs in text
            text = text.replace(theirs, ours)
        return text + sendmail.END_MC.format(**facts)

    def argv(self, command):
        return self._network.argv(super().argv(command))

    def connect(self, port):
        return self._network.connect("127.0.0.1", port)
