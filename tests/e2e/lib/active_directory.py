# SPDX-License-Identifier: BSD-2-Clause
"""An Active Directory domain controller, Samba's, on a port of loopback.

Its own ports are low and fixed, so it lives in a network namespace of its own; a forwarder
takes connections on our ports and makes those to the controller from inside of it."""

import ctypes
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import threading

from . import process

REALM = "ad.example.org"
BASE_DN = "DC=ad,DC=example,DC=org"
HOST = "dc1"
ADMINISTRATOR = f"Administrator@{REALM}"
PASSWORD = "Adm1n-Passw0rd"

SMB_CONF = """
tls enabled = yes
tls keyfile = {root}/key.pem
tls certfile = {root}/cert.pem
tls cafile = {root}/cert.pem
server services = ldap, cldap, kdc, rpc
log level = 1
"""

CLONE_NEWNET = 0x40000000


def available():
    """Why it cannot run here; None if it can."""
    if not shutil.which("samba-tool") or not shutil.which("samba"):
        return "samba is not installed"
    if subprocess.run(["unshare", "-m", "-n", "--uts", "--pid", "--fork", "true"], check=False,
                      stderr=subprocess.DEVNULL).returncode != 0:
        return "no network namespaces here"
    return None


class ActiveDirectory:
    """set_up() makes an empty domain in `root`, start() runs it, load() adds entries.

    `port` is that of LDAP (StartTLS), `tls_port` that of LDAPS, on 127.0.0.1; `ca_file`
    vouches for both."""

    def __init__(self, root):
        self.root = str(root)
        self.ca_file = f"{self.root}/cert.pem"
        self.log_path = f"{self.root}/log"
        self.port, self.tls_port = process.free_ports(2)
        self._process = None
        self._forwarders = []

    def set_up(self):
        os.makedirs(self.root, exist_ok=True)
        process.run(
            ["samba-tool", "domain", "provision", f"--targetdir={self.root}/dc",
             f"--realm={REALM.upper()}", "--domain=AD", "--server-role=dc", "--dns-backend=NONE",
             f"--adminpass={PASSWORD}", f"--host-name={HOST}", "--use-rfc2307",
             "--option=interfaces=lo", "--option=bind interfaces only=yes"], timeout=180)
        process.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-keyout",
             f"{self.root}/key.pem", "-out", self.ca_file, "-subj", f"/CN={HOST}.{REALM}",
             "-addext", f"subjectAltName=DNS:{HOST}.{REALM},IP:127.0.0.1"])
        os.chmod(f"{self.root}/key.pem", 0o600)
        conf = pathlib.Path(f"{self.root}/dc/etc/smb.conf")
        text = conf.read_text()
        conf.write_text(text.replace("[global]\n", "[global]\n" + SMB_CONF.format(
            root=self.root), 1))

    def start(self):
        with open(self.log_path, "ab") as log:
            self._process = process.spawn(
                # Its children leave the session; they cannot leave the namespace.
                ["unshare", "-m", "-n", "--uts", "--pid", "--fork", "--kill-child",
                 "--mount-proc", "sh", "-c",
                 f'ip link set lo up && hostname {HOST} && exec samba -i --debug-stdout '
                 f'-s "{self.root}/dc/etc/smb.conf"'], stdout=log, stderr=log)
        process.wait_until(lambda: _network(self._process.pid) != _network("self"),
                           what="a namespace")
        for port, inner in ((self.port, 389), (self.tls_port, 636)):
            forwarder = Forwarder(port, self._process.pid, inner)
            forwarder.start()
            self._forwarders.append(forwarder)
        process.wait_until(self._answers, timeout=60, what=f"Samba (see {self.log_path})")

    def _answers(self):
        if self._process.poll() is not None:
            raise RuntimeError(pathlib.Path(self.log_path).read_text(errors="replace"))
        # The one listens before the other.
        return all(self._run(["ldapsearch", *how, "-b", BASE_DN, "-s", "base", "dn"],
                             check=False).returncode == 0
                   for how in (["-H", f"ldaps://127.0.0.1:{self.tls_port}"],
                               ["-ZZ", "-H", f"ldap://127.0.0.1:{self.port}"]))

    def _run(self, argv, **options):
        """One of OpenLDAP's tools, as the administrator."""
        return subprocess.run(
            [argv[0], "-x", "-D", ADMINISTRATOR, "-w", PASSWORD, *argv[1:]],
            env={**os.environ, "LDAPTLS_CACERT": self.ca_file}, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, timeout=60, text=True, **options)

    def load(self, ldif):
        """Adds the entries of the LDIF text. Passwords want TLS."""
        result = self._run(["ldapadd", "-H", f"ldaps://127.0.0.1:{self.tls_port}"], input=ldif,
                           check=False)
        if result.returncode != 0:
            raise RuntimeError(f"ldapadd: {result.stderr.strip()}")

    def stop(self):
        for forwarder in self._forwarders:
            forwarder.close()
        self._forwarders = []
        if self._process is not None:
            # The namespace's first process takes all others with it, and unshare waits.
            pid = self._process.pid
            for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
                os.kill(int(child), signal.SIGKILL)
            self._process.wait(30)
            process.stop(self._process)
            self._process = None


def _network(pid):
    return os.readlink(f"/proc/{pid}/ns/net")


class Forwarder(threading.Thread):
    """Connections to 127.0.0.1:`port` go on to 127.0.0.1:`inner` as the process `pid` has it."""

    def __init__(self, port, pid, inner):
        super().__init__(daemon=True)
        self._listener = socket.create_server(("127.0.0.1", port), backlog=64)
        self._pid = pid
        self._inner = inner

    def run(self):
        # A thread has a namespace of its own, and a socket keeps the one it was made in.
        with open(f"/proc/{self._pid}/ns/net", "rb") as space:
            if ctypes.CDLL(None, use_errno=True).setns(space.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._inner), timeout=5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            for a, b in ((client, server), (server, client)):
                threading.Thread(target=pump, args=(a, b), daemon=True).start()

    def close(self):
        # Closing alone does not wake accept().
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
