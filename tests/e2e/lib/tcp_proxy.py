# SPDX-License-Identifier: BSD-2-Clause
"""A proxy on loopback that stands for the network between us and a server: it can break in
all the ways in which networks do."""

import select
import socket
import threading


class TcpProxy:
    """Listens on `port` and passes bytes to and from 127.0.0.1:`target`. What it does is
    set by `mode`, for old connections and for new ones, from one moment to the next:

    pass    bytes go through
    drop    bytes vanish in both directions, connections stay; new ones are accepted
    stall   requests go through; of what comes back so many bytes (`stall(after)`), then none
    close   connections are closed, new ones as soon as they are accepted
    refuse  nobody listens; connections are closed
    """

    def __init__(self, target):
        self._target = target
        self._lock = threading.Lock()
        self._pairs = []
        self._mode = "pass"
        self._left = None
        self._listener = None
        self.accepted = 0
        self._listen(0)
        self.port = self._listener.getsockname()[1]

    def listen_at(self, listener):
        """Takes connections at a further socket, too, until that is closed."""
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _listen(self, port):
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", port))
        self._listener.listen(64)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    # --- what it does ---

    @property
    def mode(self):
        return self._mode

    @mode.setter
    def mode(self, mode):
        with self._lock:
            was, self._mode, self._left = self._mode, mode, None
            if mode in ("close", "refuse"):
                self._cut()
        if mode == "refuse" and was != "refuse":
            self._shut()
        if was == "refuse" and mode != "refuse":
            self._listen(self.port)

    def stall(self, after):
        """The answers, all together, are passed on for so many bytes more."""
        with self._lock:
            self._mode, self._left = "stall", after

    def cut(self):
        """Ends all connections; new ones go on as before."""
        with self._lock:
            self._cut()

    def stop(self):
        self.mode = "refuse"

    # --- how ---

    def _shut(self):
        try:
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
        except OSError:
            pass
        self._listener.close()

    def _cut(self):
        for pair in self._pairs:
            for end in pair:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def _accept(self, listener):
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            self.accepted += 1
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near):
        with near, socket.socket() as far:
            if self._mode in ("close", "refuse"):
                return
            try:
                far.connect(("127.0.0.1", self._target))
            except OSError:
                return
            with self._lock:
                self._pairs.append((near, far))
            try:
                while self._pass_on(near, far):
                    pass
            except OSError:
                pass
            with self._lock:
                self._pairs.remove((near, far))

    def _pass_on(self, near, far):
        """Moves what is there. False: the connection has ended."""
        readable, _, _ = select.select([near, far], [], [])
        for end in readable:
            data = end.recv(65536)
            if not data:
                return False
            if end is near:
                data = self._allowed_in(data)
                far.sendall(data)
            else:
                near.sendall(self._allowed_out(data))
        return True

    def _allowed_in(self, data):
        return b"" if self._mode == "drop" else data

    def _allowed_out(self, data):
        with self._lock:
            if self._mode == "drop":
                return b""
            if self._mode == "stall":
                data = data[:self._left]
                self._left -= len(data)
            return data
