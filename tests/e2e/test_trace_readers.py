# SPDX-License-Identifier: BSD-2-Clause
"""What other programs read in our Received is the truth, and speaks against nobody: all
combinations of what a client may be and of what is shown, as a real MTA has delivered them."""

import email.utils
import itertools
import re
import ssl
import time
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor

import pytest
from lib import hop_readers, process, sendmail, smtp
from lib.network import Network
from lib.office import must
from lib.postfix import ACCOUNTS, HOSTNAME, Postfix, Service
from lib.programs import Milter
from lib.trace import Received

missing = hop_readers.missing()
pytestmark = [pytest.mark.slow,
              pytest.mark.skipif(missing is not None, reason=f"{missing} is not installed")]

IPV4, IPV6 = "81.2.69.142", "2a02:2e0:3fe::7"
NAMELESS4, NAMELESS6 = "81.2.69.143", "2a02:2e0:3fe::8"
# What providers call the addresses of homes, and rules against spam look for.
CLIENT_NAME = "81-2-69-142.dsl.pool.example.com"

# What the client calls itself, and how that may stand in the field: None for its address.
HELOS = {
    "name": (CLIENT_NAME, CLIENT_NAME),
    "short": ("laptop", "laptop"),
    "literal": (f"[{IPV4}]", f"[{IPV4}]"),
    "private": ("[10.1.2.3]", "[10.1.2.3]"),
    "literal6": ("[IPv6:2A02:02E0:3FE::7]", f"[IPv6:{IPV6}]"),
    "odd": ("my_pc.lan", "my_pc.lan"),
    "hostile": ("x) by evil.example with ESMTPSA (", None),
}
# Clients with and without a name.
CLIENTS = ((IPV4, CLIENT_NAME), (IPV6, CLIENT_NAME), (NAMELESS4, None), (NAMELESS6, None))
TLS = (None, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
SHOWN = tuple(itertools.product(("full", "hashed", "none"), ("full", "none")))

Hop = namedtuple("Hop", "login client tls helo address name auth utf8")
HOPS = [hop for hop in (Hop(*shown, tls, helo, *client, auth, utf8)
                        for shown, tls, helo, client, auth, utf8 in itertools.product(
                            SHOWN, TLS, HELOS, CLIENTS, (False, True), (False, True)))
        # There is nothing to show where nobody has logged in, and no HELO where all is hidden.
        if (hop.auth or hop.login == "none")
        and (hop.client == "full" or hop.helo in ("name", "hostile"))]

# As the admin of the server that took the message says it: whom it trusts is itself.
OURS = "trusted_networks 81.2.69.160\ninternal_networks 81.2.69.160\nuse_bayes 0\n"


class Bare:
    """A delivery that leaves out Postfix's own Received, as sites do that show nothing of
    their clients: ours alone is there."""

    name = "bare"
    listens = False
    port = None

    @staticmethod
    def master_lines():
        return ("bare unix - - n - - smtp\n"
                r"    -o { smtp_header_checks = regexp:{{/^Received: .*by mail\.example\.org"
                r" \(Postfix\)/ IGNORE}} }" "\n")


def service_name(login, client):
    return f"{login}-{client}"


def compose(number, recipients):
    return smtp.compose([
        "From: Alice <alice@example.org>", f"To: {', '.join(recipients)}", "Subject: The minutes",
        f"Date: {email.utils.formatdate(localtime=True)}",
        f"Message-ID: <20261121.100000.{number:05}@example.org>"],
        "Dear colleague,\r\n\r\nhere are the minutes of the meeting.\r\n\r\nAlice\r\n",
        date=False)


class Site:
    """An MTA with a service and a milter for each way to show login and client."""

    def __init__(self, root, programs, sink):
        self.root = f"{root}/hops-{self.name}"
        self.milters = []
        self.programs = programs
        self.sink = sink
        self.numbers = {hop: number for number, hop in enumerate(self.hops)}
        self.mta = self.make_mta()

    def socket(self, login, client):
        return f"{self.root}/run-{service_name(login, client)}/milter"

    def start(self):
        self.mta.set_up()
        for login, client in SHOWN:
            milter = Milter(self.programs, self.root, f"m-{service_name(login, client)}",
                            f"unix:{self.socket(login, client)}")
            milter.configure({"received": {"login": login, "client": client,
                                           "hash_key_file": f"{milter.directory}/store/key"}})
            milter.init_store()
            milter.grant("alice@example.org", "alice@example.org")
            milter.start()
            self.milters.append(milter)
        self.mta.start()

    def stop(self):
        self.mta.stop()
        for milter in self.milters:
            milter.stop()

    def send(self, client, hop, recipients):
        """One message by a hop: its recipients, queue id and cipher suite."""
        must(client.mail("alice@example.org", "SMTPUTF8" if hop.utf8 else ""))
        for recipient in recipients:
            must(client.rcpt(recipient))
        reply = must(client.data(compose(self.numbers[hop], recipients)))
        queue_id = re.search(r"queued as (\w+)|(\w+) Message accepted", reply.text)
        return recipients, queue_id[1] or queue_id[2], client.tls_cipher()


class PostfixSite(Site):
    """Clients say who they are (XCLIENT). Recipients at bare.example.net get the message without
    Postfix's own field."""

    name = "postfix"
    hops = HOPS
    knows_ehlo = False  # of EHLO alone it tells no filter

    def make_mta(self):
        return Postfix(
            self.root, self.sink.port,
            [Service("far", auth=False, options={"myhostname": "mx.example.net"})]
            + [Service(service_name(*shown), milters=f"unix:{self.socket(*shown)}",
                       options={"smtpd_relay_restrictions": "permit_mynetworks,reject"})
               for shown in SHOWN]
            + [Bare()],
            main_cf="smtpd_authorized_xclient_hosts = $mynetworks\n"
            "inet_protocols = all\nmynetworks = 0.0.0.0/0 [::]/0\n"
            "smtp_address_preference = ipv4\n"
            f"transport_maps = inline:{{bare.example.net=bare:[127.0.0.1]:{self.sink.port}}}\n")

    def pass_on(self, arrived):
        """Has the messages sent on, as by us, to another server: as they arrive there."""
        recipients = [f"far{number}@example.net" for number in range(len(arrived))]
        with smtp.Client(self.mta.port("far")) as client:
            must(client.xclient(name=HOSTNAME, addr="81.2.69.160"))
            must(client.ehlo(HOSTNAME))
            for recipient, message in zip(recipients, arrived):
                must(client.send("alice@example.org", recipient, message, "SMTPUTF8"))
        return [self.sink.wait(recipient).data for recipient in recipients]

    def send_all(self):
        """Sends a message by each of HOPS: recipients by hop, and queue ids."""
        sessions = itertools.groupby(self.hops, key=lambda hop: (hop.login, hop.client, hop.tls))
        with ThreadPoolExecutor(6) as pool:
            sent = [pool.submit(self._session, list(hops)) for _, hops in sessions]
        return {hop: what for future in sent for hop, what in future.result().items()}

    def _session(self, hops):
        """Those of one session, which becomes one client after the other."""
        first = hops[0]
        sent = {}
        with smtp.Client(self.mta.port(service_name(first.login, first.client))) as client:
            must(client.ehlo())
            if first.tls is not None:
                must(client.starttls(self.mta.ca_file, version=first.tls))
                must(client.ehlo())
            who = None
            for hop in hops:
                if who != hop[:6]:
                    who = hop[:6]
                    self._become(client, hop)
                    logged_in = False
                if hop.auth and not logged_in:
                    must(client.auth_plain("alice", ACCOUNTS["alice"]))
                    logged_in = True
                sent[hop] = self.send(client, hop, [
                    f"hop{self.numbers[hop]}@{domain}.example.net" for domain in ("whole", "bare")])
        return sent

    @staticmethod
    def _become(client, hop):
        address = f"IPV6:{hop.address}" if ":" in hop.address else hop.address
        must(client.xclient(name=hop.name or "[UNAVAILABLE]", addr=address))
        must(client.ehlo(HELOS[hop.helo][0]))


class SendmailService(sendmail.Service):
    """At an IPv6 address, too, and for everybody: AUTH is offered, and not asked for."""

    def __init__(self, name, **options):
        super().__init__(name, **options)
        self.modifiers = "E"

    def mc_lines(self):
        lines = super().mc_lines()
        daemon = lines[lines.index("DAEMON_OPTIONS"):]
        return lines + daemon.replace(f"Name={self.name}", f"Name={self.name}6, Family=inet6"
                                      ).replace("Addr=127.0.0.1", "Addr=::1")


class NetworkSendmail(sendmail.Sendmail):
    """In a network of its own, in which clients have any address."""

    def __init__(self, network, *arguments, **options):
        super().__init__(*arguments, **options)
        self._network = network

    def argv(self, command):
        return self._network.argv(super().argv(command))

    def connect(self, port):
        return self._network.connect("127.0.0.1", port)


class SendmailSite(Site):
    """Clients have the addresses and names. There is no SMTPUTF8 in Debian's sendmail, and each
    hop has one of the versions of TLS, in turn: each is a connection of its own."""

    name = "sendmail"
    knows_ehlo = True
    # It takes no hostile name.
    hops = [hop._replace(tls=TLS[number % len(TLS)]) for number, hop in enumerate(
        hop for hop in HOPS if not hop.utf8 and hop.tls is None and hop.helo != "hostile")]

    def make_mta(self):
        if sendmail.found() is None:
            pytest.skip("SENDAS_SENDMAIL does not name a directory with an unpacked sendmail")
        self.network = Network()
        for address in (IPV6, NAMELESS6):
            process.run(self.network.argv(f"ip -6 addr add {address}/128 dev lo".split()))
        self._sink = self.network.listen(self.sink.port)
        self.sink.listen_at(self._sink)
        return NetworkSendmail(
            self.network, self.root, self.sink.port,
            [SendmailService(service_name(*shown), milters=f"unix:{self.socket(*shown)}")
             for shown in SHOWN],
            mc="define(`confDELIVERY_MODE', `queueonly')dnl\n"
               "define(`confSAFE_QUEUE', `False')dnl\n",
            hosts=f"{IPV4} {CLIENT_NAME}\n{IPV6} {CLIENT_NAME}\n")

    def stop(self):
        super().stop()
        self._sink.close()
        self.network.close()

    def send_all(self):
        with ThreadPoolExecutor(4) as pool:
            return dict(zip(self.hops, pool.map(self._send, self.hops)))

    def _send(self, hop):
        server = "::1" if ":" in hop.address else "127.0.0.1"
        port = self.mta.port(service_name(hop.login, hop.client))
        with smtp.Client(self.network.connect(server, port, source=hop.address)) as client:
            must(client.ehlo(HELOS[hop.helo][0]))
            if hop.tls is not None:
                must(client.starttls(self.mta.ca_file, version=hop.tls))
                must(client.ehlo(HELOS[hop.helo][0]))
            if hop.auth:
                must(client.auth_plain("alice", ACCOUNTS["alice"]))
            return self.send(client, hop, [f"hop{self.numbers[hop]}@sendmail.example.net"])


class Arrived:
    """What a hop has left in a message that was delivered twice."""

    def __init__(self, site, hop, whole, bare, queue_id, cipher):
        self.hop = hop
        self.knows_ehlo = site.knows_ehlo
        self.whole = whole  # with the MTA's own field above ours
        self.bare = bare    # with ours alone, where that can be had
        self.alone = bare or whole
        self.id = queue_id
        self.tls = cipher

    @property
    def with_(self):
        if not (self.knows_ehlo or self.hop.auth or self.hop.utf8 or self.hop.tls):
            return "SMTP"
        keyword = "UTF8SMTP" if self.hop.utf8 else "ESMTP"
        return keyword + ("S" if self.hop.tls else "") + ("A" if self.hop.auth else "")

    @property
    def literal(self):
        address = self.hop.address
        return f"[IPv6:{address}]" if ":" in address else f"[{address}]"

    @property
    def helo(self):
        return HELOS[self.hop.helo][1] or self.literal

    @property
    def hidden(self):
        return self.hop.client == "none"

    def without_ours(self):
        """The message as it would be if there were no sendas."""
        fields = [f for f in self.whole.fields() if b"(sendas)" not in f]
        return b"\r\n".join(fields) + b"\r\n\r\n" + self.whole.body

    def copies(self):
        """The message in each way: how many fields of the MTA are above ours, and it."""
        return [(1, self.whole)] + ([(0, self.bare)] if self.bare else [])


def our_field(message):
    fields = [f for f in message.fields("Received") if b"(sendas)" in f]
    assert len(fields) == 1, message.data
    return fields[0]


@pytest.fixture(scope="module", params=(PostfixSite, SendmailSite), ids=lambda kind: kind.name)
def site(request, root, programs, sink):
    started = request.param(root, programs, sink)
    started.start()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def arrived(site, sink):
    return [Arrived(site, hop, *([sink.wait(each) for each in to] + [None])[:2], queue_id, cipher)
            for hop, (to, queue_id, cipher) in site.send_all().items()]


@pytest.fixture(scope="module")
def suites():
    """The registered names of OpenSSL's cipher suites."""
    lines = process.run(["openssl", "ciphers", "-stdname", "ALL:@SECLEVEL=0"]).splitlines()
    return {words[2]: words[0] for words in map(str.split, lines)}


def one_of_each(arrived, *, auth):
    """One of each kind that rules could tell apart."""
    found = {}
    for each in arrived:
        if each.hop.auth == auth:
            shown = each.hop.login != "none"
            rest = shown if each.hidden else (each.hop.helo, each.hop.address, each.hop.name)
            found.setdefault((each.hop.client, rest), each)
    return list(found.values())


@pytest.fixture(scope="module")
def known(arrived):
    """Of those who have logged in."""
    found = one_of_each(arrived, auth=True)
    helos = len({each.hop.helo for each in arrived})
    assert len(found) == 2 + helos * len(CLIENTS)
    return found


@pytest.fixture(scope="module")
def strangers(arrived):
    return one_of_each(arrived, auth=False)


@pytest.fixture(scope="module")
def opinions(site, arrived, known, strangers):
    """What Perl's programs make of all of them, by the bytes of the message. Rules take long:
    they run once for what both MTAs write alike."""
    messages = [m.data for each in arrived for _, m in each.copies()]
    checked = []
    for number, each in enumerate(known):
        checked.append((each.alone if number % 2 and not each.hidden else each.whole).data)
    for each in strangers if site.name == "postfix" else ():
        checked += [each.whole.data, each.without_ours()]
    numbers = range(len(messages), len(messages) + len(checked))
    messages += checked
    return dict(zip(messages, hop_readers.ask_perl(messages, OURS, numbers)))


# What a reader cannot read, when, and why: (reader, part).
LIMITS = {
    ("SpamAssassin", "hop"): (
        lambda each: each.hidden, "knows no hop without the client's address, and skips it"),
    ("Mail::Field::Received", "address"): (
        lambda each: each.hidden or ":" in each.hop.address, "knows IPv4 addresses only"),
    ("Mail::Field::Received", "date"): (
        lambda each: each.tls is not None,
        "stops at the tls clause, which is younger (RFC 8314) and must be the last"),
    ("Email::Received", "hop"): (
        lambda each: each.hidden or ":" in each.hop.address,
        "knows no hop without the client's IPv4 address"),
    ("Email::Received", "auth"): (
        lambda each: each.hop.utf8, "does not know the keywords of RFC 6531, which are younger"),
}


def can(reader, part, each):
    return not LIMITS[reader, part][0](each)


def test_truth(site, arrived, suites):
    """By the grammar of RFC 5321, strictly, each part says what really was."""
    assert len(arrived) == len(site.hops) > 100
    for each in arrived:
        field = our_field(each.whole)
        for above, message in each.copies():
            assert our_field(message) == field
            assert len(message.fields("Received")) == above + 1
        received = Received(field)
        assert (received.by, received.with_) == (HOSTNAME, each.with_)
        assert (received.id, received.tls) == (each.id, suites[each.tls] if each.tls else None)
        shown = re.search(r"\(Authenticated sender: (\S+)\)", received.text)
        assert bool(shown) == (each.hop.auth and each.hop.login != "none")
        if shown:
            assert (shown[1] == "alice@example.org") == (each.hop.login == "full")
        if each.hidden:
            assert (received.helo, received.addr) == ("hidden.invalid", None)
        else:
            assert (received.helo, received.addr) == (each.helo, each.literal)
            assert received.name == (each.hop.name or "unknown")


def test_python(arrived):
    """The field comes through Python's parser as it is, without a defect, and its date is the
    day of the message."""
    for each in arrived:
        ours = [f for f in hop_readers.ask_python(each.whole.data) if "(sendas)" in f]
        unfolded = our_field(each.whole).decode().partition(": ")[2].replace("\r\n", "")
        assert ours == [unfolded]
        age = time.time() - email.utils.parsedate_to_datetime(
            ours[0].rpartition(";")[2].strip()).timestamp()
        assert 0 <= age < 3600


def bang(literal):
    """As SpamAssassin writes the brackets of a literal."""
    return literal.translate(str.maketrans("[]", "!!"))


def test_spamassassin_relay(arrived, opinions):
    """It reads each part as it is, as a hop of one of ours where somebody has logged in and as
    one of a stranger where nobody has, whether the MTA's own field is there or not."""
    for each in arrived:
        for above, message in each.copies():
            opinion = opinions[message.data]
            assert opinion.unparseable == 0, message.data
            ours, others = opinion.trusted, opinion.untrusted
            if not each.hop.auth:
                ours, others = others, ours
            assert not others, message.data
            assert len(ours) == above + can("SpamAssassin", "hop", each), message.data
            assert opinion.internal == [] or each.hop.auth
            if not can("SpamAssassin", "hop", each):
                continue
            relay = ours[-1]
            assert (relay.ip, relay.rdns) == (each.hop.address, each.hop.name or "")
            assert (relay.helo, relay.by, relay.id) == (bang(each.helo), HOSTNAME, each.id)
            assert relay.auth == (each.with_ if each.hop.auth else "")


def test_spamassassin_rules(known, opinions):
    """None of its rules speaks against mail of somebody who has logged in, wherever he is and
    whatever his program calls itself; such mail counts as our own."""
    checked = [opinions[m.data] for each in known for _, m in each.copies()
               if opinions[m.data].hits is not None]
    assert len(checked) == len(known)
    for opinion in checked:
        assert not opinion.penalties() and "ALL_TRUSTED" in opinion.hits, opinion.hits


@pytest.mark.parametrize("site", (PostfixSite,), indirect=True, ids=("postfix",))
def test_spamassassin_strangers(site, strangers, opinions):
    """Nor does one hit for our field alone where nobody has logged in; but for a client that
    names itself by its address, for which there is received.unauthenticated."""
    for each in strangers:
        ours, without = opinions[each.whole.data], opinions[each.without_ours()]
        twice = (not each.hidden and ":" not in each.hop.address
                 and each.hop.helo in ("literal", "private"))
        assert ours.penalties() - without.penalties() == (
            {"DOS_RCVD_IP_TWICE_C"} if twice else set()), each.hop


@pytest.mark.parametrize("site", (PostfixSite,), indirect=True, ids=("postfix",))
def test_spamassassin_elsewhere(site, known):
    """Where such mail comes in from us, no rule hits that would not hit without our field."""
    known = [each for each in known if ":" not in each.hop.address]
    messages = site.pass_on([m for each in known for m in (each.whole.data, each.without_ours())])
    answers = iter(hop_readers.ask_perl(messages, "use_bayes 0\n", range(len(messages))))
    for each, ours, without in zip(known, answers, answers):
        assert not ours.trusted and len(ours.untrusted) == 2 + (not each.hidden)
        assert ours.penalties() <= without.penalties(), each.hop


def test_mail_field_received(arrived, opinions):
    for each in arrived:
        tree = opinions[each.alone.data].trees[-1]
        assert tree["helo"] == ("hidden.invalid" if each.hidden else each.helo)
        assert (tree["by"], tree["with"], tree["id"]) == (
            HOSTNAME, each.with_, each.id), our_field(each.alone).decode()
        if can("Mail::Field::Received", "address", each):
            assert (tree["name"], tree["address"]) == (each.hop.name or "unknown", each.hop.address)
        reads_date = can("Mail::Field::Received", "date", each)
        assert tree["complete"] == (tree["date"] is not None) == reads_date, tree


def test_email_received(arrived, opinions):
    for each in arrived:
        read = opinions[each.alone.data].hashes[-1]
        if not can("Email::Received", "hop", each):
            assert not read, read
            continue
        assert read["ip"] == each.hop.address and read.get("rdns", "") == (each.hop.name or "")
        assert (read["helo"], read["by"], read["id"]) == (bang(each.helo), HOSTNAME, each.id)
        known_auth = each.hop.auth and can("Email::Received", "auth", each)
        assert read.get("auth", "") == (each.with_ if known_auth else "")
