/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking sendas-authd, and what its answers and its silence are to libsasl. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "auxprop/plugin.h"

/*
 * The table of results: what libsasl is told. Of its codes only UNAVAIL, NOMEM and
 * TRYAGAIN become a temporary failure in Postfix and in Exim; every other one loses the
 * login. So whatever could not be told is UNAVAIL. An unknown login is answered like a
 * known one that has no values. saslpasswd2 prints the text of the code: NOUSER "user
 * not found", BADPARAM "invalid parameter supplied", NOAUTHZ "authorization failure".
 */
static const struct result {
    enum wire_status status;
    bool outage; /* worth a line in the log */
    int code[3]; /* by enum asker */
} results[] = {
    {WIRE_OK, false, {SASL_OK, SASL_OK, SASL_OK}},
    {WIRE_NONE, false, {SASL_OK, SASL_NOUSER, SASL_NOUSER}},
    {WIRE_REFUSED, false, {SASL_NOUSER, SASL_BADPROT, SASL_BADPARAM}},
    {WIRE_DENIED, true, {SASL_UNAVAIL, SASL_UNAVAIL, SASL_NOAUTHZ}},
    {WIRE_UNAVAIL, true, {SASL_UNAVAIL, SASL_UNAVAIL, SASL_UNAVAIL}},
};

/* --- connections --- */

struct wire_client *client_take(struct plugin *plugin)
{
    struct wire_client *client;

    for (int i = 0; i < PLUGIN_IDLE; i++) {
        client = atomic_exchange(&plugin->idle[i], NULL);
        if (client != NULL)
            return client;
    }
    client = plugin->utils->malloc(sizeof(*client));
    if (client != NULL)
        memset(client, 0, sizeof(*client));
    return client;
}

void client_give(struct plugin *plugin, struct wire_client *client)
{
    for (int i = 0; i < PLUGIN_IDLE; i++) {
        client = atomic_exchange(&plugin->idle[i], client);
        if (client == NULL)
            return;
    }
    wire_client_finish(client);
    plugin->utils->free(client);
}

/* --- the log --- */

enum { LINE_MAX_SIZE = 400, TEXT_MAX = 200 };

/* Printable ASCII as it is, all else as \xHH; at most TEXT_MAX bytes of the source. */
static void escape(const struct wire_field *text, char *out, size_t size)
{
    const unsigned char *at = text->bytes;
    const size_t len = text->len < TEXT_MAX ? text->len : TEXT_MAX;
    size_t used = 0;

    for (size_t i = 0; i < len && used + 5 < size; i++) {
        if (at[i] >= 0x20 && at[i] < 0x7f && at[i] != '\\')
            out[used++] = (char)at[i];
        else
            used += (size_t)snprintf(out + used, size - used, "\\x%02x", at[i]);
    }
    out[used] = '\0';
}

/* One line an outage: a login storm must not become a storm of lines. */
static void log_outage(struct plugin *plugin, const sasl_utils_t *utils,
                       const char *text)
{
    if (!atomic_exchange(&plugin->failing, true))
        utils->log(utils->conn, SASL_LOG_ERR, PLUGIN_NAME ": %s", text);
}

static void log_failure(struct plugin *plugin, const sasl_utils_t *utils,
                        const struct options *options,
                        const struct wire_failure *failure)
{
    char line[LINE_MAX_SIZE];
    const int saved = errno;

    errno = failure->error;
    if (failure->error != 0)
        snprintf(line, sizeof(line), "cannot %s sendas-authd (%.200s): %m",
                 failure->step, options->sockets);
    else
        snprintf(line, sizeof(line), "cannot %s sendas-authd (%.200s)", failure->step,
                 options->sockets);
    errno = saved;
    log_outage(plugin, utils, line);
}

static void log_answer(struct plugin *plugin, const sasl_utils_t *utils,
                       const struct wire_message *reply)
{
    const struct wire_field *text = wire_find(reply, WIRE_TEXT);
    char escaped[LINE_MAX_SIZE / 2], line[LINE_MAX_SIZE];

    if (text != NULL)
        escape(text, escaped, sizeof(escaped));
    snprintf(line, sizeof(line), "sendas-authd %s%s%s",
             reply->kind == WIRE_DENIED ? "refuses to serve this process"
                                        : "could not tell",
             text != NULL ? ": " : "", text != NULL ? escaped : "");
    log_outage(plugin, utils, line);
}

/* --- the question --- */

static int reply_code(struct plugin *plugin, const sasl_utils_t *utils,
                      enum asker asker, const struct wire_message *reply)
{
    for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
        if (results[i].status != reply->kind)
            continue;
        if (results[i].outage)
            log_answer(plugin, utils, reply);
        else
            atomic_store(&plugin->failing, false);
        return results[i].code[asker];
    }
    return SASL_UNAVAIL; /* wire_client_ask() knows no other status */
}

int plugin_ask(struct plugin *plugin, const sasl_utils_t *utils,
               const struct options *options, struct wire_client *client,
               enum asker asker, const struct wire_message *question,
               struct wire_message *reply_r)
{
    struct wire_failure failure;

    if (options->wrong != NULL) {
        log_outage(plugin, utils, options->wrong);
        return SASL_UNAVAIL;
    }
    if (!wire_client_ask(client, options->sockets, options->timeout_ms, question,
                         reply_r, &failure)) {
        log_failure(plugin, utils, options, &failure);
        return SASL_UNAVAIL;
    }
    return reply_code(plugin, utils, asker, reply_r);
}

int plugin_bad_answer(struct plugin *plugin, const sasl_utils_t *utils,
                      const struct options *options, struct wire_client *client)
{
    const struct wire_failure failure = {"understand", 0};

    wire_client_finish(client);
    log_failure(plugin, utils, options, &failure);
    return SASL_UNAVAIL;
}

void question_add(struct wire_message *question, enum wire_tag tag, const char *bytes,
                  size_t len)
{
    /* One field too many is one that wire_write() refuses, and nothing is lost
     * silently. */
    if (question->count < WIRE_FIELDS_MAX)
        question->fields[question->count] =
            (struct wire_field){.tag = tag, .bytes = bytes, .len = len};
    if (question->count <= WIRE_FIELDS_MAX)
        question->count++;
}
