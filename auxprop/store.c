/* SPDX-License-Identifier: BSD-2-Clause */
/* Setting a password, for saslpasswd2 and sasl_setpass(); authd lets root alone do it.
 */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "auxprop/plugin.h"

static const struct propval *property_find(const struct propval *properties,
                                           const char *name)
{
    for (; properties->name != NULL; properties++) {
        if (strcasecmp(properties->name, name) == 0)
            return properties;
    }
    return NULL;
}

/* Is there anything in it that was to be kept? Names with a star are of lookups. */
static bool has_values(const struct propval *properties)
{
    for (; properties->name != NULL; properties++) {
        if (properties->name[0] != '*' && properties->values != NULL &&
            properties->values[0] != NULL)
            return true;
    }
    return false;
}

/* "login@realm" for saslpasswd2 -u; the caller frees it. */
static char *login_complete(const struct plugin *plugin, const char *user, size_t len,
                            const char *realm, size_t *len_r)
{
    const size_t tail =
        realm != NULL && memchr(user, '@', len) == NULL ? strlen(realm) : 0;
    char *login = plugin->utils->malloc(len + 1 + tail);

    if (login == NULL)
        return NULL;
    memcpy(login, user, len);
    *len_r = len;
    if (tail != 0) {
        login[len] = '@';
        memcpy(login + len + 1, realm, tail);
        *len_r += 1 + tail;
    }
    return login;
}

static int store_ask(struct plugin *plugin, sasl_server_params_t *sparams,
                     const struct options *options, const char *login, size_t login_len,
                     const struct propval *password)
{
    struct wire_message question = {.kind = WIRE_STORE};
    struct wire_message reply;
    struct wire_client *client = client_take(plugin);
    int code;

    if (client == NULL)
        return SASL_NOMEM;
    question_add(&question, WIRE_LOGIN, login, login_len);
    if (password->values != NULL && password->values[0] != NULL) {
        question_add(&question, WIRE_SECRET, password->values[0],
                     password->nvalues == 1 ? password->valsize
                                            : strlen(password->values[0]));
        /* libsasl does not say whether -c was given; its own sasldb creates, too. */
        question_add(&question, WIRE_CREATE, "", 0);
    }
    code = plugin_ask(plugin, sparams->utils, options, client, ASKER_STORE, &question,
                      &reply);
    client_give(plugin, client);
    return code;
}

int plugin_store(void *glob_context, sasl_server_params_t *sparams, struct propctx *ctx,
                 const char *user, unsigned ulen)
{
    struct plugin *plugin = glob_context;
    const struct propval *properties, *password;
    struct options options;
    char *login;
    size_t login_len;
    int code;

    if (plugin == NULL)
        return SASL_BADPARAM;
    /*
     * Any other code than this one would end libsasl's walk over the plugins, and where
     * nobody has configured sendas the passwords of others could not be set.
     */
    options_read(&options, sparams != NULL ? sparams->utils : plugin->utils,
                 "auxprop_plugin");
    if (!options.wanted)
        return SASL_CONSTRAINT_VIOLAT;
    if (ctx == NULL)
        return SASL_OK; /* only asked whether it can */
    if (sparams == NULL || user == NULL)
        return SASL_BADPARAM;
    properties = sparams->utils->prop_get(ctx);
    if (properties == NULL)
        return SASL_NOMEM;
    password = property_find(properties, SASL_AUX_PASSWORD_PROP);
    if (password == NULL) /* verifiers are made by authd alone */
        return has_values(properties) ? SASL_CONSTRAINT_VIOLAT : SASL_OK;

    login = login_complete(plugin, user, ulen != 0 ? ulen : strlen(user),
                           sparams->user_realm, &login_len);
    if (login == NULL)
        return SASL_NOMEM;
    code = store_ask(plugin, sparams, &options, login, login_len, password);
    plugin->utils->free(login);
    return code;
}
