# SPDX-License-Identifier: BSD-2-Clause
"""Logs that the real milter writes, for the commands that read them."""

import contextlib
import shutil
import sys
import tempfile
from pathlib import Path

from program import SOURCE

sys.path.insert(0, str(SOURCE / "tests" / "protocol"))

from harness import Daemon  # noqa: E402
from milter_client import Message  # noqa: E402

__all__ = ["Message", "logged", "logging"]


@contextlib.contextmanager
def logging(messages, settings="", facts=None, **options):
    """A milter that has logged the messages, and the lines, as text. `facts`: of the client, for
    each message or None."""
    directory = Path(tempfile.mkdtemp(prefix="sendas-"))
    daemon = Daemon(directory, settings, **options)
    try:
        for message in messages:
            with daemon.client() as client:
                client.facts.update(facts or {})
                client.start().send(message)
                client.quit()
        lines = daemon.wait_for_log(r'decision["=:]', len(messages))
        yield daemon, "".join(f"{line}\n" for line in lines)
    finally:
        daemon.finish()
        shutil.rmtree(directory)


def logged(messages, settings="", **options):
    """What a milter with these settings logs of the messages: its lines, as text."""
    with logging(messages, settings, **options) as (_, log):
        return log
