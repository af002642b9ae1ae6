# SPDX-License-Identifier: BSD-2-Clause
"""What explain says is what the milter does: both are asked, and must answer the same."""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

from program import SOURCE, Site

sys.path.insert(0, str(SOURCE / "tests" / "protocol"))

from harness import Daemon  # noqa: E402
from milter_client import Message  # noqa: E402

ALICE = "alice@example.org"

# The envelope sender and the fields of each message.
CASES = [
    (ALICE, [("From", ALICE)]),
    (ALICE, [("From", "bob@example.org")]),
    ("bob@example.org", [("From", ALICE)]),
    ("bob@example.org", [("From", "carol@example.org")]),
    ("", [("From", ALICE)]),
    ("", [("From", "bob@example.org")]),
    ("foo bar", [("From", ALICE)]),
    ("@relay.example:bob@example.org", [("From", ALICE)]),
    ("ALICE+tag@Example.org", [("FROM", "Alice\n <sales@example.org>")]),
    (ALICE, []),
    (ALICE, [("From", ALICE), ("From", ALICE)]),
    (ALICE, [("From", f"{ALICE}, bob@example.org")]),
    (ALICE, [("From", f"{ALICE}, sales@example.org")]),
    (ALICE, [("From", ALICE), ("Sender", "bob@example.org")]),
    (ALICE, [("Resent-From", "bob@example.org"), ("From", ALICE)]),
    (ALICE, [("From ", "bob@example.org"), ("From", ALICE)]),
    (ALICE, [("From", '"Alice <alice@example.org>')]),
    (ALICE, [("From", f"{ALICE} {ALICE}")]),
    (ALICE, [("From", f"=?utf-8?q?J=C3=BCrgen?= <{ALICE}>")]),
    (ALICE, [("From", b"J\xfcrgen <alice@example.org>")]),
    (ALICE, [("From", b"a\x1b[2J <alice@example.org>")]),
    (ALICE, [("From", "undisclosed:;")]),
    (ALICE, [("From", ALICE + ", " * 40000)]),
    (ALICE, [("Resent-From", ALICE)] * 150 + [("From", ALICE)]),
    (ALICE, [("X-From", "bob@example.org"), ("From", "all@example.org")]),
]

SETTINGS = ["", 'on_violation = "defer"', 'on_violation = "log"', 'mode = "monitor"',
            'null_sender = "reject"', 'from = "mail-from"', 'from = "any"',
            'send_as = { "fail:on holiday" }']


@pytest.fixture(scope="module", params=SETTINGS, ids=lambda text: text or "defaults")
def daemon(request):
    path = Path(tempfile.mkdtemp(prefix="sendas-"))
    if request.param.startswith("send_as"):
        daemon = Daemon(path, send_as='"fail:on holiday"')
    else:
        daemon = Daemon(path, request.param)
    yield daemon
    daemon.finish()
    shutil.rmtree(path)


def as_bytes(text):
    return text if isinstance(text, bytes) else text.encode()


def message_text(fields):
    lines = [as_bytes(name) + b": " + as_bytes(value).replace(b"\n", b"\r\n") + b"\r\n"
             for name, value in fields]
    return b"Subject: hello\r\n" + b"".join(lines) + b"\r\nHi.\r\n"


@pytest.mark.parametrize("login", [ALICE, None], ids=["alice", "nobody"])
@pytest.mark.parametrize("number", range(len(CASES)))
def test_explain_and_milter_agree(daemon, number, login):
    sender, fields = CASES[number]
    result = daemon.send(Message(sender=sender, fields=[("Subject", "hello"), *fields],
                                 login=login, mail_addr=""))
    answer = Site(daemon.dir, daemon.config).run_bytes(
        "explain", "--json", "--login", login or "", "--mail-from", sender,
        input=message_text(fields))
    assert answer.returncode in (0, 1, 75), answer.stderr
    answer = json.loads(answer.stdout)
    if result.accepted:
        assert answer["verdict"] in ("accept", "log") and answer["reply"] is None
        made = [(change.op, change.name.decode(), change.value.decode().strip())
                for change in result.reply.changes if change.name != b"Received"]
        assert made == [(change["change"], change["name"], change["value"])
                        for change in answer["changes"]]
    else:
        assert answer["reply"] == result.text.replace("%%", "%")
        assert answer["verdict"] == ("reject" if result.code == 550 else "defer")
