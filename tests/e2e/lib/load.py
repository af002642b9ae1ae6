# SPDX-License-Identifier: BSD-2-Clause
"""Mail that flows from several sessions at once while something happens to the milter."""

import threading
import time

from . import smtp
from .office import Unwelcome

OWN = {"alice": "alice@example.org", "bob": "bob@example.org"}


class Flow:
    """Threads that send honest and spoofed mail in turn, until stopped. Each reconnects
    whenever a connection breaks. `answers` has (honest, Sent) of every message that got a
    final reply, `unanswered` those that got none; `slowest` is the longest time, in seconds,
    that a message took."""

    def __init__(self, office, service, threads=4):
        self._office = office
        self._service = service
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.answers = []
        self.unanswered = []
        self.errors = []
        self.slowest = 0.0
        self._threads = [threading.Thread(target=self._run, args=(i,), daemon=True)
                         for i in range(threads)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def count(self):
        with self._lock:
            return len(self.answers)

    def _run(self, number):
        login = sorted(OWN)[number % len(OWN)]
        while not self._stop.is_set():
            try:
                client = self._office.connect(login, self._service)
                for turn in range(1000):
                    if self._stop.is_set():
                        break
                    self._send(client, login, honest=turn % 2 == 0)
                client.close()
            except (OSError, smtp.Disconnected):
                pass  # the next turn connects again
            except Unwelcome as error:
                if not error.reply.temporary:
                    self.errors.append(error)
                    return
                time.sleep(0.01)  # no milter: Postfix puts off STARTTLS and AUTH too
            except Exception as error:  # pylint: disable=broad-except
                self.errors.append(error)  # the test wants to see it
                return

    def _send(self, client, login, honest):
        foreign = OWN["bob" if login == "alice" else "alice"]
        shown = OWN[login] if honest else foreign
        recipient = self._office.recipient()
        began = time.monotonic()
        try:
            reply = client.send(OWN[login], recipient, smtp.compose([f"From: {shown}"]))
        except (OSError, smtp.Disconnected):
            with self._lock:
                self.unanswered.append((honest, recipient))
            raise
        sent = self._office.record(recipient, reply)
        with self._lock:
            self.answers.append((honest, sent))
            self.slowest = max(self.slowest, time.monotonic() - began)
        if reply.code == 421:
            raise smtp.Disconnected(str(reply))
