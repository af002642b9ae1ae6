# SPDX-License-Identifier: BSD-2-Clause
"""A sendas-authd that does what a test wants: both its sockets, in threads of the test.

It is written from common/wire/wire.h and the saslauthd protocol alone, so that it disagrees
with the real programs where they are wrong."""

import base64
import contextlib
import hashlib
import hmac
import os
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

VERSION = 1
CANON, LOOKUP, STORE, UNLOCK, LOCKS = range(1, 6)
OK, NONE, REFUSED, DENIED, UNAVAIL = range(1, 6)
LOGIN, REALM, CLIENT, SERVICE, NAME, VALUE, SECRET, CREATE, TEXT = range(1, 10)
MAX = 16384


# --- the wire ---

def pack(kind, fields, version=VERSION):
    content = bytes([version << 4 | kind])
    for tag, value in fields:
        content += bytes([tag]) + struct.pack(">H", len(value)) + value
    return struct.pack(">H", len(content)) + content


def unpack(content):
    """The kind and the fields of a message without its length."""
    assert content[0] >> 4 == VERSION
    fields, at = [], 1
    while at < len(content):
        tag, size = content[at], struct.unpack(">H", content[at + 1:at + 3])[0]
        fields.append((tag, content[at + 3:at + 3 + size]))
        at += 3 + size
    assert at == len(content)
    return content[0] & 15, fields


def receive_exactly(sock, size):
    data = b""
    while len(data) < size:
        piece = sock.recv(size - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


# --- what is stored for a password ---

def scram(name, password, salt=b"0123456789abcdef", iterations=4096):
    digest = {"SCRAM-SHA-1": "sha1", "SCRAM-SHA-224": "sha224", "SCRAM-SHA-256": "sha256",
              "SCRAM-SHA-384": "sha384", "SCRAM-SHA-512": "sha512"}[name]
    salted = hashlib.pbkdf2_hmac(digest, password, salt, iterations)
    stored = hashlib.new(digest, hmac.digest(salted, b"Client Key", digest)).digest()
    server = hmac.digest(salted, b"Server Key", digest)
    salt, stored, server = (base64.b64encode(part) for part in (salt, stored, server))
    return b"%s$%d:%s$%s:%s" % (name.encode(), iterations, salt, stored, server)


def md5_state(block):
    """The four words of MD5 after one block (hashlib does not show them)."""
    shifts = [7, 12, 17, 22] * 4 + [5, 9, 14, 20] * 4 + [4, 11, 16, 23] * 4 + [6, 10, 15, 21] * 4
    sines = [int(abs(__import__("math").sin(i + 1)) * 2 ** 32) & 0xffffffff for i in range(64)]
    start = (0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476)
    a, b, c, d = start
    words = struct.unpack("<16I", block)
    for i in range(64):
        if i < 16:
            f, g = (b & c) | (~b & d), i
        elif i < 32:
            f, g = (d & b) | (~d & c), (5 * i + 1) % 16
        elif i < 48:
            f, g = b ^ c ^ d, (3 * i + 5) % 16
        else:
            f, g = c ^ (b | ~d), 7 * i % 16
        f = (f + a + sines[i] + words[g]) & 0xffffffff
        a, d, c = d, c, b
        b = (b + (f << shifts[i] | f >> (32 - shifts[i]))) & 0xffffffff
    return [(x + y) & 0xffffffff for x, y in zip(start, (a, b, c, d))]


def cram_md5(password):
    """HMAC-MD5's inner and outer state, as libsasl2 keeps them: in network order."""
    key = (hashlib.md5(password).digest() if len(password) > 64 else password).ljust(64, b"\0")
    words = md5_state(bytes(x ^ 0x36 for x in key)) + md5_state(bytes(x ^ 0x5c for x in key))
    return struct.pack(">8I", *words)


def digest_md5(login, realm, password):
    return hashlib.md5(b"%s:%s:%s" % (login, realm, password)).digest()


# --- the daemon ---

@dataclass
class Question:
    kind: int
    fields: list
    pid: int
    connection: int

    def all(self, tag):
        return [value for t, value in self.fields if t == tag]

    def first(self, tag):
        return next(iter(self.all(tag)), None)


@dataclass
class Account:
    password: bytes
    properties: dict = field(default_factory=dict)


class FakeAuthd:
    """`behave` is what it does with each question on the lookup socket:

    "answer"; "hang" (reads, never answers); "close" (reads, closes); "die" (reads, closes,
    and both sockets are gone); "dribble" (a byte each 800 ms); "stall" (half a reply);
    "garbage"; "version"; "two" (two replies); "unavail"; "denied"; "refused"; "none";
    "late" (answers after `delay`); or a function of the question that returns the bytes."""

    def __init__(self, directory):
        self.dir = Path(directory)
        self.lookup, self.mux = self.dir / "lookup", self.dir / "mux"
        self.behave = "answer"
        self.mux_behave = "answer"
        self.delay = 1.0
        self.domain = b"example.org"
        self.accounts = {}
        self.aliases = {}
        self.questions, self.checks = [], []
        self.connections = 0
        self._listening, self._open = [], set()
        self._lock = threading.Lock()
        self.start()

    # --- its life ---

    def start(self, backlog=64, accept=True):
        for path, serve in ((self.lookup, self._serve_lookup), (self.mux, self._serve_mux)):
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
            listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            listening.bind(str(path))
            listening.listen(backlog)
            self._listening.append(listening)
            if accept:
                threading.Thread(target=self._accept, args=(listening, serve),
                                 daemon=True).start()

    def stop(self, unlink=True):
        """As if killed: every connection breaks; the sockets stay unless unlinked."""
        with self._lock:
            sockets = self._listening + list(self._open)
            self._listening, self._open = [], set()
        for sock in sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        if unlink:
            for path in (self.lookup, self.mux):
                with contextlib.suppress(FileNotFoundError):
                    path.unlink()

    def _accept(self, listening, serve):
        while True:
            try:
                sock, _ = listening.accept()
            except OSError:
                return
            with self._lock:
                self._open.add(sock)
                self.connections += 1
                number = self.connections
            threading.Thread(target=self._run, args=(sock, serve, number), daemon=True).start()

    def _run(self, sock, serve, number):
        try:
            serve(sock, number)
        except (OSError, EOFError):
            pass
        finally:
            with self._lock:
                self._open.discard(sock)
            sock.close()

    # --- accounts ---

    def add(self, login, password, scrams=("SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"),
            realm=b"mail.example.org", **properties):
        values = {b"authPassword": [scram(name, password) for name in scrams],
                  b"cmusaslsecretCRAM-MD5": [cram_md5(password)],
                  b"cmusaslsecretDIGEST-MD5": [digest_md5(login, realm, password)]}
        values.update({k.encode(): v for k, v in properties.items()})
        self.accounts[login] = Account(password, values)

    def canonical(self, typed, realm=None):
        """None: never a login."""
        login = typed.strip().lower()
        if not login or b"\0" in login or login.count(b"@") > 1 or \
                any(c < 32 or c == 127 for c in login):
            return None
        if b"@" not in login:
            login += b"@" + (realm or self.domain)
        return self.aliases.get(login, login)

    # --- the lookup socket ---

    def _serve_lookup(self, sock, number):
        pid = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
        while True:
            size = struct.unpack(">H", receive_exactly(sock, 2))[0]
            question = Question(*unpack(receive_exactly(sock, size)), pid, number)
            self.questions.append(question)
            if self._misbehave(sock, self.behave, question):
                return

    def _misbehave(self, sock, behave, question):
        """True: the connection has had its time."""
        if callable(behave):
            sock.sendall(behave(question))
            return False
        reply = self._answer(question)
        if behave == "hang":
            sock.recv(1)
        elif behave == "die":
            self.stop()
        elif behave == "dribble":
            for byte in reply:
                sock.sendall(bytes([byte]))
                time.sleep(0.8)
            return False
        elif behave == "stall":
            sock.sendall(reply[:len(reply) // 2])
            sock.recv(1)
        elif behave == "garbage":
            sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            sock.recv(1)
        elif behave == "version":
            sock.sendall(pack(OK, [], version=9))
            sock.recv(1)
        elif behave == "two":
            sock.sendall(reply * 2)
            sock.recv(1)
        elif behave == "late":
            time.sleep(self.delay)
            sock.sendall(reply)
            return False
        elif behave in ("unavail", "denied", "refused", "none"):
            kind = {"unavail": UNAVAIL, "denied": DENIED, "refused": REFUSED,
                    "none": NONE}[behave]
            sock.sendall(pack(kind, [(TEXT, b"because\n\x1b[31m\xff of the test")]))
            return False
        elif behave == "answer":
            sock.sendall(reply)
            return False
        else:
            assert behave == "close", behave
        return True

    def _answer(self, question):
        typed = question.first(LOGIN)
        login = self.canonical(typed, question.first(REALM))
        if login is None:
            return pack(REFUSED, [(TEXT, b"not a login")])
        if question.kind == CANON:
            return pack(OK, [(LOGIN, login)])
        if question.kind == LOOKUP:
            return pack(OK, self._properties(login, question.all(NAME)))
        if question.kind == STORE:
            return self._store(login, question)
        return pack(REFUSED, [(TEXT, b"no such question")])

    def _properties(self, login, names):
        account = self.accounts.get(login)
        fields = []
        for name in names:
            if account is not None:
                values = account.properties.get(name, [])
            elif name == b"authPassword":
                values = [scram(s, os.urandom(16), hashlib.md5(login).digest())
                          for s in ("SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512")]
            else:
                values = []
            fields += [(NAME, name)] + [(VALUE, value) for value in values]
        return fields

    def _store(self, login, question):
        secret = question.first(SECRET)
        if login not in self.accounts and question.first(CREATE) is None:
            return pack(NONE, [])
        if secret is None:
            del self.accounts[login]
        elif len(secret) < 4:
            return pack(REFUSED, [(TEXT, b"the password is too short")])
        else:
            self.add(login, secret)
        return pack(OK, [])

    # --- the saslauthd socket ---

    def _serve_mux(self, sock, _number):
        login, password, service, realm = (
            receive_exactly(sock, struct.unpack(">H", receive_exactly(sock, 2))[0])
            for _ in range(4))
        self.checks.append((login, password, service, realm))
        if self.mux_behave == "hang":
            sock.settimeout(20) # a test that comes here has failed already
            sock.recv(1)
        if realm:
            login += b"@" + realm
        account = self.accounts.get(login)
        if self.mux_behave == "unavail":
            sock.sendall(b"\0\0")
        elif account is not None and account.password == password:
            sock.sendall(b"\0\2OK")
        else:
            sock.sendall(b"\0\2NO")
