# SPDX-License-Identifier: BSD-2-Clause
"""OpenDKIM behind sendas, and a receiver that checks what it signs: policy-examples/dkim-signing,
and what becomes of a domain's signature without sendas."""

import itertools
import re
import shutil

import pytest
import test_attacks
from lib import readers, sendmail
from lib.examples import EXAMPLES, check_cases
from lib.office import Office, Sent, must
from lib.receiver import HOSTNAME
from lib.signing_site import SITES
from lib.smtp import Client, Reply, compose

pytestmark = [pytest.mark.slow, pytest.mark.skipif(
    not shutil.which("opendkim") or not shutil.which("opendmarc"),
    reason="opendkim or opendmarc is not installed")]

CASES = check_cases.read_cases(EXAMPLES / "dkim-signing/cases.tsv")
VICTIM = test_attacks.VICTIM.decode()


POSTFIX_ONLY = pytest.mark.parametrize("site", ("postfix",), indirect=True)


class NetworkOffice(Office):
    """Of an MTA in a network of its own."""

    def reach(self, service, source):
        return Client(self.mta.connect(self.mta.port(service)))


@pytest.fixture(scope="module", params=SITES)
def site(request, root, programs, sink):
    if request.param == "sendmail" and sendmail.found() is None:
        pytest.skip("SENDAS_SENDMAIL does not name a directory with an unpacked sendmail")
    example = SITES[request.param](root, programs, sink)
    example.start()
    yield example
    example.stop()


@pytest.fixture(scope="module")
def office(site, sink):
    kind = NetworkOffice if site.kind == "sendmail" else Office
    people = kind(site.mta, sink, site.passwords())
    yield people
    people.disconnect()
    people.audit()


def send_cases(office, service):
    """(case, what was sent, what arrived or None) for each case of the example."""
    clients = {}
    for case in CASES:
        client = clients.setdefault(case.login, office.connect(case.login, service))
        sent = office.send(client, case.mail_from, compose(case.fields))
        yield case, sent, office.delivered(sent) if sent.accepted else None


def sender_fields(message):
    return check_cases.sender_fields([field.decode() for field in message.fields()])


def test_cases(site, office):
    """What sendas lets through arrives as it leaves sendas, signed and in line with the
    domain's policy. Other domains are not signed for."""
    arrived = []
    for case, sent, message in send_cases(office, "submission"):
        assert sent.accepted == (case.verdict in ("accept", "rewrite")), (case, sent)
        if sent.accepted:
            wanted = case.out if case.out is not None else case.fields
            assert sender_fields(message) == check_cases.sender_fields(wanted)
            arrived.append(message)
        else:
            assert (sent.reply.code, sent.reply.enhanced) == (550, "5.7.1")
    for message, result in zip(arrived, site.receiver.results(arrived)):
        ours = b"@example.org" in message.fields("From")[0]
        assert result.signed == ours, (result, message.data)
        assert result.dmarc == ("pass" if ours else "none"), (result, message.data)


def test_swapped_filters(site, office):
    """Signed before sendas has changed it, a message arrives with a broken signature, and the
    domain's own policy refuses it. What sendas leaves alone is signed all the same."""
    arrived, changed = [], []
    for case, sent, message in send_cases(office, "swapped"):
        assert sent.accepted == (case.verdict in ("accept", "rewrite")), (case, sent)
        if sent.accepted:
            arrived.append(message)
            changed.append(case.out is not None)
    assert set(changed) == {True, False}
    for message, different, result in zip(arrived, changed, site.receiver.results(arrived)):
        if b"@example.org" in message.fields("From")[0]:
            assert result.signed != different, (result, message.data)
            assert result.dmarc == ("fail" if different else "pass"), (result, message.data)


@POSTFIX_ONLY  # sendmail adds From after the filters
def test_no_author_no_signature(site, office):
    """As with missing_from = allow: OpenDKIM signs no message without From."""
    sent = office.send(office.connect("alice", "unguarded"), "alice@example.org", ["X-A: b"])
    message = office.delivered(sent)
    assert message.fields("From") == [] == message.fields("DKIM-Signature")
    assert not site.receiver.results([message])[0].signed


# --- why sendas exists ---

class Recorder:
    """Takes the place of an office where test_attacks.py sends its mail: keeps each message, and
    delivers none."""

    closed = False

    def __init__(self):
        self.messages = []

    def connect(self, _login):
        return self

    def send(self, _client, mail_from, data):
        self.messages.append((mail_from, data))
        return Sent("", Reply(550, ["5.7.1 kept"]))


def messages_of(*tests):
    """All that these tests of test_attacks.py send, as (envelope sender, message)."""
    recorder = Recorder()
    for test in tests:
        choices = [[(mark.args[0], getattr(value, "values", [value])[0]) for value in mark.args[1]]
                   for mark in test.pytestmark if mark.name == "parametrize"]
        for arguments in itertools.product(*choices):
            test(recorder, **dict(arguments))
    return recorder.messages


PLAIN = messages_of(test_attacks.test_refused)
PUBLISHED = messages_of(test_attacks.test_espoofer)
OTHERS = messages_of(test_attacks.test_odd_names, test_attacks.test_odd_line_ends,
                     test_attacks.test_odd_lines, test_attacks.test_big_fields)


def attack(office, service, messages):
    """alice sends them: those that arrive."""
    client, sent = None, []
    for mail_from, data in messages:
        if client is None or client.closed:
            client = office.connect("alice", service)
        sent.append(office.send(client, mail_from, data))
    return [office.delivered(each) for each in sent if each.accepted]


def test_forged_mail_is_never_signed(site, office):
    """Of all attacks, nothing leaves in which a reader could find bob. (The rest of them goes
    through sendmail in test_attacks.py, where no signer makes it slow.)"""
    arrived = attack(office, "submission",
                     PLAIN + PUBLISHED + (OTHERS if site.kind == "postfix" else []))
    assert arrived  # some are harmless in the end
    for message in arrived:
        for text in readers.visible_senders(message.data):
            assert VICTIM not in text, message.data


@pytest.mark.parametrize("service", ["unguarded", "monitor"])
def test_forged_mail_is_signed_without(site, office, service):
    """Without sendas, or as long as it only watches, bob's colleague sends as bob with the
    domain's valid signature, and the receiver's DMARC is content."""
    forged = [message for message in attack(office, service, PLAIN)
              if any(VICTIM.encode() in field for field in message.fields("From"))]
    genuine = [message for message, result in zip(forged, site.receiver.results(forged))
               if result.signed and result.dmarc == "pass"]
    assert len(genuine) > 5
    assert [b"From: <bob@example.org>"] in [message.fields("From") for message in genuine]


# --- Authentication-Results, where mail comes in ---

@POSTFIX_ONLY  # the receiver is the same
def test_results_side_by_side(site, office, sink):
    """sendas, OpenDKIM and OpenDMARC under one authserv-id: each writes a field of its own, none
    takes away the others', and of those that claim to be from there before, none is left."""
    sent = office.send(office.connect("alice"), "alice@example.org", ["From: alice@example.org"])
    signed = office.delivered(sent)
    forged = b"".join(b"Authentication-Results: " + value + b"\r\n" for value in (
        f"{HOSTNAME}; auth=pass smtp.auth=bob".encode(),
        f"{HOSTNAME}; dkim=pass header.d=example.com".encode(),
        f"{HOSTNAME.upper()}; dmarc=pass header.from=example.com".encode(),
        f'"{HOSTNAME}"; dkim=pass header.d=example.com'.encode(),
        b"elsewhere.example; dkim=pass header.d=example.com"))
    content = signed.data[signed.data.index(b"DKIM-Signature:"):]
    for name, message, dkim, dmarc in (
            ("signed", content, "pass", "pass"),
            ("altered", content.replace(b"Subject: test", b"Subject: text"), "fail", "fail")):
        recipient = f"results-{name}@example.net"
        with Client(site.receiver.postfix.port("guarded")) as client:
            must(client.ehlo())
            must(client.send("alice@example.org", recipient, forged + message))
        fields = [re.sub(r"\s+", " ", field.decode().partition(": ")[2])
                  for field in sink.wait(recipient).fields("Authentication-Results")]
        assert fields[0].startswith(f"{HOSTNAME}; dmarc={dmarc} ")
        assert fields[1].startswith(f"{HOSTNAME}; dkim={dkim} ")
        assert fields[2:] == [f"{HOSTNAME}; auth=none",
                              "elsewhere.example; dkim=pass header.d=example.com"]
