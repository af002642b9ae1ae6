# SPDX-License-Identifier: BSD-2-Clause
"""An SMTP server that takes every message and keeps its envelope and bytes.

Run as a program it keeps each message in a file: sink.py PORT DIRECTORY."""

import os
import socketserver
import sys
import threading
import time


class Delivered:
    """A message that arrived: envelope, raw bytes (CRLF, dots undone)."""

    def __init__(self, mail_from, recipients, data):
        self.mail_from = mail_from
        self.recipients = recipients
        self.data = data

    @property
    def header(self):
        return self.data.partition(b"\r\n\r\n")[0] + b"\r\n"

    @property
    def body(self):
        return self.data.partition(b"\r\n\r\n")[2]

    def fields(self, name=None):
        """The header fields in order, folded as they stand, without their last CRLF: all,
        or those called `name`."""
        fields = []
        for line in self.header.split(b"\r\n")[:-1]:
            if line[:1] in (b" ", b"\t") and fields:
                fields[-1] += b"\r\n" + line
            else:
                fields.append(line)
        if name is None:
            return fields
        prefix = name.lower().encode() + b":"
        return [f for f in fields if f.lower().startswith(prefix)]


class _Handler(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self):
        self.say("220 sink ESMTP")
        mail_from, recipients = "", []
        while True:
            line = self.rfile.readline(65536)
            if not line:
                return
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            verb = text.split(" ")[0].upper()
            if verb == "EHLO":
                self.say("250-sink\r\n250-8BITMIME\r\n250-PIPELINING\r\n250 SMTPUTF8")
            elif verb == "MAIL":
                mail_from, recipients = _path(text), []
                self.say("250 2.1.0 Ok")
            elif verb == "RCPT":
                recipients.append(_path(text))
                self.say("250 2.1.5 Ok")
            elif verb == "DATA":
                self.say("354 go on")
                data = self.read_data()
                if data is None:
                    return
                self.server.keep(Delivered(mail_from, recipients, data))
                self.say("250 2.0.0 kept")
            elif verb == "QUIT":
                self.say("221 2.0.0 bye")
                return
            else:
                self.say("250 2.0.0 Ok")

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def read_data(self):
        lines = []
        while True:
            line = self.rfile.readline()
            if not line:
                return None
            if line == b".\r\n":
                return b"".join(lines)
            lines.append(line[1:] if line.startswith(b".") else line)


def _path(command):
    """The address between the first "<" and the last ">" of a MAIL or RCPT command."""
    return command[command.find("<") + 1:command.rfind(">")]


class Sink(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port=0):
        super().__init__(("127.0.0.1", port), _Handler)
        self.port = self.server_address[1]
        self._by_recipient = {}
        self._arrived = threading.Condition()

    def start(self):
        threading.Thread(target=self.serve_forever, daemon=True,
                         kwargs={"poll_interval": 0.05}).start()

    def listen_at(self, listener):
        """Takes connections at a further socket, too, until that is closed."""
        def serve():
            while True:
                try:
                    self.process_request(*listener.accept())
                except OSError:
                    return
        threading.Thread(target=serve, daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()

    def keep(self, message):
        with self._arrived:
            for recipient in message.recipients:
                self._by_recipient.setdefault(recipient, []).append(message)
            self._arrived.notify_all()

    def recipients(self):
        """The addresses that have had mail so far."""
        with self._arrived:
            return set(self._by_recipient)

    def got(self, recipient):
        """The messages that have arrived for an address so far."""
        with self._arrived:
            return list(self._by_recipient.get(recipient, ()))

    def wait(self, recipient, timeout=20.0):
        """The first message for an address, as soon as it is there."""
        deadline = time.monotonic() + timeout
        with self._arrived:
            while recipient not in self._by_recipient:
                left = deadline - time.monotonic()
                if left <= 0 or not self._arrived.wait(left):
                    raise AssertionError(f"no message for {recipient} after {timeout:g} s")
            return self._by_recipient[recipient][0]


class FileSink(Sink):
    """Keeps each message as DIRECTORY/RECIPIENT.eml; a later one replaces it."""

    def __init__(self, port, directory):
        super().__init__(port)
        self._directory = directory

    def keep(self, message):
        for recipient in message.recipients:
            path = os.path.join(self._directory, recipient.replace("/", "_") + ".eml")
            with open(path + ".new", "wb") as f:
                f.write(message.data)
            os.rename(path + ".new", path)


if __name__ == "__main__":
    FileSink(int(sys.argv[1]), sys.argv[2]).serve_forever()
