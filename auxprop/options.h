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

/* Borrowed from libsasl for the time of one call. */
struct options {
    bool wanted;         /* the configuration names the plugin or its socket */
    const char *sockets; /* paths, separated by blanks */
    unsigned timeout_ms; /* of one question */
    const char *wrong;   /* what is wrong with the configuration, NULL if nothing is */
};

/*
 * Reads the options. `caller` is the option that names the plugin: "auxprop_plugin" or
 * "canon_user_plugin". They are read at each call, and as the connection has them: in a
 * program that is a client as well, libsasl registers the canonuser plugin once for
 * either side, and servers use whichever came last.
 */
void options_read(struct options *options_r, const sasl_utils_t *utils,
                  const char *caller);

#endif
