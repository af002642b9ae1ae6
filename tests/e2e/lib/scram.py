# SPDX-License-Identifier: BSD-2-Clause
"""The client's side of SCRAM (RFC 5802, RFC 7677), with the server's signature checked."""

import base64
import hashlib
import hmac
import secrets

HASHES = {"SCRAM-SHA-1": "sha1", "SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}


class ServerIsFalse(AssertionError):
    """The server does not know the password either."""


class Exchange:
    """One authentication: first() goes out, then final(what came), then verify(what came)."""

    def __init__(self, mechanism, login, password, *, authzid="", binding="n"):
        self._hash = HASHES[mechanism]
        self._password = password.encode()
        escaped = login.replace("=", "=3D").replace(",", "=2C")
        self._gs2 = f"{binding},{'a=' + authzid if authzid else ''},"
        self.nonce = secrets.token_urlsafe(18)
        self._bare = f"n={escaped},r={self.nonce}"
        self._signature = None
        self.iterations = None
        self.salt = None

    def first(self):
        return (self._gs2 + self._bare).encode()

    def final(self, challenge):
        text = challenge.decode()
        parts = dict(part.split("=", 1) for part in text.split(","))
        assert parts["r"].startswith(self.nonce) and len(parts["r"]) > len(self.nonce)
        self.salt, self.iterations = base64.b64decode(parts["s"]), int(parts["i"])
        salted = hashlib.pbkdf2_hmac(self._hash, self._password, self.salt, self.iterations)
        client = self._hmac(salted, b"Client Key")
        stored = hashlib.new(self._hash, client).digest()
        bare = f"c={base64.b64encode(self._gs2.encode()).decode()},r={parts['r']}"
        message = f"{self._bare},{text},{bare}".encode()
        proof = bytes(a ^ b for a, b in zip(client, self._hmac(stored, message)))
        self._signature = self._hmac(self._hmac(salted, b"Server Key"), message)
        return f"{bare},p={base64.b64encode(proof).decode()}".encode()

    def verify(self, challenge):
        if challenge != b"v=" + base64.b64encode(self._signature):
            raise ServerIsFalse(challenge)

    def _hmac(self, key, message):
        return hmac.new(key, message, self._hash).digest()
