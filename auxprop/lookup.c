/* SPDX-License-Identifier: BSD-2-Clause */
/* The auxprop lookup: which properties are asked for here, and what they are. */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "auxprop/plugin.h"

/*
 * Never asked for and never set. libsasl takes userPassword for the password itself,
 * with every mechanism: a hash there would be a password that logs in.
 */
static const char *const never[] = {"userPassword", "cmusaslsecretPLAIN"};

/* libsasl reads as many bytes of these as they should have, whatever they have. */
static const struct exact {
    const char *name;
    size_t len;
} exact[] = {
    {"cmusaslsecretCRAM-MD5", 32}, /* the two MD5 states of RFC 2104's key */
    {"cmusaslsecretDIGEST-MD5", 16},
};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* The name of the property if this pass is about it, else NULL. */
static const char *property_name(const struct propval *property, unsigned flags)
{
    const char *name = property->name;

    if (!(flags & SASL_AUXPROP_AUTHZID) && *name++ != '*')
        return NULL; /* it is one of the authorization id */
    if (*name == '*' || *name == '\0')
        return NULL; /* one of the authentication id, or "all properties" */
    for (size_t i = 0; i < LENGTH(never); i++) {
        if (strcasecmp(name, never[i]) == 0)
            return NULL;
    }
    if (property->values != NULL && !(flags & SASL_AUXPROP_OVERRIDE))
        return NULL; /* another plugin was first */
    return name;
}

static void ask_for(struct wire_message *question, const struct propval *properties,
                    unsigned flags)
{
    for (; properties->name != NULL; properties++) {
        const char *name = property_name(properties, flags);

        if (name != NULL)
            question_add(question, WIRE_NAME, name, strlen(name));
    }
}

/* ipremoteport is "ADDRESS;PORT". */
static void add_client(struct wire_message *question, const char *remote)
{
    const char *end = remote != NULL ? strrchr(remote, ';') : NULL;

    if (remote != NULL && *remote != '\0')
        question_add(question, WIRE_CLIENT, remote,
                     end != NULL ? (size_t)(end - remote) : strlen(remote));
}

/* The property that was asked for by this name; NULL: none was. */
static const struct propval *property_find(const struct propval *properties,
                                           unsigned flags,
                                           const struct wire_field *wanted)
{
    for (; properties->name != NULL; properties++) {
        const char *name = property_name(properties, flags);

        if (name != NULL && strlen(name) == wanted->len &&
            memcmp(name, wanted->bytes, wanted->len) == 0)
            return properties;
    }
    return NULL;
}

static bool value_fits(const char *property, size_t len)
{
    for (size_t i = 0; i < LENGTH(exact); i++) {
        if (strcasecmp(property + (*property == '*'), exact[i].name) == 0)
            return len == exact[i].len;
    }
    return true;
}

/* Are these values of properties that were asked for, and only such? */
static bool answer_valid(const struct wire_message *reply,
                         const struct propval *properties, unsigned flags)
{
    const struct propval *current = NULL;

    for (size_t i = 0; i < reply->count; i++) {
        const struct wire_field *field = &reply->fields[i];

        if (field->tag == WIRE_NAME) {
            current = property_find(properties, flags, field);
            if (current == NULL)
                return false;
        } else if (field->tag == WIRE_VALUE &&
                   (current == NULL || !value_fits(current->name, field->len))) {
            return false;
        }
    }
    return true;
}

/* What it was before gives way, once the new values are known. */
static void forget_old(const sasl_utils_t *utils, struct propctx *properties,
                       unsigned flags)
{
    const struct propval *at = utils->prop_get(properties);

    for (; at != NULL && at->name != NULL; at++) {
        if (at->values != NULL && property_name(at, flags) != NULL)
            utils->prop_erase(properties, at->name);
    }
}

static int answer_set(const sasl_utils_t *utils, struct propctx *properties,
                      unsigned flags, const struct wire_message *reply)
{
    const struct propval *current = NULL;

    for (size_t i = 0; i < reply->count; i++) {
        const struct wire_field *field = &reply->fields[i];

        if (field->tag == WIRE_NAME)
            current = property_find(utils->prop_get(properties), flags, field);
        /* A length of 0 means to libsasl that the value ends in a NUL. */
        if (field->tag == WIRE_VALUE && current != NULL &&
            utils->prop_set(properties, current->name,
                            field->len != 0 ? field->bytes : "",
                            (int)field->len) != SASL_OK)
            return SASL_NOMEM;
    }
    return SASL_OK;
}

static int ask_and_set(struct plugin *plugin, sasl_server_params_t *sparams,
                       const struct options *options, unsigned flags,
                       const struct wire_message *question)
{
    const sasl_utils_t *utils = sparams->utils;
    struct wire_client *client = client_take(plugin);
    struct wire_message reply;
    int code;

    if (client == NULL)
        return SASL_NOMEM;
    code = plugin_ask(plugin, utils, options, client, ASKER_LOOKUP, question, &reply);
    if (code == SASL_OK && reply.kind == WIRE_OK) {
        if (!answer_valid(&reply, utils->prop_get(sparams->propctx), flags)) {
            code = plugin_bad_answer(plugin, utils, options, client);
        } else {
            forget_old(utils, sparams->propctx, flags);
            code = answer_set(utils, sparams->propctx, flags, &reply);
        }
    }
    client_give(plugin, client);
    return code;
}

int plugin_lookup(void *glob_context, sasl_server_params_t *sparams, unsigned flags,
                  const char *user, unsigned ulen)
{
    struct plugin *plugin = glob_context;
    struct wire_message question = {.kind = WIRE_LOOKUP};
    const struct propval *properties;
    struct options options;
    size_t about;

    if (plugin == NULL || sparams == NULL || user == NULL)
        return SASL_BADPARAM;
    /* A server without auxprop_plugin calls every plugin there is: this one keeps out.
     */
    options_read(&options, sparams->utils, "auxprop_plugin");
    if (!options.wanted)
        return SASL_NOMECH;
    properties = sparams->utils->prop_get(sparams->propctx);
    if (properties == NULL)
        return SASL_NOMEM;

    question_add(&question, WIRE_LOGIN, user, ulen != 0 ? ulen : strlen(user));
    add_client(&question, sparams->ipremoteport);
    if (sparams->service != NULL)
        question_add(&question, WIRE_SERVICE, sparams->service,
                     strlen(sparams->service));
    about = question.count;
    ask_for(&question, properties, flags);
    /*
     * The pass of the authentication id asks even when it wants nothing: whoever
     * verifies a password by the saslauthd protocol comes here first, and waits on that
     * socket without end if the daemon hangs. It also tells authd whose client this is.
     */
    if (question.count == about && (flags & SASL_AUXPROP_AUTHZID))
        return SASL_OK;
    return ask_and_set(plugin, sparams, &options, flags, &question);
}
