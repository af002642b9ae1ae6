/* SPDX-License-Identifier: BSD-2-Clause */
/* reply.c - the SMTP reply of a verdict that stops the message. */
#include "config.h"

#include <string.h>

#include "base/escape.h"
#include "conf/reply_text.h"
#include "policy/verdict.h"

/* RFC 5321 4.5.3.1.5 allows 512 octets in all. */
enum {
    REPLY_MAX = 400,
    REPLY_PIECE_MAX = 128, /* of text from outside */
    REPLY_URL_MAX = 200
};

static const struct violation *first_violation(const struct verdict *verdict)
{
    return verdict_violations_kept(verdict) != 0 ? &verdict->violations[0] : NULL;
}

static void piece_add(struct buf *text, const char *piece)
{
    if (piece != NULL)
        escape_reply(text, piece, strlen(piece), REPLY_PIECE_MAX);
}

static void violation_add(const struct verdict *verdict,
                          const struct violation *violation, struct buf *text)
{
    if (violation->reason == REASON_LOGIN_REQUIRED) {
        buf_adds(text, reason_sentence(violation->reason));
        return;
    }
    buf_adds(text, names_name(place_titles, (int)violation->place));
    if (violation->address != NULL) {
        buf_adds(text, " <");
        piece_add(text, violation->address);
        buf_addc(text, '>');
    }
    buf_addf(text, ": %s", reason_sentence(violation->reason));
    if (verdict->login != NULL) {
        buf_adds(text, verdict->identified ? " (known here as " : " (logged in as ");
        piece_add(text, verdict->login);
        buf_addc(text, ')');
    }
}

/* The usual text. */
static void sentence_add(const struct verdict *verdict, struct buf *text)
{
    const struct violation *violation = first_violation(verdict);

    if (violation != NULL)
        violation_add(verdict, violation, text);
    else if (verdict->action == ACTION_REJECT)
        buf_adds(text, "the sender addresses could not be checked");
    else
        buf_adds(text, "the sender addresses cannot be checked at the moment, please "
                       "try again later");
}

static void word_add(const struct verdict *verdict, enum reply_word word,
                     struct buf *text)
{
    const struct violation *first = first_violation(verdict);

    switch (word) {
    case REPLY_LOGIN:
        piece_add(text, verdict->login);
        break;
    case REPLY_ADDRESS:
        piece_add(text, first != NULL ? first->address : NULL);
        break;
    case REPLY_PLACE:
        if (first != NULL)
            buf_adds(text, names_name(place_titles, (int)first->place));
        break;
    case REPLY_REASON:
        buf_adds(text, first != NULL ? reason_name(first->reason) : "lookup-failed");
        break;
    case REPLY_SENTENCE:
        sentence_add(verdict, text);
        break;
    case REPLY_RULE:
        piece_add(text, verdict->rule);
        break;
    case REPLY_CLIENT:
        piece_add(text, verdict->client);
        break;
    case REPLY_HELP_URL:
        escape_reply(text, verdict->policy->help_url, strlen(verdict->policy->help_url),
                     REPLY_URL_MAX);
        break;
    }
}

/* The site's own text; a mistake in it ends it there. */
static void custom_add(const struct verdict *verdict, struct buf *text)
{
    const char *rest = verdict->policy->reply;
    struct buf why = BUF_INIT;
    struct reply_part part;

    while (reply_part_next(&rest, &part, &why)) {
        if (part.bytes != NULL)
            escape_reply(text, part.bytes, part.len, REPLY_MAX);
        else
            word_add(verdict, part.word, text);
    }
    buf_finish(&why);
}

static bool is_set(const char *setting)
{
    return setting != NULL && setting[0] != '\0';
}

/* Adds " - see URL" behind what else there is. */
static void url_add(const char *url, struct buf *text)
{
    static const char see[] = " - see ";
    const size_t len = strlen(url);

    if (len > REPLY_URL_MAX)
        return;
    buf_cut(text, REPLY_MAX - strlen(see) - len);
    buf_adds(text, see);
    escape_reply(text, url, len, REPLY_URL_MAX);
}

void verdict_reply(const struct verdict *verdict, const char **code_r,
                   const char **enhanced_r, struct buf *text_r)
{
    const bool reject = verdict->action == ACTION_REJECT;
    const struct violation *first = first_violation(verdict);
    const struct conf_policy *policy = verdict->policy;
    /* What the site says is meant for people who did something wrong. */
    const bool custom = first != NULL && policy != NULL && is_set(policy->reply);
    struct buf text = BUF_INIT;

    *code_r = reject ? "550" : "451";
    *enhanced_r = reject ? "5.7.1" : "4.7.1";
    if (reject && first != NULL && first->reason == REASON_LOGIN_REQUIRED) {
        *code_r = "530"; /* RFC 4954 6 */
        *enhanced_r = "5.7.0";
    }
    if (custom)
        custom_add(verdict, &text);
    else
        sentence_add(verdict, &text);
    if (policy != NULL && is_set(policy->help_url) && !custom)
        url_add(policy->help_url, &text);
    buf_cut(&text, REPLY_MAX);
    buf_add(text_r, buf_str(&text), text.len);
    text_r->failed |= text.failed;
    buf_finish(&text);
}
