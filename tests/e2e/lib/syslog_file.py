# SPDX-License-Identifier: BSD-2-Clause
"""Reads what programs send to a syslog socket, and keeps the text: syslog_file.py SOCKET FILE."""

import os
import re
import socket
import sys


def main(path, log_path):
    with open(log_path, "a", encoding="utf-8") as log, \
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(path)
        os.chmod(path, 0o666)
        while True:
            text = server.recv(65536).decode("utf-8", "replace")
            log.write(re.sub(r"^<\d+>", "", text).rstrip("\n\0") + "\n")
            log.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
