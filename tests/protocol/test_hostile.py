# SPDX-License-Identifier: BSD-2-Clause
"""Bytes that mean harm: in every macro, every argument and every field."""

import re

import pytest

from harness import Daemon  # which finds what is in tests/lib
from fixtures import temporary_directory
from milter_client import Message, MilterClosed, MilterError

ALICE = "alice@example.org"
OTHER = "ceo@example.com"

# No NUL: the protocol ends its strings there.
EVERY_BYTE = bytes(range(1, 256))

HOSTILE = [
    EVERY_BYTE,
    b"\r\nBcc: victim@example.com\r\n\r\nbody",
    b"\nX-Injected: yes",
    b"x) by evil.example.com (",
    b"x (nested (comment",
    b'quote " and \\ backslash',
    b"%s%s%n%d %%",
    b"alice@example.org decision=accept reason=-",
    b"\x1b[2J\x07\x08",
    "\u202emoc.elpmaxe@oec\u2066".encode(),
    b"\xff\xfe\x80" * 20,
    b"A" * 5000,
    b"(" * 3000,
    b"",
]

MACROS = ["i", "j", "_", "{client_addr}", "{client_name}", "{client_ptr}", "{daemon_name}",
          "{auth_type}", "{auth_authen}", "{auth_author}", "{mail_addr}", "{mail_host}",
          "{mail_mailer}", "{tls_version}", "{cipher}", "{cipher_bits}", "{cert_subject}"]


@pytest.fixture(scope="module")
def full():
    """A daemon that shows all that it can show."""
    with temporary_directory() as path:
        daemon = Daemon(path, 'received { login = "full" client = "full" }')
        yield daemon
        daemon.finish()


def check_received(result):
    """One field whose lines cannot start a field of their own."""
    for change in result.reply.changes:
        assert change.name == b"Received"
        assert not re.search(rb"[^\t\n\x20-\x7e]", change.value), change.value
        for line in change.value.split(b"\n")[1:]:
            assert line[:1] in (b" ", b"\t") and line.strip(), change.value
        depth = 0
        for byte in re.sub(rb"\\.", b"", change.value):
            depth += {ord("("): 1, ord(")"): -1}.get(byte, 0)
            assert depth >= 0, change.value
        assert depth == 0, change.value
        assert len(change.value) < 4000


def check_reply(result):
    """A reply is one line of printable ASCII, no longer than SMTP allows."""
    text = result.reply.text
    assert re.fullmatch(rb"[\x20-\x7e]*", text), text
    assert len(text) <= 510
    assert not text.replace(b"%%", b"").count(b"%"), text


def check_log(daemon, before):
    """One line a message, in printable characters."""
    daemon.wait_for_log("decision=", before + 1)
    lines = daemon.log.read_bytes().splitlines()
    decisions = [line for line in lines if b"decision=" in line]
    assert len(decisions) == before + 1, decisions[before:]
    for line in lines:
        assert not re.search(rb"[\x00-\x1f\x7f]", line), line
        line.decode("utf-8")
        assert len(line) < 8192


def decisions_of(daemon):
    return len([line for line in daemon.log_lines() if "decision=" in line])


def try_message(daemon, message, connection=None, helo="client.example.net"):
    before = decisions_of(daemon)
    with daemon.client() as client:
        client.facts.update(connection or {})
        result = client.start(helo).send(message)
        client.quit()
    check_received(result)
    check_reply(result)
    if result.accepted or result.code == 550:
        check_log(daemon, before)
    assert daemon.alive()
    return result


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("macro", MACROS)
def test_macro(full, macro, value):
    honest = Message(sender=ALICE, login=ALICE)
    # Asked for or not, at its stage or at all of them: it has to be harmless.
    honest.macros[macro] = value
    result = try_message(full, honest, {macro: value})
    if macro == "{auth_authen}":
        assert not result.accepted
    elif macro == "{mail_addr}":
        assert not result.accepted or value == b""
    else:
        assert result.accepted, result
    spoofed = Message(sender=ALICE, login=ALICE, fields=[("From", OTHER)])
    spoofed.macros[macro] = value
    result = try_message(full, spoofed, {macro: value})
    assert not result.accepted


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_helo(full, value):
    honest = Message(sender=ALICE, login=ALICE)
    assert try_message(full, honest, {"_": b"x [192.0.2.7]"}, helo=value).accepted


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_mail_argument(full, value):
    result = try_message(full, Message(sender=value, mail_addr=ALICE, login=ALICE))
    assert result.accepted == (value == b"")
    # ESMTP parameters, too.
    assert try_message(full, Message(sender=ALICE, login=ALICE,
                                     parameters=(value, b"SMTPUTF8"))).accepted


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_field_value(full, value):
    for name in ("From", "Sender", "Resent-From", "Resent-Sender"):
        fields = [("From", ALICE), (name, value)] if name != "From" else [(name, value)]
        result = try_message(full, Message(sender=ALICE, login=ALICE, fields=fields))
        # An empty Sender or Resent field names nobody.
        assert not result.accepted or (value == b"" and name != "From"), (name, value)
    harmless = [("From", ALICE), ("Subject", value), ("X-Whatever", value)]
    assert try_message(full, Message(sender=ALICE, login=ALICE, fields=harmless)).accepted


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_field_name(full, value):
    if value == b"":
        return  # libmilter ends the connection
    fields = [("From", ALICE), (value, OTHER)]
    assert try_message(full, Message(sender=ALICE, login=ALICE, fields=fields)).accepted
    for name in (b"From" + value, value + b"From"):
        fields = [("From", ALICE), (name, OTHER)]
        try_message(full, Message(sender=ALICE, login=ALICE, fields=fields))


@pytest.mark.parametrize("byte", range(1, 256))
def test_no_byte_hides_a_from(full, byte):
    """A byte that is no letter, digit or punctuation never makes From another field."""
    odd = bytes([byte])
    for name in (b"From" + odd, odd + b"From", b"Fr" + odd + b"om"):
        with full.client() as client:
            result = client.start().send(Message(
                sender=ALICE, login=ALICE, fields=[("From", ALICE), (name, OTHER)]))
            client.quit()
        if byte <= 0x20 or byte >= 0x7f:
            assert result.code == 550, name
        else:
            assert result.accepted, name


# --- sizes ---

def test_a_thousand_fields(full, mta):
    fields = [(f"X-Field-{n}", "x" * 50) for n in range(1000)]
    honest = Message(sender=ALICE, login=ALICE, fields=[*fields, ("From", ALICE)])
    assert full.send(honest, mta).accepted
    spoofed = Message(sender=ALICE, login=ALICE,
                      fields=[("From", ALICE), *fields, ("Sender", OTHER)])
    assert full.send(spoofed, mta).code == 550


@pytest.mark.parametrize("count", [10, 100, 1000, 5000])
def test_many_sender_fields(full, count):
    """However many fields stand before it, the foreign one counts."""
    own = [("Resent-From", ALICE)] * count
    result = full.send(Message(sender=ALICE, login=ALICE,
                               fields=[("From", ALICE), *own, ("Resent-From", OTHER)]))
    assert result.code == 550 and result.stage == "eom"


@pytest.mark.parametrize("size", [60000, 70000, 100000, 500000])
def test_large_fields(full, size):
    # Not one of ours: its size is no concern.
    big = ("X-Big", "x" * size)
    assert full.send(Message(sender=ALICE, login=ALICE, fields=[big, ("From", ALICE)])).accepted
    # One of ours: judged as a whole, or refused as a whole.
    for value in (f'"{"x" * size}" <{ALICE}>',
                  f'"{"x" * size}" <{OTHER}>',
                  f"{ALICE}, " * (size // 20) + OTHER):
        result = full.send(Message(sender=ALICE, login=ALICE, fields=[("From", value)]))
        if result.accepted:
            assert value.endswith(f"<{ALICE}>")
        else:
            assert result.stage == "eom" and result.code == 550, result
            check_reply(result)


def test_a_field_over_the_cap_gets_a_clear_answer(full):
    value = f'"{"x" * 80000}" <{ALICE}>'
    result = full.send(Message(sender=ALICE, login=ALICE, fields=[("From", value)]))
    assert result.code == 550 and "too long" in result.text


@pytest.mark.parametrize("size", [1 << 20, 3 << 20])
def test_a_packet_over_the_library_limit_is_never_accepted(full, size):
    fields = [("From", ALICE), ("Sender", f'"{"x" * size}" <{OTHER}>')]
    try:
        result = full.send(Message(sender=ALICE, login=ALICE, fields=fields))
        assert not result.accepted
    except MilterError:
        pass  # the connection ends, and the MTA takes its default action
    assert full.send(Message(sender=ALICE, login=ALICE)).accepted


# --- broken packets ---

@pytest.mark.parametrize("raw", [
    b"",
    b"\0\0\0\0",
    b"\xff\xff\xff\xffM",
    b"\0\0\0\x01M",
    b"\0\0\0\x02MX",
    b"\0\0\0\x01L",
    b"\0\0\0\x05LFrom",
    b"\0\0\0\x01D",
    b"\0\0\0\x03DMi",
    b"\0\0\0\x08DMi\0abcd",
    b"\0\0\0\x01Z",
    b"\0\0\0\x01E",
    b"GET / HTTP/1.0\r\n\r\n",
], ids=range(13))
@pytest.mark.parametrize("started", [False, True])
def test_broken_packets(full, raw, started):
    with full.client(timeout=2) as client:
        if started:
            client.start()
        try:
            client.send_raw(raw)
            reply = client.read_reply()
            assert raw == b"\0\0\0\x01E" or not reply.lets_through
        except (MilterClosed, MilterError):
            pass
    assert full.send(Message(sender=ALICE, login=ALICE)).accepted
