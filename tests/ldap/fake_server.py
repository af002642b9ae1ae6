# SPDX-License-Identifier: BSD-2-Clause
"""Servers that do what a good one does not."""

import socket
import threading


class FakeServer:
    """`behave(connection)` is called in a thread for each connection, which ends with it."""

    def __init__(self, behave):
        self._behave = behave
        self._over = threading.Event()
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(64)
        self.port = self._listener.getsockname()[1]
        self.uri = f"ldap://127.0.0.1:{self.port}"
        self.tls_uri = f"ldaps://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            try:
                self._behave(connection, self._over)
            except OSError:
                pass

    def stop(self):
        self._over.set()
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()


def tlv(tag, *parts):
    """One BER element."""
    body = b"".join(parts)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def number(value):
    return tlv(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def result(tag, code=0, text=""):
    """An LDAPResult (RFC 4511 4.1.9) with the tag of the operation."""
    return tlv(tag, tlv(10, bytes([code])), tlv(4), tlv(4, text.encode()))


SEARCH_DONE = 0x65
BIND_DONE = 0x61


def message(msgid, operation):
    return tlv(0x30, number(msgid), operation)


def entry(dn, **attributes):
    lists = [tlv(0x30, tlv(4, name.encode()),
                 tlv(0x31, *[tlv(4, v) for v in values]))
             for name, values in attributes.items()]
    return tlv(0x64, tlv(4, dn.encode()), tlv(0x30, *lists))


def _read(connection, count):
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise OSError("closed")
        data += more
    return data


def read_request(connection):
    """(message id, tag of the operation) of the next request."""
    head = _read(connection, 2)
    length = head[1]
    if length & 0x80:
        length = int.from_bytes(_read(connection, length & 0x7F), "big")
    body = _read(connection, length)
    size = body[1]
    return int.from_bytes(body[2:2 + size], "big"), body[2 + size]
