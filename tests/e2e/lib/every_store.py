# SPDX-License-Identifier: BSD-2-Clause
"""The same people in every kind of store that an MTA may ask who logs in, and MTAs that ask
them, each store on a port of its own."""

import os
import re
import shutil

from . import sendmail
from .authd import Authd, SendasSasl, plugin_path
from .dovecot import Dovecot
from .login_site import NO_THROTTLE, SCHEMES
from .people import BuiltinPeople, LdapPeople
from .matrix import short_version
from .postfix import ACCOUNTS, DOMAIN, Postfix, Service
from .sasldb import make_sasldb

SASLDB, SQLITE, LDAP, DOVECOT = STORES = (
    "sasldb", "sendas-authd, SQLite", "sendas-authd, LDAP", "Dovecot")

# Those that programs know, and some store.
MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")
CHALLENGES = ("CRAM-MD5", "DIGEST-MD5")

PEOPLE = ("alice", "bob")

DOVECOT_CONF = """\
auth_mechanisms = {mechanisms}
auth_realms = {domain}
auth_username_format = %Ln
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%Ln {root}/dovecot/users
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home=/nonexistent
}}
service auth {{
  unix_listener {root}/auth {{
    mode = 0660
    user = postfix
    group = postfix
  }}
}}
"""


class SasldbSasl:
    """Cyrus SASL's own database: hand it to Postfix(sasl=...)."""

    mechanisms = " ".join(MECHANISMS)

    def __init__(self, programs):
        self._programs = programs

    def write(self, directory):
        database = f"{directory}/sasldb2"
        make_sasldb(database, {login: ACCOUNTS[login] for login in PEOPLE})
        shutil.chown(database, "postfix")
        with open(f"{directory}/smtpd.conf", "w", encoding="utf-8") as f:
            f.write("pwcheck_method: auxprop\nauxprop_plugin: sasldb\n"
                    f"sasldb_path: {database}\nmech_list: {self.mechanisms}\n")
        return plugin_path(self._programs, directory)


class EveryStore:
    """All of them; `sasl` has what Postfix(sasl=...) wants, for each that Cyrus SASL asks."""

    def __init__(self, root, programs):
        os.makedirs(root, mode=0o755)
        self.root = root
        settings = {"schemes": SCHEMES, "challenge_mechanisms": True, "guessing": NO_THROTTLE}
        self._sqlite = Authd(programs, root, "sqlite", settings=settings)
        self._ldap_people = LdapPeople(root)
        self._ldap = Authd(programs, root, "ldap",
                           settings={**settings, "credentials": self._ldap_people.credentials})
        self._dovecot = Dovecot(root, DOVECOT_CONF.format(
            root=root, domain=DOMAIN, mechanisms=" ".join(MECHANISMS).lower()))
        self.sasl = {
            SASLDB: SasldbSasl(programs),
            SQLITE: SendasSasl(self._sqlite, mechanisms=" ".join(MECHANISMS)),
            LDAP: SendasSasl(self._ldap,
                             mechanisms=" ".join(m for m in MECHANISMS if m not in CHALLENGES)),
        }

    @property
    def dovecot_socket(self):
        return f"{self.root}/auth"

    def set_up(self):
        self._sqlite.init()
        self._ldap.init()
        self._ldap_people.set_up()
        for people in (BuiltinPeople(self._sqlite), self._ldap_people):
            for login in PEOPLE:
                people.add(login, ACCOUNTS[login])
        self._dovecot.write_users(f"{login}:{ACCOUNTS[login]}" for login in PEOPLE)

    def start(self):
        for each in (self._sqlite, self._ldap, self._dovecot):
            each.start()

    def stop(self):
        for each in (self._dovecot, self._ldap, self._sqlite, self._ldap_people):
            each.stop()


class _PostfixSasl:
    """smtpd-NUMBER.conf for each of them: Postfix has one directory for all services."""

    def __init__(self, each):
        self._each = list(each)

    def write(self, directory):
        path = None
        for i, sasl in enumerate(self._each):
            own = f"{directory}/{i}"
            os.makedirs(own)
            path = sasl.write(own)
            shutil.copy(f"{own}/smtpd.conf", f"{directory}/smtpd-{i}.conf")
        return path


class PostfixSite:
    """A Postfix with services for each store: one that offers STARTTLS, and one that is
    encrypted from the first byte."""

    stores = STORES

    @staticmethod
    def found():
        return True  # the conftest sees to that

    def __init__(self, root, sink_port, every, milters):
        services = []
        for i, store in enumerate(STORES):
            options = {"smtpd_sasl_path": f"smtpd-{i}"}
            if store == DOVECOT:
                options = {"smtpd_sasl_type": "dovecot", "smtpd_sasl_path": every.dovecot_socket}
            services += [
                Service(store, milters=milters, options=options),
                Service(f"{store}-TLS", milters=milters,
                        options={**options, "smtpd_tls_wrappermode": "yes"})]
            # syslog_name and the lines of master.cf have no blanks
            for service in services[-2:]:
                service.options["syslog_name"] = f"postfix/{i}"
        self._postfix = Postfix(root, sink_port, services,
                                sasl=_PostfixSasl(every.sasl[s] for s in STORES[:-1]))

    def start(self):
        self._postfix.set_up()
        self._postfix.start()

    def stop(self):
        self._postfix.stop()

    @property
    def title(self):
        return "Postfix " + short_version(["postconf", "-d", "-h", "mail_version"])

    def ca_file(self, _store):
        return self._postfix.ca_file

    def port(self, store, tls):
        """`tls`: one of matrix.TLS."""
        return self._postfix.port(f"{store}-TLS" if tls == "TLS" else store)

    def mechanism_of(self, queue_id):
        """By which the client that brought a message had logged in, as the log has it."""
        match = re.search(rf": {queue_id}: client=.*, sasl_method=([\w-]+),", self._postfix.log())
        return match and match.group(1)


class SendmailSite:
    """A sendmail for each store that libsasl asks, with the same two services."""

    stores = STORES[:-1]

    @staticmethod
    def found():
        return sendmail.found() is not None

    def __init__(self, root, sink_port, every, milters):
        os.makedirs(root, mode=0o755)
        self._sendmails = {
            store: sendmail.Sendmail(f"{root}/{i}", sink_port, [
                sendmail.Service("starttls", milters=milters),
                sendmail.Service("tls", milters=milters, modifiers="s")], sasl=every.sasl[store])
            for i, store in enumerate(self.stores)}

    def start(self):
        for each in self._sendmails.values():
            each.set_up()
            each.start()

    def stop(self):
        for each in self._sendmails.values():
            each.stop()

    @property
    def title(self):
        any_of_them = next(iter(self._sendmails.values()))
        output = any_of_them.run("-d0.1", "-bt").stdout.decode()
        return "sendmail " + re.search(r"Version (\d+\.\d+)", output).group(1)

    def ca_file(self, store):
        return self._sendmails[store].ca_file

    def port(self, store, tls):
        return self._sendmails[store].port("tls" if tls == "TLS" else "starttls")

    def mechanism_of(self, queue_id):
        log = "\n".join(each.log() for each in self._sendmails.values())
        owner = re.search(rf"\[(\d+)\]: {queue_id}: from=", log)
        if owner is None:
            return None
        match = re.search(rf"\[{owner.group(1)}\]: (?:\w+: )?AUTH=server,.* mech=([\w-]+),", log)
        return match and match.group(1)
