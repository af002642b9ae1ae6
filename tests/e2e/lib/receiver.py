# SPDX-License-Identifier: BSD-2-Clause
"""The far end: a server of another site that checks DKIM and DMARC with OpenDKIM and OpenDMARC,
as it finds keys and policies in a name server of its own."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

from . import process
from .postfix import Postfix, Service
from .programs import SOCKET_GROUP, Milter
from .tcp_proxy import TcpProxy

HERE = pathlib.Path(__file__).parent
HOSTNAME = "mx.example.net"

VERIFIER_CONF = """\
Mode v
Socket local:{root}/filters/opendkim
UserID opendkim:postfix
UMask 007
AuthservID {hostname}
AlwaysAddARHeader yes
InternalHosts {root}/internal
Nameservers 127.0.0.1
Syslog no
PidFile {root}/filters/opendkim.pid
"""

DMARC_CONF = """\
Socket local:{root}/filters/opendmarc
UserID opendmarc:postfix
UMask 007
AuthservID {hostname}
TrustedAuthservIDs {hostname}
RejectFailures false
IgnoreHosts {root}/internal
SPFIgnoreResults true
Syslog false
PidFile {root}/filters/opendmarc.pid
"""


class FilterProcess:
    """A milter of others, in the foreground; ready when its socket is there."""

    def __init__(self, argv, socket, log):
        self._argv = argv
        self._socket = socket
        self._log = log
        self._process = None

    def start(self):
        with open(self._log, "ab") as log:
            self._process = process.spawn(self._argv, stdout=log, stderr=log)
        process.wait_until(lambda: os.path.exists(self._socket) or self._must_run(),
                           what=self._socket)

    def _must_run(self):
        if self._process.poll() is not None:
            with open(self._log, encoding="utf-8", errors="replace") as log:
                raise RuntimeError(f"{self._argv} ended:\n{log.read()}")
        return False

    def stop(self):
        if self._process is not None:
            process.stop(self._process, first=signal.SIGKILL)  # it has nothing to lose
            self._process = None


class Names:
    """A name server in namespaces of its own, and whatever runs beside it."""

    def __init__(self, root, records):
        self._root = root
        self._process = None
        with open(f"{root}/records.json", "w", encoding="utf-8") as f:
            json.dump(records, f)
        with open(f"{root}/resolv.conf", "w", encoding="utf-8") as f:
            f.write("nameserver 127.0.0.1\n")

    def start(self):
        script = ('ip link set lo up && mount --make-rprivate / && '
                  'mount --bind "$1" "$(readlink -f /etc/resolv.conf)" && '
                  'exec "$2" "$3" "$4"')
        self._process = process.spawn(
            ["unshare", "-n", "-m", "sh", "-c", script, "sh", f"{self._root}/resolv.conf",
             sys.executable, str(HERE / "dns_server.py"), f"{self._root}/records.json"],
            stdout=subprocess.PIPE)
        assert self._process.stdout.readline() == b"ready\n"

    def argv(self, command):
        """The arguments that run `command` (a list) where its names are known."""
        return ["nsenter", "-t", str(self._process.pid), "-n", "-m", *command]

    def stop(self):
        if self._process is not None:
            self._process.stdout.close()
            process.stop(self._process)
            self._process = None


class Result:
    """What the verifiers say of one message: `opendkim`, `python`, `perl` (pass, fail, none),
    and `dmarc` (pass, fail ...)."""

    def __init__(self, message, python, perl):
        fields = [re.sub(rb"\s+", b" ", f) for f in message.fields("Authentication-Results")]
        ours = b"; ".join(f for f in fields if HOSTNAME.encode() in f).decode()
        self.opendkim = _word(r"\bdkim=(\w+)", ours)
        self.dmarc = _word(r"\bdmarc=(\w+)", ours)
        self.python = python
        self.perl = perl

    @property
    def signed(self):
        """Do they agree that a signature is valid?"""
        words = {self.opendkim == "pass", self.python == "pass", self.perl == "pass"}
        assert len(words) == 1, f"verifiers differ: {self}"
        return words == {True}

    def __repr__(self):
        return f"<{vars(self)}>"


def _word(pattern, text):
    match = re.search(pattern, text)
    return match.group(1) if match else None


class Receiver:
    """`records`: its DNS. Mail for it goes to `port`, and on to the sink at `sink_port`. A
    service `guarded` has sendas before the other filters."""

    def __init__(self, root, programs, sink_port, records):
        self.root = f"{root}/receiver"
        os.makedirs(f"{self.root}/filters")
        os.chmod(f"{self.root}/filters", 0o770)
        shutil.chown(f"{self.root}/filters", "opendkim", SOCKET_GROUP)
        os.chmod(self.root, 0o755)
        self.names = Names(self.root, records)
        self._filters = []
        self._ways = []
        milters = ",".join(f"unix:{self.root}/filters/{name}" for name in ("opendkim", "opendmarc"))
        self.postfix = Postfix(f"{self.root}/mta", sink_port,
                               [Service("mx", auth=False, milters=milters),
                                Service("guarded", auth=False,
                                        milters=f"unix:{self.root}/run/milter,{milters}")],
                               main_cf=f"myhostname = {HOSTNAME}\n")

        self._milter = Milter(
            programs, self.root, "m", f"unix:{self.root}/run/milter",
            {"authentication_results": {"add": True, "authserv_id": HOSTNAME},
             "received": {"unauthenticated": False}})

    @property
    def port(self):
        return self.postfix.port("mx")

    def listen_at(self, listener):
        """Takes mail at a further socket, too, as lib.sink.Sink does."""
        self._ways.append(TcpProxy(self.port))
        self._ways[-1].listen_at(listener)

    def start(self):
        self.names.start()
        # By default that is 127.0.0.1, which here are the senders.
        with open(f"{self.root}/internal", "w", encoding="utf-8") as f:
            f.write("192.0.2.1\n")
        for program, conf, option in (("opendkim", VERIFIER_CONF, "-x"),
                                      ("opendmarc", DMARC_CONF, "-c")):
            path = f"{self.root}/{program}.conf"
            with open(path, "w", encoding="utf-8") as f:
                f.write(conf.format(root=self.root, hostname=HOSTNAME))
            each = FilterProcess(self.names.argv([program, "-f", option, path]),
                                 f"{self.root}/filters/{program}", f"{self.root}/{program}.log")
            each.start()
            self._filters.append(each)
        self._milter.init_store()
        self._milter.start()
        self.postfix.set_up()
        self.postfix.start()

    def stop(self):
        self.postfix.stop()
        self._milter.stop()
        for each in self._filters + self._ways:
            each.stop()
        self.names.stop()

    def results(self, messages):
        """A Result for each message that has arrived here."""
        python = self._ask([sys.executable, str(HERE / "dkim_verify.py")], messages)
        perl = self._ask(["perl", str(HERE / "dkim_verify.pl")], messages)
        return [Result(*each) for each in zip(messages, python, perl)]

    def _ask(self, command, messages):
        text = json.dumps([m.data.decode("latin-1") for m in messages])
        return json.loads(process.run(self.names.argv(command), input=text, timeout=120))
