# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures: one Postfix and one milter for the whole run, others for the tests that need them."""

import os
import shutil
import tempfile

import pytest

from lib import process, sendmail, slapd
from lib.cases import GRANTS
from lib.login_site import LoginSite, SendmailLoginSite
from lib.office import Office
from lib.owners import Owners
from lib.people import LdapPeople
from lib.postfix import Postfix, Service
from lib.programs import Milter, Programs
from lib.sink import Sink


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes more than a few seconds")
    config.addinivalue_line("markers", "mtas(*names): the MTAs that a test is to hold on")
    config.addinivalue_line("markers", "stores(*names): where the grants are to be")


# Files that take the longest, of which one alone would hold up the end of a run by several
# processes: they begin first.
LONG = ("test_matrix", "test_matrix_sendmail", "test_mirror", "test_trace_readers",
        "test_unchanged", "test_signing", "test_outage", "test_ldap_logins", "test_directories",
        "test_enumeration")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: LONG.index(item.module.__name__)
               if item.module.__name__ in LONG else len(LONG))
    reason = None
    if os.geteuid() != 0:
        reason = "Postfix runs as root only"
    elif not shutil.which("postconf") or not shutil.which("saslpasswd2"):
        reason = "Postfix or saslpasswd2 is not installed"
    elif "SENDAS_BUILD" not in os.environ:
        reason = "SENDAS_BUILD does not name a build directory"
    if reason:
        for item in items:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def root():
    """A directory with a short name that all users may pass through."""
    path = tempfile.mkdtemp(prefix="sendas-", dir="/tmp")
    os.chmod(path, 0o755)
    process.guard_directory(path)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def programs():
    return Programs(os.environ["SENDAS_BUILD"])


@pytest.fixture(scope="session")
def sink():
    server = Sink()
    server.start()
    yield server
    server.close()


@pytest.fixture(scope="session")
def inet_port():
    return process.free_ports(1)[0]


def set_up_postfix(root, sink, inet_port):
    services = [
        Service("submission", milters=f"unix:{root}/run/milter"),
        Service("relay", auth=False, milters=f"unix:{root}/run/milter"),
        Service("own", milters=f"unix:{root}/own-run/milter"),
        Service("jail", chroot=True, milters="unix:/sendas/milter"),
        Service("inet", milters=f"inet:127.0.0.1:{inet_port}"),
        Service("owners", options={
            "smtpd_sender_login_maps": f"sqlite:{root}/etc/owners.cf",
            "smtpd_sender_restrictions": "reject_authenticated_sender_login_mismatch"}),
    ]
    server = Postfix(root, sink.port, services)
    server.set_up()
    Owners(server.etc)
    return server


def set_up_sendmail(root, sink, inet_port):
    if sendmail.found() is None:
        pytest.skip("SENDAS_SENDMAIL does not name a directory with an unpacked sendmail")
    services = [
        sendmail.Service("submission", milters=f"unix:{root}/run/milter"),
        sendmail.Service("relay", auth=False, milters=f"unix:{root}/run/milter"),
        sendmail.Service("own", milters=f"unix:{root}/own-run/milter"),
        sendmail.Service("inet", milters=f"inet:127.0.0.1:{inet_port}"),
    ]
    server = sendmail.Sendmail(f"{root}/sendmail", sink.port, services)
    server.set_up()
    return server


SET_UP = {"postfix": set_up_postfix, "sendmail": set_up_sendmail}

# For modules whose tests are to hold whatever the MTA is, and wherever the grants are. A test
# may say less for itself. Without a word it is Postfix, and grants in our own store.
every_mta = pytest.mark.mtas(*SET_UP)
postfix_only = pytest.mark.mtas("postfix")
on_sendmail = pytest.mark.mtas("sendmail")
every_store = pytest.mark.stores("builtin", "ldap")


def pytest_generate_tests(metafunc):
    """Each MTA with grants in our own store; the other stores with Postfix alone."""
    mtas = marked(metafunc, "mtas", ("postfix",)) if "mta" in metafunc.fixturenames else ()
    stores = marked(metafunc, "stores", ("builtin",)) if "milter" in metafunc.fixturenames else ()
    if len(mtas) > 1 and len(stores) > 1:
        pairs = [(mta, stores[0]) for mta in mtas] + [(mtas[0], store) for store in stores[1:]]
        metafunc.parametrize(("mta", "milter"), pairs, indirect=True)
    elif len(mtas) > 1 or "sendmail" in mtas:
        metafunc.parametrize("mta", mtas, indirect=True)
    elif len(stores) > 1:
        metafunc.parametrize("milter", stores, indirect=True)


def marked(metafunc, name, default):
    marker = metafunc.definition.get_closest_marker(name)
    return marker.args if marker else default

@pytest.fixture(scope="session")
def session_mta(root, sink, inet_port):
    """The MTA of a kind, started when it is first asked for, with a service for each way to
    reach a milter:

    submission  the milter of the whole run (fixture `milter`)
    relay       the same milter; no AUTH, everybody on loopback may send
    own         the milter that a test starts for itself (fixture `own_milter`)
    inet        a milter on a TCP port

    and on Postfix:

    jail        a chrooted smtpd, socket in the queue directory (`jail_milter`)
    owners      no milter: Postfix's own sender check by the table etc/owners.cf"""
    servers = {}

    def server(kind):
        if kind not in servers:
            servers[kind] = SET_UP[kind](root, sink, inet_port)
            servers[kind].start()
        return servers[kind]

    yield server
    for each in servers.values():
        each.stop()


@pytest.fixture(scope="session")
def mta(request, session_mta):
    """Postfix, or where every_mta says so, each MTA."""
    return session_mta(getattr(request, "param", "postfix"))


@pytest.fixture(scope="session")
def postfix(session_mta):
    return session_mta("postfix")


def login_site_of(kind, root, programs, sink):
    directory = f"{root}/log-{kind}"
    people = LdapPeople(directory) if kind == "ldap" else None
    make = SendmailLoginSite if kind == "sendmail" else LoginSite
    site = make(directory, programs, sink.port, people=people)
    site.set_up()
    site.start()
    return site


@pytest.fixture(scope="session")
def session_login_site(root, programs, sink):
    """The login_site of a kind, made when it is first asked for."""
    sites = {}

    def site(kind):
        if kind not in sites:
            sites[kind] = login_site_of(kind, root, programs, sink)
        return sites[kind]

    yield site
    for each in sites.values():
        each.stop()


@pytest.fixture(params=("builtin", "ldap", "sendmail"))
def login_site(request, session_login_site):
    """A Postfix that asks sendas-authd who may log in, with each kind of accounts; and a
    sendmail. Tests leave alice and bob as they are."""
    if request.param == "ldap" and not slapd.found():
        pytest.skip("slapd is not installed")
    if request.param == "sendmail" and sendmail.found() is None:
        pytest.skip("SENDAS_SENDMAIL does not name a directory with an unpacked sendmail")
    return session_login_site(request.param)


@pytest.fixture
def builtin_login_site(session_login_site):
    """The one whose accounts sendasctl keeps."""
    return session_login_site("builtin")


def set_up_grants(milter):
    milter.init_store()
    for login, addresses in GRANTS.items():
        milter.grant(login, *addresses)


@pytest.fixture(scope="session")
def milter(request, root, programs):
    """The milter of the whole run, with the grants of lib.cases in its own store, or, where
    every_store says so, in a directory. Tests leave it as it is."""
    daemon = Milter(programs, root, "main", f"unix:{root}/run/milter")
    people = None
    if getattr(request, "param", "builtin") == "ldap":
        people = set_up_people(root)
        daemon.configure({"send_as": [people.addresses()]})
    else:
        set_up_grants(daemon)
    daemon.start()
    yield daemon
    daemon.stop()
    if people is not None:
        people.stop()
        shutil.rmtree(people.slapd.directory)


def set_up_people(root):
    """The grants of lib.cases as addresses in a directory."""
    if not slapd.found():
        pytest.skip("slapd is not installed")
    people = LdapPeople(root, name="grants")
    people.set_up()
    for login, addresses in GRANTS.items():
        people.add(login.partition("@")[0], "no-matter")
        people.grant(login, *addresses)
    return people


@pytest.fixture
def own_milter(root, programs):
    """A milter behind the service `own`, set up but not started: a test configures it."""
    daemon = Milter(programs, root, "own", f"unix:{root}/own-run/milter")
    set_up_grants(daemon)
    yield daemon
    daemon.stop()
    shutil.rmtree(daemon.directory)


@pytest.fixture
def configured(own_milter):
    """Starts the test's own milter with these settings."""
    def start(**settings):
        own_milter.configure(settings)
        own_milter.start()
        return own_milter
    return start


@pytest.fixture(scope="session")
def session_office(sink):
    """The office of an MTA."""
    offices = {}

    def office_of(server):
        return offices.setdefault(server.name, Office(server, sink))

    yield office_of
    for each in offices.values():
        each.audit()


@pytest.fixture
def office(mta, session_office):
    """Sends mail; afterwards everything that was refused must not have arrived."""
    people = session_office(mta)
    yield people
    people.disconnect()
    people.audit()
