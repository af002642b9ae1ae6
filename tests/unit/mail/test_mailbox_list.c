/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of mail/mailbox_list.c: which fields are read, as what, and which are not.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/escape.h"
#include "exact.h"
#include "mail/mailbox_list.h"

static const struct address_rules rules = {.delimiters = "+"};

/*
 * One field. `read` is what must be found: the addresses with a blank between, those in
 * names with "~" in front, "" for a field that names nobody. NULL: it must be refused,
 * for `reason`, at the byte `error_at`.
 */
struct field_case {
    const char *bytes;
    size_t len;
    const char *read;
    enum reason reason;
    size_t error_at;
};

/* clang-format off */
#define READ(bytes, read) {BYTES(bytes), read, REASON_NONE, 0}
#define REFUSED(bytes, reason, at) {BYTES(bytes), NULL, reason, at}

/* What programs send every day, and some that only old or broken ones send. */
static const struct field_case honest[] = {
    READ("me@ex.com", "me@ex.com"),
    READ("<me@ex.com>", "me@ex.com"),
    READ("  me@ex.com\t ", "me@ex.com"),
    READ("Me <me@ex.com>", "me@ex.com"),
    READ("Me<me@ex.com>", "me@ex.com"),
    READ("\"Me\"<me@ex.com>", "me@ex.com"),
    READ("ME <ME@EX.COM>", "me@ex.com"),
    READ("\"\" <me@ex.com>", "me@ex.com"),
    READ("John Q. Public <me@ex.com>", "me@ex.com"),
    READ("J.R.R. Tolkien. <me@ex.com>", "me@ex.com"),
    READ("O'Neil <o'neil@ex.com>", "o'neil@ex.com"),
    READ("Tom & Jerry's #1 {Team} | 50% * $5 = ~fun! <me@ex.com>", "me@ex.com"),
    READ("C/o Smith + Son_Ltd. ? ^ `x` <me@ex.com>", "me@ex.com"),
    READ("John [Sales] Doe <me@ex.com>", "me@ex.com"),
    READ("[Shop #1] Support<me@ex.com>", "me@ex.com"),
    READ("=?utf-8?Q?B=C3=BCro?= [2nd floor] <me@ex.com>", "me@ex.com"),
    READ("\"Doe, John\" <me@ex.com>", "me@ex.com"),
    READ("\"Doe, John (Sales) [HQ]: <3; \" <me@ex.com>", "me@ex.com"),
    READ("\"Smile :)\" <me@ex.com>", "me@ex.com"),
    READ("\"'Doe, John'\" <me@ex.com>", "me@ex.com"),
    READ("'John Doe' <me@ex.com>", "me@ex.com"),
    READ("\"a \\\"quoted\\\" name \\\\\" <me@ex.com>", "me@ex.com"),
    READ("\"\\'John\\' \\Doe\" <me@ex.com>", "me@ex.com"),
    READ("\"me@ex.com\" <me@ex.com>", "me@ex.com"),
    READ("\"'me@ex.com'\" <me@ex.com>", "me@ex.com"),
    READ("\"Me (me@ex.com)\" <me@ex.com>", "me@ex.com"),
    READ("me@ex.com <me@ex.com>", "~me@ex.com me@ex.com"),
    READ("ME@ex.com<me@ex.com>", "~me@ex.com me@ex.com"),
    READ("\"Me <me@ex.com>\" <me@ex.com>", "~me@ex.com me@ex.com"),
    READ("\"Jobs@Acme, Inc.\" <me@ex.com>", "me@ex.com"),
    READ("me@ex.com (Me Myself)", "me@ex.com"),
    READ("me@ex.com(Me)", "me@ex.com"),
    READ("me@ex.com ()", "me@ex.com"),
    READ("(Me) me@ex.com", "me@ex.com"),
    READ("root@host.ex.com (Cron Daemon)", "root@host.ex.com"),
    READ("Me <me@ex.com> (work)", "me@ex.com"),
    READ("John (Jack) Doe <me@ex.com>", "me@ex.com"),
    READ("me@ex.com (Me (the (nested) one))", "me@ex.com"),
    READ("me@ex.com (Joe \\(Sales\\))", "me@ex.com"),
    READ("J\xfcrgen <me@ex.com>", "me@ex.com"),
    READ("\"J\xfcrgen, X\" <me@ex.com>", "me@ex.com"),
    READ("J\xc3\xbcrgen <me@ex.com>", "me@ex.com"),
    READ("me@ex.com (J\xfcrgen)", "me@ex.com"),
    READ("\x83\x65\x83\x58\x83\x67 <me@ex.com>", "me@ex.com"),
    READ("=?utf-8?Q?J=C3=BCrgen?= <me@ex.com>", "me@ex.com"),
    READ("=?utf-8?Q?J=C3=BCrgen?=<me@ex.com>", "me@ex.com"),
    READ("=?utf-8?B?SsO8cmdlbg==?=\n =?utf-8?Q?_Doe?= <me@ex.com>", "me@ex.com"),
    READ("=?utf-8?Q?a?==?utf-8?Q?b?= <me@ex.com>", "me@ex.com"),
    READ("=?utf-8?Q?a?=Doe=?utf-8?Q?b?= X <me@ex.com>", "me@ex.com"),
    READ("\"=?utf-8?Q?Doe,_J=C3=BCrgen?=\" <me@ex.com>", "me@ex.com"),
    READ("=?utf-8?Q?Doe, J=C3=BCrgen?= <me@ex.com>", "me@ex.com"),
    READ("=?utf-8?Q?Doe,\n J=C3=BCrgen?= <me@ex.com>", "me@ex.com"),
    READ("=?utf-8?Q?Doe J?= <me@ex.com>", "me@ex.com"),
    READ("=?utf-8?Q?[Shop]_Order: 5; new?= <me@ex.com>", "me@ex.com"),
    READ("=?utf-8?Q?Doe_(Sales)?= <me@ex.com>", "me@ex.com"),
    READ("=?x-nonsense?B?!!!?= <me@ex.com>", "me@ex.com"),
    READ("=?utf-8?B?SsO8cmdlb?= <me@ex.com>", "me@ex.com"),
    READ("=?utf-8?B?SsO8cmdlb?= =?utf-8?B?SsO8cmdlb?= <me@ex.com>", "me@ex.com"),
    READ("=?utf-8?Q?a?= =?utf-8?Q?no end <me@ex.com>", "me@ex.com"),
    READ("=?utf-8?Q?line_end=0A?= <me@ex.com>", "me@ex.com"),
    READ("me@ex.com (=?utf-8?Q?J=C3=BCrgen?=)", "me@ex.com"),
    READ("\n Me\n <me@ex.com>", "me@ex.com"),
    READ("\"A\r\n\tB\" <me@ex.com>\r\n (x\r\n y)", "me@ex.com"),
    READ("me+tag@ex.com", "me+tag@ex.com"),
    READ("a@ex.com, B <b@ex.com>,\n c@ex.com (C)", "a@ex.com b@ex.com c@ex.com"),
    READ("a@ex.com,,b@ex.com,", "a@ex.com b@ex.com"),
    READ("a..b.@ex.com", "\"a..b.\"@ex.com"),
    READ("m\xc3\xbcller@b\xc3\xbc" "cher.example", "m\xc3\xbcller@xn--bcher-kva.example"),
};

/* The rules by which a field is read in one way only; the numbers are headings here. */
static const struct field_case fields[] = {
    /* Nobody is named. */
    READ("", ""),
    READ(" \t ", ""),
    READ("(me)", ""),
    READ("<>", ""),
    READ("<> (null)", ""),
    READ("Robot:;", ""),
    READ("\"Nightly Monitor\" Robot: ;", ""),
    READ(",", ""),
    REFUSED("\"me\"", REASON_NO_DOMAIN, 4),
    REFUSED("\"ceo@ex.com\"", REASON_NO_DOMAIN, 12),
    REFUSED("Me <>", REASON_NO_DOMAIN, 4),
    REFUSED("ceo@ex.com <>", REASON_NO_DOMAIN, 12),
    REFUSED("=?utf-8?B?Y2VvQGV4LmNvbQ==?=", REASON_NO_DOMAIN, 28),

    /* Folds. */
    READ("Me\r\n <me@ex.com>\r\n\t(a)", "me@ex.com"),
    READ("Me <me@ex.com>\n ,\n b@ex.com", "me@ex.com b@ex.com"),
    REFUSED("<me@\n ex.com>", REASON_FOLD_IN_ADDRESS, 4),
    REFUSED("<me\n @ex.com>", REASON_FOLD_IN_ADDRESS, 3),
    REFUSED("me@\n ex.com", REASON_FOLD_IN_ADDRESS, 3),
    REFUSED("me@ex\n .com", REASON_TEXT_BESIDE_ADDRESS, 7),
    REFUSED("<me@ex\n .com>", REASON_FOLD_IN_ADDRESS, 6),
    REFUSED("me@ex.com\n \n ,ceo@ex.com", REASON_BLANK_LINE, 9),
    REFUSED("me@ex.com\n ", REASON_BLANK_LINE, 9),
    REFUSED("\"a\r\n \r\n b\" <me@ex.com>", REASON_BLANK_LINE, 2),
    REFUSED("(a\n \t\n b) me@ex.com", REASON_BLANK_LINE, 2),
    REFUSED("me@ex.com\nFrom: ceo@ex.com", REASON_BARE_LINE_BREAK, 9),
    REFUSED("me@ex.com\n", REASON_BARE_LINE_BREAK, 9),
    REFUSED("me@ex.com\r ceo@ex.com", REASON_BARE_LINE_BREAK, 9),
    REFUSED("\"a\rb\" <me@ex.com>", REASON_BARE_LINE_BREAK, 2),
    REFUSED("(a\nb) me@ex.com", REASON_BARE_LINE_BREAK, 2),
    REFUSED("\"a\\\n b\" <me@ex.com>", REASON_CONTROL_BYTE, 3),
    REFUSED("=?utf-8?Q?a\nb?= <me@ex.com>", REASON_BARE_LINE_BREAK, 11),

    /* Every member of a list counts, whatever its place. */
    READ("<ceo@ex.com>, <me@ex.com>", "ceo@ex.com me@ex.com"),
    READ("ceo@ex.com,<me@ex.com>", "ceo@ex.com me@ex.com"),
    READ("me@ex.com, \"x\" <ceo@ex.com>", "me@ex.com ceo@ex.com"),

    /* Separators. */
    REFUSED("<me@ex.com,ceo@ex.com>", REASON_SEPARATOR_IN_ANGLE, 10),
    REFUSED("<me@ex.com;ceo@ex.com>", REASON_SEPARATOR_IN_ANGLE, 10),
    REFUSED("<me:ceo@ex.com>", REASON_SEPARATOR_IN_ANGLE, 3),
    REFUSED("< me@ex.com>", REASON_BLANK_IN_ADDRESS, 1),
    REFUSED("<me@ex.com >", REASON_BLANK_IN_ADDRESS, 10),
    REFUSED("<me @ex.com>", REASON_BLANK_IN_ADDRESS, 3),
    REFUSED("<me@ex.com ceo@ex.com>", REASON_BLANK_IN_ADDRESS, 10),
    REFUSED("me@ex.com; ceo@ex.com", REASON_SEMICOLON, 9),
    REFUSED("<me@ex.com>;", REASON_SEMICOLON, 11),
    REFUSED("<ceo@ex.com>\\,<me@ex.com>", REASON_BACKSLASH, 12),
    REFUSED("ceo\\,me <me@ex.com>", REASON_BACKSLASH, 3),
    REFUSED("c\\eo@ex.com", REASON_BACKSLASH, 1),
    REFUSED("<c\\eo@ex.com>", REASON_BACKSLASH, 2),
    REFUSED("a, b <me@ex.com>", REASON_NO_DOMAIN, 1),
    REFUSED("me@ex.com, =?utf-8?Q?x?=", REASON_NO_DOMAIN, 24),
    REFUSED("(ceo@ex.com), me@ex.com", REASON_NO_ADDRESS, 0),
    REFUSED("me@ex.com, <>", REASON_NO_ADDRESS, 12),

    /* Two addresses without a comma. */
    REFUSED("ceo@ex.com me@ex.com", REASON_TWO_ADDRESSES, 11),
    REFUSED("ceo@ex.com\tme@ex.com", REASON_TWO_ADDRESSES, 11),
    REFUSED("ceo@ex.com/me@ex.com", REASON_SEVERAL_AT, 16 - 3),
    REFUSED("<ceo@ex.com><me@ex.com>", REASON_TWO_ADDRESSES, 12),
    REFUSED("A <ceo@ex.com> <me@ex.com>", REASON_TWO_ADDRESSES, 15),

    /* Groups. */
    READ("G: me@ex.com, \"x\" <ceo@ex.com>;", "me@ex.com ceo@ex.com"),
    READ("G:me@ex.com; ", "me@ex.com"),
    REFUSED("ceo@ex.com: me@ex.com;", REASON_BAD_GROUP, 10),
    REFUSED("G<ceo@ex.com>:me@ex.com;", REASON_TEXT_AFTER_ANGLE, 13),
    REFUSED("\"ceo@ex.com\": me@ex.com;", REASON_BAD_GROUP, 0),
    REFUSED("x (ceo@ex.com): me@ex.com;", REASON_BAD_GROUP, 0),
    REFUSED("=?utf-8?Q?ceo=40ex.com?=: me@ex.com;", REASON_BAD_GROUP, 0),
    REFUSED("\"\\\\\": me@ex.com;", REASON_BAD_GROUP, 0),
    REFUSED("G: H: me@ex.com;;", REASON_BAD_GROUP, 4),
    REFUSED("G: me@ex.com", REASON_BAD_GROUP, 12),
    REFUSED("G: me@ex.com; ceo@ex.com", REASON_BAD_GROUP, 14),
    REFUSED("G: me@ex.com;, ceo@ex.com", REASON_BAD_GROUP, 13),
    REFUSED("me@ex.com, G: ceo@ex.com;", REASON_SPECIAL_IN_NAME, 12),
    REFUSED(": me@ex.com;", REASON_BAD_GROUP, 0),
    REFUSED("mailto:me@ex.com", REASON_BAD_GROUP, 16),

    /* Routes. */
    REFUSED("<@ex.com,@any.com:ceo@ex.com>", REASON_ROUTE, 1),
    REFUSED("Me <@ex.com:me@ex.com>", REASON_ROUTE, 4),
    REFUSED("@ex.com:me@ex.com", REASON_NO_LOCAL_PART, 0),

    /* Angles. */
    REFUSED("<me@ex.com>ceo@ex.com", REASON_TEXT_AFTER_ANGLE, 11),
    REFUSED("<me@ex.com> Me", REASON_TEXT_AFTER_ANGLE, 12),
    REFUSED("<ceo@ex.com> \"me@ex.com\"", REASON_TEXT_AFTER_ANGLE, 13),
    REFUSED("<<me@ex.com>>", REASON_STRAY_ANGLE, 1),
    REFUSED("<me@ex.com>>", REASON_STRAY_ANGLE, 11),
    REFUSED("Me> <me@ex.com>", REASON_STRAY_ANGLE, 2),
    REFUSED("<me@ex.com", REASON_UNCLOSED_ANGLE, 10),
    REFUSED("<", REASON_UNCLOSED_ANGLE, 1),
    REFUSED("me@ex.com>", REASON_STRAY_ANGLE, 9),
    REFUSED("<ceo@ex.com<me@ex.com>", REASON_STRAY_ANGLE, 11),

    /* What is between the angles. */
    REFUSED("<a@b@ex.com>", REASON_SEVERAL_AT, 4),
    REFUSED("a@b@ex.com", REASON_SEVERAL_AT, 3),
    REFUSED("<me@@ex.com>", REASON_NO_DOMAIN, 4),
    REFUSED("<@>", REASON_ROUTE, 1),
    REFUSED("<me@>", REASON_NO_DOMAIN, 4),
    REFUSED("<me>", REASON_NO_DOMAIN, 3),
    REFUSED("<me(x)@ex.com>", REASON_COMMENT_IN_ADDRESS, 3),
    REFUSED("<me@(x)ex.com>", REASON_COMMENT_IN_ADDRESS, 4),
    REFUSED("<me@ex.com(x)>", REASON_COMMENT_IN_ADDRESS, 10),
    REFUSED("<(x)me@ex.com>", REASON_COMMENT_IN_ADDRESS, 1),
    REFUSED("<[x]@ex.com>", REASON_NO_LOCAL_PART, 1),

    /* Names. */
    REFUSED("ceo@ex.com Boss <me@ex.com>", REASON_ADDRESS_IN_PHRASE, 11),
    REFUSED("Boss ceo@ex.com <me@ex.com>", REASON_ADDRESS_IN_PHRASE, 5),
    REFUSED("ceo@ex.com (x) <me@ex.com>", REASON_ADDRESS_IN_PHRASE, 0),
    REFUSED("\"ceo\"@ex.com <me@ex.com>", REASON_ADDRESS_IN_PHRASE, 0),
    READ("ceo@ex.com <me@ex.com>", "~ceo@ex.com me@ex.com"),
    REFUSED("'ceo@ex.com' <me@ex.com>", REASON_BAD_DOMAIN, 11),
    REFUSED("ceo@b\xc3\x9c.example <me@ex.com>", REASON_ADDRESS_IN_PHRASE, 0),
    REFUSED("a @ b <me@ex.com>", REASON_BLANK_IN_ADDRESS, 2),
    REFUSED("@ceo <me@ex.com>", REASON_NO_LOCAL_PART, 0),
    REFUSED("Me [x <me@ex.com>", REASON_SPECIAL_IN_NAME, 6),
    REFUSED("Me [x (y)] <me@ex.com>", REASON_SPECIAL_IN_NAME, 6),
    REFUSED("Me [\"x\"] <me@ex.com>", REASON_SPECIAL_IN_NAME, 4),
    REFUSED("Me [[x]] <me@ex.com>", REASON_SPECIAL_IN_NAME, 4),
    REFUSED("Me [a: b] <me@ex.com>", REASON_SPECIAL_IN_NAME, 5),
    REFUSED("Me [a, b] <me@ex.com>", REASON_SPECIAL_IN_NAME, 5),
    REFUSED("[ceo@ex.com] <me@ex.com>", REASON_SPECIAL_IN_NAME, 4),
    REFUSED("ceo@[x] <me@ex.com>", REASON_BAD_DOMAIN, 5),
    REFUSED("ceo@ex.com [x] <me@ex.com>", REASON_ADDRESS_IN_PHRASE, 11),
    REFUSED("[x] ceo@ex.com", REASON_TEXT_BESIDE_ADDRESS, 4),
    REFUSED("[x]@ex.com", REASON_NO_LOCAL_PART, 3),
    REFUSED("\"ceo@ex.com\" [x] <me@ex.com>", REASON_UNSAFE_COMMENT, 0),
    REFUSED("[x] =?utf-8?Q?ceo=40ex.com?= <me@ex.com>", REASON_UNSAFE_COMMENT, 0),
    REFUSED("Me ] <me@ex.com>", REASON_SPECIAL_IN_NAME, 3),
    REFUSED("Me: x <me@ex.com>", REASON_BAD_GROUP, 17),
    REFUSED("Me; x <me@ex.com>", REASON_SEMICOLON, 2),
    REFUSED("Me ) <me@ex.com>", REASON_STRAY_PARENTHESIS, 3),
    REFUSED("Me me@ex.com", REASON_TEXT_BESIDE_ADDRESS, 3),
    REFUSED("me@ex.com Me", REASON_TEXT_BESIDE_ADDRESS, 10),
    REFUSED("me@ex.com \"Me\"", REASON_TEXT_BESIDE_ADDRESS, 10),
    REFUSED("=?utf-8?Q?a@b?= <me@ex.com>", REASON_ENCODED_WORD_IN_ADDRESS, 0),

    /* Quotes and comments. */
    REFUSED("\"Me <me@ex.com>", REASON_UNCLOSED_QUOTE, 0),
    REFUSED("\"Me\\\" <me@ex.com>", REASON_UNCLOSED_QUOTE, 0),
    REFUSED("\"Me\\\\\\\" <me@ex.com>", REASON_UNCLOSED_QUOTE, 0),
    REFUSED("\"Me\\", REASON_UNCLOSED_QUOTE, 0),
    REFUSED("ceo@ex.com(<me@ex.com>", REASON_UNCLOSED_COMMENT, 10),
    REFUSED("(a(b) me@ex.com", REASON_UNCLOSED_COMMENT, 0),
    REFUSED("(a\\) me@ex.com", REASON_UNCLOSED_COMMENT, 0),
    REFUSED("me@ex.com (a))", REASON_STRAY_PARENTHESIS, 13),
    REFUSED("me@ex.com (<ceo@ex.com>)", REASON_ANGLE_IN_COMMENT, 10),
    REFUSED("(<me@ex.com>) ceo@ex.com", REASON_ANGLE_IN_COMMENT, 0),
    REFUSED("<me@ex.com> (a > b)", REASON_ANGLE_IN_COMMENT, 12),
    REFUSED("(a \\) ceo@ex.com) <me@ex.com>", REASON_UNSAFE_COMMENT, 0),
    REFUSED("(a \\) b) me@ex.com, b@ex.com", REASON_UNSAFE_COMMENT, 0),
    REFUSED("(a (b) ceo@ex.com) <me@ex.com>", REASON_UNSAFE_COMMENT, 0),
    REFUSED("(a\" b) \"ceo@ex.com\" <me@ex.com>", REASON_UNSAFE_COMMENT, 7),
    REFUSED("\"a (\" \"b) ceo@ex.com\" <me@ex.com>", REASON_UNSAFE_COMMENT, 6),
    REFUSED("\"a )\" \"( ceo@ex.com\" <me@ex.com>", REASON_UNSAFE_COMMENT, 6),
    /* Found by readers that split at any comma, colon, fold or half-made word. */
    REFUSED("\"ceo@ex.com\" =?utf-8?Q?a,b?= <me@ex.com>", REASON_UNSAFE_COMMENT, 0),
    REFUSED("\"ceo@ex.com\" (a, b) <me@ex.com>", REASON_UNSAFE_COMMENT, 0),
    REFUSED("(:ceo@ex.com;) <me@ex.com>", REASON_UNSAFE_COMMENT, 0),
    REFUSED("\"a\r\n ceo@ex.com, \" <me@ex.com>", REASON_UNSAFE_COMMENT, 0),
    REFUSED("\"\\\\\" <me@ex.com>, \"ceo@ex.com\" <me@ex.com>", REASON_UNSAFE_COMMENT, 18),
    REFUSED("... \",ceo@ex.com\" <me@ex.com>", REASON_UNSAFE_COMMENT, 4),
    REFUSED("\"=?utf-8?Q?a\" \"ceo@ex.com,\" <me@ex.com>", REASON_UNSAFE_COMMENT, 14),
    REFUSED("=?utf-8?Q?=3Cceo=40ex.com <me@ex.com>", REASON_UNSAFE_COMMENT, 0),
    REFUSED("\"=?utf-8?B?Y2VvQGV4LmNvbQ\"?= <me@ex.com>", REASON_UNSAFE_COMMENT, 0),
    REFUSED("G: \";ceo@ex.com\" <me@ex.com>;", REASON_UNSAFE_COMMENT, 3),
    REFUSED("\"me\"@ex.com <me@ex.com>", REASON_ADDRESS_IN_PHRASE, 0),
    REFUSED("\"a\r\n :\": me@ex.com;", REASON_BAD_GROUP, 0),
    REFUSED("Q.  <\"ceo\"@me.org>, me@ex.com", REASON_QUOTED_LOCAL_PART, 0),
    REFUSED("\"ceo@ex.com\" =?a:b?Q?c?= <me@ex.com>", REASON_UNSAFE_COMMENT, 0),
    REFUSED("=? (x) <=utf-8?Q?ceo?=@ex.com>", REASON_ENCODED_WORD_IN_ADDRESS, 0),
    REFUSED("<> (ceo@ex.com)", REASON_NO_ADDRESS, 1),
    REFUSED("=?a=b?B?Y2VvQGV4LmNvbQ==?= =?u?Q?a;b?= <me@ex.com>", REASON_UNSAFE_COMMENT,
            0),
    REFUSED("(ceo@ex.com)", REASON_NO_ADDRESS, 0),
    REFUSED("me@ex.com ((a\r\n b).br)", REASON_UNSAFE_COMMENT, 0),
    READ("\"(ceo@ex.com)\" <me@ex.com>", "me@ex.com"),
    REFUSED("Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>",
            REASON_COMMENT_IN_ADDRESS, 26),
    REFUSED("me @ex.com", REASON_BLANK_IN_ADDRESS, 3),
    REFUSED("me@ ex.com", REASON_BLANK_IN_ADDRESS, 3),
    REFUSED("me(x)@ex.com", REASON_COMMENT_IN_ADDRESS, 5),
    REFUSED("me@(x)ex.com", REASON_COMMENT_IN_ADDRESS, 3),
    REFUSED("me@ex.com(x).evil.example", REASON_TEXT_BESIDE_ADDRESS, 12),
    REFUSED("me@ex.com (x) .evil.example", REASON_TEXT_BESIDE_ADDRESS, 14),

    /* Quoted local parts. */
    READ("\"me\"@ex.com", "me@ex.com"),
    READ("<\"me\"@ex.com>", "me@ex.com"),
    READ("\"a b\"@ex.com", "\"a b\"@ex.com"),
    READ("\"ceo@ex.com,\"@me.example", "\"ceo@ex.com,\"@me.example"),
    REFUSED("\"a\"b@ex.com", REASON_QUOTED_LOCAL_PART, 3),
    REFUSED("a.\"b\"@ex.com", REASON_QUOTED_LOCAL_PART, 2),
    REFUSED("<\"a\"b@ex.com>", REASON_QUOTED_LOCAL_PART, 4),
    REFUSED("<a\"b\"@ex.com>", REASON_QUOTED_LOCAL_PART, 2),
    REFUSED("\"c\" . eo@ex.com", REASON_TEXT_BESIDE_ADDRESS, 6),
    REFUSED("\"c\\eo\"@ex.com", REASON_QUOTED_LOCAL_PART, 2),

    /* Encoded words. */
    REFUSED("=?utf-8?Q?ceo?=@ex.com", REASON_ENCODED_WORD_IN_ADDRESS, 0),
    REFUSED("<=?utf-8?Q?ceo?=@ex.com>", REASON_ENCODED_WORD_IN_ADDRESS, 1),
    REFUSED("me@=?utf-8?Q?ex?=.com", REASON_BAD_DOMAIN, 3),
    REFUSED("=?utf-8?b?cG90dXNAd2hpdGVob3VzZS5nb3Y=?==?utf-8?Q?=00?=@mailsploit.com",
            REASON_ENCODED_WORD_IN_ADDRESS, 0),
    REFUSED("=?utf-8?B?PGNlb0BleC5jb20+?=,<me@ex.com>", REASON_NO_DOMAIN, 28),
    REFUSED("=?utf-8?Q?a, <ceo@ex.com>?= <me@ex.com>", REASON_NO_DOMAIN, 11),
    READ("=?utf-8?Q?=3Cceo=40ex.com=3E?= <me@ex.com>", "~ceo@ex.com me@ex.com"),
    READ("=?utf-8?B?PGNlb0BleC5jb20+?= <me@ex.com>", "~ceo@ex.com me@ex.com"),
    READ("\"=?utf-8?B?PGNlb0BleC5jb20+?=\" <me@ex.com>", "~ceo@ex.com me@ex.com"),
    READ("=?utf-8?Q?=3Cceo?= =?utf-8?Q?=40ex.com=3E?= <me@ex.com>",
         "~ceo@ex.com me@ex.com"),
    READ("=?utf-8?Q?=22ceo=40ex.com=22?= <me@ex.com>", "~ceo@ex.com me@ex.com"),
    READ("=?utf-8?Q?ceo=40ex.com=2C?= <me@ex.com>", "~ceo@ex.com me@ex.com"),
    REFUSED("=?utf-8?Q?Doe, ceo=40ex.com?= <me@ex.com>", REASON_UNSAFE_COMMENT, 0),
    REFUSED("=?u?Q?ceo=40ex.com?= =?u?Q?a;b?= <me@ex.com>", REASON_UNSAFE_COMMENT, 0),
    READ("=?utf-8?Q?=3Cceo=EF=BC=A0ex=EF=BC=8Ecom=3E?= <me@ex.com>",
         "~ceo@ex.com me@ex.com"),
    READ("=?utf-8?Q?=3Cce=E2=80=8Bo=40ex.com=3E?= <me@ex.com>", "~ceo@ex.com me@ex.com"),
    READ("=?utf-16be?B?ADwAYwBlAG8AQABlAHgALgBjAG8AbQ==?= <me@ex.com>",
         "~ceo@ex.com me@ex.com"),
    READ("=?iso-2022-jp?Q?=3Cceo=40ex.com=3E?= <me@ex.com>", "~ceo@ex.com me@ex.com"),
    READ("\"<ceo@ex.com>\" <me@ex.com>", "~ceo@ex.com me@ex.com"),
    READ("\"<ceo@ex>\" <me@ex.com>", "~ceo@ex me@ex.com"),
    READ("\"\\\"ceo@ex.com\\\"\" <me@ex.com>", "~ceo@ex.com me@ex.com"),
    READ("\"ceo@ex.com, x\" <me@ex.com>", "~ceo@ex.com me@ex.com"),
    READ("me@ex.com (=?utf-8?Q?=3Cceo=40ex.com=3E?=)", "~ceo@ex.com me@ex.com"),
    READ("\"<ceo\xef\xbc\xa0" "ex.com>\" <me@ex.com>", "~ceo@ex.com me@ex.com"),
    READ("\"ceo@ex.com\" <me@ex.com>", "me@ex.com"),
    READ("=?utf-8?Q?ceo=40ex=2Ecom?= <me@ex.com>", "me@ex.com"),
    REFUSED("=?utf-8?Q?ceo=40ex.com=00?= <me@ex.com>", REASON_CONTROL_IN_NAME, 0),
    REFUSED("=?utf-8?Q?x=0D=0AFrom:_ceo=40ex.com?= <me@ex.com>",
            REASON_CONTROL_IN_NAME, 0),
    REFUSED("\"<a=?b@ex.com>\" <me@ex.com>", REASON_LIST_IN_NAME, 0),
    REFUSED("\"<ceo@@ex.@cex.com>, x\" <me@ex.com>", REASON_LIST_IN_NAME, 0),

    /* 8-bit and controls. */
    REFUSED("m\xfc@ex.com", REASON_BAD_UTF8, 1),
    REFUSED("me@\xfc.com", REASON_BAD_UTF8, 3),
    REFUSED("me@ex.com\xe2\x80\x83", REASON_ODD_CHARACTER, 9),
    REFUSED("me@ex.com\xe2\x80\xa8" "ceo@ex.com", REASON_SEVERAL_AT, 15),
    REFUSED("<me@ex.com>\xc2\xa0", REASON_TEXT_AFTER_ANGLE, 11),
    REFUSED("<\xc2\xa0me@ex.com>", REASON_ODD_CHARACTER, 1),
    REFUSED("me@ex.com\xe3\x80\x80<ceo@ex.com>", REASON_ODD_CHARACTER, 9),
    REFUSED("ceo\xef\xbc\xa0" "ex.com", REASON_NO_DOMAIN, 12),
    REFUSED("ceo\xef\xbc\xa0" "ex.com@me.example", REASON_ODD_CHARACTER, 3),
    REFUSED("ce\xe2\x80\x8bo@ex.com", REASON_ODD_CHARACTER, 2),
    REFUSED("\xe2\x80\xae" "me@ex.com", REASON_ODD_CHARACTER, 0),
    REFUSED("me@ex\xe3\x80\x82" "com", REASON_ODD_CHARACTER, 5),
    REFUSED("me@ex.com\0, ceo@ex.com", REASON_CONTROL_BYTE, 9),
    REFUSED("<ceo@ex.com\x01>", REASON_CONTROL_BYTE, 11),
    REFUSED("<me@ex.com>\x7f", REASON_CONTROL_BYTE, 11),
    REFUSED("\"a\x1b\" <me@ex.com>", REASON_CONTROL_BYTE, 2),
    REFUSED("(a\x08) <me@ex.com>", REASON_CONTROL_BYTE, 2),
    REFUSED("\"a\\\0\" <me@ex.com>", REASON_CONTROL_BYTE, 3),
    REFUSED("\x0c<me@ex.com>", REASON_CONTROL_BYTE, 0),

    /* Comparing is done on what is read. */
    READ("Me@EX.com", "me@ex.com"),
    READ("me@xn--bcher-kva.example", "me@xn--bcher-kva.example"),
    READ("me@XN--BCHER-KVA.example", "me@xn--bcher-kva.example"),
    READ("me@stra\xc3\x9f" "e.example", "me@xn--strae-oqa.example"),
    READ("me@\xc3\x9c.example", "me@\xc3\x9c.example"),
    READ("\xc4\xb1@ex.com", "\xc4\xb1@ex.com"),
    REFUSED("\xc5\xbf@ex.com", REASON_ODD_CHARACTER, 0),
    READ("e\xcc\x81@ex.com", "\xc3\xa9@ex.com"),
    REFUSED("\xef\xbd\x8d\xef\xbd\x85@ex.com", REASON_ODD_CHARACTER, 0),
    REFUSED("mar\xe2\x84\xaa@ex.com", REASON_ODD_CHARACTER, 3),
    READ("a'b=c/d%e_f@single", "a'b=c/d%e_f@single"),
    READ("me@my_host.ex.com", "me@my_host.ex.com"),
    READ("me@[192.0.2.1]", "me@[192.0.2.1]"),
    READ("<me@[192.0.2.1]>", "me@[192.0.2.1]"),
    REFUSED("<me@[IPv6:::1]>", REASON_BAD_DOMAIN, 5),
    REFUSED("me@[192.0.2.1", REASON_BAD_DOMAIN, 13),
    REFUSED("me@[192.0.2.1]x", REASON_BAD_DOMAIN, 14),
    REFUSED("me@[]", REASON_BAD_DOMAIN, 5),
    REFUSED("me@ex.com.", REASON_BAD_DOMAIN, 10),
    REFUSED("me@.ex.com", REASON_BAD_DOMAIN, 3),
    REFUSED("me@ex..com", REASON_BAD_DOMAIN, 6),
    REFUSED("me@e!x.com", REASON_BAD_DOMAIN, 4),
    REFUSED("me", REASON_NO_DOMAIN, 2),
    REFUSED("Me <me>", REASON_NO_DOMAIN, 6),
    REFUSED("me@", REASON_NO_DOMAIN, 3),
    REFUSED("@ex.com", REASON_NO_LOCAL_PART, 0),
};
/* clang-format on */

/* The addresses of a list as a case writes them. */
static void describe(const struct mailbox_list *list, struct buf *out)
{
    for (size_t i = 0; i < list->count; i++)
        buf_addf(out, "%s%s%s", i != 0 ? " " : "",
                 list->mailboxes[i].in_name ? "~" : "",
                 list->mailboxes[i].address.text);
}

/* Is the field read as the case says? Says so if it is not. */
static bool check(const struct field_case *row)
{
    struct arena arena = {0};
    struct mailbox_list list;
    struct buf got = BUF_INIT, text = BUF_INIT;
    char *copy = exact_copy(row->bytes, row->len);
    enum reason reason = mailbox_list_parse(copy, row->len, &rules, &arena, &list);
    bool ok = reason == row->reason && list.reason == reason;

    if (row->read != NULL) {
        describe(&list, &got);
        ok = ok && strcmp(buf_str(&got), row->read) == 0 &&
             list.empty == (row->read[0] == '\0');
    } else {
        ok = ok && list.error_at == row->error_at && list.expected != NULL &&
             !list.empty;
    }
    if (!ok) {
        escape_text(&text, row->bytes, row->len, SIZE_MAX);
        print_error("%s: %s at %zu, addresses \"%s\"\n", buf_str(&text),
                    reason_name(list.reason), list.error_at, buf_str(&got));
    }
    buf_finish(&text);
    buf_finish(&got);
    arena_finish(&arena);
    free(copy);
    return ok;
}

static void test_honest(void **state)
{
    size_t failed = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(honest) / sizeof(honest[0]); i++)
        failed += !check(&honest[i]);
    assert_int_equal(failed, 0);
}

static void test_fields(void **state)
{
    size_t failed = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        failed += !check(&fields[i]);
    assert_int_equal(failed, 0);
}

/* No beginning of a field that is read may be read past its end. */
static void test_prefixes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        for (size_t len = 0; len < fields[i].len; len++) {
            struct arena arena = {0};
            struct mailbox_list list;
            char *copy = exact_copy(fields[i].bytes, len);

            mailbox_list_parse(copy, len, &rules, &arena, &list);
            assert_true(list.error_at <= len);
            arena_finish(&arena);
            free(copy);
        }
    }
}

static void test_spans(void **state)
{
    static const char field[] = "\"A\" (b) <a@x> (c) (d), (e) f@x (g)";
    struct arena arena = {0};
    struct mailbox_list list;

    (void)state;
    mailbox_list_parse(field, sizeof(field) - 1, &rules, &arena, &list);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.mailboxes[0].name_len, 7);
    assert_memory_equal(list.mailboxes[0].name, "\"A\" (b)", 7);
    assert_int_equal(list.mailboxes[0].comment_len, 7);
    assert_memory_equal(list.mailboxes[0].comment, "(c) (d)", 7);
    assert_int_equal(list.mailboxes[1].name_len, 3);
    assert_memory_equal(list.mailboxes[1].name, "(e)", 3);
    assert_int_equal(list.mailboxes[1].comment_len, 3);
    assert_memory_equal(list.mailboxes[1].comment, "(g)", 3);
    arena_finish(&arena);
}

/* `head`, then `count` times `part`, then `tail`. */
static enum reason parse_long(const char *head, const char *part, size_t count,
                              const char *tail, struct arena *arena,
                              struct mailbox_list *list_r)
{
    struct buf field = BUF_INIT;
    char *copy;

    buf_adds(&field, head);
    for (size_t i = 0; i < count; i++)
        buf_adds(&field, part);
    buf_adds(&field, tail);
    assert_false(field.failed);
    copy = exact_copy(field.data, field.len);
    mailbox_list_parse(copy, field.len, &rules, arena, list_r);
    free(copy);
    buf_finish(&field);
    return list_r->reason;
}

/* Nothing is judged by a part of it, and nothing large is refused for its size alone.
 */
static void test_limits(void **state)
{
    struct arena arena = {0};
    struct mailbox_list list;

    (void)state;
    assert_int_equal(parse_long("\"", "x", 65500, "\" <me@ex.com>", &arena, &list),
                     REASON_NONE);
    assert_int_equal(parse_long("\"", "x", 65536, "\" <me@ex.com>", &arena, &list),
                     REASON_TOO_LONG);
    assert_int_equal(
        parse_long("me@ex.com (", "x", 70000, "), ceo@ex.com", &arena, &list),
        REASON_TOO_LONG);
    assert_int_equal(parse_long("", "a@x,", 999, "b@x", &arena, &list), REASON_NONE);
    assert_int_equal(list.count, 1000);
    assert_int_equal(parse_long("", "a@x,", 1000, "b@x", &arena, &list),
                     REASON_TOO_LONG);
    assert_int_equal(parse_long("", "x", 1100, "@ex.com", &arena, &list),
                     REASON_TOO_LONG);
    assert_int_equal(parse_long("me@", "a.", 130, "com", &arena, &list),
                     REASON_BAD_DOMAIN);
    assert_int_equal(parse_long("me@", "a", 64, ".com", &arena, &list),
                     REASON_BAD_DOMAIN);
    assert_int_equal(parse_long("", "(", 32000, "", &arena, &list),
                     REASON_UNCLOSED_COMMENT);
    arena_finish(&arena);
}

/* An address in the hundredth name is one too, and too many charsets are not skipped.
 */
static void test_names_to_the_end(void **state)
{
    struct arena arena = {0};
    struct mailbox_list list;
    struct buf field = BUF_INIT;

    (void)state;
    assert_int_equal(parse_long("", "=?utf-8?Q?x?= ", 4000,
                                "=?utf-8?Q?=3Cceo=40ex.com=3E?= <me@ex.com>", &arena,
                                &list),
                     REASON_NONE);
    assert_int_equal(list.count, 2);
    assert_string_equal(list.mailboxes[0].address.text, "ceo@ex.com");
    for (int i = 0; i < 17; i++)
        buf_addf(&field, "=?x-%d?Q?x?= ", i);
    buf_adds(&field, "<me@ex.com>");
    assert_int_equal(mailbox_list_parse(field.data, field.len, &rules, &arena, &list),
                     REASON_TOO_LONG);
    buf_finish(&field);
    arena_finish(&arena);
}

static void test_reasons(void **state)
{
    (void)state;
    for (int i = REASON_NONE + 1; i < REASON_COUNT; i++) {
        const char *name = reason_name((enum reason)i);
        const char *sentence = reason_sentence((enum reason)i);

        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-"),
                         strlen(name));
        assert_true(strlen(name) > 2);
        assert_true(strlen(sentence) > 10 && strlen(sentence) < 100);
        for (const char *p = sentence; *p != '\0'; p++)
            assert_true(*p >= ' ' && *p < 0x7f);
        assert_true(strlen(reason_paragraph((enum reason)i)) > 20);
        for (int j = REASON_NONE; j < i; j++)
            assert_string_not_equal(name, reason_name((enum reason)j));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_honest),   cmocka_unit_test(test_fields),
        cmocka_unit_test(test_prefixes), cmocka_unit_test(test_spans),
        cmocka_unit_test(test_limits),   cmocka_unit_test(test_names_to_the_end),
        cmocka_unit_test(test_reasons),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
