/* SPDX-License-Identifier: BSD-2-Clause */
/* options.h - what the SASL configuration of the host program says about the plugin. */
#ifndef SENDAS_AUXPROP_OPTIONS_H
#define SENDAS_AUXPROP_OPTIONS_H

#include <stdbool.h>

#include <sasl/sasl.h>
/* needs sasl.h */
#include <sasl/saslplug.h>

/* The name by which auxprop_plugin and canon_user_plugin call for it. */
#define PLUGIN_NAME "sendas"

struct options {
    bool wanted;         /* the configuration names the plugin or its socket */
    char *sockets;       /* paths, separated by blanks */
    unsigned timeout_ms; /* of one question */
    const char *wrong;   /* what is wrong with the configuration, NULL if nothing is */
};

/*
 * Reads the options. `caller` is the option that names the plugin: "auxprop_plugin" or
 * "canon_user_plugin". False only when there is no memory: a wrong value must not keep
 * the plugin from being registered, since then no login would get a temporary failure.
 */
bool options_init(struct options *options, const sasl_utils_t *utils,
                  const char *caller);
void options_finish(struct options *options, const sasl_utils_t *utils);

#endif
