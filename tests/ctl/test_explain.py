# SPDX-License-Identifier: BSD-2-Clause
"""explain: what the filter would do, and why."""

import json

import pytest

HONEST = "From: Alice <alice@example.org>\nSubject: hello\n\nHi.\n"
KEYS = {"verdict", "would", "mode", "rule", "login", "identified", "reply", "changes",
        "violations", "addresses", "rights"}
PLACES = {"mail_from", "from", "sender", "resent_from", "resent_sender", "reply_to",
          "auth_param"}


def explain(site, message, *words, login="alice", mail_from="alice@example.org", status=None):
    result = site.run("explain", "--login", login, "--mail-from", mail_from, "--json", *words,
                      input=message)
    assert result.stderr == ""
    answer = json.loads(result.stdout)
    assert KEYS <= set(answer) <= KEYS | {"lookup_error"}
    assert set(answer["addresses"]) == PLACES
    if status is not None:
        assert result.returncode == status
    return answer


def show(site, message, *words, login="alice", mail_from="alice@example.org"):
    return site.run("explain", "--login", login, "--mail-from", mail_from, *words, input=message)


def reasons(answer):
    return [(v["place"], v["address"], v["reason"]) for v in answer["violations"]]


def test_accepted(office):
    answer = explain(office, HONEST, status=0)
    assert answer == {
        "verdict": "accept", "would": "accept", "mode": "enforce", "rule": "default",
        "login": "alice@example.org", "identified": False, "reply": None, "changes": [],
        "violations": [],
        "addresses": {**{place: [] for place in PLACES}, "mail_from": ["alice@example.org"],
                      "from": ["alice@example.org"]},
        "rights": [{"place": place, "address": "alice@example.org", "right": "send-as",
                    "key": "alice@example.org", "map": "builtin"}
                   for place in ("mail_from", "from")]}


def test_accepted_for_a_person(office):
    result = show(office, HONEST)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "verdict: accept",
        "rule:    default",
        "login:   alice@example.org",
        "",
        "PLACE          ADDRESS            ALLOWED  OWNERS",
        "MAIL FROM      alice@example.org  yes      alice@example.org",
        "From           alice@example.org  yes      alice@example.org",
        "Sender         -",
        "Resent-From    -",
        "Resent-Sender  -",
    ]


@pytest.mark.parametrize("message, violation", [
    ("From: bob@example.org\n\n", ("from", "bob@example.org", "not-owned")),
    ("From: alice@example.org, ceo@example.com\n\n", ("from", "ceo@example.com", "not-owned")),
    (HONEST.replace("Subject", "Sender: bob@example.org\nSubject"),
     ("sender", "bob@example.org", "not-owned")),
    ("Resent-From: bob@example.org\n" + HONEST, ("resent_from", "bob@example.org", "not-owned")),
    ("Resent-Sender: bob@example.org\n" + HONEST,
     ("resent_sender", "bob@example.org", "not-owned")),
    ("Subject: no From\n\n", ("from", None, "missing-from")),
    ("From: alice@example.org\nFROM: alice@example.org\n\n", ("from", None, "several-from")),
])
def test_violations(office, message, violation):
    answer = explain(office, message, status=1)
    assert answer["verdict"] == "reject"
    assert answer["reply"].startswith("550 5.7.1 ")
    assert violation in reasons(answer)


def test_several_authors_get_a_sender(office):
    message = "From: alice@example.org, sales@example.org\n\n"
    assert explain(office, message, status=0)["changes"] == [
        {"change": "add", "name": "Sender", "nth": 0, "value": "alice@example.org"}]
    assert "adds:    Sender: alice@example.org\n" in show(office, message).stdout


def test_envelope(office):
    answer = explain(office, HONEST, mail_from="bob@example.org", status=1)
    assert reasons(answer) == [("mail_from", "bob@example.org", "not-owned")]
    answer = explain(office, HONEST, "--mail-addr", "bob@example.org", status=1)
    assert reasons(answer) == [("mail_from", "bob@example.org", "not-owned")]
    assert explain(office, HONEST, mail_from="<sales@example.org>", status=0)


def test_an_envelope_sender_that_cannot_be_read(office):
    answer = explain(office, HONEST, mail_from="foo bar", status=1)
    assert reasons(answer) == [("mail_from", "foo bar", "blank-in-address")]
    assert answer["addresses"]["mail_from"] == []
    assert "MAIL FROM      (could not be read)\n" in show(office, HONEST,
                                                          mail_from="foo bar").stdout


def test_the_empty_envelope_sender_hides_nothing(office):
    for empty in ("", "<>"):
        assert explain(office, HONEST, mail_from=empty, status=0)["addresses"]["mail_from"] == []
        answer = explain(office, "From: bob@example.org\n\n", mail_from=empty, status=1)
        assert reasons(answer) == [("from", "bob@example.org", "not-owned")]
    assert "MAIL FROM      <>" in show(office, HONEST, mail_from="").stdout


def test_refused_at_mail(office):
    """The reply is the one to MAIL; what is wrong in the header is told all the same."""
    answer = explain(office, "From: ceo@example.com\n\n", mail_from="bob@example.org", status=1)
    assert "bob@example.org" in answer["reply"]
    assert [v["place"] for v in answer["violations"]] == ["mail_from", "from"]
    assert "at MAIL" in show(office, HONEST, mail_from="bob@example.org").stdout


def test_not_authenticated(office):
    answer = explain(office, "From: bob@example.org\n\n", login="", status=0)
    assert answer["login"] is None and answer["verdict"] == "accept"
    assert "not authenticated" in show(office, HONEST, login="").stdout


def test_a_login_that_cannot_be_used(office):
    answer = explain(office, HONEST, login="a\x01b", status=1)
    assert [v["reason"] for v in answer["violations"]] == ["bad-login"]
    assert answer["login"] is None


@pytest.mark.parametrize("setting, verdict", [("defer", "defer"), ("log", "log")])
def test_on_violation(office, setting, verdict):
    office.configure(on_violation=f'"{setting}"')
    answer = explain(office, "From: bob@example.org\n\n", status=1)
    assert (answer["verdict"], answer["would"]) == (verdict, verdict)
    assert (answer["reply"] is None) == (setting == "log")


def test_monitor(office):
    office.configure(mode='"monitor"')
    answer = explain(office, "From: bob@example.org\n\n", status=1)
    assert (answer["mode"], answer["verdict"], answer["would"]) == ("monitor", "accept", "reject")
    assert answer["reply"] is None
    assert "verdict: accept (mode = monitor; enforced it were: reject)" in show(
        office, "From: bob@example.org\n\n").stdout


@pytest.mark.parametrize("setting, verdict", [("defer", "defer"), ("reject", "reject"),
                                              ("accept", "log")])
def test_lookup_failure(office, setting, verdict):
    office.configure(send_as='{ "fail:on holiday" }', on_lookup_failure=f'"{setting}"')
    answer = explain(office, HONEST, status=75)
    assert answer["verdict"] == verdict
    assert "on holiday" in answer["lookup_error"] and answer["violations"] == []
    result = show(office, HONEST)
    assert result.returncode == 75 and "lookup failed: " in result.stdout


def test_the_file_as_an_argument(office):
    path = office.directory / "message.eml"
    path.write_text(HONEST)
    assert explain(office, "", path, status=0) == explain(office, HONEST, "-", status=0)
    assert office.refused("explain", "--login", "alice", "--mail-from", "a@x", "missing.eml") == (
        "missing.eml: No such file or directory")
    assert office.refused("explain", "--login", "alice", "--mail-from", "a@x", ".") == (
        ".: Is a directory")


@pytest.mark.parametrize("words, missing", [
    (["--mail-from", "a@x"], "--login"),
    (["--login", "a"], "--mail-from"),
])
def test_both_options_are_needed(office, words, missing):
    assert f"explain wants {missing} " in office.refused("explain", *words)


# --- how the header is split ---

@pytest.mark.parametrize("message, addresses", [
    ("From: alice@example.org\r\n\r\nFrom: bob@example.org\r\n", ["alice@example.org"]),
    ("From:alice@example.org\n", ["alice@example.org"]),
    ("FROM:\t alice@example.org", ["alice@example.org"]),
    ("Subject: a\n From: bob@example.org\nFrom: alice@example.org\n\n", ["alice@example.org"]),
    ("From: Alice\n <alice@example.org>\n\n", ["alice@example.org"]),
    ("From: Alice\r\n\t<alice@example.org>\r\n\r\n", ["alice@example.org"]),
    ("From x@example.org Mon Nov 21 04:00:00 2026\nFrom: alice@example.org\n\n",
     ["alice@example.org"]),
    (">From x@example.org Mon Nov 21 04:00:00 2026\nFrom: alice@example.org\n\n",
     ["alice@example.org"]),
])
def test_header_fields(office, message, addresses):
    answer = explain(office, message, status=0)
    assert answer["addresses"]["from"] == addresses


@pytest.mark.parametrize("line", ["no field at all", " From: bob@example.org",
                                  "Fr\u00f6m: bob@example.org", "Fr om: bob@example.org",
                                  ": bob@example.org", "\x01From: bob@example.org"])
def test_a_line_that_is_no_field_ends_the_header(office, line):
    """As in Postfix and sendmail: what follows is body."""
    answer = explain(office, f"{line}\nFrom: alice@example.org\n\n", status=1)
    assert reasons(answer) == [("from", None, "missing-from")]
    result = show(office, f"Subject: a\n{line.lstrip()}\nFrom: alice@example.org\n\n")
    if not line.startswith(" "):
        assert "note: line 2 is no header field" in result.stdout


def test_names_with_blanks_are_seen(office):
    answer = explain(office, HONEST.replace("Subject", "From : bob@example.org\nSubject"),
                     status=1)
    assert ("from", None, "odd-field-name") in reasons(answer)


def test_a_nul_ends_the_field(office):
    result = show(office, b"From: alice@example.org\0, bob@example.org\n\n")
    assert result.returncode == 0
    assert "note: line 1: a NUL byte ends the field" in result.stdout


# --- fields that cannot be read ---

def caret_of(text):
    """The byte above the caret of the first violation, and what was expected."""
    lines = text.splitlines()
    (i,) = [n for n, line in enumerate(lines) if line.lstrip().startswith("^ ")]
    column = lines[i].index("^")
    return lines[i - 1][column:column + 1], lines[i].strip()[2:]


def test_caret_and_offset(office):
    field = '"Alice" <alice@example.org> bob@example.org'
    answer = explain(office, f"From: {field}\n\n", status=1)
    (violation,) = answer["violations"]
    assert violation["address"] is None and violation["place"] == "from"
    assert violation["expected"]
    text = show(office, f"From: {field}\n\n").stdout
    byte, said = caret_of(text)
    assert byte == field[violation["error_at"]]
    assert said == f"expected {violation['expected']}"
    assert "From           (could not be read)" in text


@pytest.mark.parametrize("before", ['"' + "x" * 5000 + '" ', "\u4e16\u754c " * 500, "\u00e9" * 80 + " "])
def test_long_fields_are_windowed(office, before):
    field = f"{before}<alice@example.org> bob@example.org"
    answer = explain(office, f"From: {field}\n\n", status=1)
    (violation,) = answer["violations"]
    result = show(office, f"From: {field}\n\n")
    (shown,) = [line for line in result.stdout.splitlines() if line.startswith("    ...")]
    assert len(shown) < 100
    at = field.encode()[violation["error_at"]:].decode()
    # Wide characters take two columns but are one here: compare what follows the caret.
    assert shown.rstrip(".").endswith(at[:34].rstrip("."))


def test_control_bytes_are_visible(office):
    result = show(office, b"From: a\x1b[2J\x07\xffb <alice@example.org>\n\n")
    assert result.returncode == 1
    assert "\\x1b[2J\\x07\\xffb" in result.stdout
    assert not set(result.stdout) & {"\x1b", "\x07"}
    byte, _ = caret_of(result.stdout)
    assert byte == "\\"


@pytest.mark.parametrize("field", [b"\xff\xfe <bob@example.org>", b"a\xc3 b@example.org",
                                   b"\xed\xa0\x80@example.org", b'"\x00"', b"\xe2\x80\xae"])
def test_json_holds_any_bytes(office, field):
    result = office.run_bytes("explain", "--login", b"al\xffice", "--mail-from",
                              b"\xfe@example.org", "--json", input=b"From: " + field + b"\n\n")
    assert result.returncode == 1
    assert result.stdout.isascii()
    assert json.loads(result.stdout)["login"] == "al\\xffice@example.org"


def test_a_message_of_ten_megabytes(office):
    answer = explain(office, HONEST + "x" * 79 + "\n" * 10_000_000, status=0)
    assert answer["addresses"]["from"] == ["alice@example.org"]


def test_a_header_of_ten_megabytes(office):
    for message in ("From: " + "x" * 10_000_000 + "\n\n", "x" * 10_000_000 + "\n",
                    "From: alice@example.org,\n" + " alice@example.org,\n" * 500_000 + "\n",
                    "X-Filler: y\n" * 800_000 + "From: bob@example.org\n\n"):
        assert explain(office, message, status=1)["verdict"] == "reject"


def test_too_many_sender_fields(office):
    answer = explain(office, "Resent-From: alice@example.org\n" * 1000 + HONEST, status=1)
    assert ("from", None, "too-long") in reasons(answer)


def test_many_violations_are_not_all_listed(office):
    result = show(office, "Resent-From: bob@example.org\n" * 50 + HONEST)
    assert result.stdout.count("  Resent-From bob@example.org: ") == 16
    assert "\n  and more\n" in result.stdout


def test_reasons_are_those_of_the_table(office):
    names = {row["reason"] for row in office.json("reasons")}
    answer = explain(office, '"From: "x\n\n', status=1)
    assert {v["reason"] for v in answer["violations"]} <= names


# --- how the message came in ---

RULES = """
unauthenticated = "reject"
rule "scanner" {
    clients = { "192.0.2.0/24", "local" }
    identity = "alice"
    on_violation = "rewrite"
}
rule "named" {
    client_names = { ".partner.example" }
    identity = "bob"
}
rule "device" {
    cert_subjects = { "device-7" }
    daemons = { "submission" }
    min_tls = "TLSv1.2"
    unauthenticated = "pass"
}
rule "plain" {
    mechanisms = { "PLAIN" }
    auth_param = "owned"
}
"""


@pytest.fixture
def ruled(office):
    with open(office.conf, "a", encoding="utf-8") as conf:
        conf.write(RULES)
    return office


@pytest.mark.parametrize("login, words, rule, who, verdict", [
    ("", ("--client", "192.0.2.9"), "scanner", "alice@example.org", "accept"),
    ("", ("--client", "local"), "scanner", "alice@example.org", "accept"),
    ("", ("--client", "198.51.100.1"), "default", None, "reject"),
    ("", (), "default", None, "reject"),
    ("", ("--client-name", "mx.partner.example"), "named", "bob@example.org", "reject"),
    ("", ("--cert-subject", "device-7", "--daemon", "submission", "--tls", "TLSv1.3"),
     "device", None, "accept"),
    ("", ("--cert-subject", "device-7", "--daemon", "submission"), "default", None, "reject"),
    ("alice", ("--client", "192.0.2.9"), "scanner", "alice@example.org", "accept"),
    ("alice", ("--mechanism", "PLAIN", "--auth-param", "bob@example.org"), "plain",
     "alice@example.org", "reject"),
    ("alice", ("--mechanism", "PLAIN", "--auth-param", "sales@example.org"), "plain",
     "alice@example.org", "accept"),
])
def test_facts_choose_the_rule(ruled, login, words, rule, who, verdict):
    answer = explain(ruled, HONEST, *words, login=login)
    assert (answer["rule"], answer["login"], answer["verdict"]) == (rule, who, verdict)
    assert answer["identified"] == (login == "" and who is not None)


def test_what_a_rewrite_changes(ruled):
    message = "From: Bob <bob@example.org>\nSender: bob@example.org\n\n"
    answer = explain(ruled, message, "--client", "local", login="", mail_from="bob@example.org",
                     status=1)
    assert answer["verdict"] == "rewrite"
    assert [(c["change"], c["name"], c["nth"], c["value"]) for c in answer["changes"]] == [
        ("mail_from", None, 0, "alice@example.org"),
        ("replace", "From", 1, "Bob <alice@example.org>"),
        ("add", "Reply-To", 0, "Bob <bob@example.org>"),
        ("add", "X-Original-From", 0, "Bob <bob@example.org>"),
        ("delete", "Sender", 1, None)]
    shown = show(ruled, message, "--client", "local", login="", mail_from="bob@example.org").stdout
    for line in ("login:   alice@example.org (by the rule: nobody has logged in)",
                 "changes: MAIL FROM: alice@example.org",
                 "changes: From 1: Bob <alice@example.org>",
                 "adds:    Reply-To: Bob <bob@example.org>",
                 "deletes: Sender 1"):
        assert line + "\n" in shown
    assert "login-required" in show(ruled, message, login="").stdout


def test_forged_results(office):
    with open(office.conf, "a", encoding="utf-8") as conf:
        conf.write("authentication_results { add = true }\n")
    message = "Authentication-Results: Mail.example.org; auth=pass\n" + HONEST
    assert explain(office, message, "--host", "mail.example.org")["changes"] == [
        {"change": "delete", "name": "Authentication-Results", "nth": 1, "value": None}]
    assert explain(office, message, "--host", "mx.example.org")["changes"] == []


def test_raw_names(office):
    office.configure(on_violation='"rewrite"')
    message = "From: Jürgen <bob@example.org>\n\n"
    assert explain(office, message)["changes"][0]["value"] == (
        "=?utf-8?q?J=C3=BCrgen?= <alice@example.org>")
    assert explain(office, message, "--smtputf8")["changes"][0]["value"] == (
        '"Jürgen" <alice@example.org>')
