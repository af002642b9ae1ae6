# SPDX-License-Identifier: BSD-2-Clause
"""An SMTP client with full control over the bytes: nothing is corrected, nothing is added."""

import base64
import hmac
import re
import socket
import ssl

from . import scram


class Reply:
    """One SMTP reply: code, and the text of each line without the code."""

    def __init__(self, code, lines):
        self.code = code
        self.lines = lines

    @property
    def text(self):
        return " ".join(self.lines)

    @property
    def enhanced(self):
        """The enhanced status code of RFC 3463, or None."""
        match = re.match(r"[245]\.\d{1,3}\.\d{1,3}(?= |$)", self.lines[0])
        return match.group() if match else None

    @property
    def ok(self):
        return 200 <= self.code < 400

    @property
    def temporary(self):
        return 400 <= self.code < 500

    def __repr__(self):
        return f"<{self.code} {self.text}>"


class Disconnected(Exception):
    """The server closed the connection where a reply was due."""


class Client:
    """One SMTP connection. Every method that sends a command returns the Reply.

    `source`: the address of ours that it comes from; `first`: bytes that go out before
    anything is read, as the header of the PROXY protocol. In place of a port a socket may be
    given that is connected already."""

    def __init__(self, port, *, host="127.0.0.1", timeout=30.0, greet=True, source=None,
                 first=b""):
        self.socket = port if isinstance(port, socket.socket) else socket.create_connection(
            (host, port), timeout, source_address=source and (source, 0))
        if first:
            self.socket.sendall(first)
        # Small writes one after the other must not wait for each other's acknowledgement.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._in = self.socket.makefile("rb")
        self.extensions = {}
        self.banner = self.read_reply() if greet else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._in.close()
        self.socket.close()

    @property
    def closed(self):
        return self._in.closed

    # --- bytes ---

    def send_raw(self, data):
        self.socket.sendall(data)

    def read_reply(self):
        lines = []
        while True:
            line = self._in.readline(65536)
            if not line.endswith(b"\n"):
                raise Disconnected(f"connection closed; got {line!r} after {lines!r}")
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            lines.append(text[4:])
            if text[3:4] != "-":
                return Reply(int(text[:3]), lines)

    def command(self, line):
        """Sends one command line, as str (UTF-8) or bytes, and reads the reply."""
        if isinstance(line, str):
            line = line.encode()
        self.send_raw(line + b"\r\n")
        return self.read_reply()

    # --- session ---

    def ehlo(self, name="client.example.org"):
        reply = self.command(f"EHLO {name}")
        self.extensions = {}
        if reply.ok:
            for line in reply.lines[1:]:
                word, _, rest = line.partition(" ")
                self.extensions[word.upper()] = rest
        return reply

    def helo(self, name="client.example.org"):
        return self.command(f"HELO {name}")

    def xclient(self, **attributes):
        """XCLIENT: from now on we are somebody else; then EHLO is due again."""
        return self.command("XCLIENT " + " ".join(f"{k.upper()}={v}"
                                                  for k, v in attributes.items()))

    def starttls(self, ca_file=None, server_name="mail.example.org", certificate=None,
                 version=None):
        """STARTTLS; with `ca_file` the server's certificate is verified. `certificate` (a
        certificates.Pair) is the client's own, `version` (ssl.TLSVersion) the only one that
        it speaks. Says no EHLO."""
        reply = self.command("STARTTLS")
        if not reply.ok:
            return reply
        self.wrap(ca_file, server_name, certificate, version)
        return reply

    def wrap(self, ca_file=None, server_name="mail.example.org", certificate=None,
             version=None):
        """TLS from here on; arguments as for starttls()."""
        context = ssl.create_default_context(cafile=ca_file)
        if ca_file is None:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if certificate is not None:
            context.load_cert_chain(certificate.cert, certificate.key)
        if version is not None:
            context.minimum_version = context.maximum_version = version
        self._in.close()
        self.socket = context.wrap_socket(self.socket, server_hostname=server_name)
        self._in = self.socket.makefile("rb")

    def tls_cipher(self):
        """The name of the cipher suite; None without TLS."""
        return self.socket.cipher()[0] if isinstance(self.socket, ssl.SSLSocket) else None

    def auth_plain(self, login, password, authzid=""):
        token = base64.b64encode(f"{authzid}\0{login}\0{password}".encode()).decode()
        return self.command(f"AUTH PLAIN {token}")

    def auth_login(self, login, password):
        reply = self.command("AUTH LOGIN")
        for answer in (login, password):
            if reply.code != 334:
                break
            reply = self.command(base64.b64encode(answer.encode()))
        return reply

    def auth_scram(self, login, password, mechanism="SCRAM-SHA-256", **options):
        """A whole SCRAM exchange; the reply that ended it, after the server has proved, too,
        that it knows the password. `exchange` of the reply has what the server said."""
        exchange = scram.Exchange(mechanism, login, password, **options)
        reply = self.command(f"AUTH {mechanism} {_base64(exchange.first())}")
        if reply.code == 334:
            reply = self.command(_base64(exchange.final(base64.b64decode(reply.text))))
            if reply.code == 334:
                exchange.verify(base64.b64decode(reply.text))
                reply = self.command("")
        reply.exchange = exchange
        return reply

    def auth_cram_md5(self, login, password):
        reply = self.command("AUTH CRAM-MD5")
        if reply.code != 334:
            return reply
        digest = hmac.new(password.encode(), base64.b64decode(reply.text), "md5").hexdigest()
        return self.command(_base64(f"{login} {digest}".encode()))

    def rset(self):
        return self.command("RSET")

    def quit(self):
        try:
            reply = self.command("QUIT")
        finally:
            self.close()
        return reply

    # --- one message ---

    def mail(self, address, parameters=""):
        """MAIL FROM with `address` put between angle brackets as it is."""
        return self.command(f"MAIL FROM:<{address}> {parameters}".rstrip())

    def rcpt(self, address):
        return self.command(f"RCPT TO:<{address}>")

    def data(self, message):
        """DATA and the message (bytes; CRLF line ends are the caller's business)."""
        reply = self.command("DATA")
        if reply.code != 354:
            return reply
        self.send_raw(stuff(message))
        return self.read_reply()

    def bdat(self, chunk, last=False):
        """A chunk of the message, as it is (RFC 3030)."""
        self.send_raw(f"BDAT {len(chunk)}{' LAST' if last else ''}\r\n".encode() + chunk)
        return self.read_reply()

    def send(self, mail_from, recipient, message, parameters=""):
        """A whole transaction: the reply that ended it. A refused one is reset, so that the
        connection can be used again, unless the server ends it. `stage` of the reply says which command it answers."""
        steps = (("mail", lambda: self.mail(mail_from, parameters)),
                 ("rcpt", lambda: self.rcpt(recipient)),
                 ("data", lambda: self.data(message)))
        for stage, step in steps:
            reply = step()
            reply.stage = stage
            if not reply.ok:
                if reply.code == 421:  # after which the server hangs up
                    self.close()
                else:
                    self.rset()
                break
        return reply


def _base64(data):
    return base64.b64encode(data).decode()


def stuff(message):
    """A message as it goes over the wire: dots doubled, the final dot added."""
    if message.startswith(b"."):
        message = b"." + message
    message = message.replace(b"\r\n.", b"\r\n..")
    if not message.endswith(b"\r\n"):
        message += b"\r\n"
    return message + b".\r\n"


def compose(fields, body="Hello.\r\n", *, date=True):
    """A message from header fields (a list of "Name: value" as str or bytes). Adds To, Date
    and Subject, as any mail program would, unless `date` is false."""
    lines = [f.encode() if isinstance(f, str) else f for f in fields]
    if date:
        lines += [b"To: somebody@example.net", b"Subject: test",
                  b"Date: Sat, 21 Nov 2026 10:00:00 +0000"]
    if isinstance(body, str):
        body = body.encode()
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
