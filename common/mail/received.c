/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "mail/received.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "mail/tls_cipher.h"

enum {
    FOLD_COLUMNS = 78,
    TAB_COLUMNS = 8,
    DOMAIN_MAX = 255,
    QUEUE_ID_MAX = 64,
    COMMENT_MAX = 200
};

/* --- folding: words are added, lines follow --- */

struct fold {
    struct buf *out;
    size_t column;
};

static void fold_start(struct fold *fold, struct buf *out)
{
    fold->out = out;
    fold->column =
        strlen("Received:"); /* the blank before the first word comes with it */
}

static void fold_word(struct fold *fold, const char *word)
{
    size_t len = strlen(word);
    bool first = fold->column == strlen("Received:");

    if (first)
        fold->column++; /* the MTA writes the blank behind the colon */
    else if (fold->column + 1 + len > FOLD_COLUMNS) {
        buf_adds(fold->out, "\n\t");
        fold->column = TAB_COLUMNS;
    } else {
        buf_addc(fold->out, ' ');
        fold->column++;
    }
    buf_adds(fold->out, word);
    fold->column += len;
}

/* A clause that is not folded inside: not every reader finds its value then. */
static void fold_clause(struct fold *fold, const char *name, const char *value,
                        struct buf *word)
{
    buf_clear(word);
    buf_adds(word, name);
    buf_adds(word, value);
    fold_word(fold, buf_str(word));
}

/* Starts a clause on a line of its own, as every MTA lays it out. */
static void fold_break(struct fold *fold)
{
    fold->column = FOLD_COLUMNS;
}

/* --- what may stand where --- */

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* A domain as in RFC 5321 4.1.2, with the underscore that real clients send. */
static bool is_domain(const char *s)
{
    size_t len = strlen(s);

    if (len == 0 || len > DOMAIN_MAX || !is_alnum(s[0]) || s[len - 1] == '-')
        return false;
    for (; *s != '\0'; s++) {
        if (!is_alnum(*s) && *s != '-' && *s != '.' && *s != '_')
            return false;
        if (s[0] == '.' && s[1] == '.')
            return false;
    }
    return true;
}

/* The address as a literal, "[192.0.2.1]" or "[IPv6:2001:db8::1]". false: it is none.
 */
static bool literal_add(struct buf *out, const char *addr)
{
    struct in6_addr bytes;
    char text[INET6_ADDRSTRLEN];

    if (strncmp(addr, "IPv6:", 5) == 0)
        addr += 5;
    if (inet_pton(AF_INET, addr, &bytes) == 1) {
        buf_addc(out, '[');
        buf_adds(out, addr);
        buf_addc(out, ']');
        return true;
    }
    if (inet_pton(AF_INET6, addr, &bytes) != 1 ||
        inet_ntop(AF_INET6, &bytes, text, sizeof(text)) == NULL)
        return false;
    buf_addf(out, "[IPv6:%s]", text);
    return true;
}

/* A HELO that is an address literal, checked and written anew. */
static bool helo_literal_add(struct buf *out, const char *helo)
{
    size_t len = strlen(helo);
    char addr[64];

    if (len < 3 || len > sizeof(addr) || helo[0] != '[' || helo[len - 1] != ']')
        return false;
    memcpy(addr, helo + 1, len - 2);
    addr[len - 2] = '\0';
    return literal_add(out, addr);
}

static void comment_add(struct buf *out, const char *text)
{
    size_t i;

    for (i = 0; text[i] != '\0' && i < COMMENT_MAX; i++) {
        char c = text[i];
        bool plain = c >= 0x20 && c < 0x7f && c != '(' && c != ')' && c != '\\';

        buf_addc(out, plain ? c : '?');
    }
    if (text[i] != '\0')
        buf_adds(out, "...");
}

static bool is_queue_id(const char *id)
{
    size_t len = strlen(id);

    for (size_t i = 0; i < len; i++) {
        if (!is_alnum(id[i]) && id[i] != '-' && id[i] != '_' && id[i] != '.')
            return false;
    }
    return len != 0 && len <= QUEUE_ID_MAX;
}

/* --- the clauses --- */

static void fold_from(struct fold *fold, const struct received *received,
                      struct buf *word)
{
    bool domain = received->helo != NULL && is_domain(received->helo);
    const char *name = received->client_name;

    fold_word(fold, "from");
    if (received->hide_client) {
        fold_word(fold, "hidden.invalid");
        return;
    }
    buf_clear(word);
    if (domain)
        buf_adds(word, received->helo);
    else if ((received->helo == NULL || !helo_literal_add(word, received->helo)) &&
             (received->client_addr == NULL ||
              !literal_add(word, received->client_addr)))
        buf_adds(word, "unknown.invalid");
    fold_word(fold, buf_str(word));

    buf_clear(word);
    buf_addc(word, '(');
    buf_adds(word, name != NULL && is_domain(name) ? name : "unknown");
    buf_addc(word, ' ');
    if (received->client_addr == NULL || !literal_add(word, received->client_addr))
        return;
    buf_addc(word, ')');
    fold_word(fold, buf_str(word));
}

static void fold_login(struct fold *fold, const struct received *received,
                       struct buf *word)
{
    if (received->login == NULL)
        return;
    buf_clear(word);
    buf_adds(word, received->authenticated ? "(Authenticated sender: "
                                           : "(Sender identified as: ");
    comment_add(word, received->login);
    buf_addc(word, ')');
    fold_break(fold);
    fold_word(fold, buf_str(word));
}

static void fold_tls(struct fold *fold, const struct received *received,
                     struct buf *word, bool registered)
{
    const char *cipher = received->tls_cipher;

    if (received->tls_version == NULL || received->tls_version[0] == '\0' ||
        cipher == NULL)
        return;
    buf_clear(word);
    if (registered) {
        buf_adds(word, "tls ");
        if (!tls_cipher_registered(cipher, word))
            return;
        fold_break(fold);
        fold_word(fold, buf_str(word));
        return;
    }
    if (tls_cipher_registered(cipher, word))
        return;
    buf_adds(word, "(using ");
    comment_add(word, received->tls_version);
    buf_adds(word, " with cipher ");
    comment_add(word, cipher);
    buf_addc(word, ')');
    fold_break(fold);
    fold_word(fold, buf_str(word));
}

static void fold_comments(struct fold *fold, const struct received *received,
                          struct buf *word)
{
    fold_login(fold, received, word);
    fold_tls(fold, received, word, false);
}

static void add_two_digits(struct buf *out, long n)
{
    buf_addc(out, (char)('0' + n / 10 % 10));
    buf_addc(out, (char)('0' + n % 10));
}

/* RFC 5322 3.3. Not strftime(3): its names of days follow the locale. */
static void add_date(struct buf *out, const struct tm *tm)
{
    static const char days[7][5] = {"Sun,", "Mon,", "Tue,", "Wed,",
                                    "Thu,", "Fri,", "Sat,"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    long zone = labs(tm->tm_gmtoff) / 60;

    buf_adds(out, days[tm->tm_wday]);
    buf_addc(out, ' ');
    if (tm->tm_mday >= 10)
        buf_addc(out, (char)('0' + tm->tm_mday / 10));
    buf_addc(out, (char)('0' + tm->tm_mday % 10));
    buf_addc(out, ' ');
    buf_adds(out, months[tm->tm_mon]);
    buf_addc(out, ' ');
    add_two_digits(out, (tm->tm_year + 1900L) / 100);
    add_two_digits(out, (tm->tm_year + 1900L) % 100);
    buf_addc(out, ' ');
    add_two_digits(out, tm->tm_hour);
    buf_addc(out, ':');
    add_two_digits(out, tm->tm_min);
    buf_addc(out, ':');
    add_two_digits(out, tm->tm_sec);
    buf_adds(out, tm->tm_gmtoff < 0 ? " -" : " +");
    add_two_digits(out, zone / 60);
    add_two_digits(out, zone % 60);
}

static void fold_date(struct fold *fold, time_t when, struct buf *word)
{
    struct tm tm;

    if (localtime_r(&when, &tm) == NULL)
        return;
    buf_clear(word);
    add_date(word, &tm);
    fold_word(fold, buf_str(word));
}

const char *received_keyword(const struct received *received)
{
    static const char *const keywords[2][2][2] = {
        {{"ESMTP", "ESMTPA"}, {"ESMTPS", "ESMTPSA"}},
        {{"UTF8SMTP", "UTF8SMTPA"}, {"UTF8SMTPS", "UTF8SMTPSA"}},
    };
    bool tls = received->tls_version != NULL && received->tls_version[0] != '\0';

    if (!received->esmtp && !tls && !received->authenticated && !received->smtputf8)
        return "SMTP";
    return keywords[received->smtputf8][tls][received->authenticated];
}

static void fold_by(struct fold *fold, const struct received *received)
{
    fold_word(fold, "by");
    fold_word(fold, received->by != NULL && is_domain(received->by) ? received->by
                                                                    : "localhost");
    fold_word(fold, "(sendas)");
}

void received_build(const struct received *received, struct buf *out)
{
    struct buf word = BUF_INIT;
    struct fold fold;

    fold_start(&fold, out);
    if (received->local) {
        fold_by(&fold, received);
        fold_comments(&fold, received, &word);
    } else {
        fold_from(&fold, received, &word);
        if (!received->hide_client)
            fold_comments(&fold, received, &word);
        fold_break(&fold);
        fold_by(&fold, received);
        /* SpamAssassin wants the client's address between "from" and a comment, and
         * takes a field without one for broken unless "by" follows at once. */
        if (received->hide_client)
            fold_comments(&fold, received, &word);
        fold_clause(&fold, "with ", received_keyword(received), &word);
    }
    if (received->queue_id != NULL && is_queue_id(received->queue_id))
        fold_clause(&fold, "id ", received->queue_id, &word);
    fold_tls(&fold, received, &word, true);
    buf_addc(out, ';');
    fold.column++;
    fold_date(&fold, received->when, &word);
    out->failed |= word.failed;
    buf_finish(&word);
}
