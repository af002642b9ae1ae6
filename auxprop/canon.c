/* SPDX-License-Identifier: BSD-2-Clause */
/* The one canonical name of whoever logs in, as sendas-authd knows it. */
#include "config.h"

#include <string.h>

#include "auxprop/plugin.h"

/* --- the server's side --- */

static bool login_valid(const struct wire_field *login)
{
    return login != NULL && login->len != 0 &&
           memchr(login->bytes, '\0', login->len) == NULL;
}

/* `out` may be where the typed login lies. */
static int login_write(const char *login, size_t len, char *out, unsigned out_max,
                       unsigned *out_len)
{
    if (len >= out_max)
        return SASL_BUFOVER;
    memmove(out, login, len);
    out[len] = '\0';
    *out_len = (unsigned)len;
    return SASL_OK;
}

int plugin_canon_server(void *glob_context, sasl_server_params_t *sparams,
                        const char *user, unsigned len, unsigned flags, char *out,
                        unsigned out_max, unsigned *out_len)
{
    struct plugin *plugin = glob_context;
    struct wire_message question = {.kind = WIRE_CANON};
    struct wire_message reply;
    struct wire_client *client;
    struct options options;
    const struct wire_field *login;
    int code;

    (void)flags; /* one name, whatever it is for */
    if (plugin == NULL || sparams == NULL || user == NULL || out == NULL ||
        out_len == NULL)
        return SASL_BADPARAM;
    options_read(&options, sparams->utils, "canon_user_plugin");
    question_add(&question, WIRE_LOGIN, user, len != 0 ? len : strlen(user));
    /* It completes a login; one that has a domain needs none. */
    if (sparams->user_realm != NULL && sparams->user_realm[0] != '\0' &&
        memchr(user, '@', len != 0 ? len : strlen(user)) == NULL)
        question_add(&question, WIRE_REALM, sparams->user_realm,
                     strlen(sparams->user_realm));
    client = client_take(plugin);
    if (client == NULL)
        return SASL_NOMEM;
    code = plugin_ask(plugin, sparams->utils, &options, client, ASKER_CANON, &question,
                      &reply);
    if (code == SASL_OK) {
        login = wire_find(&reply, WIRE_LOGIN);
        code = login_valid(login)
                   ? login_write(login->bytes, login->len, out, out_max, out_len)
                   : plugin_bad_answer(plugin, sparams->utils, &options, client);
    }
    client_give(plugin, client);
    return code;
}

/* --- the client's side: what libsasl does by itself --- */

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

int plugin_canon_client(void *glob_context, sasl_client_params_t *cparams,
                        const char *user, unsigned len, unsigned flags, char *out,
                        unsigned out_max, unsigned *out_len)
{
    size_t n;

    (void)glob_context;
    (void)flags;
    if (cparams == NULL || user == NULL || out == NULL || out_len == NULL)
        return SASL_BADPARAM;
    n = len != 0 ? len : strlen(user);
    while (n != 0 && is_blank(user[0])) {
        user++;
        n--;
    }
    while (n != 0 && is_blank(user[n - 1]))
        n--;
    if (n == 0) {
        cparams->utils->seterror(cparams->utils->conn, 0, "All-whitespace username.");
        return SASL_FAIL;
    }
    return login_write(user, n, out, out_max, out_len);
}
