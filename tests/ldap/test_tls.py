# SPDX-License-Identifier: BSD-2-Clause
"""TLS, and the real reasons why it fails."""

import pytest

import ask
from fake_server import FakeServer
from lib.certificates import Authority
from test_outage import SLACK

SASL = 2
ADDRESS = "IP:127.0.0.1"


@pytest.fixture(params=["ldaps", "starttls"])
def way(request):
    """way(server): the URI and the settings for TLS from the beginning, or by StartTLS."""
    def choose(server):
        if request.param == "ldaps":
            return server.tls_uri, {}
        return server.uri, {"start_tls": True}
    return choose


def test_works(make_slapd, make_asker, authority, way):
    slapd = make_slapd(tls=authority.issue("good", subject_alt_names=[ADDRESS]))
    uri, settings = way(slapd)
    asker = make_asker(uri, ca_file=authority.ca_file, **settings)
    mark = slapd.mark()
    reply = asker.search("(uid=alice)", threads=16, rounds=20)
    assert (reply["yes"], reply["unknown"]) == (320, 0)
    assert "TLS established" in slapd.log_since(mark)
    assert asker.check(f"uid=alice,{ask.SUFFIX}", "correct horse")["answer"] == "yes"


@pytest.mark.parametrize("names,options,reason", [
    ([ADDRESS], {"expired": True}, "its certificate has expired"),
    (["DNS:ldap.example.org"], {},
     "its certificate is for ldap.example.org, not for 127.0.0.1"),
    (["IP:192.0.2.1", "DNS:a", "DNS:b", "DNS:c"], {},
     "its certificate is for 192.0.2.1, a, b, ..., not for 127.0.0.1"),
    ([], {}, "its certificate is for other, not for 127.0.0.1"),
])
def test_bad_certificate(make_slapd, make_asker, authority, way, names, options, reason):
    slapd = make_slapd(tls=authority.issue("other", subject_alt_names=names, **options))
    uri, settings = way(slapd)
    asker = make_asker(uri, ca_file=authority.ca_file, **settings)
    reply = asker.search("(uid=alice)")
    assert (reply["answer"], reply["error"]) == ("unknown", f"{uri}: {reason}")
    assert asker.notice_lines() == [f"{uri} is away: {reason}"]


def test_unknown_authority(make_slapd, make_asker, authority, directory, way):
    slapd = make_slapd(tls=authority.issue("good", subject_alt_names=[ADDRESS]))
    uri, settings = way(slapd)
    other = Authority(f"{directory}/other", name="Other CA")
    mark = slapd.mark()
    reply = make_asker(uri, ca_file=other.ca_file, **settings).search("(uid=alice)")
    assert reply["error"] == (f"{uri}: its certificate is not trusted: "
                              "unable to get local issuer certificate")
    # The second look sends nothing that is for the server's eyes.
    assert "SRCH" not in slapd.log_since(mark)


def test_localhost_is_this_machine(make_slapd, make_asker, authority):
    slapd = make_slapd(tls=authority.issue("good", subject_alt_names=["DNS:localhost"]))
    reply = make_asker(f"ldaps://localhost:{slapd.tls_port}",
                       ca_file=authority.ca_file).search("(uid=alice)")
    assert reply["answer"] == "unknown"
    assert 'what "localhost" is checked as' in reply["error"]


def test_not_checked_if_so_set(make_slapd, make_asker, authority, way):
    slapd = make_slapd(tls=authority.issue("other", expired=True))
    uri, settings = way(slapd)
    asker = make_asker(uri, require_cert=False, **settings)
    assert asker.search("(uid=alice)")["answer"] == "yes"


def test_authorities_of_a_directory(make_slapd, make_asker, authority, directory):
    import subprocess
    slapd = make_slapd(tls=authority.issue("good", subject_alt_names=[ADDRESS]))
    hashed = directory / "hashed"
    hashed.mkdir()
    (hashed / "ca.pem").write_bytes(open(authority.ca_file, "rb").read())
    subprocess.run(["openssl", "rehash", hashed], check=True)
    assert make_asker(slapd.tls_uri, ca_dir=str(hashed)).search("(uid=alice)")["answer"] == "yes"


def test_client_certificate_and_external(make_slapd, make_asker, authority):
    pair = authority.issue("good", subject_alt_names=[ADDRESS])
    mine = authority.issue("sendas-client")
    slapd = make_slapd(tls=pair, ca_file=authority.ca_file,
                       globals_text='authz-regexp "cn=sendas-client" '
                                    '"uid=alice,dc=example,dc=org"',
                       access="access to attrs=userPassword by self read by anonymous auth\n"
                              "access to * by * read\n")
    asker = make_asker(slapd.tls_uri, ca_file=authority.ca_file, cert=mine.cert, key=mine.key,
                       bind=SASL, sasl_mechs="EXTERNAL")
    reply = asker.search("(uid=alice)", attributes=["userPassword"])
    assert reply["entries"][0]["userPassword"] == ["correct horse"]


def test_client_certificate_that_is_renewed(make_slapd, make_asker, authority, directory):
    """The files are read again when they change, and for no other reason."""
    pair = authority.issue("good", subject_alt_names=[ADDRESS])
    slapd = make_slapd(tls=pair, ca_file=authority.ca_file,
                       globals_text='authz-regexp "cn=([a-z]*)" "uid=$1,dc=example,dc=org"',
                       access="access to attrs=userPassword by self read by anonymous auth\n"
                              "access to * by * read\n")
    cert, key = directory / "mine.pem", directory / "mine.key"

    def issue(name):
        issued = authority.issue(name)
        for path, new in ((cert, issued.cert), (key, issued.key)):
            staged = directory / "staged"
            staged.write_bytes(open(new, "rb").read())
            staged.rename(path)

    issue("alice")
    asker = make_asker(slapd.tls_uri, ca_file=authority.ca_file, cert=str(cert), key=str(key),
                       bind=SASL, sasl_mechs="EXTERNAL")
    for _ in range(2):
        reply = asker.search("(uid=*)", attributes=["userPassword"])
        assert [e["dn"] for e in reply["entries"] if "userPassword" in e] == [
            f"uid=alice,{ask.SUFFIX}"]
        slapd.restart()
    issue("bob")
    slapd.restart()
    reply = asker.search("(uid=*)", attributes=["userPassword"])
    assert [e["dn"] for e in reply["entries"] if "userPassword" in e] == [
        f"uid=bob,{ask.SUFFIX}"]


def test_server_without_starttls(slapd, make_asker):
    reply = make_asker(slapd.uri, start_tls=True, require_cert=False).search("(uid=alice)")
    assert reply["answer"] == "unknown"
    assert reply["error"].startswith(f"{slapd.uri}: ")
    assert "unsupported" in reply["error"] or "Protocol error" in reply["error"]


def test_no_tls_where_it_is_expected(slapd, make_asker):
    uri = f"ldaps://127.0.0.1:{slapd.port}"
    reply = make_asker(uri, require_cert=False, timeout_ms=1500).search("(uid=alice)")
    assert reply["answer"] == "unknown"
    assert "TLS" in reply["error"]


def test_handshake_that_stalls(make_asker):
    server = FakeServer(lambda connection, over: over.wait(30))
    # Without the system's authorities, which a sanitizer takes long to read.
    asker = make_asker(server.tls_uri, timeout_ms=700, require_cert=False)
    reply = asker.search("(uid=alice)", threads=8)
    assert (reply["unknown"], reply["slowest"] < 0.7 + SLACK) == (8, True)
    # Those that waited for the connection know no more than that.
    assert reply["error"] in (f"{server.tls_uri}: TLS: no answer in time",
                              "no answer in time")
    server.stop()


@pytest.mark.parametrize("after", [0, 5, 200, 700])
def test_handshake_that_stalls_in_the_middle(make_slapd, make_proxy, make_asker, authority,
                                             after):
    slapd = make_slapd(tls=authority.issue("good", subject_alt_names=[ADDRESS]))
    proxy = make_proxy(slapd.tls_port)
    proxy.stall(after)
    uri = f"ldaps://127.0.0.1:{proxy.port}"
    asker = make_asker(uri, ca_file=authority.ca_file, timeout_ms=700)
    reply = asker.search("(uid=alice)")
    assert (reply["answer"], reply["seconds"] < 0.7 + SLACK) == ("unknown", True)
    proxy.mode = "pass"
    from test_ask import wait_for_answer
    wait_for_answer(asker)


def test_handshake_that_is_rubbish(make_asker):
    def behave(connection, over):
        connection.recv(1000)
        connection.sendall(b"220 mail.example.org ESMTP ready\r\n" * 100)
        over.wait(30)

    server = FakeServer(behave)
    reply = make_asker(server.tls_uri, require_cert=False, timeout_ms=1500).search("(uid=alice)")
    assert reply["answer"] == "unknown"
    assert "TLS" in reply["error"]
    assert reply["seconds"] < 1.5 + SLACK
    server.stop()


def test_certificate_that_went(make_slapd, make_asker, authority, directory):
    """What was there when the settings were read, and is not any more."""
    slapd = make_slapd(tls=authority.issue("good", subject_alt_names=[ADDRESS]))
    copy = directory / "copy.pem"
    copy.write_bytes(open(authority.ca_file, "rb").read())
    asker = make_asker(slapd.tls_uri, ca_file=str(copy))
    assert asker.search("(uid=alice)")["answer"] == "yes"
    copy.unlink()
    slapd.restart()
    reply = asker.search("(uid=alice)")
    assert reply["error"] == f"{slapd.tls_uri}: {copy}: No such file or directory"
