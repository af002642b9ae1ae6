/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "auxprop/options.h"

#include <string.h>
#include <strings.h>

enum { TIMEOUT_DEFAULT = 5, TIMEOUT_MAX = 300 }; /* seconds */

static const char SOCKET_DEFAULT[] = RUNSTATEDIR "/sendas-authd/lookup";
static const char BLANKS[] = " \t";

/* The value of an option, NULL when it is not set. libsasl wants the whole key. */
static const char *option(const sasl_utils_t *utils, const char *key)
{
    const char *value = NULL;

    if (utils->getopt == NULL ||
        utils->getopt(utils->getopt_context, PLUGIN_NAME, key, &value, NULL) != SASL_OK)
        return NULL;
    return value;
}

/* Does a list such as auxprop_plugin's hold the plugin's name? */
static bool list_names_plugin(const char *list)
{
    while (*(list += strspn(list, BLANKS)) != '\0') {
        const size_t len = strcspn(list, BLANKS);

        if (len == strlen(PLUGIN_NAME) && strncasecmp(list, PLUGIN_NAME, len) == 0)
            return true;
        list += len;
    }
    return false;
}

static bool sockets_valid(const char *list)
{
    bool any = false;

    while (*(list += strspn(list, BLANKS)) != '\0') {
        if (*list != '/')
            return false;
        any = true;
        list += strcspn(list, BLANKS);
    }
    return any;
}

/* Whole seconds, with or without an "s". */
static bool timeout_parse(const char *text, unsigned *ms_r)
{
    unsigned seconds = 0;
    size_t len;

    text += strspn(text, BLANKS);
    len = strspn(text, "0123456789");
    for (size_t i = 0; i < len && seconds <= TIMEOUT_MAX; i++)
        seconds = seconds * 10 + (unsigned)(text[i] - '0');
    text += len;
    text += *text == 's';
    if (len == 0 || text[strspn(text, BLANKS)] != '\0' || seconds < 1 ||
        seconds > TIMEOUT_MAX)
        return false;
    *ms_r = seconds * 1000;
    return true;
}

void options_read(struct options *options_r, const sasl_utils_t *utils,
                  const char *caller)
{
    const char *sockets = option(utils, "sendas_socket");
    const char *timeout = option(utils, "sendas_timeout");
    const char *named = option(utils, caller);

    options_r->wanted = sockets != NULL || (named != NULL && list_names_plugin(named));
    options_r->sockets = sockets != NULL ? sockets : SOCKET_DEFAULT;
    options_r->timeout_ms = TIMEOUT_DEFAULT * 1000;
    options_r->wrong = NULL;
    if (!sockets_valid(options_r->sockets))
        options_r->wrong =
            "sendas_socket: expected absolute paths, separated by blanks";
    if (timeout != NULL && !timeout_parse(timeout, &options_r->timeout_ms))
        options_r->wrong = "sendas_timeout: expected 1 to 300 seconds";
}
