# SPDX-License-Identifier: BSD-2-Clause
"""MTAs count Received fields to find mail that goes round in circles: what ours add to the count,
at the limits that the MTAs have by default."""

import pytest
from lib import process, sendmail, smtp
from lib.office import must
from lib.postfix import ACCOUNTS, Postfix, Service
from lib.programs import Milter
from lib.sendmail import Sendmail

HOSTS = 5  # that a message goes through in a row
SENDER = "alice@example.org"


class HopSite:
    """An MTA with the services

    plain    no milter
    stamped  our milter
    host1    our milter, from where mail goes on to host2 and so on, and then to the sink
             (Postfix only)"""

    def __init__(self, root, programs, sink):
        self.sink = sink
        self.root = f"{root}/{self.name}"
        socket = f"unix:{self.root}/run/milter"
        self.milter = Milter(programs, self.root, "m", socket)
        self.mta = self.make_mta(socket)

    def start(self):
        self.milter.init_store()
        self.milter.grant(SENDER, SENDER)
        self.milter.start()
        self.mta.start()

    def stop(self):
        self.mta.stop()
        self.milter.stop()

    def send(self, service, received, recipient):
        """A message that has so many Received fields already: the reply."""
        fields = [f"Received: from a{n} by b{n}; Sat, 21 Nov 2026 10:00:00 +0000"
                  for n in range(received)] + [f"From: {SENDER}"]
        with smtp.Client(self.mta.port(service)) as client:
            must(client.ehlo())
            must(client.auth_plain("alice", ACCOUNTS["alice"]))
            return client.send(bounces_of(recipient), recipient, smtp.compose(fields))

    def fate(self, recipient):
        """How many Received fields the message arrived with, None: it came back for the hops
        that it had."""
        arrived, bounced = process.wait_until(
            lambda: (lambda both: both if any(both) else None)(
                [self.sink.got(each) for each in (recipient, bounces_of(recipient))]),
            what=f"the fate of the message to {recipient}")
        if arrived:
            return len(arrived[0].fields("Received"))
        assert b"too many hops" in bounced[0].data.lower()
        return None


def bounces_of(recipient):
    """The envelope sender of the message to this one: an address of its own."""
    return SENDER.replace("@", f"+{recipient.partition('@')[0]}@")


class PostfixSite(HopSite):
    name = "hop-postfix"
    limit = 50  # hopcount_limit
    fits = 25   # so many of our hosts in a row

    def make_mta(self, socket):
        hosts = [Service(f"host{n}", milters=socket) for n in range(1, HOSTS + 1)]
        server = Postfix(self.root, self.sink.port, [
            Service("plain"), Service("stamped", milters=socket), *hosts],
            main_cf="smtpd_relay_restrictions = permit_mynetworks, reject\n"
            # They are other hosts to each other.
            "smtp_host_lookup = native\nsmtp_helo_name = other.example.org\n")
        server.set_up()
        for this, following in zip(hosts, hosts[1:]):
            this.options |= {"content_filter": f"smtp:[127.0.0.1]:{following.port}",
                             "myhostname": f"{this.name}.example.org"}
        server.write_configuration()
        return server


class SendmailSite(HopSite):
    name = "hop-sendmail"
    limit = 25  # MaxHopCount
    fits = 13

    def make_mta(self, socket):
        if sendmail.found() is None:
            pytest.skip("SENDAS_SENDMAIL does not name a directory with an unpacked sendmail")
        server = Sendmail(self.root, self.sink.port, [
            sendmail.Service("plain"), sendmail.Service("stamped", milters=socket)])
        server.set_up()
        return server


@pytest.fixture(scope="module", params=(PostfixSite, SendmailSite), ids=lambda kind: kind.name)
def site(request, root, programs, sink):
    started = request.param(root, programs, sink)
    started.start()
    yield started
    started.stop()


def test_limit_of_the_host_itself(site):
    """Where the field is added it does not count: the same mail is taken as without it. The
    mail that goes on has one field more."""
    fates = {}
    for service in ("plain", "stamped"):
        for received in range(site.limit - 2, site.limit + 1):
            recipient = f"{site.name}-{service}-{received}@example.net"
            reply = site.send(service, received, recipient)
            if not reply.ok:
                assert "hops" in reply.text, reply
            fates[service, received] = site.fate(recipient) if reply.ok else None
    plain, stamped = ([fates[service, received]
                       for received in range(site.limit - 2, site.limit + 1)]
                      for service in ("plain", "stamped"))
    assert stamped == [count and count + 1 for count in plain]
    last = site.limit - 3 + plain.index(None)
    assert last // 2 + 1 == site.fits


@pytest.mark.parametrize("site", (PostfixSite,), indirect=True, ids=("postfix",))
def test_limit_over_hosts(site):
    """Each of our hosts in a row costs one more, and nothing else happens at the limit."""
    last = site.limit - 2 * HOSTS
    for received, fields in ((0, 2 * HOSTS), (last, site.limit), (last + 1, None)):
        recipient = f"chain{received}@example.net"
        must(site.send("host1", received, recipient))
        assert site.fate(recipient) == fields
