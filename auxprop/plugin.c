/* SPDX-License-Identifier: BSD-2-Clause */
/* The entry points of libsendas.so: registering the plugin, and its end. */
#include "config.h"

#include "plugin.h"

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

/* What is wrong with the configuration is said here, too: a host may start once a day.
 */
static struct plugin *plugin_create(const sasl_utils_t *utils, const char *caller)
{
    struct plugin *plugin = utils->malloc(sizeof(*plugin));
    struct options options;

    if (plugin == NULL)
        return NULL;
    memset(plugin, 0, sizeof(*plugin));
    strcpy(plugin->name, PLUGIN_NAME);
    plugin->utils = utils;
    for (int i = 0; i < PLUGIN_IDLE; i++)
        atomic_init(&plugin->idle[i], NULL);
    atomic_init(&plugin->failing, false);
    options_read(&options, utils, caller);
    if (options.wanted && options.wrong != NULL)
        utils->log(NULL, SASL_LOG_ERR, PLUGIN_NAME ": %s", options.wrong);
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
    plugin = plugin_create(utils, "auxprop_plugin");
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
    plugin = plugin_create(utils, "canon_user_plugin");
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
