# SPDX-License-Identifier: BSD-2-Clause
"""Passwords typed at a terminal: no echo, twice, and a terminal that is whole afterwards."""

import os
import pty
import select
import signal
import termios
import time

import pytest

from program import PASSWORD, PROGRAM, scram_right

PROMPT = "New password for alice@example.org: "
AGAIN = "Once more: "


class Terminal:
    """sendasctl on a terminal of its own."""

    def __init__(self, *words):
        self.shown = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execv(PROGRAM, ["sendasctl", *map(str, words)])

    def read(self, seconds):
        """What is shown within the time; False: the program has closed the terminal."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        try:
            chunk = os.read(self.fd, 4096)
        except OSError:
            return False
        self.shown += chunk.decode()
        return chunk != b""

    def wait_for(self, text, count=1):
        deadline = time.monotonic() + 30
        while self.shown.count(text) < count:
            assert time.monotonic() < deadline and self.read(1), self.shown

    def type(self, text):
        os.write(self.fd, text.encode())

    def echoes(self):
        return bool(termios.tcgetattr(self.fd)[3] & termios.ECHO)

    def wait_for_silence(self):
        """Until echo is off: the prompt comes right after that."""
        deadline = time.monotonic() + 30
        while self.echoes():
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def end(self):
        """Reads to the end; returns the exit status, negative for a signal."""
        while self.read(30):
            pass
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.fd)
        return status


@pytest.fixture
def terminal(auth):
    opened = Terminal("user", "add", "alice", "--authd-config", auth.authd)
    opened.wait_for(PROMPT)
    return opened


def test_twice_without_echo(auth, terminal):
    assert not terminal.echoes()
    terminal.type(PASSWORD + "\n")
    terminal.wait_for(AGAIN)
    assert not terminal.echoes()
    terminal.type(PASSWORD + "\n")
    terminal.wait_for("added")
    assert terminal.end() == 0
    assert PASSWORD not in terminal.shown
    assert scram_right(auth.stored("alice@example.org")["SCRAM-SHA-256"], PASSWORD)


def test_two_that_differ(auth, terminal):
    terminal.type(PASSWORD + "\n")
    terminal.wait_for(AGAIN)
    terminal.type(PASSWORD + "x\n")
    terminal.wait_for("sendasctl: the two passwords are not the same")
    assert terminal.end() == 2
    assert auth.logins() == []


def test_rules_are_told_before_it_is_typed_again(auth, terminal):
    terminal.type("short\n")
    terminal.wait_for("sendasctl: the password breaks the rules: ")
    assert terminal.end() == 2
    assert AGAIN not in terminal.shown
    assert auth.logins() == []


def test_editing(auth, terminal):
    """The line discipline is the terminal's: erase and kill work."""
    terminal.type("nonsense\x15" + PASSWORD + "xy\x7f\x7f\n")
    terminal.wait_for(AGAIN)
    terminal.type(PASSWORD + "\n")
    assert terminal.end() == 0
    assert scram_right(auth.stored("alice@example.org")["SCRAM-SHA-256"], PASSWORD)


def test_end_of_input(auth, terminal):
    terminal.type("\x04")
    terminal.wait_for("there is no password")
    assert terminal.end() == 2
    assert auth.logins() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_leaves_the_terminal_as_it_was(auth, terminal, number):
    assert not terminal.echoes()
    os.kill(terminal.pid, number)
    deadline = time.monotonic() + 30
    echoes = False  # to be seen while the program still has the terminal, or just after
    while not echoes and time.monotonic() < deadline:
        echoes = terminal.echoes()
    assert echoes
    assert terminal.end() == -number
    assert auth.logins() == []


def test_ctrl_c(auth, terminal):
    terminal.type("Kor8\x03")
    assert terminal.end() == -signal.SIGINT
    assert "Kor8" not in terminal.shown
    assert auth.logins() == []


def test_stopped_and_continued(auth, terminal):
    """Stopped, it gives the terminal back; continued, it asks again."""
    os.kill(terminal.pid, signal.SIGTSTP)
    # A stop of an orphaned process group is ignored; either way it asks again.
    terminal.wait_for(PROMPT, 2)
    terminal.wait_for_silence()
    terminal.type(PASSWORD + "\n")
    terminal.wait_for(AGAIN)
    terminal.type(PASSWORD + "\n")
    assert terminal.end() == 0
    assert PASSWORD not in terminal.shown
    assert auth.logins() == ["alice@example.org"]


def test_an_answer_to_redirection(auth):
    """With output into a file, the prompt still comes to the terminal."""
    path = auth.directory / "out"
    pid, fd = pty.fork()
    if pid == 0:
        os.execv("/bin/sh", ["sh", "-c", 'exec "$0" user add alice --authd-config "$1" >"$2" 2>&1',
                             str(PROGRAM), str(auth.authd), str(path)])
    opened = Terminal.__new__(Terminal)
    opened.shown, opened.pid, opened.fd = "", pid, fd
    opened.wait_for(PROMPT)
    opened.type(PASSWORD + "\n")
    opened.wait_for(AGAIN)
    opened.type(PASSWORD + "\n")
    assert opened.end() == 0
    assert path.read_text() == "alice@example.org added\n"


def test_generated_asks_nothing(auth):
    opened = Terminal("user", "add", "alice", "--generate", "--authd-config", auth.authd)
    opened.wait_for("password: ")
    assert opened.end() == 0
    assert PROMPT not in opened.shown
