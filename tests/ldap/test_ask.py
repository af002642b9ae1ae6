# SPDX-License-Identifier: BSD-2-Clause
"""Searches on a server that is well."""

import os

import pytest

import ask
from ask import SUFFIX

SIMPLE, SASL = 1, 2


def test_finds_an_entry(slapd, make_asker):
    reply = make_asker(slapd.uri).search("(uid=alice)", attributes=["mail", "cn"])
    assert reply["answer"] == "yes"
    assert reply["server"] == slapd.uri
    assert len(reply["entries"]) == 1
    entry = reply["entries"][0]
    assert entry["dn"] == f"uid=alice,{SUFFIX}"
    assert sorted(entry["mail"]) == ["a@example.org", "alice@example.org"]
    assert entry["cn"] == ["Alice"]
    assert set(entry) == {"dn", "mail", "cn"}


def test_no_entry_and_no_base_are_no(slapd, make_asker):
    asker = make_asker(slapd.uri)
    reply = asker.search("(uid=nobody)")
    assert reply["answer"] == "no", reply
    assert asker.search("(uid=alice)", base=f"ou=gone,{SUFFIX}")["answer"] == "no"


@pytest.mark.parametrize("scope,count", [(0, 1), (1, 2), (2, 3)])
def test_scopes(slapd, make_asker, scope, count):
    reply = make_asker(slapd.uri).search("(objectClass=*)", scope=scope)
    assert len(reply["entries"]) == count


def test_more_entries_than_the_limit_are_no_answer(slapd, make_asker):
    asker = make_asker(slapd.uri)
    assert asker.search("(uid=*)", limit=2)["answer"] == "yes"
    reply = asker.search("(uid=*)", limit=1)
    assert reply["answer"] == "unknown"
    assert reply["error"] == f"{slapd.uri}: Size limit exceeded"
    assert asker.notices == []


def test_a_filter_that_is_none(slapd, make_asker):
    asker = make_asker(slapd.uri)
    reply = asker.search("(uid=alice")
    assert reply["answer"] == "unknown"
    assert reply["error"] == f"{slapd.uri}: Bad search filter"
    assert asker.search("(uid=alice)")["answer"] == "yes"
    assert asker.notices == []


def test_through_the_local_socket(slapd, make_asker):
    assert make_asker(slapd.ldapi_uri).search("(uid=alice)")["answer"] == "yes"


def test_by_host_name(slapd, make_asker):
    reply = make_asker(f"ldap://localhost:{slapd.port}").search("(uid=alice)")
    assert reply["answer"] == "yes"


def test_a_name_that_nobody_knows(make_asker):
    reply = make_asker("ldap://no-such-host.invalid:389").search("(uid=alice)")
    assert reply["answer"] == "unknown"
    assert 'host name "no-such-host.invalid"' in reply["error"]


def test_binds_with_a_password(slapd, make_asker):
    asker = make_asker(slapd.uri, bind=SIMPLE, bind_dn=slapd.root_dn,
                       bind_pw=slapd.root_password)
    # Passwords may be read by the root only.
    reply = asker.search("(uid=alice)", attributes=["userPassword"])
    assert reply["entries"][0]["userPassword"] == ["correct horse"]


def test_wrong_password_of_its_own(slapd, make_asker):
    asker = make_asker(slapd.uri, bind=SIMPLE, bind_dn=slapd.root_dn, bind_pw="no")
    reply = asker.search("(uid=alice)")
    assert reply["answer"] == "unknown"
    assert reply["error"] == f"{slapd.uri}: bind: Invalid credentials"
    assert asker.notices == [(ask.WARNING,
                              f"{slapd.uri} is away: bind: Invalid credentials")]


def test_password_file_is_read_anew(slapd, make_asker, directory):
    path = directory / "password"
    path.write_text("wrong\n")
    asker = make_asker(slapd.uri, bind=SIMPLE, bind_dn=slapd.root_dn,
                       bind_pw_file=str(path))
    assert asker.search("(uid=alice)")["answer"] == "unknown"
    path.write_text(f"{slapd.root_password}\nand nothing of this\n")
    wait_for_answer(asker)


def wait_for_answer(asker, seconds=5):
    import time
    end = time.monotonic() + seconds
    while True:
        reply = asker.search("(uid=alice)")
        if reply["answer"] == "yes":
            return reply
        assert time.monotonic() < end, reply
        time.sleep(0.05)


def test_password_file_that_is_not_there(slapd, make_asker, directory):
    asker = make_asker(slapd.uri, bind=SIMPLE, bind_dn=slapd.root_dn,
                       bind_pw_file=f"{directory}/gone")
    reply = asker.search("(uid=alice)")
    assert reply["error"] == f"{slapd.uri}: {directory}/gone: No such file or directory"


def test_external_through_the_local_socket(slapd, make_asker):
    asker = make_asker(slapd.ldapi_uri, bind=SASL, sasl_mechs="EXTERNAL")
    # The server takes who runs it for its root.
    reply = asker.search("(uid=alice)", attributes=["userPassword"])
    assert reply["entries"][0]["userPassword"] == ["correct horse"]


def test_password_mechanisms(make_slapd, make_asker):
    entries = """\
dn: dc=example,dc=org
objectClass: domain
dc: example

dn: uid=reader,dc=example,dc=org
objectClass: inetOrgPerson
uid: reader
cn: Reader
sn: R
userPassword: plain text

"""
    slapd = make_slapd(entries=entries, globals_text="password-hash {CLEARTEXT}\n"
                       'authz-regexp "uid=([^,]*),.*cn=auth" "uid=$1,dc=example,dc=org"',
                       access="access to attrs=userPassword by self read by anonymous auth\n"
                              "access to * by * read\n")
    for mechanism in ("DIGEST-MD5", "SCRAM-SHA-256"):
        asker = make_asker(slapd.uri, bind=SASL, sasl_mechs=mechanism, bind_dn="reader",
                           bind_pw="plain text")
        reply = asker.search("(uid=reader)", attributes=["userPassword"])
        if "no mechanism" in reply.get("error", "").lower():
            pytest.skip(f"needs the SASL mechanism {mechanism}")
        assert reply["answer"] == "yes", reply
        assert reply["entries"][0]["userPassword"] == ["plain text"]


def test_no_password_left_in_a_file_of_the_kernel(slapd, make_asker):
    """A question from each of many threads, in more than one round: all right, none mixed
    up, on as many connections as are set."""
    asker = make_asker(slapd.uri, connections=2)
    mark = slapd.mark()
    reply = asker.search("(uid=alice)", threads=32, rounds=50)
    assert (reply["yes"], reply["no"], reply["unknown"]) == (1600, 0, 0)
    log = slapd.log_since(mark)
    assert 1 <= log.count("ACCEPT from") <= 2


def test_answers_go_to_who_asked(slapd, make_asker):
    asker = make_asker(slapd.uri, connections=1)
    for name in ("alice", "bob"):
        reply = asker.search(f"(uid={name})", attributes=["uid"], threads=16, rounds=20)
        assert reply["entries"][0]["uid"] == [name]


def test_says_what_is_wrong_with_its_settings(directory):
    for settings, words in [
            ({"uris": ["http://x/"]}, '"http://x/" is not ldap://HOST'),
            ({"uris": ["cldap://x/"]}, '"cldap://x/" is not ldap://HOST'),
            ({"uris": []}, "no server is named"),
            ({"uris": ["ldaps://x"], "start_tls": True}, "StartTLS is for ldap://"),
            ({"uris": ["ldap://x"], "ca_file": f"{directory}/gone"},
             f"{directory}/gone: No such file or directory"),
            ({"uris": ["ldap://x"], "ca_file": os.devnull}, "no certificate in PEM format"),
    ]:
        asker = ask.Asker(*settings.pop("uris"), **settings)
        status, errors = asker.finish()
        assert status == 1
        assert words in errors
        assert errors.count("\n") == 1
