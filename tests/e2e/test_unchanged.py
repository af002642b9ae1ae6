# SPDX-License-Identifier: BSD-2-Clause
"""Five hundred messages of all shapes, with the milter and without: what arrives differs in what
the policy asked for, and in nothing else, bodies byte for byte, fields in order and as folded."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from lib import sendmail, smtp, varied
from lib.office import must
from lib.postfix import ACCOUNTS, Postfix, Service
from lib.programs import Milter
from lib.sendmail import Sendmail
from lib.sink import Delivered

pytestmark = pytest.mark.slow

COUNT = 500
ALICE, OTHER = b"alice@example.org", b"visitor@elsewhere.example"

# What each service's milter is set to do; "plain" has none.
POLICIES = {
    "accept": {},
    "results": {"authentication_results": {"add": True}},
    "rewrite": {"on_violation": "rewrite"},
    "sender": {"on_violation": "add-sender"},
    "tag": {"on_violation": "tag"},
}
CHANGING = ("rewrite", "sender", "tag")


# A process for each delivery, and the disk for each message, would take minutes.
SENDMAIL_MC = """\
define(`confDELIVERY_MODE', `queueonly')dnl
define(`confSAFE_QUEUE', `False')dnl
define(`confMCI_CACHE_SIZE', `4')dnl
"""


class Site:
    """An MTA (`kind`) with a service for each of POLICIES, and one without a milter."""

    def __init__(self, root, programs, sink, kind):
        self.root = f"{root}/varied-{kind}"
        self.sink = sink
        self.kind = kind
        listen = {name: f"unix:{self.root}/run-{name}/milter" for name in POLICIES}
        self.milters = [Milter(programs, self.root, f"m-{name}", listen[name], settings)
                        for name, settings in POLICIES.items()]
        service, server, options = {
            "postfix": (Service, Postfix, {}),
            "sendmail": (sendmail.Service, Sendmail, {"mc": SENDMAIL_MC})}[kind]
        self.mta = server(self.root, sink.port, [service("plain")] + [
            service(name, milters=listen[name]) for name in POLICIES], **options)

    def start(self):
        for milter in self.milters:
            milter.init_store()
            milter.grant(ALICE.decode(), ALICE.decode())
            milter.start()
        self.mta.set_up()
        self.mta.start()

    def stop(self):
        self.mta.stop()
        for milter in self.milters:
            milter.stop()

    def send_all(self, jobs):
        """Has (service, number, message) sent: what arrived, by service and number."""
        services = {job[0] for job in jobs}
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda name: self._session(name, [j for j in jobs if j[0] == name]),
                          sorted(services)))
        return {(service, number): self.sink.wait(self.recipient(service, number, message))
                for service, number, message in jobs}

    def recipient(self, service, number, message):
        author = "o" if OTHER in message else "a"
        return f"{self.kind}-{service}-{number}-{author}@example.net"

    def _session(self, service, jobs):
        with smtp.Client(self.mta.port(service)) as client:
            must(client.ehlo())
            must(client.auth_plain("alice", ACCOUNTS["alice"]))
            for _, number, message in jobs:
                must(client.send(ALICE.decode(), self.recipient(service, number, message),
                                 message, "BODY=8BITMIME"))


@pytest.fixture(scope="module", params=("postfix", "sendmail"))
def arrived(request, root, programs, sink):
    """(service, number, author) of each message: it as it arrived."""
    if request.param == "sendmail" and sendmail.found() is None:
        pytest.skip("SENDAS_SENDMAIL does not name a directory with an unpacked sendmail")
    site = Site(root, programs, sink, request.param)
    site.start()
    try:
        found = {}
        for author in (ALICE, OTHER):
            jobs = []
            for number in range(COUNT):
                message = varied.message(number, author)
                for service in services_for(number, author):
                    jobs.append((service, number, message))
            found |= {(*key, author): message for key, message in site.send_all(jobs).items()}
        yield found
    finally:
        site.stop()


def services_for(number, author):
    """All honest messages go through with the milter and without, each fifth with results;
    each second one in another's name goes through one of the policies that change it."""
    if author == ALICE:
        return ("plain", "accept") + (("results",) if number % 5 == 0 else ())
    return ("plain", CHANGING[number // 2 % 3]) if number % 2 == 0 else ()


def pairs(arrived, service):
    """(number, the message as it arrived without a milter, and with this one)"""
    for (name, number, author), message in arrived.items():
        if name == service:
            yield number, arrived["plain", number, author], message


def fields_of(message):
    """Without the MTA's own, which is the first."""
    first, *rest = message.fields()
    assert re.match(rb"Received: from .*\sby mail\.example\.org \((?!sendas)", first, re.DOTALL)
    return rest


def take(fields, name, wanted=rb""):
    """The one field of this name that matches: taken out of the list."""
    found = [f for f in fields if f.lower().startswith(name.lower() + b":")
             and re.search(wanted, f, re.DOTALL)]
    assert len(found) == 1, (name, fields)
    fields.remove(found[0])
    return found[0]


def check(number, plain, message, change):
    """`change(before, after)` takes out of the two lists of fields what the policy has changed;
    the rest must be the same."""
    assert (message.mail_from, message.body) == (plain.mail_from, plain.body), number
    before, after = fields_of(plain), fields_of(message)
    take(after, b"Received", rb"\(sendas\)")
    change(before, after)
    assert before == after, number


def test_what_is_sent_arrives(arrived):
    """Without a milter the MTA changes little, so that the others have something to show."""
    same = sum(message.body == varied.message(number, author).partition(b"\r\n\r\n")[2]
               for (service, number, author), message in arrived.items() if service == "plain")
    assert same > COUNT / 3


def test_accepted(arrived):
    compared = 0
    for number, plain, message in pairs(arrived, "accept"):
        check(number, plain, message, lambda before, after: None)
        assert b"(sendas)" in message.fields()[1]
        compared += 1
    assert compared == COUNT


def test_results_added(arrived):
    """The one of our own, and those that claim to be it are gone."""
    forged = []

    def change(before, after):
        take(after, b"Authentication-Results", rb": mail\.example\.org; auth=pass")
        claims = [f for f in before if f.startswith(b"authentication-results:")]
        forged.extend(claims)
        before[:] = [f for f in before if f not in claims]

    for number, plain, message in pairs(arrived, "results"):
        check(number, plain, message, change)
    assert forged


def test_rewritten(arrived):
    """From becomes alice's in its place; the old one goes to X-Original-From, and to Reply-To
    unless there is one."""
    def change(before, after):
        at = [f.lower().startswith(b"from:") for f in before].index(True)
        assert OTHER in before[at] and ALICE in after[at]
        assert after[at].lower().startswith(b"from:")
        take(after, b"X-Original-From", re.escape(OTHER))
        if not any(f.lower().startswith(b"reply-to:") for f in before):
            take(after, b"Reply-To", re.escape(OTHER))
        del before[at], after[at]

    for number, plain, message in pairs(arrived, "rewrite"):
        check(number, plain, message, change)


def test_sender_added(arrived):
    for number, plain, message in pairs(arrived, "sender"):
        check(number, plain, message,
              lambda before, after: take(after, b"Sender", rb"alice@example\.org$"))


def test_tagged(arrived):
    for number, plain, message in pairs(arrived, "tag"):
        check(number, plain, message,
              lambda before, after: take(after, b"X-Sendas", rb"not-owned"))


def test_the_check_can_fail(arrived):
    """A byte, a fold, a blank or the order would be seen."""
    number, plain, message = next(
        (number, plain, message) for number, plain, message in pairs(arrived, "accept")
        if b"\r\n\t" in message.data.partition(b"Subject")[0] and len(message.body) > 10)
    fields = message.fields()
    for data in (message.data[:-3] + b"!\r\n",
                 message.data + b"\r\n",
                 message.data.replace(b"Message-ID: ", b"Message-ID:  "),
                 message.data.replace(b"Message-ID", b"Message-Id"),
                 message.header.replace(b"\r\n\t", b"\r\n ") + b"\r\n" + message.body,
                 b"\r\n".join(fields[:2] + fields[:1:-1]) + b"\r\n\r\n" + message.body):
        assert data != message.data
        with pytest.raises(AssertionError):
            check(number, plain, Delivered(message.mail_from, message.recipients, data),
                  lambda before, after: None)
