# SPDX-License-Identifier: BSD-2-Clause
"""Messages in all the shapes that SMTP permits, the same ones at each run."""

import base64
import random

# Ways to write an author; %s is the address.
AUTHORS = (
    b"%s",
    b"<%s>",
    b"Alice <%s>",
    b"\tAlice\t<%s>",
    b'"Wonder, Alice" <%s>',
    b"Alice\r\n <%s>",
    b"Alice\r\n\tWonder\r\n   <%s>",
    b"=?utf-8?Q?Al=C3=ADce?= <%s>",
    b"=?utf-8?B?QWzDrWNl?=\r\n =?utf-8?B?IFdvbmRlcg==?= <%s>",
    b"%s (Alice)",
    b"Alice W. Wonder <%s>",
    b"  Alice  Wonder   <%s>  ",
)
NAMES = (b"X-Mailer", b"x-lower", b"X-UPPER", b"X-_odd.name!#$%&'*+^`|~", b"Comments", b"Keywords",
         b"In-Reply-To", b"References", b"List-Id", b"X-Priority", b"Organization", b"X-A",
         b"Thread-Index", b"Disposition-Notification-To", b"Importance", b"X-Spaced ")
FOLDS = (b"\r\n ", b"\r\n\t", b"\r\n  ", b"\r\n \t ", b"\r\n\t\t")
WORDS = (b"word", b"two  blanks", b"tab\there", b"<id@example.com>", b'"quoted \\" text"',
         b"(comment)", b"=?utf-8?Q?=C3=A4?=", b"\xc3\xa4\xe2\x82\xac", b"\xe4\xff latin", b":;,.@",
         b"%s%n%%", b"trailing ", b"\\", b"0123456789" * 7)


def _value(rng):
    """An unstructured value: blank or not before it, words, folds, and what follows."""
    value = rng.choice((b" ", b"", b"  ", b"\t"))
    for number in range(rng.randrange(8)):
        if number:
            value += rng.choice(FOLDS) if rng.random() < 0.3 else b" "
        value += rng.choice(WORDS)
    return value + rng.choice((b"", b"", b" ", b"\t", b"   "))


def _field(rng):
    kind = rng.random()
    name = rng.choice(NAMES)
    if kind < 0.05:
        return name + b":"
    if kind < 0.10:
        return name + b": "
    if kind < 0.13:
        return name + b": " + b"y" * rng.choice((76, 990, 998, 1500))
    if kind < 0.15:
        return name + b": " + rng.choice(FOLDS).join([b"z" * 900] * rng.choice((2, 12)))
    return name + b":" + _value(rng)


def _trace(rng):
    """What hosts and people before us have added."""
    hops = [b"Received: from a%d.example.com (b [192.0.2.%d])\r\n\tby c.example.com with SMTP;\r\n"
            b"\tSat, 21 Nov 2026 09:00:%02d +0000" % (n, n, n) for n in range(rng.randrange(1, 8))]
    return hops + rng.choice(([], [b"Return-Receipt-To: <r@example.com>"],
                              [b"Authentication-Results: elsewhere.example; dkim=none"],
                              [b"authentication-results:mail.example.org ;\r\n dkim=pass"],
                              [b"DKIM-Signature: v=1; d=example.com;\r\n\ts=x; b=AA=="]))


RESENT = [b"Resent-From: Alice <alice@example.org>", b"Resent-To: x@example.com",
          b"Resent-Date: Sat, 21 Nov 2026 10:00:00 +0000", b"Resent-Message-ID: <r1@example.org>"]


def _text(rng):
    """Lines of a body, with their ends."""
    lines = []
    for _ in range(rng.randrange(1, 30)):
        lines.append(rng.choice((
            b"", b".", b"..", b".dot", b"... more", b"From the start", b">From", b" leading",
            b"trailing   ", b"\t", b"-- ", b"=3D quoted=", b"\xc3\xa4 utf-8", b"\xe4\xf6\xfc latin",
            bytes(range(1, 9)) + bytes(range(14, 32)), b"\x0b\x0c", b"\x7f\x80\xff", b"~" * 78,
            b"Subject: not a field", b"x" * rng.choice((997, 998, 990)))))
    return b"\r\n".join(lines)


def _multipart(rng, depth):
    mark = b"=_%d_%x" % (depth, rng.getrandbits(40))
    parts = []
    for _ in range(rng.randrange(1, 4)):
        if depth < 3 and rng.random() < 0.4:
            kind, body = _multipart(rng, depth + 1)
        elif rng.random() < 0.5:
            data = base64.encodebytes(rng.randbytes(rng.randrange(400)))
            kind = b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64"
            body = data.replace(b"\n", b"\r\n")
        else:
            kind, body = b"Content-Type: text/plain; charset=utf-8", _text(rng)
        parts.append(b"--" + mark + b"\r\n" + kind + b"\r\n\r\n" + body + b"\r\n")
    preamble = rng.choice((b"", b"This is MIME.\r\n", b"\r\n"))
    epilogue = rng.choice((b"", b"\r\n", b"bye\r\n"))
    return (b"Content-Type: multipart/mixed;" + rng.choice(FOLDS) + b'boundary="' + mark + b'"',
            preamble + b"".join(parts) + b"--" + mark + b"--\r\n" + epilogue)


def _body(rng):
    """(fields, body)"""
    kind = rng.random()
    if kind < 0.05:
        return [], b""
    if kind < 0.10:
        return [], b"\r\n" * rng.randrange(1, 6)
    if kind < 0.13:
        return [], b"no line end"
    if kind < 0.45:
        field, body = _multipart(rng, 0)
        return [b"MIME-Version: 1.0", field], body
    if kind < 0.50:
        return [], b"line of a big one " * 4 + (b"\r\n" + b"b" * 76) * 3000 + b"\r\n"
    return [b"Content-Type: text/plain; charset=unknown-8bit"], _text(rng)


def message(number, author):
    """The message of this number, written by an author (an address as bytes)."""
    rng = random.Random(number)
    fields = [rng.choice((b"From: ", b"from:", b"FROM:  ")) + rng.choice(AUTHORS) % author,
              b"Date: Sat, 21 Nov 2026 10:00:00 +0000",
              b"Message-ID: <%d.varied@example.org>" % number,
              rng.choice((b"To: x@example.net", b"To: undisclosed-recipients:;",
                          b"To: A <a@example.net>,\r\n\tB <b@example.net>")),
              rng.choice((b"Subject:", b"SUBJECT:  odd ", b"Subject:" + _value(rng)))]
    if rng.random() < 0.2:
        fields.append(rng.choice((b"Cc: c@example.net", b"Bcc: secret@example.net", b"Bcc:")))
    if rng.random() < 0.3:
        fields.append(rng.choice((b"Reply-To: answers@example.org", b"reply-to:<r@example.com>")))
    extra, body = _body(rng)
    fields += extra + [_field(rng) for _ in range(rng.randrange(10))]
    if rng.random() < 0.2:
        fields += [b"X-Twice: same"] * 2
    rng.shuffle(fields)
    if rng.random() < 0.15:
        fields = RESENT + fields
    if rng.random() < 0.3:
        fields = _trace(rng) + fields
    return b"\r\n".join(fields) + b"\r\n\r\n" + body
