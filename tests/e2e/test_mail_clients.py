# SPDX-License-Identifier: BSD-2-Clause
"""What programs do with envelopes and addresses that is their own way, and what their users see
when mail must wait. test_matrix.py has their logins, and honest and spoofed mail."""

import pytest
from lib.clients import (CLIENTS, Curl, GitSendEmail, Job, Msmtp, Mutt, Smtplib, Snail, Swaks, Way,
                         run)
from lib.postfix import ACCOUNTS

ALICE, BOB, SALES = "alice@example.org", "bob@example.org", "sales@example.org"
AWAY = "the sender addresses cannot be checked at the moment, please try again later"
REFUSAL = f"<{BOB}>: this address is not yours to use (logged in as {ALICE})"

pytestmark = pytest.mark.usefixtures("milter")


@pytest.fixture
def way(mta):
    return way_to(mta, "submission")


def way_to(server, service, mechanism="PLAIN"):
    return Way(server.port(service), "STARTTLS", server.ca_file, mechanism, "alice",
               ACCOUNTS["alice"])


def found(client):
    if not client.found():
        pytest.skip(f"{client.name} is not installed")
    return client


def check_refused(office, result, recipient):
    assert result.status != 0 and REFUSAL in result.words, result
    assert office.sink.got(recipient) == []


@pytest.fixture
def away(configured):
    """The filter behind the service `own` cannot tell whose an address is."""
    return configured(send_as=["fail:the directory is away"])


@pytest.mark.parametrize("client", CLIENTS, ids=lambda c: c.name)
def test_while_nobody_can_tell(mta, office, away, client):
    """Mail must wait: each program says so, and none believes that it has sent it."""
    found(client)
    recipient = office.recipient()
    result = client.send(Job(way_to(mta, "own"), ALICE, ALICE, recipient))
    assert AWAY in result.words, result
    if client.shows_code:
        assert "451" in result.words, result
    if client.shows_status:
        assert result.status != 0, result
    assert office.sink.got(recipient) == []


@pytest.mark.parametrize("mechanism", ("LOGIN", "DIGEST-MD5"))
def test_git_by_other_mechanisms(builtin_login_site, sink, mechanism):
    """The two that the matrix has no room for."""
    way = way_to(builtin_login_site.postfix, "login", mechanism)
    recipient = f"git-{mechanism.lower()}@sink.example.net"
    result = found(GitSendEmail()).send(Job(way, ALICE, ALICE, recipient))
    assert result.status == 0, result
    sink.wait(recipient)
    assert f"sasl_method={mechanism}, " in builtin_login_site.postfix.log()


def test_msmtp_envelope_from_header(way, office):
    """--read-envelope-from takes From for the envelope, -t the recipients, Bcc among them."""
    client = found(Msmtp())
    to, cc, bcc = (office.recipient() for _ in range(3))

    def send(author):
        return run(client.argv(way, "--read-envelope-from", "-t"),
                   f"From: {author}\nTo: {to}\nCc: {cc}\nBcc: {bcc}\nSubject: x\n\nx\n")

    assert send(SALES).status == 0
    for recipient in (to, cc, bcc):
        arrived = office.sink.wait(recipient)
        assert arrived.mail_from == SALES
        assert arrived.fields("Bcc") == []
    result = send(BOB)
    assert result.status != 0 and f"MAIL FROM {REFUSAL}" in result.words, result


def test_msmtp_resent(way, office):
    """Somebody else's mail sent on by alice is not hers alone to send on."""
    client = found(Msmtp())
    recipient = office.recipient()

    def send(author, resent):
        return run(client.argv(way, f"--from={ALICE}", recipient),
                   f"Resent-From: {resent}\nResent-To: {recipient}\nFrom: {author}\n"
                   "To: a@example.net\nSubject: x\n\nx\n")

    assert send(ALICE, ALICE).status == 0
    assert office.sink.wait(recipient).fields("Resent-From") == [f"Resent-From: {ALICE}".encode()]
    result = send(ALICE, BOB)
    assert result.status != 0 and f"Resent-From {REFUSAL}" in result.words, result


def test_mutt_envelope(way, office):
    """use_envelope_from, Cc and Bcc, and an address of the user's choice in the header."""
    client = found(Mutt())
    to, cc, bcc = (office.recipient() for _ in range(3))
    argv = client.argv(way, "-e", "set use_envelope_from=yes", "-e", f"my_hdr From: S <{SALES}>",
                       "-s", "x", "-c", cc, "-b", bcc, "--", to)
    result = run(argv, "x\n")
    assert result.status == 0, result
    for recipient in (to, cc, bcc):
        arrived = office.sink.wait(recipient)
        assert arrived.mail_from == SALES
        assert arrived.fields("From") == [f"From: S <{SALES}>".encode()]
    other = office.recipient()
    check_refused(office, run(client.argv(way, "-e", f"my_hdr From: Bob <{BOB}>", "-s", "x", "--",
                                          other), "x\n"), other)


def test_snail_addresses(way, office):
    """-r is author and envelope; three recipients by To, -c and -b."""
    client = found(Snail())
    to, cc, bcc = (office.recipient() for _ in range(3))
    result = run(client.argv(way, "-r", SALES, "-s", "x", "-c", cc, "-b", bcc, to), "x\n")
    assert result.status == 0, result
    for recipient in (to, cc, bcc):
        arrived = office.sink.wait(recipient)
        assert arrived.mail_from == SALES and SALES.encode() in arrived.fields("From")[0]
    other = office.recipient()
    check_refused(office, run(client.argv(way, "-r", BOB, "-s", "x", other), "x\n"), other)


def test_curl_recipients_and_null_sender(way, office):
    """Several --mail-rcpt in one go, and a receipt: an empty --mail-from."""
    client = found(Curl())
    recipients = [office.recipient() for _ in range(3)]
    several = [word for r in recipients for word in ("--mail-rcpt", r)]

    def send(author, sender):
        return run(client.argv(way, "--mail-from", sender, *several, "--crlf",
                               "--upload-file", "-"),
                   f"From: {author}\nTo: {recipients[0]}\nSubject: x\n\nx\n")

    assert send(ALICE, "").status == 0
    assert [office.sink.wait(r).mail_from for r in recipients] == ["", "", ""]
    result = send(BOB, "")
    assert result.status != 0 and f"550 5.7.1 From {REFUSAL}" in result.words, result


def test_swaks_stops_where_it_is_refused(way, office):
    client = found(Swaks())
    recipient = office.recipient()
    result = run(client.argv(way, "--from", BOB, "--h-From", ALICE, "--to", recipient))
    assert result.status == 23  # MAIL was refused
    assert f"550 5.7.1 MAIL FROM {REFUSAL}" in result.words, result


def test_git_series(way, office):
    """Three patches by one login, sent as somebody whose address is an alias of the sender's."""
    client = found(GitSendEmail())
    recipient = office.recipient()
    result = client.send(Job(way, "alice+git@example.org", f"Sales <{SALES}>", recipient))
    assert result.status == 0, result
    arrived = office.sink.wait(recipient)
    assert arrived.mail_from == "alice+git@example.org"
    assert arrived.fields("From") == [f"From: Sales <{SALES}>".encode()]


def test_smtplib_several_on_one_connection(way, office):
    client = found(Smtplib())
    with client.log_in(way) as session:
        for sender in (ALICE, SALES, BOB, ALICE):
            recipients = [office.recipient() for _ in range(3)]
            text = f"From: {sender}\nSubject: x\n\nx\n"
            if sender == BOB:
                with pytest.raises(Exception) as refused:
                    session.sendmail(sender, recipients, text)
                assert refused.value.smtp_code == 550
                assert REFUSAL in refused.value.smtp_error.decode()
            else:
                assert session.sendmail(sender, recipients, text) == {}
                assert [office.sink.wait(r).mail_from for r in recipients] == [sender] * 3
