# SPDX-License-Identifier: BSD-2-Clause
"""Certificates for tests: an authority of one's own and what it signs, made by openssl."""

import datetime
import os

from . import process


class Pair:
    """Paths of a certificate and of its key, both PEM."""

    def __init__(self, base):
        self.cert = f"{base}.pem"
        self.key = f"{base}.key"


class Authority:
    """Signs certificates; its own is `ca_file`. All lies in `directory`, which is made."""

    def __init__(self, directory, name="Test CA"):
        os.makedirs(directory, mode=0o755, exist_ok=True)
        self.directory = directory
        self._own = Pair(f"{directory}/ca")
        process.run(["openssl", "req", "-x509", *_KEY, "-keyout", self._own.key,
                     "-out", self._own.cert, "-days", "30", "-subj", f"/CN={name}"])
        for name, text in (("index", ""), ("serial", "1000\n"), ("ca.cnf", _CA_CONF)):
            with open(f"{directory}/{name}", "w", encoding="ascii") as f:
                f.write(text.format(directory=directory))

    @property
    def ca_file(self):
        return self._own.cert

    def issue(self, name, *, subject_alt_names=(), expired=False):
        """A new Pair for the common name, valid from yesterday for 30 days, or, `expired`, until
        yesterday. Alternative names as openssl writes them: "IP:127.0.0.1", "DNS:localhost"."""
        pair = Pair(f"{self.directory}/{name}")
        request = f"{self.directory}/{name}.csr"
        extension = f"{self.directory}/{name}.ext"
        with open(extension, "w", encoding="ascii") as f:
            f.write("basicConstraints = CA:FALSE\n")
            if subject_alt_names:
                f.write(f"subjectAltName = {','.join(subject_alt_names)}\n")
        process.run(["openssl", "req", *_KEY, "-keyout", pair.key, "-out", request,
                     "-subj", f"/CN={name}"])
        begin, end = (-3, -1) if expired else (-1, 30)
        process.run(["openssl", "ca", "-batch", "-notext", "-config",
                     f"{self.directory}/ca.cnf", "-extfile", extension, "-in", request,
                     "-out", pair.cert, "-startdate", _in_days(begin), "-enddate", _in_days(end)])
        os.chmod(pair.key, 0o644)  # whoever the daemon under test becomes may read it
        return pair


def make_server_certificate(cert, key, name):
    """A self-signed certificate for a host, and its key, at these paths. It is right for programs
    of this machine, too."""
    process.run(["openssl", "req", "-x509", *_KEY, "-days", "2", "-subj", f"/CN={name}",
                 "-addext", f"subjectAltName=DNS:{name},DNS:localhost", "-keyout", key,
                 "-out", cert])
    os.chmod(key, 0o600)


_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

_CA_CONF = """\
[ca]
default_ca = own
[own]
database = {directory}/index
serial = {directory}/serial
new_certs_dir = {directory}
certificate = {directory}/ca.pem
private_key = {directory}/ca.key
default_md = sha256
unique_subject = no
policy = any
[any]
commonName = supplied
"""


def _in_days(days):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
    return moment.strftime("%Y%m%d%H%M%SZ")
