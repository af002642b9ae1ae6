# SPDX-License-Identifier: BSD-2-Clause
"""Makes values of sender fields: valid ones, slightly broken ones, and splices of the cases
in tests/data. The same seed gives the same values."""

import base64
import random

MINE = (b"me@ex.com", b"me@EX.com", b"Me+x@ex.com", b"me.too@sub.ex.com")
OTHERS = (b"ceo@ex.com", b"ceo@any.com", b"x@y", b"boss@xn--mller-kva.example")
ATOMS = (
    b"John", b"Doe", b"Q.", b"J.R.R.", b"O'Neill", b"&", b"a", b"via", b"x/y", b"-", b"C++",
    b"ex.com", b"www.ex.com", b"#1", b"=?", b"?=", b"'me'", b"~", b"{x}", b"|", b"!", b"...",
)  # fmt: skip
RAW = (
    "Jörg".encode(), "Jörg".encode("latin-1"), "Иван".encode(), "Иван".encode("koi8-r"),
    "王小明".encode("gb2312"), "山田".encode("shift_jis"), b"\xff\xfe", "a\u00a0b".encode(),
    "😀".encode(), "\u200b".encode(), "（株）".encode(),
)  # fmt: skip
QUOTED = (
    b"Doe, John", b"John", b" ", b"", b"\\\"Jack\\\"", b"\\\\", b"a\\@b", b"[x]", b"(", b")",
    b"<", b">", b";", b":", b"@", b"me@ex.com", b"ceo@ex.com", b"<ceo@ex.com>", b"\r\n ", b"\t",
    "Jörg".encode(), b"=?utf-8?Q?J=C3=B6rg?=", b"'me@ex.com'", b",", b"?=", b"\\,",
)  # fmt: skip
COMMENT = (
    b"John", b"Doe, John", b" ", b"work", b"\"", b"'", b";", b":", b",", b"@jdoe", b"me@ex.com",
    b"(x)", b"(a(b)c)", b"()", b"ceo@ex.com", "Jörg".encode(), b"=?utf-8?Q?J=C3=B6rg?=", b"[1]",
    b"\r\n ", b"\\(", b"\\)", b"\\\\",
)  # fmt: skip
WORDS = (
    "Jörg", "Doe, John", "John", "Иван Петров", "", "<", ">", "@", "a@b", "ceo@ex.com", ",",
    "me@ex.com", "<ceo@ex.com>", '"', "ceo@ex.com,", "(x)", "\0", "\r\n", ";", ":", "\\",
)  # fmt: skip
BLANKS = (b" ", b"  ", b"\t", b"\r\n ", b"\r\n\t", b" \r\n ", b"\r\n  ")
LOCALS = (
    b"me", b"ceo", b"me+x", b"o'neill", b"a.b", b"x=y", b"a%b", b"a/b", b"_", b'"me"', b'"c e"',
    b'"me@ex.com"', b'"a\\"b"', "jörg".encode(), b'"a"b', b'a."b"', b"=?utf-8?Q?me?=",
)  # fmt: skip
DOMAINS = (
    b"ex.com", b"EX.COM", b"any.com", b"sub.ex.com", b"localhost", b"[192.0.2.1]",
    b"[IPv6:2001:db8::1]", "müller.example".encode(), b"xn--mller-kva.example", b"ex.com.",
    b"1.2", b"a-b.c",
)  # fmt: skip
SPECIAL = (
    b"<", b">", b"@", b",", b";", b":", b'"', b"\\", b"(", b")", b"[", b"]", b".", b" ", b"\t",
    b"\r\n ", b"\r\n\t", b"\n ", b"\r\n \r\n ", b"\r", b"\n", b"\0", b"\x01", b"\x0b", b"\x0c",
    b"\x1b", b"\x7f", b"\x85", b"\xa0", "\u00a0".encode(), "\u2028".encode(), "\u200b".encode(),
    "\uff20".encode(), "\uff1c".encode(), "\ufeff".encode(), "\u3000".encode(), b"\xe9", b"\xc3",
    b"=?utf-8?Q?", b"=?utf-8?B?", b"?=", b"=?utf-8?B?PGNlb0BleC5jb20+?=", b"=40", b"=?",
    b"ceo@ex.com", b"<ceo@ex.com>", b'"ceo@ex.com"', b"(ceo@ex.com)", b"(<ceo@ex.com>)",
    b"@ex.com,@any.com:", b"<@ex.com:", b"\\,", b'\\"', b"\\)", b"\\(", b"\\\\", b'""', b"<>",
    b"()", b"G:", b"G: ", b";", b"'", b"&", b"/", b"%", b"!", b"|", b"~", b"`", b"''", b",,",
    b"<<", b">>", b"@@", b'" <', b"> ", b" (", b") ", b", ", b"me@ex.com", b"<me@ex.com>",
    b"John", b"Doe", b"a", b"-", b"_", b"=", b"?", b"*", b"mailto:", b"#", b"..", b".@", b"@.",
)  # fmt: skip


class Generator:
    """Values from a seed; `corpus` holds values to splice with."""

    def __init__(self, seed, corpus):
        self.random = random.Random(seed)
        self.corpus = corpus
        self.kinds = {
            "valid": self.valid,
            "broken": self.broken,
            "spliced": self.spliced,
            "soup": self.soup,
        }

    def value(self):
        """(kind, value) of the next field."""
        kind = self.random.choices(tuple(self.kinds), (30, 40, 20, 10))[0]
        return kind, self.kinds[kind]()

    # --- the grammar of RFC 5322 3.4, with everything that people put into it ---

    def valid(self):
        """A field of one to three mailboxes, rarely a group."""
        pick = self.random
        count = pick.choices((1, 2, 3), (80, 15, 5))[0]
        comma = (b",", b", ", b" , ", b",\r\n ", b",\t")
        members = pick.choice(comma).join(self.mailbox() for _ in range(count))
        if pick.random() < 0.03:
            members = self.phrase() + b":" + self.gap(0.5) + members + b";"
        return self.gap(0.1) + members + self.gap(0.1)

    def mailbox(self):
        """One mailbox in one of its forms."""
        form = self.random.choices(range(6), (12, 12, 8, 55, 5, 8))[0]
        address = self.address()
        if form == 0:
            return address
        if form == 1:
            return address + self.gap(0.9) + self.comment()
        angle = b"<" + address + b">"
        if form == 2:
            return angle
        if form == 3:
            return self.phrase() + self.gap(0.9) + angle
        if form == 4:
            return self.phrase() + self.gap(0.9) + angle + self.gap(0.9) + self.comment()
        # What real mail does: the address itself as the display name.
        return address + self.gap(0.9) + angle

    def address(self):
        """Mostly plain addresses of ours, sometimes others and odd ones."""
        pick = self.random
        turn = pick.random()
        if turn < 0.6:
            return pick.choice(MINE)
        if turn < 0.8:
            return pick.choice(OTHERS)
        return pick.choice(LOCALS) + b"@" + pick.choice(DOMAINS)

    def phrase(self):
        """Words of every kind, with and without blanks between them."""
        pick = self.random
        words = (self.atom, self.atom, self.quoted, self.encoded, self.raw, self.comment)
        out = pick.choice(words)()
        for _ in range(pick.choices(range(4), (45, 30, 15, 10))[0]):
            out += self.gap(0.9) + pick.choice(words)()
        return out

    def atom(self):
        """A word without quotes."""
        return self.random.choice(ATOMS)

    def raw(self):
        """Raw 8-bit text of some charset, valid or not."""
        return self.random.choice(RAW)

    def quoted(self):
        """A quoted string."""
        return b'"' + b"".join(self.some(QUOTED, 3)) + b'"'

    def comment(self):
        """A comment."""
        return b"(" + b"".join(self.some(COMMENT, 3)) + b")"

    def encoded(self):
        """An encoded word (RFC 2047), sometimes badly made."""
        pick = self.random
        text = "".join(self.some(WORDS, 2)).encode()
        if pick.random() < 0.5:
            inside = b"B?" + base64.b64encode(text)
        else:
            keep = b" ,()" if pick.random() < 0.1 else b""
            inside = b"Q?" + b"".join(
                bytes([x]) if bytes([x]).isalnum() or x in keep else b"=%02X" % x for x in text
            )
        charset = pick.choice((b"utf-8", b"UTF-8", b"iso-8859-1", b"x-unknown", b""))
        return b"=?" + charset + b"?" + inside + b"?="

    def gap(self, chance):
        """Blanks and folds, rarely a comment; empty unless `chance` has it."""
        pick = self.random
        if pick.random() >= chance:
            return b""
        if pick.random() < 0.05:
            return b" " + self.comment() + b" "
        return pick.choices(BLANKS, (70, 5, 5, 8, 6, 3, 3))[0]

    def some(self, pool, most):
        """One to `most` of a pool."""
        return self.random.choices(pool, k=self.random.randint(1, most))

    # --- what breaks it ---

    def broken(self):
        """A valid field with one to three edits."""
        return self.edited(self.valid(), self.random.choices((1, 2, 3), (60, 25, 15))[0])

    def edited(self, value, edits):
        """`value` after that many small edits."""
        pick = self.random
        for _ in range(edits):
            start = pick.randint(0, len(value))
            end = min(len(value), start + pick.choices((1, 2, 5, 12), (60, 20, 10, 10))[0])
            edit = pick.choices(range(5), (50, 20, 10, 10, 10))[0]
            if edit == 0:
                value = value[:start] + pick.choice(SPECIAL) + value[start:]
            elif edit == 1:
                value = value[:start] + value[end:]
            elif edit == 2:
                value = value[:end] + value[start:]
            elif edit == 3:
                value = value[:start] + pick.choice(SPECIAL) + value[end:]
            else:
                to = pick.randint(0, len(value))
                value = value[:to] + value[start:end] + value[to:]
        return value

    def spliced(self):
        """Parts of known cases joined, or one of them with edits."""
        pick = self.random
        one = pick.choice(self.corpus)
        turn = pick.random()
        if turn < 0.4:
            return self.edited(one, pick.choice((1, 1, 2)))
        other = pick.choice(self.corpus) if turn < 0.8 else self.valid()
        if turn < 0.6:
            return one + pick.choice((b"", b" ", b", ", b",")) + other
        cut, join = pick.randint(0, len(one)), pick.randint(0, len(other))
        return one[:cut] + other[join:]

    def soup(self):
        """Tokens in any order."""
        pick = self.random
        return b"".join(
            pick.choice(pick.choice((SPECIAL, SPECIAL, ATOMS, MINE, OTHERS, BLANKS, RAW)))
            for _ in range(pick.randint(1, 12))
        )
