/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "mail/results.h"

#include <string.h>
#include <strings.h>

#include "mail/compose.h"
#include "mail/token.h"

enum { VALUE_MAX = 512, MECHANISM_MAX = 20 /* RFC 4422 3.1 */ };

/* --- writing --- */

static bool is_token_byte(char c)
{
    return c > ' ' && c < 0x7f && strchr("()<>@,;:\\\"/[]?=", c) == NULL;
}

/* May it stand without quotes: a token, or token@token (RFC 8601 2.2, pvalue)? */
static bool is_plain(const char *text)
{
    const char *at = strchr(text, '@');

    if (*text == '\0' || at == text || (at != NULL && at[1] == '\0'))
        return false;
    for (; *text != '\0'; text++) {
        if (!is_token_byte(*text) && text != at)
            return false;
    }
    return true;
}

/* Adds one word: " name=value"; bytes beyond printable ASCII become '?', a blank in a
 * quoted string '_', so that the word stays one. */
static void value_add(struct buf *text, const char *name, const char *value)
{
    const bool plain = is_plain(value);

    buf_addf(text, "%s%s", name, plain ? "" : "\"");
    for (size_t i = 0; value[i] != '\0' && i < VALUE_MAX; i++) {
        if (value[i] == '"' || value[i] == '\\')
            buf_addc(text, '\\');
        if (value[i] == ' ')
            buf_addc(text, '_');
        else
            buf_addc(text, value[i] > ' ' && value[i] < 0x7f ? value[i] : '?');
    }
    if (!plain)
        buf_addc(text, '"');
}

static void mechanism_add(struct buf *text, const char *mechanism)
{
    buf_adds(text, " (");
    for (size_t i = 0; mechanism[i] != '\0' && i < MECHANISM_MAX; i++)
        buf_addc(text, is_token_byte(mechanism[i]) ? mechanism[i] : '?');
    buf_addc(text, ')');
}

void results_build(const struct results *results, struct buf *out)
{
    struct buf text = BUF_INIT;

    value_add(&text, "", results->authserv_id);
    buf_adds(&text, results->authenticated ? "; auth=pass" : "; auth=none");
    if (results->authenticated && results->mechanism != NULL)
        mechanism_add(&text, results->mechanism);
    if (results->authenticated && results->login != NULL)
        value_add(&text, " smtp.auth=", results->login);
    if (results->authenticated && results->mail_from != NULL &&
        results->mail_from[0] != '\0')
        value_add(&text, " smtp.mailfrom=", results->mail_from);
    compose_words(buf_str(&text), strlen(RESULTS_FIELD ":"), out);
    out->failed |= text.failed;
    buf_finish(&text);
}

/* --- reading --- */

static bool same(const char *bytes, size_t len, const char *authserv_id)
{
    return len == strlen(authserv_id) && strncasecmp(bytes, authserv_id, len) == 0;
}

/* Is the quoted string, without its quotes, the id? */
static bool same_quoted(const char *bytes, size_t len, const char *authserv_id)
{
    struct buf text = BUF_INIT;
    bool is;

    for (size_t i = 1; i + 1 < len; i++) {
        if (bytes[i] == '\\' && i + 2 < len)
            i++;
        buf_addc(&text, bytes[i]);
    }
    is = text.failed || same(buf_str(&text), text.len, authserv_id);
    buf_finish(&text);
    return is;
}

static void next_visible(struct token_reader *reader, struct token *token_r)
{
    do
        token_next(reader, token_r);
    while (token_r->kind == TOKEN_BLANK || token_r->kind == TOKEN_COMMENT);
}

bool results_claims(const char *value, size_t len, const char *authserv_id)
{
    struct token_reader reader;
    struct token id, next;

    token_reader_init(&reader, value, len);
    next_visible(&reader, &id);
    if (id.kind == TOKEN_QUOTED) {
        if (same_quoted(value + id.at, id.len, authserv_id))
            return true;
    } else if (id.kind != TOKEN_WORD || same(value + id.at, id.len, authserv_id)) {
        return true;
    }
    /* A version may stand between the id and the semicolon. */
    next_visible(&reader, &next);
    if (next.kind == TOKEN_WORD && value[next.at] >= '0' && value[next.at] <= '9')
        next_visible(&reader, &next);
    return next.kind != TOKEN_END &&
           (next.kind != TOKEN_SPECIAL || value[next.at] != ';');
}
