# SPDX-License-Identifier: BSD-2-Clause
"""Speaks to sendas-authd: the protocol of saslauthd, and that of its own plugin."""

import os
import socket
import struct

# common/wire/wire.h
VERSION = 1
CANON, LOOKUP, STORE, UNLOCK, LOCKS = range(1, 6)
OK, NONE, REFUSED, DENIED, UNAVAIL = range(1, 6)
LOGIN, REALM, CLIENT, SERVICE, NAME, VALUE, SECRET, CREATE, TEXT = range(1, 10)


def octets(text):
    return text if isinstance(text, bytes) else text.encode()


def connect(path, timeout):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.settimeout(timeout)
    sock.connect(str(path))
    return sock


# --- saslauthd ---

def saslauthd_request(login, password, service="smtp", realm=""):
    return b"".join(struct.pack("!H", len(octets(text))) + octets(text)
                    for text in (login, password, service, realm))


def read_all(sock):
    """What comes until the other end closes."""
    data = b""
    while True:
        try:
            part = sock.recv(4096)
        except ConnectionResetError:
            return data
        if not part:
            return data
        data += part


def saslauthd_reply(data):
    """"OK", "NO", "?" for "could not tell"; anything else is an error."""
    known = {b"\0\2OK": "OK", b"\0\2NO": "NO", b"\0\0": "?"}
    if data not in known:
        raise ValueError(f"not a reply: {data!r}")
    return known[data]


def saslauthd(path, login, password, service="smtp", realm="", timeout=20):
    """One login; the login is parted at its last "@" as libsasl does it."""
    login, password = octets(login), octets(password)
    if not realm and b"@" in login:
        login, _, realm = login.rpartition(b"@")
    with connect(path, timeout) as sock:
        sock.sendall(saslauthd_request(login, password, service, realm))
        return saslauthd_reply(read_all(sock))


# --- the wire ---

class Reply:
    def __init__(self, status, fields):
        self.status = status
        self.fields = fields

    def first(self, tag):
        return next((value for key, value in self.fields if key == tag), None)

    def values(self):
        """{name: [value, ...]} of the pairs."""
        found, name = {}, None
        for tag, value in self.fields:
            if tag == NAME:
                name = value.decode()
                found.setdefault(name, [])
            elif tag == VALUE:
                found.setdefault(name, []).append(value)
        return found

    def __repr__(self):
        return f"Reply({self.status}, {self.fields})"


def wire_message(kind, fields=(), version=VERSION):
    body = bytes([version << 4 | kind])
    for tag, value in fields:
        value = octets(value)
        body += struct.pack("!BH", tag, len(value)) + value
    return struct.pack("!H", len(body)) + body


class Wire:
    """A connection that stays open."""

    def __init__(self, path, timeout=20):
        self.sock = connect(path, timeout)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def send(self, kind, fields=()):
        self.sock.sendall(wire_message(kind, fields))

    def _more(self, size):
        while len(self.buffer) < size:
            part = self.sock.recv(65536)
            if not part:
                raise EOFError("closed")
            self.buffer += part

    def receive(self):
        self._more(2)
        size = struct.unpack("!H", self.buffer[:2])[0]
        self._more(2 + size)
        body, self.buffer = self.buffer[2:2 + size], self.buffer[2 + size:]
        assert body[0] >> 4 == VERSION
        fields, at = [], 1
        while at < len(body):
            tag, length = struct.unpack("!BH", body[at:at + 3])
            fields.append((tag, body[at + 3:at + 3 + length]))
            at += 3 + length
        assert at == len(body)
        return Reply(body[0] & 15, fields)

    def ask(self, kind, fields=()):
        self.send(kind, fields)
        return self.receive()

    def canon(self, login, realm=None):
        return self.ask(CANON, [(LOGIN, login)] + ([(REALM, realm)] if realm else []))

    def lookup(self, login, *names, client=None):
        fields = [(LOGIN, login)]
        if client:
            fields.append((CLIENT, client))
        return self.ask(LOOKUP, fields + [(SERVICE, "smtp")]
                        + [(NAME, name) for name in names])

    def store(self, login, password=None, create=False):
        fields = [(LOGIN, login)]
        if password is not None:
            fields.append((SECRET, password))
        if create:
            fields.append((CREATE, b""))
        return self.ask(STORE, fields)

    def unlock(self, login=None, client=None):
        return self.ask(UNLOCK, [(LOGIN, login)] if login else [(CLIENT, client)])

    def locks(self):
        reply = self.ask(LOCKS)
        assert reply.status == OK, reply
        return {name: [int(value) for value in values]
                for name, values in reply.values().items()}


def as_other_user(uid, function):
    """Runs function() in a child process of that user; what it returns (a string)."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reading)
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            try:
                result = function()
            except Exception as error:  # told to the parent
                result = f"{type(error).__name__}: {error}"
            os.write(writing, str(result).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        text = pipe.read().decode()
    os.waitpid(child, 0)
    return text
