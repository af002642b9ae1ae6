/* SPDX-License-Identifier: BSD-2-Clause */
/* The entry points of libsendas.so: registering the plugin, and its end. */
#include "config.h"

#include "auxprop/plugin.h"

#include <string.h>

#define EXPORT __attribute__((visibility("default")))

sasl_auxprop_init_t sasl_auxprop_plug_init;
sasl_canonuser_init_t sasl_canonuser_init;

static void plugin_destroy(struct plugin *plugin, const sasl_utils_t *utils)
{
    for (int i = 0; i < PLUGIN_IDLE; i++) {
        struct wire_client *client = atomic_load(&plugin->idle[i]);

        if (client != NULL) {
            wire_client_finish(client);
            utils->free(client);
        }
    }
    utils->free(plugin);
}

/* libsasl calls it as auxprop_free and as canon_user_free. */
static void plugin_free(void *glob_context, const sasl_utils_t *utils)
{
    if (glob_context != NULL)
        plugin_destroy(glob_context, utils);
}

/*
 * Reads no configuration and says nothing: without a connection libsasl's log is the
 * system's, once for each process that was started. A wrong option is logged by the
 * first question.
 */
static struct plugin *plugin_create(const sasl_utils_t *utils)
{
    struct plugin *plugin = utils->malloc(sizeof(*plugin));

    if (plugin == NULL)
        return NULL;
    memset(plugin, 0, sizeof(*plugin));
    strcpy(plugin->name, PLUGIN_NAME);
    plugin->utils = utils;
    for (int i = 0; i < PLUGIN_IDLE; i++)
        atomic_init(&plugin->idle[i], NULL);
    atomic_init(&plugin->failing, false);
    return plugin;
}

EXPORT int sasl_auxprop_plug_init(const sasl_utils_t *utils, int max_version,
                                  int *out_version, sasl_auxprop_plug_t **plug,
                                  const char *plugname)
{
    struct plugin *plugin;

    (void)plugname; /* made from the name of the file */
    if (utils == NULL || out_version == NULL || plug == NULL)
        return SASL_BADPARAM;
    if (max_version < SASL_AUXPROP_PLUG_VERSION)
        return SASL_BADVERS;
    plugin = plugin_create(utils);
    if (plugin == NULL)
        return SASL_NOMEM;
    plugin->auxprop.glob_context = plugin;
    plugin->auxprop.auxprop_free = plugin_free;
    plugin->auxprop.auxprop_lookup = plugin_lookup;
    plugin->auxprop.auxprop_store = plugin_store;
    plugin->auxprop.name = plugin->name;
    *plug = &plugin->auxprop;
    *out_version = SASL_AUXPROP_PLUG_VERSION;
    return SASL_OK;
}

EXPORT int sasl_canonuser_init(const sasl_utils_t *utils, int max_version,
                               int *out_version, sasl_canonuser_plug_t **plug,
                               const char *plugname)
{
    struct plugin *plugin;

    (void)plugname;
    if (utils == NULL || out_version == NULL || plug == NULL)
        return SASL_BADPARAM;
    if (max_version < SASL_CANONUSER_PLUG_VERSION)
        return SASL_BADVERS;
    plugin = plugin_create(utils);
    if (plugin == NULL)
        return SASL_NOMEM;
    plugin->canonuser.glob_context = plugin;
    plugin->canonuser.name = plugin->name;
    plugin->canonuser.canon_user_free = plugin_free;
    plugin->canonuser.canon_user_server = plugin_canon_server;
    plugin->canonuser.canon_user_client = plugin_canon_client;
    *plug = &plugin->canonuser;
    *out_version = SASL_CANONUSER_PLUG_VERSION;
    return SASL_OK;
}
