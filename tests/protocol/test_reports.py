# SPDX-License-Identifier: BSD-2-Clause
"""What people read: the SMTP reply, the log line, the Received field."""

import hashlib
import hmac
import json
import re
import signal
import subprocess
import time
from email.utils import parsedate_to_datetime

import pytest

from harness import program
from milter_client import HEADER_LEADING_SPACE, Message

ALICE = "alice@example.org"
OTHER = "ceo@example.com"

HONEST = Message(sender=ALICE, login=ALICE)

TLS = {"{tls_version}": "TLSv1.3", "{cipher}": "TLS_AES_256_GCM_SHA384",
       "{cipher_bits}": "256"}


# --- replies ---

@pytest.mark.parametrize("address", [
    "100%sure@example.com", "a%%b@example.com", "%n%s%d@example.com", "%@example.com",
])
def test_percent_signs_are_doubled(shared, mta, address):
    for message in (Message(sender=address, login=ALICE),
                    Message(sender=ALICE, login=ALICE, fields=[("From", address)])):
        result = shared.send(message, mta)
        assert result.code == 550
        assert address.replace("%", "%%") in result.text


def test_reply_names_the_address_and_the_login(shared, mta):
    result = shared.send(Message(sender=ALICE, login=ALICE,
                                 fields=[("From", f'"The Boss" <{OTHER}>')]), mta)
    assert result.text == (f"550 5.7.1 From <{OTHER}>: this address is not yours to use "
                           f"(logged in as {ALICE})")


def test_reply_is_ascii_and_short(shared):
    for local in ("gr\u00fc\u00dfe", "a" * 60 + "\u4e2d" * 200):
        result = shared.send(Message(sender=ALICE, login=ALICE,
                                     fields=[("From", f"{local}@example.com")]))
        assert result.code == 550
        assert re.fullmatch(rb"[\x20-\x7e]{1,510}", result.reply.text)


# --- the log ---

KEYS = ["decision", "rule", "login", "client", "place", "address", "reason"]


def decision_line(daemon, count):
    return daemon.wait_for_log(r"decision=", count)[count - 1]


def fields_of(line):
    """A log line as (subject, {key: value}), its quotes taken off."""
    match = re.search(r"([^ :]+): (decision=.*)$", line)
    assert match, line
    pairs = re.findall(r'([a-z_]+)=("(?:[^"\\]|\\.)*"|[^ ]*)', match.group(2))
    return match.group(1), dict(pairs)


@pytest.mark.parametrize("message, decision, place, address, reason", [
    (HONEST, "accept", "-", "-", "-"),
    (Message(sender=OTHER, login=ALICE), "reject", "mail_from", OTHER, "not-owned"),
    (Message(sender=ALICE, login=ALICE, fields=[("From", OTHER)]), "reject", "from", OTHER,
     "not-owned"),
    (Message(sender=ALICE, login=ALICE, fields=[("From", ALICE), ("Resent-Sender", OTHER)]),
     "reject", "resent_sender", OTHER, "not-owned"),
    (Message(sender=ALICE, login=ALICE, fields=[]), "reject", "from", "-", "missing-from"),
    (Message(sender=ALICE, login=ALICE, fields=[("From", ALICE)] * 2), "reject", "from", "-",
     "several-from"),
])
def test_log_line(daemon_factory, message, decision, place, address, reason):
    daemon = daemon_factory()
    daemon.send(message)
    line = decision_line(daemon, 1)
    subject, fields = fields_of(line)
    assert [key for key in fields if key in KEYS] == KEYS[:len(
        [key for key in fields if key in KEYS])]
    assert list(fields)[:len(KEYS)] == KEYS
    # Postfix has no queue id yet when it asks about MAIL.
    assert subject == (message.queue_id if place != "mail_from" else "NOQUEUE")
    assert fields["decision"] == decision
    assert fields["login"] == ALICE
    assert fields["client"] == "192.0.2.7"
    assert (fields["place"], fields["address"], fields["reason"]) == (place, address, reason)


def test_log_line_has_all_that_counts(daemon_factory):
    """In a fixed order; what there is not is left out, and the last part ends the line."""
    daemon = daemon_factory()
    daemon.send(Message(
        sender="Alice+x@Example.ORG", login="Alice@example.org",
        fields=[("From", f'"{OTHER}" <{ALICE}>'), ("From", "undisclosed:;"), ("Sender", '"x <y'),
                ("Resent-Sender", OTHER), ("Resent-From", ALICE), ("Reply-To", OTHER)],
        parameters=(f"AUTH={OTHER}",)))
    _, fields = fields_of(decision_line(daemon, 1))
    assert [key for key in fields if key not in KEYS] == [
        "mail_from", "from", "violations", "detail", "more", "authen", "client_name", "daemon",
        "mech", "auth_param", "resent_from", "resent_sender", "sender", "reply_to", "order", "v"]
    assert fields["mail_from"] == "Alice+x@Example.ORG"
    assert fields["from"] == f"({OTHER}){ALICE};<>"
    assert (fields["sender"], fields["order"], fields["v"]) == ("<unclosed-quote>", "SF", "1")
    assert fields["authen"] == "Alice@example.org" and fields["login"] == ALICE
    assert f"resent_sender/not-owned/{OTHER}" in fields["more"]
    daemon.send(HONEST)
    line = decision_line(daemon, 2)
    assert list(fields_of(line)[1]) == KEYS + [
        "mail_from", "from", "violations", "detail", "client_name", "daemon", "mech", "v"]


def test_log_of_a_message_stopped_at_mail(daemon_factory):
    daemon = daemon_factory()
    daemon.send(Message(sender=OTHER, login=ALICE))
    _, fields = fields_of(decision_line(daemon, 1))
    assert (fields["stage"], fields["from"]) == ("mail", "-")


def test_json(daemon_factory):
    """Each line is an object, also those of no message; a reload changes the form."""
    daemon = daemon_factory('log_format = "json"')
    daemon.send(Message(sender=ALICE, login="a\x01\xff\\", fields=[("From", OTHER)]))
    daemon.wait_for_log('"decision":', 1)
    lines = [json.loads(line) for line in daemon.log_lines()]
    assert lines[0]["message"].startswith("started")
    for each in lines:
        assert each["program"] == "sendas-milter" and each["pid"] == daemon.process.pid
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", each["time"])
    line = lines[-1]
    assert (line["decision"], line["reason"], line["v"]) == ("reject", "bad-login", "1")
    assert line["login"] == "a\\x01\u00ff\\\\" and "address" not in line
    daemon.write_config("")
    daemon.signal(signal.SIGHUP)
    daemon.wait_for_log("configuration loaded", 1)
    daemon.send(HONEST)
    daemon.wait_for_log(" decision=accept ", 1)


def test_counts(daemon_factory):
    """What `status` says of all messages, logged or not."""
    def status():
        result = subprocess.run([program("sendasctl"), "status", "--json", "--config",
                                 str(daemon.config)], capture_output=True, text=True, check=True)
        answer = json.loads(result.stdout)
        return answer["decisions"], answer["reasons"]

    daemon = daemon_factory("log_accepted = false")
    assert status() == ({}, {})
    for message in (HONEST, HONEST, Message(sender=OTHER, login=ALICE),
                    Message(sender=ALICE, login=ALICE, fields=[])):
        daemon.send(message)
    assert status() == ({"accept": 2, "reject": 2}, {"not-owned": 1, "missing-from": 1})
    daemon.write_config('mode = "monitor"')
    daemon.signal(signal.SIGHUP)
    daemon.wait_for_log("configuration loaded", 1)
    daemon.send(Message(sender=OTHER, login=ALICE))
    assert status() == ({"accept": 2, "reject": 2, "would-reject": 1},
                        {"not-owned": 2, "missing-from": 1})
    text = subprocess.run([program("sendasctl"), "status", "--config", str(daemon.config)],
                          capture_output=True, text=True, check=True).stdout
    assert re.search(r"(?m)^ +1  would-reject$", text) and re.search(r"(?m)^ +2  not-owned$", text)


def test_one_line_a_message(daemon_factory, mta):
    daemon = daemon_factory()
    with daemon.client(mta) as client:
        client.start()
        for number in range(1, 6):
            client.send(HONEST)
            client.send(Message(sender=OTHER, login=ALICE))
            client.abort()
            client.send(Message(sender=ALICE, login=ALICE, fields=[("From", OTHER)]))
        client.quit()
    daemon.wait_for_log("decision=", 15)
    time.sleep(0.2)
    assert len([line for line in daemon.log_lines() if "decision=" in line]) == 15


def test_log_accepted_can_be_off(daemon_factory):
    daemon = daemon_factory("log_accepted = false")
    daemon.send(HONEST)
    daemon.send(Message(sender=OTHER, login=ALICE))
    line = decision_line(daemon, 1)
    assert "decision=reject" in line
    assert "decision=accept" not in daemon.log_text()


def test_monitor_says_what_it_would_have_done(daemon_factory):
    daemon = daemon_factory('mode = "monitor"')
    assert daemon.send(Message(sender=OTHER, login=ALICE, fields=[("From", OTHER)])).accepted
    line = decision_line(daemon, 1)
    assert OTHER in line and "not-owned" in line and "reject" in line
    _, fields = fields_of(line)
    assert fields["decision"] != "reject"  # it was not


def test_log_values_cannot_forge_fields(daemon_factory):
    daemon = daemon_factory()
    forged = '"a decision=accept login=root"@example.com'
    daemon.send(Message(sender=forged, login=ALICE))
    _, fields = fields_of(decision_line(daemon, 1))
    assert fields["decision"] == "reject"
    assert fields["login"] == ALICE


# --- Received ---

def received_of(daemon, message=HONEST, mta=None, helo="client.example.net", facts=None,
                **options):
    with (daemon.client(mta, **options) if mta else daemon.client(**options)) as client:
        client.facts.update(facts or {})
        result = client.start(helo).send(message)
        client.quit()
    assert result.accepted, result
    negotiated = client.declines(HEADER_LEADING_SPACE)
    [change] = result.reply.changes
    # With it the MTA adds no blank after the colon, and the filter has to.
    assert change.value.startswith(b" from " if negotiated else b"from ")
    # Directly below the MTA's own, above all that the client sent.
    assert (change.op, change.name, change.index) == ("insert", b"Received", 1)
    return change.value.decode("ascii")


@pytest.mark.parametrize("leading_space", [True, False])
def test_leading_space(shared, mta, leading_space):
    received_of(shared, mta=mta, leading_space=leading_space)


@pytest.mark.parametrize("login, tls, parameters, keyword", [
    (ALICE, True, (), "ESMTPSA"),
    (ALICE, False, (), "ESMTPA"),
    (None, True, (), "ESMTPS"),
    (ALICE, True, ("SMTPUTF8",), "UTF8SMTPSA"),
    (ALICE, False, ("SIZE=1", "smtputf8"), "UTF8SMTPA"),
    (None, False, ("SMTPUTF8",), "UTF8SMTP"),
])
def test_keyword(shared, mta, login, tls, parameters, keyword):
    message = Message(sender=ALICE, login=login, parameters=parameters)
    value = received_of(shared, message, mta, facts=TLS if tls else None)
    assert re.search(rf"\bwith {keyword}\b", value), value


def test_contents(shared, mta):
    value = received_of(shared, mta=mta, facts=TLS)
    flat = " ".join(value.split())
    assert flat.startswith("from client.example.net (client.example.net [192.0.2.7])"), flat
    assert "by mail.example.org" in flat
    assert f"id {HONEST.queue_id}" in flat
    assert "tls TLS_AES_256_GCM_SHA384" in flat
    stamp = parsedate_to_datetime(flat.rpartition(";")[2].strip())
    assert abs(stamp.timestamp() - time.time()) < 60
    assert all(len(line) <= 78 for line in ("Received:" + value).split("\n"))


@pytest.mark.parametrize("settings, shown, hidden", [
    ('login = "full"', [ALICE], []),
    ('login = "none"', [], ["alice"]),
    ('login = "hashed"', [], ["alice"]),
    ('client = "none"', [], ["192.0.2.7", "client.example.net"]),
    ('client = "full"', ["192.0.2.7"], []),
])
def test_what_is_shown(daemon_factory, directory, settings, shown, hidden):
    daemon = daemon_factory(
        f'received {{ {settings} hash_key_file = "{directory}/received.key" }}')
    value = received_of(daemon)
    for word in shown:
        assert word in value
    for word in hidden:
        assert word not in value


def test_hashed_login_is_stable_and_tells_logins_apart(daemon_factory, directory):
    daemon = daemon_factory(
        f'received {{ login = "hashed" hash_key_file = "{directory}/received.key" }}')

    def without_date(login):
        message = Message(sender=login, login=login, fields=[("From", login)])
        return received_of(daemon, message).rpartition(";")[0]

    assert without_date(ALICE) == without_date(ALICE)
    assert without_date(ALICE) != without_date("bob@example.org")


@pytest.mark.parametrize("key", [bytes(range(32)), b"k" * 64, b"longer than a block " * 5])
def test_hashed_login_is_an_hmac(daemon_factory, directory, key):
    """Whoever holds the key can tell who it was."""
    path = directory / "received.key"
    path.write_bytes(key)
    path.chmod(0o600)
    daemon = daemon_factory(f'received {{ login = "hashed" hash_key_file = "{path}" }}')
    digest = hmac.new(key, ALICE.encode(), hashlib.sha256).hexdigest()
    assert f"h1-{digest[:32]}" in received_of(daemon)


def test_received_can_be_off(daemon_factory, mta):
    daemon = daemon_factory("received { add = false }")
    result = daemon.send(HONEST, mta)
    assert result.accepted and result.reply.changes == []


def test_received_for_those_known(daemon_factory, mta):
    """With unauthenticated = false, a login and an identity are reasons for the field."""
    daemon = daemon_factory(
        'received { unauthenticated = false }\n'
        f'rule "scanner" {{ clients = "192.0.2.8" identity = "{ALICE}" }}\n')
    stranger = Message(sender=OTHER, fields=[("From", OTHER)])
    scanner = Message(sender=ALICE)
    for address, message, stamps in (("192.0.2.7", HONEST, 1), ("192.0.2.7", stranger, 0),
                                     ("192.0.2.8", scanner, 1)):
        with daemon.client(mta) as client:
            client.facts.update({"{client_addr}": address})
            result = client.start(address=address).send(message)
            assert result.accepted and len(result.reply.changes) == stamps
            client.quit()


def test_refused_messages_are_not_stamped(shared, mta):
    result = shared.send(Message(sender=ALICE, login=ALICE, fields=[("From", OTHER)]), mta)
    assert result.reply.changes == []
