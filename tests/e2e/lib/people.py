# SPDX-License-Identifier: BSD-2-Clause
"""Who has an account: in the accounts file of a sendas-authd, or in an OpenLDAP server, which
then may say whose an address is, too."""

import base64
import hashlib
import hmac
import os
import secrets
import shutil

from . import scram
from .authd import AUTHD_USER
from .postfix import DOMAIN
from .slapd import DEFAULT_SCHEMAS, SUFFIX, Slapd

ITERATIONS = 4096
SCHEMA = os.path.abspath(f"{os.path.dirname(__file__)}/../../../contrib/ldap/authpassword.schema")


class BuiltinPeople:
    """Accounts that sendasctl keeps; names are without a domain."""

    mechanisms = ("PLAIN", "LOGIN", *scram.HASHES, "CRAM-MD5")
    credentials = ["builtin"]

    def __init__(self, authd):
        self._authd = authd

    def set_up(self):
        pass

    def stop(self):
        pass

    def _user(self, *arguments, **options):
        self._authd.ctl("user", *arguments, **options)

    def add(self, name, password):
        self._authd.add(f"{name}@{DOMAIN}", password)

    def passwd(self, name, password):
        self._authd.passwd(f"{name}@{DOMAIN}", password)

    def alias(self, name, *aliases):
        self._user("alias", f"{name}@{DOMAIN}", *(f"{a}@{DOMAIN}" for a in aliases))

    def disable(self, name):
        self._user("disable", f"{name}@{DOMAIN}")

    def enable(self, name):
        self._user("enable", f"{name}@{DOMAIN}")

    def delete(self, name):
        self._user("delete", f"{name}@{DOMAIN}")


PEOPLE = f"ou=people,{SUFFIX}"
READER = f"cn=sendas,{SUFFIX}"
READER_PASSWORD = "reads-verifiers-3"

BASE_LDIF = f"""\
dn: {SUFFIX}
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: {PEOPLE}
objectClass: organizationalUnit
ou: people

dn: {READER}
objectClass: applicationProcess
objectClass: simpleSecurityObject
cn: sendas
userPassword: {READER_PASSWORD}

dn: cn=strict,{SUFFIX}
objectClass: device
objectClass: pwdPolicy
cn: strict
pwdAttribute: userPassword
pwdLockout: TRUE
pwdMaxFailure: 3
pwdMustChange: TRUE
pwdMaxAge: 86400

"""

ACCESS = f"""\
access to attrs=userPassword by dn.exact="{READER}" read by anonymous auth by * none
access to attrs=authPassword by dn.exact="{READER}" read by * none
access to * by dn.exact="{READER}" read by * none
"""


def ssha(password):
    salt = secrets.token_bytes(8)
    digest = hashlib.sha1(password.encode() + salt).digest()
    return "{SSHA}" + base64.b64encode(digest + salt).decode()


def scram_verifier(mechanism, password, iterations=ITERATIONS):
    """RFC 5803."""
    name = scram.HASHES[mechanism]
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac(name, password.encode(), salt, iterations)
    client = hmac.new(salted, b"Client Key", name).digest()
    parts = salt, hashlib.new(name, client).digest(), hmac.new(salted, b"Server Key",
                                                               name).digest()
    return "%s$%d:%s$%s:%s" % (mechanism, iterations,
                               *(base64.b64encode(p).decode() for p in parts))


def write_private(path, text):
    """A file with a password in it: for the user that both daemons become, and nobody else."""
    with open(path, "w", encoding="utf-8") as f:
        os.fchmod(f.fileno(), 0o600)
        shutil.chown(path, AUTHD_USER)
        f.write(text)


class LdapPeople:
    """Accounts of an OpenLDAP server: hashes in userPassword, SCRAM verifiers in
    authPassword; an alias is a mail address, and a disabled one has an employeeType.

    `parameters` of the table file, over base_parameters(); `tls`: a certificates.Pair."""

    mechanisms = ("PLAIN", "LOGIN", *scram.HASHES)

    def __init__(self, root, *, parameters=None, name="slapd", tls=None):
        self.slapd = Slapd(root, name, tls=tls, schemas=(*DEFAULT_SCHEMAS, SCHEMA),
                           modules=("ppolicy", "argon2"), access=ACCESS,
                           database_text="index uid,mail eq\noverlay ppolicy\n"
                                         "ppolicy_use_lockout\n")
        self.table = f"{self.slapd.directory}/people.cf"
        self.credentials = [f"ldap:{self.table}"]
        self.configure(parameters or {})

    def base_parameters(self):
        return {
            "server_host": self.slapd.uri,
            "bind_dn": READER,
            "bind_pw": READER_PASSWORD,
            "search_base": PEOPLE,
            "login_attribute": "uid, mail",
            "canonical_attribute": "uid",
            "disabled_filter": "(employeeType=disabled)",
        }

    def configure(self, parameters=None, *, without=()):
        """Writes the table file; a daemon reads it at its start and reload()."""
        all_of_them = {**self.base_parameters(), **(parameters or {})}
        write_private(self.table, "".join(
            f"{name} = {value}\n" for name, value in all_of_them.items() if name not in without))

    def set_up(self, *, keep=False):
        self.slapd.load(BASE_LDIF)
        self.slapd.start(keep=keep)

    def stop(self):
        self.slapd.stop()

    @staticmethod
    def dn(name):
        return f"uid={name},{PEOPLE}"

    def add(self, name, password, *lines, hashed=None):
        """`lines`: more of the entry, "attribute: value"."""
        values = [f"authPassword: {scram_verifier(m, password)}" for m in scram.HASHES]
        text = "\n".join([f"dn: {self.dn(name)}", "objectClass: inetOrgPerson",
                          "objectClass: authPasswordObject", f"uid: {name}", f"cn: {name}",
                          "sn: x", f"userPassword: {hashed or ssha(password)}",
                          *values, *lines])
        self.slapd.change(text + "\n")

    def modify(self, name, *lines):
        self.slapd.change("\n".join([f"dn: {self.dn(name)}", "changetype: modify",
                                     *lines]) + "\n")

    def passwd(self, name, password):
        self.modify(name, "replace: userPassword", f"userPassword: {ssha(password)}", "-",
                    "replace: authPassword",
                    *(f"authPassword: {scram_verifier(m, password)}" for m in scram.HASHES))

    def alias(self, name, *aliases):
        self.modify(name, "replace: mail", *(f"mail: {a}@{DOMAIN}" for a in aliases))

    def disable(self, name):
        self.modify(name, "add: employeeType", "employeeType: disabled")

    def enable(self, name):
        self.modify(name, "delete: employeeType")

    def delete(self, name):
        self.slapd.change(f"dn: {self.dn(name)}\nchangetype: delete\n")

    # --- addresses ---

    def addresses(self):
        """A map of the milter's that asks this server: each address is of whose mail it is."""
        table = f"{self.slapd.directory}/addresses.cf"
        write_private(table, f"server_host = {self.slapd.uri}\nbind_dn = {READER}\n"
                             f"bind_pw = {READER_PASSWORD}\nsearch_base = {PEOPLE}\n"
                             "query_filter = (&(objectClass=inetOrgPerson)(mail=%s))\n"
                             "result_attribute = uid\n")
        return f"ldap:{table}"

    def grant(self, login, *addresses):
        self.modify(login.partition("@")[0], "replace: mail", *(f"mail: {a}" for a in addresses))
