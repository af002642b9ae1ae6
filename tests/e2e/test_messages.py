# SPDX-License-Identifier: BSD-2-Clause
"""Whole messages as people's programs write them (tests/data/messages), and names in every
charset: alice's own are taken as they are, and none with bob's address where it says who sent
it."""

import base64
import re
from pathlib import Path

import pytest
from conftest import every_mta
from lib import smtp
from lib.expect import PLACE_TITLES, check_refusal
from lib.office import must
from lib.postfix import ACCOUNTS

pytestmark = [pytest.mark.usefixtures("milter"), every_mta]

FILES = sorted((Path(__file__).resolve().parents[1] / "data/messages").glob("*.eml"))

# All that is alice's.
OWN = rb"(?:alice(?:\+\w+)?|sales)@example\.org"
PLACES = {title.lower(): place for place, title in PLACE_TITLES.items() if place != "mail_from"}

# A name in letters that the charset has, for each charset that mail programs used or use.
NAMES = {
    "us-ascii": "Alice", "utf-8": "Алиса 愛麗絲 🐇", "iso-8859-1": "Élise", "iso-8859-2": "Łucja",
    "iso-8859-3": "Ġorġa", "iso-8859-4": "Ķēniņa", "iso-8859-5": "Алиса", "iso-8859-6": "أليس",
    "iso-8859-7": "Αλίκη", "iso-8859-8": "אליס", "iso-8859-9": "Ayşe", "iso-8859-10": "Ŋállá",
    "iso-8859-13": "Žemyna", "iso-8859-14": "Ŵyn", "iso-8859-15": "Œuvre", "iso-8859-16": "Știrbu",
    "windows-1250": "Łucja", "windows-1251": "Алиса", "windows-1252": "“Élise”",
    "windows-1253": "Αλίκη", "windows-1254": "Ayşe", "windows-1255": "אליס",
    "windows-1256": "أليس", "windows-1257": "Žemyna", "windows-1258": "Đào", "koi8-r": "Алиса",
    "koi8-u": "Їжак", "ibm437": "Élise", "ibm866": "Алиса", "macintosh": "Élise",
    "gb2312": "爱丽丝", "gbk": "愛麗絲", "gb18030": "爱丽丝🐇", "hz-gb-2312": "爱丽丝", "big5": "愛麗絲",
    "big5-hkscs": "愛麗絲", "iso-2022-jp": "アリス", "shift_jis": "アリス", "euc-jp": "アリス",
    "iso-2022-jp-2": "アリス", "iso-2022-kr": "앨리스", "euc-kr": "앨리스", "ks_c_5601-1987": "앨리스",
    "johab": "앨리스", "tis-620": "อลิซ", "utf-7": "Алиса", "utf-16": "Алиса",
}
CODECS = {"macintosh": "mac_roman", "ks_c_5601-1987": "euc_kr", "hz-gb-2312": "hz"}


def wire(path):
    return path.read_bytes().replace(b"\n", b"\r\n")


def split(message):
    header, _, body = message.partition(b"\r\n\r\n")
    return header, body


def fields(header):
    """Each with its folding, in order."""
    return re.findall(rb"(?:^|(?<=\r\n))[^ \t\r][^\r]*(?:\r\n[ \t][^\r]*)*", header)


def unfolded(some):
    """sendmail folds address fields as it likes."""
    return [re.sub(rb"\s+", b" ", field) for field in some]


def spoofed(message):
    """(place, message) for each field that says who sent it, with bob's address for alice's."""
    header, body = split(message)
    for field in fields(header):
        place = PLACES.get(field.split(b":")[0].decode().lower())
        if place is not None:
            other = re.sub(OWN, b"bob@example.org", field, count=1)
            assert other != field
            yield place, header.replace(field, other) + b"\r\n\r\n" + body


def parameters(message):
    return "BODY=8BITMIME" if re.search(rb"[\x80-\xff]", message) else ""


@pytest.fixture(scope="module")
def sessions():
    yield (sessions := {})
    for client in sessions.values():
        client.close()


@pytest.fixture
def alice(sessions, mta):
    """One session of alice's for all messages."""
    if mta.name not in sessions:
        client = smtp.Client(mta.port("submission"))
        must(client.ehlo())
        must(client.starttls(mta.ca_file))
        must(client.ehlo())
        must(client.auth_plain("alice", ACCOUNTS["alice"]))
        sessions[mta.name] = client
    return sessions[mta.name]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_message(office, alice, path):
    message = wire(path)
    sent = office.send(alice, "alice@example.org", message, parameters=parameters(message))
    arrived = office.delivered(sent)
    header, body = split(message)
    for name in ("From", "Sender", "Resent-From"):
        assert unfolded(arrived.fields(name)) == unfolded(
            f for f in fields(header) if f.lower().startswith(name.lower().encode() + b":"))
    assert arrived.body == body
    assert sum(b"(sendas)" in f for f in arrived.fields("Received")) == 1

    cases = list(spoofed(message))
    assert cases
    for place, forged in cases:
        for mail_from in ("alice@example.org", ""):
            sent = office.send(alice, mail_from, forged, parameters=parameters(forged))
            check_refusal(sent.reply, place=place, address="bob@example.org")


def encoded_words(charset, text):
    """The name by both encodings of RFC 2047."""
    data = text.encode(CODECS.get(charset, charset))
    quoted = "".join(chr(b) if chr(b).isalnum() and b < 128 else f"={b:02X}" for b in data)
    return f"=?{charset}?B?{base64.b64encode(data).decode()}?=", f"=?{charset}?Q?{quoted}?="


@pytest.mark.parametrize("charset", NAMES)
def test_name(office, alice, charset):
    for word in encoded_words(charset, NAMES[charset]):
        field = f"From: {word} <alice@example.org>"
        sent = office.send(alice, "alice@example.org", [field])
        assert office.delivered(sent).fields("From") == [field.encode()]
        forged = field.replace("<alice@", "<bob@")
        check_refusal(office.send(alice, "alice@example.org", [forged]).reply,
                      place="from", address="bob@example.org")
