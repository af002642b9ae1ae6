# SPDX-License-Identifier: BSD-2-Clause
"""What other programs read in the Received fields of delivered messages: SpamAssassin and two
modules of Perl (hop_readers.pl), and Python's own parser."""

import email
import email.policy
import json
import pathlib
import re
import subprocess

SCRIPT = pathlib.Path(__file__).with_name("hop_readers.pl")
MODULES = ("JSON::PP", "Mail::SpamAssassin", "Mail::Field::Received", "Email::Received")


def missing():
    """The Perl module that is not installed, or None."""
    for module in MODULES:
        if subprocess.run(["perl", f"-M{module}", "-e1"], stderr=subprocess.DEVNULL,
                          check=False).returncode != 0:
            return module
    return None


class Relay:
    """One hop as SpamAssassin has it: ip, rdns, helo, by, id, auth ... as attributes."""

    def __init__(self, text):
        for name, value in re.findall(r"(\w+)=(\S*)", text):
            setattr(self, name, value)
        self.text = text


class Opinion:
    """What Perl's programs say of one message."""

    def __init__(self, answer):
        for name in ("trusted", "untrusted", "internal", "external"):
            setattr(self, name, [Relay(t) for t in re.findall(r"\[ (.*?) \]", answer[name])])
        self.unparseable = answer["unparseable"]
        self.hits = None
        if answer["hits"] is not None:
            self.hits = {name: float(score) for name, score in answer["hits"].items()}
        self.trees = [field["tree"] for field in answer.get("fields") or ()]
        self.hashes = [field["hash"] for field in answer.get("fields") or ()]

    def penalties(self):
        """The rules that hit and speak against the message. (A score of 0.001 says that a rule
        is there for others to build on.)"""
        return {name for name, score in self.hits.items() if score > 0.001}


def ask_perl(messages, settings, check=()):
    """An Opinion of each message (bytes); `settings` are lines of SpamAssassin's, `check` the
    numbers of the messages on which its rules run."""
    question = {"messages": [m.replace(b"\r\n", b"\n").decode("latin-1") for m in messages],
                "settings": settings, "check": sorted(check)}
    done = subprocess.run(["perl", str(SCRIPT)], input=json.dumps(question).encode(),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600,
                          check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr.decode(errors="replace")
    return [Opinion(answer) for answer in json.loads(done.stdout)]


def ask_python(message):
    """The Received fields that Python finds in the message, unfolded; AssertionError where it
    finds fault with one of them."""
    fields = email.message_from_bytes(message, policy=email.policy.default).get_all("Received")
    for field in fields:
        assert not field.defects, (field, field.defects)
    return [str(field) for field in fields]
