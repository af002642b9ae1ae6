/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/milter_spec.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SEPARATORS " \t\r\n,"

/* --- the list --- */

/* Takes "name=value" of a filter's options; those that matter nowhere here are skipped.
 */
static void option_take(struct milter_spec *spec, char *text)
{
    char *value = strchr(text, '=');
    char *end;

    if (value == NULL)
        return;
    end = value;
    while (end > text && strchr(" \t", end[-1]) != NULL)
        end--;
    *end = '\0';
    value++;
    value += strspn(value, " \t");
    if (strcmp(text, "default_action") == 0)
        spec->default_action = value;
    else if (strcmp(text, "protocol") == 0)
        spec->protocol = value;
}

/* Reads what stands between braces: the address, then options. */
static void braces_read(char *text, struct milter_spec *spec_r)
{
    char *rest = NULL;
    char *word = strtok_r(text, SEPARATORS, &rest);

    spec_r->address = word != NULL ? word : "";
    while ((word = strtok_r(NULL, ",", &rest)) != NULL) {
        size_t len;

        word += strspn(word, " \t{");
        len = strlen(word);
        while (len != 0 && strchr(" \t}", word[len - 1]) != NULL)
            word[--len] = '\0';
        option_take(spec_r, word);
    }
}

/* The length up to the brace that closes the first one. */
static size_t braces_len(const char *text)
{
    size_t len = 0;
    int depth = 0;

    do {
        depth += (text[len] == '{') - (text[len] == '}');
        len++;
    } while (depth != 0 && text[len] != '\0');
    return len;
}

bool milter_spec_next(const char **list, struct arena *arena,
                      struct milter_spec *spec_r)
{
    const char *start = *list + strspn(*list, SEPARATORS);
    const bool braces = *start == '{';
    size_t len;
    char *text;

    *spec_r = (struct milter_spec){0};
    if (*start == '\0')
        return false;
    len = braces ? braces_len(start) : strcspn(start, SEPARATORS);
    *list = start + len;
    /* Without the braces. */
    text = arena_strndup(arena, start + braces, len - braces);
    if (text == NULL)
        return false;
    if (braces && text[0] != '\0' && text[strlen(text) - 1] == '}')
        text[strlen(text) - 1] = '\0';
    if (braces)
        braces_read(text, spec_r);
    else
        spec_r->address = text;
    return true;
}

/* --- Unix sockets --- */

/* Makes "//" and "/./" a "/", in place. */
static char *path_tidy(char *path)
{
    char *out = path;

    for (const char *in = path; *in != '\0'; in++) {
        while (in[0] == '/' && (in[1] == '/' || (in[1] == '.' && in[2] == '/')))
            in += in[1] == '/' ? 1 : 2;
        *out++ = *in;
    }
    *out = '\0';
    return path;
}

const char *milter_spec_path(const struct milter_spec *spec, const char *queue,
                             bool chrooted, struct arena *arena)
{
    const char *path;
    char *full;

    if (strncmp(spec->address, "unix:", 5) == 0)
        path = spec->address + 5;
    else if (strncmp(spec->address, "local:", 6) == 0)
        path = spec->address + 6;
    else
        return NULL;
    full = chrooted || path[0] != '/' ? arena_printf(arena, "%s/%s", queue, path)
                                      : arena_strdup(arena, path);
    return full != NULL ? path_tidy(full) : NULL;
}

/* --- TCP --- */

/* Splits "inet:HOST:PORT"; the host without brackets, in the arena. */
static bool inet_split(const char *address, struct arena *arena, const char **host_r,
                       unsigned long *port_r)
{
    const char *host, *colon;
    char *end;

    if (strncmp(address, "inet:", 5) == 0)
        host = address + 5;
    else if (strncmp(address, "inet6:", 6) == 0)
        host = address + 6;
    else
        return false;
    colon = strrchr(host, ':');
    if (colon == NULL || colon[1] < '0' || colon[1] > '9')
        return false;
    *port_r = strtoul(colon + 1, &end, 10);
    if (*end != '\0')
        return false;
    if (*host == '[' && colon > host && colon[-1] == ']')
        *host_r = arena_strndup(arena, host + 1, (size_t)(colon - host) - 2);
    else
        *host_r = arena_strndup(arena, host, (size_t)(colon - host));
    return *host_r != NULL;
}

/* Does it listen on every address of the machine? */
static bool listens_everywhere(const struct endpoint *endpoint)
{
    return strcmp(endpoint->address, "0.0.0.0") == 0 ||
           strcmp(endpoint->address, "::") == 0;
}

static bool host_is(const char *host, const struct endpoint *endpoint)
{
    const bool number =
        strchr(host, ':') != NULL || strspn(host, "0123456789.") == strlen(host);

    if (listens_everywhere(endpoint) || strcmp(host, endpoint->address) == 0)
        return true;
    if (strcasecmp(host, "localhost") == 0)
        return strncmp(endpoint->address, "127.", 4) == 0 ||
               strcmp(endpoint->address, "::1") == 0;
    if (strcmp(endpoint->address, "localhost") == 0)
        return strcmp(host, "127.0.0.1") == 0 || strcmp(host, "::1") == 0;
    return !number;
}

bool milter_spec_reaches(const struct milter_spec *spec, const char *queue,
                         bool chrooted, const struct endpoint *endpoint,
                         struct arena *arena)
{
    const char *host;
    unsigned long port;

    if (endpoint->kind == ENDPOINT_UNIX) {
        const char *theirs = milter_spec_path(spec, queue, chrooted, arena);
        char *ours = theirs != NULL ? arena_strdup(arena, endpoint->path) : NULL;

        return ours != NULL && strcmp(theirs, path_tidy(ours)) == 0;
    }
    return inet_split(spec->address, arena, &host, &port) && port == endpoint->port &&
           host_is(host, endpoint);
}

/* --- what to set --- */

const char *milter_spec_for(const struct endpoint *endpoint, const char *queue,
                            bool chrooted, struct arena *arena)
{
    const size_t queue_len = strlen(queue);

    if (endpoint->kind != ENDPOINT_UNIX) {
        const bool six = endpoint->kind == ENDPOINT_INET6;
        const char *host = endpoint->address;

        if (listens_everywhere(endpoint))
            host = six ? "::1" : "127.0.0.1";
        return arena_printf(arena, six ? "inet:[%s]:%u" : "inet:%s:%u", host,
                            endpoint->port);
    }
    if (!chrooted)
        return arena_printf(arena, "unix:%s", endpoint->path);
    if (strncmp(endpoint->path, queue, queue_len) != 0 ||
        endpoint->path[queue_len] != '/')
        return NULL;
    return arena_printf(arena, "unix:%s", endpoint->path + queue_len);
}
