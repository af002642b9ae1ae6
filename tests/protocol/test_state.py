# SPDX-License-Identifier: BSD-2-Clause
"""Nothing of one message, or of one client, is left for the next."""

import random
from dataclasses import replace

import pytest

from milter_client import (ACTION_SET_SYMBOL_LIST, NO_DATA, POSTFIX, PROTOCOL_ALL,
                           Message)

ALICE = "alice@example.org"
BOB = "bob@example.org"
OTHER = "ceo@example.com"

HONEST = Message(sender=ALICE, login=ALICE)
SPOOFED = Message(sender=ALICE, login=ALICE, fields=[("From", OTHER)])
SPOOFED_ENVELOPE = Message(sender=OTHER, login=ALICE)
NOT_LOGGED_IN = Message(sender=OTHER, login=None, fields=[("From", OTHER)])
AS_BOB = Message(sender=BOB, login=BOB, fields=[("From", BOB)])
AS_BOB_SPOOFED = Message(sender=ALICE, login=BOB, fields=[("From", ALICE)])
NO_FROM = Message(sender=ALICE, login=ALICE, fields=[])

EXPECTED = [(HONEST, 250), (SPOOFED, 550), (SPOOFED_ENVELOPE, 550), (NOT_LOGGED_IN, 250),
            (AS_BOB, 250), (AS_BOB_SPOOFED, 550), (NO_FROM, 550)]


def received_of(result):
    return b"".join(change.value for change in result.reply.changes
                    if change.name == b"Received")


@pytest.mark.parametrize("inet", [False, True], ids=["unix", "inet"])
def test_each_message_is_judged_by_itself(daemon_factory, mta, inet):
    """Every kind of message after every other one, all on one connection."""
    daemon = daemon_factory(inet=inet)
    with daemon.client(mta) as client:
        client.start()
        for first, first_code in EXPECTED:
            for second, second_code in EXPECTED:
                assert client.send(first).code == first_code
                assert client.send(second).code == second_code
        client.quit()


def test_a_login_does_not_outlive_its_message(daemon_factory, mta):
    daemon = daemon_factory('received { login = "full" }')
    with daemon.client(mta) as client:
        client.start()
        first = client.send(HONEST)
        second = client.send(NOT_LOGGED_IN)
        assert second.accepted
        assert ALICE.encode() in received_of(first)
        assert ALICE.encode() not in received_of(second)
        assert b"ESMTPA" not in received_of(second)


def test_a_login_does_not_outlive_its_message_without_symbol_lists(shared, mta):
    poor = replace(mta, actions=mta.actions & ~ACTION_SET_SYMBOL_LIST)
    with shared.client(poor) as client:
        client.start()
        assert client.symbol_lists == {}
        assert client.send(HONEST).accepted
        assert client.send(NOT_LOGGED_IN).accepted
        assert client.send(SPOOFED).code == 550


def test_smtputf8_does_not_outlive_its_message(shared, mta):
    with shared.client(mta) as client:
        client.start()
        first = client.send(replace(HONEST, parameters=("SMTPUTF8",)))
        second = client.send(HONEST)
        assert b"with UTF8SMTPA " in received_of(first)
        assert b"with ESMTPA " in received_of(second)


def test_a_queue_id_does_not_outlive_its_message(daemon_factory):
    daemon = daemon_factory()
    with daemon.client() as client:
        client.start()
        assert client.send(replace(HONEST, queue_id="FIRST")).accepted
        # Postfix has none yet when it asks about MAIL.
        assert client.send(replace(SPOOFED_ENVELOPE, queue_id="SECOND")).code == 550
        assert client.send(replace(SPOOFED, queue_id="THIRD")).code == 550
    subjects = [line.split(": ")[1] for line in daemon.wait_for_log("decision=", 3)]
    assert subjects == ["FIRST", "NOQUEUE", "THIRD"]


@pytest.mark.parametrize("stop_after", ["mail", "rcpt", "data", "fields", "eoh", "body"])
def test_abort(shared, mta, stop_after):
    """RSET in the middle leaves neither login, envelope, violation nor field behind."""
    def begin(client, message):
        facts = client.facts_of(message)
        client.mail(message.sender, extra=facts)
        if stop_after == "mail":
            return
        client.rcpt("bob@example.net", facts)
        if stop_after == "rcpt":
            return
        client.data(facts)
        if stop_after == "data":
            return
        for name, value in message.fields:
            client.header(name, value)
        if stop_after == "fields":
            return
        client.eoh(facts)
        if stop_after == "eoh":
            return
        client.body(b"half a body")

    with shared.client(mta) as client:
        client.start()
        for first in (HONEST, SPOOFED, NOT_LOGGED_IN, AS_BOB, NO_FROM):
            for second, code in EXPECTED:
                begin(client, first)
                client.abort()
                assert client.send(second).code == code
        client.quit()


def test_abort_between_messages_and_twice(shared, mta):
    # Postfix aborts after each message as well, also after one that has ended.
    with shared.client(mta) as client:
        client.start()
        client.abort()
        for message, code in EXPECTED:
            assert client.send(message).code == code
            client.abort()
            client.abort()
        client.quit()


def test_quit_nc_forgets_the_client(daemon_factory, mta):
    daemon = daemon_factory('received { login = "full" }')
    tls = {"{tls_version}": "TLSv1.3", "{cipher}": "TLS_AES_128_GCM_SHA256",
           "{cipher_bits}": "128"}
    with daemon.client(mta) as client:
        client.facts.update(tls)
        client.facts["{client_addr}"] = "192.0.2.99"
        client.start(helo="first.example.net", address="192.0.2.99")
        first = received_of(client.send(HONEST))
        assert b"ESMTPSA" in first and b"192.0.2.99" in first and b"TLS_AES" in first
        client.quit_nc()

        for name in tls:
            del client.facts[name]
        client.facts["{client_addr}"] = "192.0.2.7"
        client.connect()
        client.helo("second.example.net")
        result = client.send(NOT_LOGGED_IN)
        second = received_of(result)
        assert result.accepted
        for word in (b"first", b"192.0.2.99", b"TLS", b"ESMTPS", b"ESMTPA", b"alice"):
            assert word not in second, second
        assert client.send(SPOOFED).code == 550
        client.quit()


def test_quit_nc_after_an_abort(shared):
    with shared.client() as client:
        client.start()
        client.mail(ALICE, extra=client.facts_of(HONEST))
        client.abort()
        client.quit_nc()
        client.connect()
        client.helo()
        for message, code in EXPECTED:
            assert client.send(message).code == code
        client.quit()


def test_second_helo_after_starttls(shared, mta):
    """The first HELO is in the clear, the second one inside TLS."""
    with shared.client(mta) as client:
        client.start()
        assert b"with ESMTPA" in received_of(client.send(HONEST))
        client.facts.update({"{tls_version}": "TLSv1.3", "{cipher}": "TLS_AES_128_GCM_SHA256",
                             "{cipher_bits}": "128"})
        client.helo("again.example.net")
        assert b"with ESMTPSA" in received_of(client.send(HONEST))
        client.quit()


def test_hanging_up_at_any_point(shared, mta):
    for packets in range(8):
        with shared.client(mta) as client:
            client.negotiate()
            steps = [client.connect, client.helo,
                     lambda: client.mail(ALICE, extra=client.facts_of(HONEST)),
                     lambda: client.data(client.facts_of(HONEST)),
                     lambda: client.header("From", ALICE),
                     client.eoh, lambda: client.body(b"x")]
            for step in steps[:packets]:
                step()
            client.flush()
    assert shared.send(HONEST).accepted
    assert shared.alive()


@pytest.mark.parametrize("inet", [False, True], ids=["unix", "inet"])
def test_fifty_connections_interleaved(daemon_factory, inet):
    """Each connection is another login; their steps are mixed at random."""
    owners = "".join(f"u{n}@example.org u{n}@example.org\n" for n in range(50))
    daemon = daemon_factory(owners=owners, inet=inet)
    chance = random.Random(1)

    def talk(number, client):
        """Yields between the steps of a dozen messages."""
        own = f"u{number}@example.org"
        client.start()
        for _ in range(12):
            other = f"u{(number + chance.randrange(1, 50)) % 50}@example.org"
            sender = chance.choice([own, own, "", other])
            author = chance.choice([own, own, other])
            message = Message(sender=sender, login=own, fields=[("From", author)])
            facts = client.facts_of(message)
            yield
            result = client.envelope(message)
            yield
            if result is None:
                client.header("From", author)
                yield
                client.eoh(facts)
                yield
                code = client.eom(facts).code
            else:
                code = result.code
                client.abort()
            assert code == (550 if other in (sender, author) else 250)
            yield

    clients = [daemon.client() for _ in range(50)]
    talks = [talk(number, client) for number, client in enumerate(clients)]
    while talks:
        one = chance.choice(talks)
        if next(one, "done") == "done":
            talks.remove(one)
    for client in clients:
        client.quit()


@pytest.mark.parametrize("inet", [False, True], ids=["unix", "inet"])
@pytest.mark.parametrize("protocol", [PROTOCOL_ALL, PROTOCOL_ALL & ~NO_DATA])
def test_a_message_without_any_field_is_answered(daemon_factory, mta, inet, protocol):
    # libmilter ignores an end of message that follows DATA with nothing in between.
    daemon = daemon_factory(inet=inet)
    with daemon.client(replace(mta, protocol=protocol)) as client:
        client.start()
        for _ in range(2):
            assert client.send(NO_FROM).code == 550
            assert client.send(HONEST).accepted
            empty = replace(NOT_LOGGED_IN, fields=[], body=b"")
            assert client.send(empty).accepted
        client.quit()


def test_pipelined_commands_are_answered_in_order(shared):
    """Packets of a whole message in one write, as from an MTA that does not wait."""
    with shared.client(POSTFIX) as client:
        client.start()
        # Everything after MAIL goes out at once; the answers are read later.
        facts = client.facts_of(HONEST)
        client.mail(ALICE, extra=facts)
        client.send_packet(b"L", b"From\0 alice@example.org\0")
        client.send_packet(b"L", b"Sender\0 ceo@example.com\0")
        if not client.declines(0x40):
            client.send_packet(b"N")
            assert client.read_reply().lets_through
        client.send_packet(b"E")
        assert client.read_reply().code == 550
        client.quit()


@pytest.mark.parametrize("inet", [False, True], ids=["unix", "inet"])
@pytest.mark.parametrize("size", [1, 2, 5, 6, 1000, 4095, 4096, 4097, 1 << 20])
def test_packets_may_come_in_any_pieces(daemon_factory, inet, size):
    daemon = daemon_factory(inet=inet)
    big = [("X-Big", "x" * length) for length in (10, 4000, 4085, 4096, 9000)]
    with daemon.client() as client:
        client.piece_size = size
        client.start()
        for message, code in EXPECTED:
            message = replace(message, fields=[*big, *message.fields, *big])
            assert client.send(message).code == code
        client.quit()


def test_messages_that_do_not_wait_for_each_other(shared):
    """Several whole messages in one write; their answers come one after the other."""
    facts = b"M{auth_authen}\0alice@example.org\0{mail_addr}\0alice@example.org\0j\0x\0"
    with shared.client() as client:
        client.start()
        for number in range(50):
            author = b"alice@example.org" if number % 2 == 0 else b"ceo@example.com"
            client.send_packet(b"D", facts)
            client.send_packet(b"M", b"<alice@example.org>\0")
            client.send_packet(b"L", b"From\0 " + author + b"\0")
            client.send_packet(b"E")
        for number in range(50):
            assert client.read_reply().kind == "continue"
            reply = client.read_reply()
            assert reply.code == (250 if number % 2 == 0 else 550)
            assert len(reply.changes) == (1 if number % 2 == 0 else 0)
        client.quit()
