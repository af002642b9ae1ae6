# SPDX-License-Identifier: BSD-2-Clause
"""People who log in and send mail, and a ledger of what became of each message."""

import itertools
import re

from . import smtp
from .postfix import ACCOUNTS


class Sent:
    """One message that was sent: the reply that ended it, and its one recipient, who gets
    no other mail."""

    def __init__(self, recipient, reply):
        self.recipient = recipient
        self.reply = reply
        match = re.search(r"queued as (\w+)|(\w+) Message accepted", reply.text)
        self.queue_id = match.group(1) or match.group(2) if match else None

    @property
    def accepted(self):
        return self.queue_id is not None

    def __repr__(self):
        return f"<to {self.recipient}: {self.reply}>"


class Office:
    """Opens sessions at the services of one MTA, and remembers what was sent."""

    _numbers = itertools.count(1)  # over all offices: they share the sink

    def __init__(self, mta, sink, accounts=None):
        self.mta = mta
        self.sink = sink
        self.ledger = []
        self._accounts = ACCOUNTS if accounts is None else accounts
        self._clients = []

    def connect(self, login=None, service="submission", *, tls=True, name="client.example.org",
                source=None):
        """A session at a service: EHLO, STARTTLS and EHLO again unless `tls` is false, and
        AUTH for a login of postfix.ACCOUNTS. disconnect() closes whatever is left open."""
        client = self.reach(service, source)
        self._clients.append(client)
        must(client.ehlo(name))
        if tls:
            must(client.starttls(self.mta.ca_file))
            must(client.ehlo(name))
        if login is not None:
            must(client.auth_plain(login, self._accounts[login]))
        return client

    def reach(self, service, source):
        return smtp.Client(self.mta.port(service), source=source)

    def disconnect(self):
        while self._clients:
            self._clients.pop().close()

    def recipient(self):
        """An address that nobody has used so far."""
        return f"r{next(self._numbers)}@sink.example.net"

    def record(self, recipient, reply):
        sent = Sent(recipient, reply)
        self.ledger.append(sent)
        return sent

    def send(self, client, mail_from, fields, *, parameters="", body="Hello.\r\n"):
        """Sends a message with these header fields (and To, Subject, Date); a Sent. `fields`
        may also be the whole message, as bytes. Instead of a session `client` may be a
        login, for a session of its own."""
        message = fields if isinstance(fields, bytes) else smtp.compose(fields, body)
        recipient = self.recipient()
        if isinstance(client, str):
            with self.connect(client) as session:
                return self.record(recipient,
                                   session.send(mail_from, recipient, message, parameters))
        return self.record(recipient, client.send(mail_from, recipient, message, parameters))

    def delivered(self, sent):
        """The message as it arrived; AssertionError when it does not."""
        assert sent.accepted, f"not accepted: {sent}"
        return self.sink.wait(sent.recipient)

    def audit(self):
        """AssertionError if a message arrived that was not answered with 250."""
        arrived = self.sink.recipients()
        wrong = [s for s in self.ledger if not s.accepted and s.recipient in arrived]
        assert not wrong, f"refused, and delivered all the same: {wrong}"


class Unwelcome(AssertionError):
    """A reply that should have been a good one."""

    def __init__(self, reply):
        super().__init__(f"unexpected reply {reply}")
        self.reply = reply


def must(reply):
    """The reply, if it is a good one."""
    if not reply.ok:
        raise Unwelcome(reply)
    return reply
