/* SPDX-License-Identifier: BSD-2-Clause */
/* reason.h - the one table of reasons for which an address or a field is refused. */
#ifndef SENDAS_MAIL_REASON_H
#define SENDAS_MAIL_REASON_H

/*
 * Each row: constant, stable short name (logs, JSON), sentence for the SMTP reply
 * (ASCII, follows the name of the place as in "From: ..."), paragraph for the manual.
 * The manual's list of reasons is checked against this table.
 */
/* clang-format off */
#define REASON_TABLE(ROW)                                                                \
    /* What the decision finds. */                                                       \
    ROW(REASON_NOT_OWNED, "not-owned", "this address is not yours to use",               \
        "The address was read without doubt, and no map lets the login use it.")         \
    ROW(REASON_NOT_MAIL_FROM, "not-mail-from",                                           \
        "this address differs from the envelope sender",                                 \
        "With from = mail-from, every address in From must be the envelope sender.")     \
    ROW(REASON_NULL_SENDER, "null-sender", "the empty envelope sender is not allowed",   \
        "With null_sender = reject, a login may not send with MAIL FROM:<>.")            \
    ROW(REASON_MISSING_FROM, "missing-from", "the message has no From field",            \
        "The header has no From field, or one without any address.")                     \
    ROW(REASON_SEVERAL_FROM, "several-from", "the message has more than one From field", \
        "RFC 5322 allows one From field; programs differ in which of several they show.")\
    ROW(REASON_ODD_FIELD_NAME, "odd-field-name",                                         \
        "a field with an odd name is a sender field to some programs",                   \
        "A field name such as 'From ' or one with control or 8-bit bytes: some programs "\
        "read it as a sender field, others do not. Or a Full-Name with more than a plain "\
        "name in it: where From or Resent-From is missing, sendmail makes one of it.")   \
    ROW(REASON_BAD_LOGIN, "bad-login", "your login name cannot be used to send mail",    \
        "The MTA reports a login that is empty, too long or holds control bytes; such a "\
        "login owns nothing.")                                                           \
    ROW(REASON_ADDRESS_IN_NAME, "address-in-name",                                       \
        "the display name shows an address that is not yours to use",                    \
        "With display_name = no-foreign-address: the quoted or encoded display name, "   \
        "or a comment, holds an address that the login may not use. Many programs show " \
        "the name alone.")                                                               \
    ROW(REASON_SENDER_NEEDED, "sender-needed",                                           \
        "mail in the name of another needs a Sender field of your own",                  \
        "From is an address that the login may use on behalf of its owner only, there "  \
        "is no Sender field, and no address of the login's own to make one with.")       \
    ROW(REASON_AUTH_PARAM, "auth-param",                                                 \
        "this address is not yours to name in the AUTH parameter",                       \
        "With auth_param = owned, the address in AUTH= of MAIL FROM must be the "        \
        "login's.")                                                                      \
    ROW(REASON_PROTECTED, "protected", "only who logs in may send as this address",      \
        "With unauthenticated = protect-owned: the client has not logged in, and the "   \
        "address is somebody's here.")                                                   \
    ROW(REASON_LOGIN_REQUIRED, "login-required", "log in to send mail here",             \
        "With unauthenticated = reject: the client has not logged in.")                  \
    /* What the reader finds: the field as a whole. */                                   \
    ROW(REASON_SYNTAX, "syntax", "the field cannot be read in exactly one way",          \
        "The field does not follow RFC 5322, so that programs may read different "       \
        "addresses in it.")                                                              \
    ROW(REASON_TOO_LONG, "too-long", "the field is too long",                            \
        "The field, the number of its mailboxes or the number of sender fields is over " \
        "the limit. Nothing is judged by a part of it.")                                 \
    ROW(REASON_CONTROL_BYTE, "control-byte", "the field holds a control character",      \
        "A control character (NUL, ESC, DEL and the like) stands in the field. Some "    \
        "programs drop it, others stop reading there.")                                  \
    ROW(REASON_BARE_LINE_BREAK, "bare-line-break",                                       \
        "the field holds a line break that is not a fold",                               \
        "A CR or LF stands in the field that is not a line end with a blank behind it. " \
        "What follows is a field of its own to some programs.")                          \
    ROW(REASON_BLANK_LINE, "blank-line", "the field is folded into an empty line",       \
        "A continuation line of the field holds nothing but blanks. Some programs take " \
        "it for the end of the header.")                                                 \
    /* Quotes, comments, brackets. */                                                    \
    ROW(REASON_UNCLOSED_QUOTE, "unclosed-quote", "a quote is opened and never closed",   \
        "A double quote opens a quoted name that does not end in the field.")            \
    ROW(REASON_UNCLOSED_COMMENT, "unclosed-comment",                                     \
        "a parenthesis is opened and never closed",                                      \
        "An opening parenthesis begins a comment that does not end in the field.")       \
    ROW(REASON_STRAY_PARENTHESIS, "stray-parenthesis",                                   \
        "a parenthesis is closed that was never opened",                                 \
        "A closing parenthesis stands outside of any comment. Names with parentheses "   \
        "need double quotes.")                                                           \
    ROW(REASON_UNCLOSED_ANGLE, "unclosed-angle", "a < is opened and never closed",       \
        "An opening angle bracket has no closing one behind the address.")               \
    ROW(REASON_STRAY_ANGLE, "stray-angle", "an angle bracket stands out of place",       \
        "Angle brackets are nested, doubled or closed without being open. Programs "     \
        "differ in which one they take. Names with angle brackets need double quotes.")  \
    ROW(REASON_ANGLE_IN_COMMENT, "angle-in-comment",                                     \
        "a comment in parentheses holds an angle bracket",                               \
        "Some programs read the address in <> even inside a comment.")                   \
    ROW(REASON_UNSAFE_COMMENT, "unsafe-comment",                                         \
        "the end of a comment or quoted name can be read in two ways",                   \
        "A comment with a backslash, quote, comment, comma, colon or semicolon in it, "  \
        "a quoted name with a single parenthesis or an escaped backslash, either of "    \
        "them with a fold in it, an encoded word that is never closed or has a comma, "  \
        "square brackets or a group stand in a field that has an at sign in quotes, "    \
        "comments or encoded words. Programs that do not know such forms end them "      \
        "early and read an address there.")                                              \
    ROW(REASON_BACKSLASH, "backslash", "a backslash stands outside of quotes",           \
        "A backslash counts inside double quotes and comments only. Elsewhere some "     \
        "programs let it escape a comma or a bracket.")                                  \
    /* Names and lists. */                                                               \
    ROW(REASON_SPECIAL_IN_NAME, "special-in-name",                                       \
        "a name with special characters in it needs double quotes",                      \
        "A colon stands in a display name without quotes, or square brackets that do "   \
        "not pair or hold more than words. Some programs end the name or begin an "      \
        "address there.")                                                                \
    ROW(REASON_ADDRESS_IN_PHRASE, "address-in-phrase",                                   \
        "an address stands in the name without quotes",                                  \
        "An at sign stands among the words before <address>. Many programs take that "   \
        "word for the address. Only one whole address that is yours to use may stand "   \
        "there, as in user@example.org <user@example.org>.")                             \
    ROW(REASON_LIST_IN_NAME, "list-in-name",                                             \
        "the name holds an address with brackets, quotes or commas",                     \
        "A quoted or encoded name holds something like an address together with an "     \
        "angle bracket, a quote, a comma or a semicolon. Programs that decode the name " \
        "first may take it for the sender.")                                             \
    ROW(REASON_CONTROL_IN_NAME, "control-in-name",                                       \
        "an encoded name hides control characters and an address",                       \
        "A name with an at sign has control characters in its encoded words. Some "      \
        "programs stop reading at them.")                                                \
    ROW(REASON_TEXT_BESIDE_ADDRESS, "text-beside-address",                               \
        "words stand beside an address without angle brackets",                          \
        "A name needs the form: Name <address>, or: address (Name).")                    \
    ROW(REASON_TEXT_AFTER_ANGLE, "text-after-angle", "text follows the address in <>",   \
        "Only comments and a comma may follow <address>. Some programs prefer what "     \
        "stands behind it.")                                                             \
    ROW(REASON_TWO_ADDRESSES, "two-addresses-without-comma",                             \
        "two addresses stand side by side without a comma",                              \
        "Programs differ in which one they take.")                                       \
    ROW(REASON_SEMICOLON, "semicolon", "addresses are separated by a semicolon",         \
        "Addresses are separated by commas; a semicolon ends a group. Some programs "    \
        "split there, others do not.")                                                   \
    ROW(REASON_BAD_GROUP, "bad-group", "the group of addresses is not well formed",      \
        "A group (Name: address, address;) is unfinished, nested, followed by text, or " \
        "its name holds an address.")                                                    \
    ROW(REASON_NO_ADDRESS, "no-address", "a part of the list holds no address",          \
        "A list has an element that is only a comment or an empty pair of brackets.")    \
    /* One address. */                                                                   \
    ROW(REASON_NO_DOMAIN, "no-domain", "an address without a domain",                    \
        "A word stands where an address is wanted, without @domain. Mail servers "       \
        "complete it differently.")                                                      \
    ROW(REASON_NO_LOCAL_PART, "no-local-part", "nothing stands in front of the @",       \
        "An address has no local part, or a blank or comment keeps it apart from the "   \
        "at sign.")                                                                      \
    ROW(REASON_SEVERAL_AT, "several-at-signs", "an address with more than one @",        \
        "Some programs cut at the first at sign, others at the last.")                   \
    ROW(REASON_ROUTE, "route", "the address has a source route",                         \
        "A form like <@a,@b:user@c>. Some programs take the address from the route.")    \
    ROW(REASON_SEPARATOR_IN_ANGLE, "separator-in-angle",                                 \
        "a comma, colon or semicolon stands inside of <>",                               \
        "Some programs split an address there.")                                         \
    ROW(REASON_BLANK_IN_ADDRESS, "blank-in-address", "a blank stands in an address",     \
        "A blank stands inside <> or beside the at sign. Some programs cut there.")      \
    ROW(REASON_FOLD_IN_ADDRESS, "fold-in-address", "an address is broken over two lines",\
        "The field is folded inside of an address. Some programs join the parts, "       \
        "others cut there.")                                                             \
    ROW(REASON_COMMENT_IN_ADDRESS, "comment-in-address",                                 \
        "a comment stands inside of an address",                                         \
        "A comment in parentheses stands inside <> or beside the at sign. Some programs "\
        "keep it, others cut there.")                                                    \
    ROW(REASON_ENCODED_WORD_IN_ADDRESS, "encoded-word-in-address",                       \
        "an encoded word stands inside of an address",                                   \
        "RFC 2047 encoded words (=?utf-8?...?=) may stand in names only. Some programs " \
        "decode them in addresses too.")                                                 \
    ROW(REASON_QUOTED_LOCAL_PART, "quoted-local-part",                                   \
        "the quotes in front of the @ can be read in more than one way",                 \
        "A quoted local part is glued to other text (\"a\"b@x, a.\"b\"@x) or has "       \
        "backslashes without need.")                                                     \
    ROW(REASON_BAD_DOMAIN, "bad-domain", "the domain of an address is not well formed",  \
        "The domain has characters that no domain has, an empty label, a dot at its "    \
        "end, or is too long; or it is a literal other than an IPv4 address.")           \
    ROW(REASON_BAD_UTF8, "bad-utf8", "an address is not valid UTF-8",                    \
        "An address holds 8-bit bytes that are not UTF-8.")                              \
    ROW(REASON_ODD_CHARACTER, "odd-character",                                           \
        "an address holds a character that is invisible or looks like another",          \
        "An address holds a Unicode blank, a control, an invisible character, or one "   \
        "that turns into ASCII when it is normalised, as the full-width @.")

enum reason {
    REASON_NONE = 0, /* nothing to object to */
#define REASON_ENUM(id, name, sentence, paragraph) id,
    REASON_TABLE(REASON_ENUM)
#undef REASON_ENUM
    REASON_COUNT
};
/* clang-format on */

/* The three texts of a reason, static; "none" and empty texts for REASON_NONE. */
const char *reason_name(enum reason reason);
const char *reason_sentence(enum reason reason);
const char *reason_paragraph(enum reason reason);

#endif
