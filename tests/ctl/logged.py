# SPDX-License-Identifier: BSD-2-Clause
"""Logs that the real milter writes, for the commands that read them."""

import shutil
import sys
import tempfile
from pathlib import Path

from program import SOURCE

sys.path.insert(0, str(SOURCE / "tests" / "protocol"))

from harness import Daemon  # noqa: E402
from milter_client import Message  # noqa: E402

__all__ = ["Message", "logged"]


def logged(messages, settings="", **options):
    """What a milter with these settings logs of the messages: its lines, as text."""
    directory = Path(tempfile.mkdtemp(prefix="sendas-"))
    daemon = Daemon(directory, settings, **options)
    try:
        for message in messages:
            daemon.send(message)
        lines = daemon.wait_for_log(r'decision["=:]', len(messages))
    finally:
        daemon.finish()
        shutil.rmtree(directory)
    return "".join(f"{line}\n" for line in lines)
