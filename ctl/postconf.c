/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/postconf.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SERVICES_MAX = 10000 };

void postconf_finish(struct postconf *postconf)
{
    hash_finish(&postconf->settings);
    free(postconf->services);
    postconf->services = NULL;
    postconf->service_count = 0;
}

/* Calls `take` for each line that is not empty, until one is refused. */
static bool lines_read(struct postconf *postconf, const char *text, size_t len,
                       bool (*take)(struct postconf *, char *line), struct buf *error_r)
{
    unsigned long number = 0;

    while (len != 0) {
        const char *end = memchr(text, '\n', len);
        const size_t line_len = end != NULL ? (size_t)(end - text) : len;
        char *line = arena_strndup(postconf->arena, text, line_len);

        number++;
        if (line == NULL) {
            buf_adds(error_r, "out of memory");
            return false;
        }
        if (line_len != 0 && (strlen(line) != line_len || !take(postconf, line))) {
            buf_addf(error_r,
                     "postconf: line %lu of its output cannot be read: \"%.80s\"",
                     number, line);
            return false;
        }
        text += line_len + (end != NULL);
        len -= line_len + (end != NULL);
    }
    return true;
}

/* "name = value"; a name has no blanks, the value may be empty. */
static bool setting_take(struct postconf *postconf, char *line)
{
    char *equals = strchr(line, ' ');
    void **slot;

    if (equals == NULL || equals == line || equals[1] != '=')
        return false;
    *equals = '\0';
    slot = hash_slot(&postconf->settings, line);
    if (slot == NULL)
        return false;
    *slot = equals + 2 + strspn(equals + 2, " \t");
    return true;
}

bool postconf_read_settings(struct postconf *postconf, const char *text, size_t len,
                            struct buf *error_r)
{
    return lines_read(postconf, text, len, setting_take, error_r);
}

/* What "-" says in the column "chroot": no since Postfix 3.0, unless that is asked to
 * behave as before. */
static bool chroot_default(const struct postconf *postconf)
{
    const char *level = postconf_value(postconf, NULL, "compatibility_level");

    return level == NULL || atoi(level) < 1;
}

/* "name type private unprivileged chroot wakeup limit command arguments". */
static bool service_take(struct postconf *postconf, char *line)
{
    enum { NAME, TYPE, PRIVATE, UNPRIVILEGED, CHROOT, WAKEUP, LIMIT, COMMAND, COLUMNS };
    struct postconf_service *service, *larger;
    char *columns[COLUMNS];
    char *rest = NULL;

    for (int i = 0; i < COLUMNS; i++) {
        columns[i] = strtok_r(i == 0 ? line : NULL, " \t", &rest);
        if (columns[i] == NULL)
            return false;
    }
    if (postconf->service_count == SERVICES_MAX)
        return false;
    larger = realloc(postconf->services,
                     (postconf->service_count + 1) * sizeof(*postconf->services));
    if (larger == NULL)
        return false;
    postconf->services = larger;
    service = &larger[postconf->service_count++];
    *service = (struct postconf_service){
        .name = columns[NAME], .type = columns[TYPE], .command = columns[COMMAND]};
    service->chrooted = columns[CHROOT][0] == 'y' ||
                        (strcmp(columns[CHROOT], "-") == 0 && chroot_default(postconf));
    return true;
}

bool postconf_read_services(struct postconf *postconf, const char *text, size_t len,
                            struct buf *error_r)
{
    return lines_read(postconf, text, len, service_take, error_r);
}

const struct postconf_service *postconf_service_find(const struct postconf *postconf,
                                                     const char *name, const char *type)
{
    for (size_t i = 0; i < postconf->service_count; i++) {
        const struct postconf_service *service = &postconf->services[i];

        if (strcmp(service->name, name) == 0 && strcmp(service->type, type) == 0)
            return service;
    }
    return NULL;
}

const char *postconf_value(const struct postconf *postconf,
                           const struct postconf_service *service, const char *name)
{
    const char *own = NULL;

    if (service != NULL) {
        const char *key = arena_printf(postconf->arena, "%s/%s/%s", service->name,
                                       service->type, name);

        own = key != NULL ? hash_find(&postconf->settings, key) : NULL;
    }
    return own != NULL ? own : hash_find(&postconf->settings, name);
}

bool postconf_yes(const struct postconf *postconf,
                  const struct postconf_service *service, const char *name)
{
    const char *value = postconf_value(postconf, service, name);

    return value != NULL && strcasecmp(value, "yes") == 0;
}
