# SPDX-License-Identifier: BSD-2-Clause
"""What replies and log lines must look like: said once, checked everywhere."""

import re

from .process import wait_until

# The keys of a decision's log line, in their order.
LOG_KEYS = ("decision", "rule", "login", "client", "place", "address", "reason")

PLACE_TITLES = {
    "mail_from": "MAIL FROM",
    "from": "From",
    "sender": "Sender",
    "resent_from": "Resent-From",
    "resent_sender": "Resent-Sender",
}


def check_refusal(reply, *, place, address=None, code=550, enhanced="5.7.1"):
    """A reply that refuses: right codes, one line, and a text that names place and address."""
    assert (reply.code, reply.enhanced) == (code, enhanced), reply
    assert len(reply.lines) == 1
    assert PLACE_TITLES[place] in reply.text, reply
    if address is not None:
        assert f"<{address}>" in reply.text, reply


def parse_line(line):
    """(subject, dict) of a log line with all LOG_KEYS in order; None for any other line."""
    pattern = r"(?:^|\s)(\S+): " + " ".join(rf"{k}=(\S+)" for k in LOG_KEYS) + r"(?: |$)"
    match = re.search(pattern, line)
    return (match.group(1), dict(zip(LOG_KEYS, match.groups()[1:]))) if match else None


def check_log(milter, mark, *, queue_id=None, client="127.0.0.1", **fields):
    """Waits for a decision line after `mark` with these fields; a value of None must be logged
    as "-" or as a value of its own."""
    fields["client"] = client
    want = {k: v for k, v in fields.items() if v is not None}

    def found():
        for line in milter.log_since(mark).splitlines():
            parsed = parse_line(line)
            if parsed is None or (queue_id is not None and parsed[0] != queue_id):
                continue
            if all(parsed[1][k] == v for k, v in want.items()):
                return line
        return None

    return wait_until(found, timeout=5,
                      what=f"a log line with {want}; the log:\n{milter.log_since(mark)}")
