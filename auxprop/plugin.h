/* SPDX-License-Identifier: BSD-2-Clause */
/* plugin.h - what one registration of the plugin with libsasl2 holds, and asking authd.
 */
#ifndef SENDAS_AUXPROP_PLUGIN_H
#define SENDAS_AUXPROP_PLUGIN_H

#include <stdatomic.h>
#include <stdbool.h>

#include "auxprop/options.h"
#include "wire/wire_client.h"

enum {
    PLUGIN_IDLE = 4 /* connections that are kept between questions */
};

/*
 * One registration. Threads of the host share it without a lock, which a fork could
 * leave locked (and libsasl2's own do nothing unless the host program sets them): a
 * connection is taken out of its place while it is used.
 */
struct plugin {
    sasl_auxprop_plug_t auxprop;     /* one of these two */
    sasl_canonuser_plug_t canonuser; /* is registered */
    char name[sizeof(PLUGIN_NAME)];
    const sasl_utils_t *utils; /* of no connection; valid until it is freed */
    _Atomic(struct wire_client *) idle[PLUGIN_IDLE];
    atomic_bool failing; /* an outage was logged and has not ended */
};

/* Who asks: the columns of the table of results. */
enum asker { ASKER_LOOKUP, ASKER_CANON, ASKER_STORE };

/* A connection that nobody else uses until it is given back; NULL: no memory. */
struct wire_client *client_take(struct plugin *plugin);
void client_give(struct plugin *plugin, struct wire_client *client);

/*
 * Asks sendas-authd within the configured time. Returns what libsasl is to be told;
 * SASL_OK: *reply_r holds the fields of the answer and points into the client. The
 * first failure of an outage is logged.
 */
int plugin_ask(struct plugin *plugin, const sasl_utils_t *utils,
               const struct options *options, struct wire_client *client,
               enum asker asker, const struct wire_message *question,
               struct wire_message *reply_r);

/* The same end for an answer that makes no sense. */
int plugin_bad_answer(struct plugin *plugin, const sasl_utils_t *utils,
                      const struct options *options, struct wire_client *client);

/* Appends a field; what does not fit makes the question one that cannot be asked. */
void question_add(struct wire_message *question, enum wire_tag tag, const char *bytes,
                  size_t len);

/* --- the functions that libsasl calls; saslplug.h says what is what --- */

int plugin_lookup(void *glob_context, sasl_server_params_t *sparams, unsigned flags,
                  const char *user, unsigned ulen);
int plugin_store(void *glob_context, sasl_server_params_t *sparams, struct propctx *ctx,
                 const char *user, unsigned ulen);
int plugin_canon_server(void *glob_context, sasl_server_params_t *sparams,
                        const char *user, unsigned len, unsigned flags, char *out,
                        unsigned out_max, unsigned *out_len);
int plugin_canon_client(void *glob_context, sasl_client_params_t *cparams,
                        const char *user, unsigned len, unsigned flags, char *out,
                        unsigned out_max, unsigned *out_len);

#endif
