# SPDX-License-Identifier: BSD-2-Clause
"""Each program logs in to each store by each mechanism, in the clear, by STARTTLS and by TLS from
the first byte, and sends an honest message and, for one store, a spoofed one; docs/matrix.md
tells what was seen.
This is Postfix; test_matrix_sendmail.py is the same on sendmail."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from lib import dovecot, slapd, smtp
from lib.clients import CLIENTS, Job, Way
from lib.every_store import (CHALLENGES, DOVECOT, LDAP, MECHANISMS, EveryStore, PostfixSite)
from lib.matrix import Absent, Section, short_version
from lib.postfix import ACCOUNTS

ALICE, BOB = "alice@example.org", "bob@example.org"
REFUSAL = f"<{BOB}>: this address is not yours to use (logged in as {ALICE})"

ABSENT = (
    Absent("A directory holds no verifiers for CRAM-MD5 and DIGEST-MD5.",
           stores=(LDAP,), mechanisms=CHALLENGES),
    Absent("curl does not read the DIGEST-MD5 challenge of Dovecot, which has its algorithm in"
           " quotes.", clients=("curl",), stores=(DOVECOT,), mechanisms=("DIGEST-MD5",)),
    Absent("gsasl speaks TLS by STARTTLS only.", clients=("gsasl",), tls=("TLS",)),
)

pytestmark = pytest.mark.slow

# Programs that take most of the time load for long: as many at once as help.
THREADS = 4


@pytest.fixture(scope="module")
def site_class():
    return PostfixSite


@pytest.fixture(scope="module")
def site(root, programs, sink, milter, site_class):
    for missing, name in ((not site_class.found(), site_class.__name__),
                          (not slapd.found(), "slapd"), (not dovecot.found(), "dovecot")):
        if missing:
            pytest.skip(f"{name} is not installed")
    directory = f"{root}/{site_class.__name__}"
    every = EveryStore(directory, programs)
    every.set_up()
    every.start()
    site = site_class(f"{directory}/mta", sink.port, every, milter.listen)
    site.start()
    yield site
    site.stop()
    every.stop()


@pytest.fixture(scope="module")
def section(site):
    beside = [("Cyrus SASL", ["pkg-config", "--modversion", "libsasl2"], r"(\d+\.\d+)"),
              ("OpenLDAP", ["ldapsearch", "-VV"], r"ldapsearch (\d+\.\d+)"),
              ("Dovecot", ["dovecot", "--version"], r"(\d+\.\d+)")]
    if DOVECOT not in site.stores:
        beside.pop()
    text = "With " + ", ".join(f"{name} {short_version(argv, pattern)}"
                               for name, argv, pattern in beside) + "."
    return Section(site.title, text, site.stores, ABSENT)


def jobs_of(site, cell):
    """The honest message, and with the first store the spoofed one: what becomes of that, and how
    the program shows it, has nothing to do with where the password is."""
    kinds = [("honest", ALICE), ("spoofed", BOB)]
    if cell.store != site.stores[0]:
        kinds.pop()
    way = Way(site.port(cell.store, cell.tls), cell.tls, site.ca_file(cell.store),
              cell.mechanism, "alice", ACCOUNTS["alice"])
    name = re.sub(r"\W+", "-", "-".join(cell)).lower()
    return [Job(way, ALICE, author, f"{name}-{kind}@sink.example.net")
            for kind, author in kinds]


def check_honest(client, cell, job, result, site, sink):
    assert not client.shows_status or result.status == 0, result
    arrived = sink.wait(job.recipient)
    senders = arrived.fields("From")
    assert len(senders) == 1 and ALICE.encode() in senders[0], senders
    ours = [f for f in arrived.fields("Received") if b"(sendas)" in f]
    protocol = b"with ESMTPA" if cell.tls == "clear" else b"with ESMTPSA"
    assert len(ours) == 1 and protocol + b" " in re.sub(rb"\s+", b" ", ours[0]), ours
    queue_ids = re.findall(rb"\sid (\w+)", b"\n".join(arrived.fields("Received")))
    used = {site.mechanism_of(q.decode()) for q in queue_ids} - {None}
    assert used == {cell.mechanism}, used


def check_spoofed(client, job, result, sink):
    assert REFUSAL in result.words and "5.7.1" in result.words, result
    if client.shows_code:
        assert "550" in result.words, result
    if client.shows_status:
        assert result.status != 0, result
    assert sink.got(job.recipient) == []


@pytest.mark.parametrize("client", CLIENTS, ids=lambda c: c.name)
def test_client(site, section, sink, client):
    if not client.found():
        pytest.skip(f"{client.name} is not installed")
    title = f"{client.name} {client.version()}"
    section.add_client(title, client.mechanisms)
    cells = section.cells(title)
    jobs = [jobs_of(site, cell) for cell in cells]

    share = (len(cells) + THREADS - 1) // THREADS
    parts = [[job for each in jobs[i:i + share] for job in each]
             for i in range(0, len(jobs), share)]
    with ThreadPoolExecutor(THREADS) as pool:
        results = iter([r for part in pool.map(client.send_all, parts) for r in part])

    failures = []
    for cell, (honest, *spoofed) in zip(cells, jobs):
        outcome, others = next(results), [next(results) for _ in spoofed]
        try:
            check_honest(client, cell, honest, outcome, site, sink)
            for job, result in zip(spoofed, others):
                check_spoofed(client, job, result, sink)
            section.saw(*cell)
        except AssertionError as e:
            failures.append(f"{cell}: {e}")
    assert not failures, "\n".join(failures[:5]) + f"\n{len(failures)} of {len(cells)} cells"


@pytest.mark.parametrize("tls", ("STARTTLS", "TLS"))
def test_what_is_offered(site, section, tls):
    """That a store lacks a mechanism is true."""
    for store in site.stores:
        with smtp.Client(site.port(store, tls), greet=tls != "TLS") as client:
            if tls == "TLS":
                client.wrap(site.ca_file(store))
                client.banner = client.read_reply()
            assert client.ehlo().ok
            offered = set(client.extensions["AUTH"].split())
        assert offered == {m for m in MECHANISMS if m not in CHALLENGES or store != LDAP}


def test_document(section):
    """docs/matrix.md says what this run has seen, and nothing else."""
    section.check()
