# SPDX-License-Identifier: BSD-2-Clause
"""The MTA's side of the milter protocol (version 6), byte by byte.

MilterClient speaks to a filter as Postfix 3.7 or sendmail 8.17 does: it offers what that
MTA offers, sends the macros that the MTA knows at each stage (or those that the filter
asked for), leaves out the events and replies that the filter declined, and gives back
what the filter answered as plain values. The low-level calls (send_packet, read_packet)
let a test break the rules on purpose.
"""

import socket
import struct
from dataclasses import dataclass, field

# --- protocol constants (libmilter/mfdef.h, mfapi.h) ---

ACTION_ADD_HEADERS = 0x01
ACTION_CHANGE_HEADERS = 0x10
ACTION_QUARANTINE = 0x20
ACTION_CHANGE_FROM = 0x40
ACTION_SET_SYMBOL_LIST = 0x100
ACTIONS_ALL = 0x1FF

NO_CONNECT = 0x01
NO_HELO = 0x02
NO_MAIL = 0x04
NO_RCPT = 0x08
NO_BODY = 0x10
NO_HEADERS = 0x20
NO_EOH = 0x40
NO_REPLY_HEADER = 0x80
NO_UNKNOWN = 0x100
NO_DATA = 0x200
SKIP = 0x400
RCPT_REJECTED = 0x800
NO_REPLY_CONNECT = 0x1000
NO_REPLY_HELO = 0x2000
NO_REPLY_MAIL = 0x4000
NO_REPLY_RCPT = 0x8000
NO_REPLY_DATA = 0x10000
NO_REPLY_UNKNOWN = 0x20000
NO_REPLY_EOH = 0x40000
NO_REPLY_BODY = 0x80000
HEADER_LEADING_SPACE = 0x100000
PROTOCOL_ALL = 0x1FFFFF

# Macro stages as they are numbered in a filter's symbol list.
STAGES = ("connect", "helo", "mail", "rcpt", "data", "eom", "eoh")

# Per stage: command byte, "do not send" bit, "expect no reply" bit.
EVENTS = {
    "connect": (b"C", NO_CONNECT, NO_REPLY_CONNECT),
    "helo": (b"H", NO_HELO, NO_REPLY_HELO),
    "mail": (b"M", NO_MAIL, NO_REPLY_MAIL),
    "rcpt": (b"R", NO_RCPT, NO_REPLY_RCPT),
    "data": (b"T", NO_DATA, NO_REPLY_DATA),
    "header": (b"L", NO_HEADERS, NO_REPLY_HEADER),
    "eoh": (b"N", NO_EOH, NO_REPLY_EOH),
    "body": (b"B", NO_BODY, NO_REPLY_BODY),
    "eom": (b"E", 0, 0),
    "unknown": (b"U", NO_UNKNOWN, NO_REPLY_UNKNOWN),
}

REPLY_KINDS = {b"c": "continue", b"a": "accept", b"d": "discard", b"r": "reject",
               b"t": "tempfail", b"y": "replycode", b"f": "connfail", b"4": "shutdown",
               b"s": "skip"}


class MilterError(Exception):
    """The filter broke the protocol, hung up, or did not answer in time."""


class MilterClosed(MilterError):
    """The filter closed the connection."""


@dataclass
class Mta:
    """How one MTA behaves: what it offers, which macros it sends and when it knows them."""

    name: str
    actions: int
    protocol: int
    # Macros sent at a stage when the filter asks for nothing.
    default_macros: dict
    # Macro -> first stage at which this MTA has a value for it.
    known_from: dict
    # Does it send its macros before every event, header fields and body included, and
    # also when it has none (an empty packet)? Those of the symbol list's seven stages only,
    # when there are any, otherwise.
    macros_always: bool
    # What it says of itself, over MilterClient.facts; how it writes a login.
    own_facts: dict = field(default_factory=dict)
    login_form: object = lambda login: login


def _xtext(login):
    """As sendmail has {auth_authen}."""
    return b"".join(bytes([c]) if 0x20 < c < 0x7f and c not in b'+=<>()"' else b"+%02X" % c
                    for c in to_bytes(login))


_POSTFIX_KNOWN = {
    "connect": "j v _ {client_addr} {client_name} {client_port} {client_ptr} "
               "{client_connections} {daemon_name} {daemon_addr} {daemon_port}",
    "helo": "{tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer}",
    "mail": "{auth_type} {auth_authen} {auth_author} {mail_addr} {mail_host} {mail_mailer}",
    "rcpt": "{rcpt_addr} {rcpt_host} {rcpt_mailer}",
    "data": "i",
}
_SENDMAIL_KNOWN = {
    "connect": "j _ {daemon_name} {if_name} {if_addr} {client_addr} {client_name} "
               "{client_port} {client_ptr} {daemon_addr} {daemon_port} v",
    "helo": "{tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer} {verify}",
    "mail": "i {auth_type} {auth_authen} {auth_ssf} {auth_author} "
            "{mail_mailer} {mail_host} {mail_addr}",
    "rcpt": "{rcpt_mailer} {rcpt_host} {rcpt_addr}",
    "eom": "{msg_id}",
}


def _first_stage(table):
    return {macro: stage for stage, macros in table.items() for macro in macros.split()}


POSTFIX = Mta(
    name="postfix", actions=ACTIONS_ALL, protocol=PROTOCOL_ALL,
    default_macros={
        "connect": ["j", "{daemon_name}", "{daemon_addr}", "v", "_"],
        "helo": ["{tls_version}", "{cipher}", "{cipher_bits}", "{cert_subject}",
                 "{cert_issuer}"],
        "mail": ["i", "{auth_type}", "{auth_authen}", "{auth_author}", "{mail_addr}",
                 "{mail_host}", "{mail_mailer}"],
        "rcpt": ["i", "{rcpt_addr}", "{rcpt_host}", "{rcpt_mailer}"],
        "data": ["i"], "header": ["i"], "eoh": ["i"], "body": ["i"], "eom": ["i"],
    },
    known_from=_first_stage(_POSTFIX_KNOWN), macros_always=True)

SENDMAIL = Mta(
    name="sendmail", actions=ACTIONS_ALL, protocol=PROTOCOL_ALL,
    default_macros={
        "connect": ["j", "_", "{daemon_name}", "{if_name}", "{if_addr}"],
        "helo": ["{tls_version}", "{cipher}", "{cipher_bits}", "{cert_subject}",
                 "{cert_issuer}"],
        "mail": ["i", "{auth_type}", "{auth_authen}", "{auth_ssf}", "{auth_author}",
                 "{mail_mailer}", "{mail_host}", "{mail_addr}"],
        "rcpt": ["{rcpt_mailer}", "{rcpt_host}", "{rcpt_addr}"],
        "eom": ["{msg_id}"],
    },
    known_from=_first_stage(_SENDMAIL_KNOWN), macros_always=False,
    own_facts={"r": "ESMTP", "v": "8.17.1.9"}, login_form=_xtext)


@dataclass
class Reply:
    """What ended an event: kind is "continue", "accept", "reject" ..., or "none"."""

    kind: str
    text: bytes = b""          # a reply code with its text, when kind is "replycode"
    changes: list = field(default_factory=list)  # at end of message only

    @property
    def lets_through(self):
        return self.kind in ("continue", "accept", "none")

    @property
    def code(self):
        """The SMTP code as an MTA would send it: 250, 550, 451 ..."""
        if self.kind == "replycode":
            return int(self.text[:3])
        return {"reject": 550, "tempfail": 451, "shutdown": 421}.get(self.kind, 250)


@dataclass
class Change:
    """A change that the filter asks for: op is "add", "insert", "change" or other."""

    op: str
    name: bytes = b""
    value: bytes = b""
    index: int = 0


@dataclass
class Message:
    """One mail transaction. Text may be str (sent as UTF-8) or bytes."""

    sender: object = "alice@example.org"
    fields: list = field(default_factory=lambda: [("From", "alice@example.org")])
    login: object = None         # None: no {auth_*} macros at all
    mail_addr: object = None     # None: the sender as it stands
    parameters: tuple = ()       # of MAIL: "SIZE=100", "SMTPUTF8"
    recipients: tuple = ("bob@example.net",)
    body: bytes = b"Hello\r\n"
    queue_id: str = "4TkV2x1Q5Wz1"
    macros: dict = field(default_factory=dict)  # more facts, or None to hide one


@dataclass
class Result:
    """How a transaction went: where it stopped, and the reply there."""

    stage: str
    reply: Reply

    @property
    def accepted(self):
        return self.stage == "eom" and self.reply.lets_through

    @property
    def code(self):
        return self.reply.code

    @property
    def text(self):
        return self.reply.text.decode("ascii")


def to_bytes(text):
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


class MilterClient:
    """One connection from an MTA to a filter at `address` ("unix:PATH", "inet:PORT@HOST")."""

    def __init__(self, address, mta=POSTFIX, timeout=20, leading_space=True):
        self.mta = mta
        self.facts = {
            "j": "mail.example.org", "v": "Postfix 3.7.11", "_": "client.example.net [192.0.2.7]",
            "{client_addr}": "192.0.2.7", "{client_name}": "client.example.net",
            "{client_ptr}": "client.example.net", "{client_port}": "51234",
            "{daemon_name}": "smtpd", "{daemon_addr}": "192.0.2.1", "{daemon_port}": "587",
            "{if_name}": "mail.example.org", "{if_addr}": "192.0.2.1", **mta.own_facts,
        }
        self.actions = 0
        self.protocol = 0
        self.symbol_lists = {}
        self._pending = bytearray()
        self._received = bytearray()
        self._leading_space = leading_space
        self.piece_size = None  # bytes of one write; None: all that there is
        self._sock = self._open(address, timeout)

    @staticmethod
    def _open(address, timeout):
        kind, _, rest = address.partition(":")
        if kind in ("unix", "local"):
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            target = rest
        else:
            port, _, host = rest.partition("@")
            family = socket.AF_INET6 if kind == "inet6" else socket.AF_INET
            sock = socket.socket(family, socket.SOCK_STREAM)
            target = (host or "127.0.0.1", int(port))
        sock.settimeout(timeout)
        try:
            sock.connect(target)
        except OSError:
            sock.close()
            raise
        return sock

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Hangs up without a word."""
        self._sock.close()

    # --- packets ---

    def send_packet(self, command, data=b""):
        """Queues one packet; it leaves with the next flush, as an MTA's buffer does."""
        self._pending += struct.pack("!I", len(data) + 1) + command + data

    def send_raw(self, data):
        """Sends bytes as they are, for tests that break the framing."""
        self.flush()
        self._sock.sendall(data)

    def flush(self):
        if self._pending:
            size = self.piece_size or len(self._pending)
            try:
                for at in range(0, len(self._pending), size):
                    self._sock.sendall(self._pending[at:at + size])
            except (BrokenPipeError, ConnectionResetError) as error:
                raise MilterClosed(str(error)) from error
            finally:
                self._pending = bytearray()

    def read_packet(self):
        """The next packet from the filter: (command, data)."""
        self.flush()
        size = struct.unpack("!I", self._read_exactly(4))[0]
        if not 1 <= size <= 1 << 20:
            raise MilterError(f"packet of {size} bytes")
        packet = self._read_exactly(size)
        return packet[:1], packet[1:]

    def _read_exactly(self, size):
        while len(self._received) < size:
            try:
                chunk = self._sock.recv(65536)
            except socket.timeout as error:
                raise MilterError("no answer in time") from error
            except ConnectionResetError as error:
                raise MilterClosed("connection reset") from error
            if not chunk:
                raise MilterClosed("the filter hung up")
            self._received += chunk
        data = bytes(self._received[:size])
        del self._received[:size]
        return data

    # --- negotiation ---

    def negotiate(self):
        """Offers what this MTA offers; keeps what the filter took, and its symbol lists."""
        protocol = self.mta.protocol
        if not self._leading_space:
            protocol &= ~HEADER_LEADING_SPACE
        self.symbol_lists = {}
        self.send_packet(b"O", struct.pack("!III", 6, self.mta.actions, protocol))
        command, data = self.read_packet()
        if command != b"O" or len(data) < 12:
            raise MilterError(f"bad answer to the negotiation: {command!r} {data!r}")
        version, self.actions, self.protocol = struct.unpack("!III", data[:12])
        if version != 6:
            raise MilterError(f"protocol version {version}")
        if self.actions & ~self.mta.actions or self.protocol & ~protocol & 0x0FFFFFFF:
            raise MilterError("the filter took what was not offered")
        rest = data[12:]
        while rest:
            stage = STAGES[struct.unpack("!I", rest[:4])[0]]
            names, _, rest = rest[4:].partition(b"\0")
            self.symbol_lists[stage] = names.decode("ascii").split()
        return self

    def declines(self, bit):
        """Did the filter ask for this protocol option?"""
        return bool(self.protocol & bit)

    # --- events ---

    def macros(self, stage, extra=None):
        """The macros that this MTA sends at a stage: [(name, value)]."""
        facts = {**self.facts, **(extra or {})}
        # What was asked for at end of header holds for the fields and the body, too.
        asked = "eoh" if stage in ("header", "body") else stage
        wanted = self.symbol_lists.get(asked, self.mta.default_macros.get(stage, []))
        reached = self._stage_number(stage)
        return [(name, facts[name]) for name in wanted
                if facts.get(name) is not None
                and self._stage_number(self.mta.known_from.get(name, "connect")) <= reached]

    @staticmethod
    def _stage_number(stage):
        order = ("connect", "helo", "mail", "rcpt", "data", "header", "eoh", "body", "eom")
        return order.index(stage)

    def _send_macros(self, stage, declined, extra):
        command = EVENTS[stage][0]
        if self.mta.macros_always:
            # Of the envelope even when the event itself is declined.
            wanted = not declined or stage in ("connect", "helo", "mail", "rcpt", "data")
        else:
            wanted = stage in STAGES and self.macros(stage, extra)
        if wanted:
            self.send_packet(b"D", command + b"".join(
                to_bytes(text) + b"\0"
                for pair in self.macros(stage, extra) for text in pair))

    def event(self, stage, data=b"", extra=None):
        """One event with its macros: the filter's Reply, kind "none" if it gives none."""
        command, no_event, no_reply = EVENTS[stage]
        declined = self.declines(no_event)
        self._send_macros(stage, declined, extra)
        if declined:
            return Reply("none")
        self.send_packet(command, data)
        if self.declines(no_reply):
            return Reply("none")
        return self.read_reply()

    def read_reply(self):
        """Collects changes until the reply that ends the event."""
        changes = []
        while True:
            command, data = self.read_packet()
            if command == b"p":
                continue
            if command in REPLY_KINDS:
                return Reply(REPLY_KINDS[command], data.rstrip(b"\0"), changes)
            changes.append(self._change(command, data))

    @staticmethod
    def _change(command, data):
        if command in (b"h", b"i", b"m"):
            index = 0
            if command != b"h":
                index, data = struct.unpack("!I", data[:4])[0], data[4:]
            name, value = data.split(b"\0")[:2]
            return Change({b"h": "add", b"i": "insert", b"m": "change"}[command],
                          name, value, index)
        return Change(command.decode("latin-1"), value=data)

    def connect(self, host="client.example.net", address="192.0.2.7", port=51234,
                family="4"):
        """family: "4", "6", "L" (a Unix socket) or "U" (not known)."""
        data = to_bytes(host) + b"\0" + family.encode()
        if family != "U":
            data += struct.pack("!H", port) + to_bytes(address) + b"\0"
        return self.event("connect", data)

    def helo(self, name="client.example.net"):
        return self.event("helo", to_bytes(name) + b"\0")

    def start(self, helo="client.example.net", **client):
        """Negotiation, connect and HELO, as every connection begins."""
        self.negotiate()
        self.connect(**client)
        self.helo(helo)
        return self

    def mail(self, sender, parameters=(), extra=None):
        sender = b"<" + to_bytes(sender) + b">"
        data = b"".join(to_bytes(text) + b"\0" for text in (sender, *parameters))
        return self.event("mail", data, extra)

    def rcpt(self, recipient, extra=None):
        recipient = to_bytes(recipient)
        facts = {"{rcpt_addr}": recipient, "{rcpt_host}": "example.net",
                 "{rcpt_mailer}": "smtp", **(extra or {})}
        return self.event("rcpt", b"<" + recipient + b">\0", facts)

    def data(self, extra=None):
        return self.event("data", extra=extra)

    def header(self, name, value, extra=None):
        """One field. The value is given without the blank after the colon."""
        value = to_bytes(value)
        if self.declines(HEADER_LEADING_SPACE):
            value = b" " + value
        return self.event("header", to_bytes(name) + b"\0" + value + b"\0", extra)

    def eoh(self, extra=None):
        return self.event("eoh", extra=extra)

    def body(self, data, extra=None):
        return self.event("body", data, extra)

    def eom(self, extra=None):
        return self.event("eom", extra=extra)

    def abort(self):
        self.send_packet(b"A")
        self.flush()

    def quit(self):
        self.send_packet(b"Q")
        self.flush()
        self.close()

    def quit_nc(self):
        """The MTA keeps the connection for its next client: connect() comes next, since
        what was negotiated still holds."""
        self.send_packet(b"K")
        self.flush()

    # --- whole transactions ---

    def facts_of(self, message):
        """The macros that a message brings with it."""
        addr = message.sender if message.mail_addr is None else message.mail_addr
        facts = {"i": message.queue_id, "{mail_addr}": addr,
                 "{mail_host}": "example.net", "{mail_mailer}": "smtp"}
        if message.login is not None:
            facts.update({"{auth_authen}": self.mta.login_form(message.login),
                          "{auth_type}": "PLAIN"})
        facts.update(message.macros)
        return facts

    def envelope(self, message):
        """MAIL, RCPT and DATA: the Result of a refusal, or None to go on."""
        facts = self.facts_of(message)
        reply = self.mail(message.sender, message.parameters, facts)
        if not reply.lets_through:
            return Result("mail", reply)
        for recipient in message.recipients:
            self.rcpt(recipient, facts)
        reply = self.data(facts)
        if not reply.lets_through:
            return Result("data", reply)
        return None

    def content(self, message):
        """Header, body and end of message."""
        facts = self.facts_of(message)
        for name, value in message.fields:
            reply = self.header(name, value, facts)
            if not reply.lets_through:
                return Result("header", reply)
        reply = self.eoh(facts)
        if not reply.lets_through:
            return Result("eoh", reply)
        if message.body:
            self.body(message.body, facts)
        return Result("eom", self.eom(facts))

    def send(self, message):
        """A whole transaction; after a refusal the MTA aborts, as on RSET."""
        result = self.envelope(message)
        if result is None:
            result = self.content(message)
        if result.stage != "eom":
            self.abort()
        return result
