/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "prog/identity.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ENTRY_MAX = 65536 }; /* bytes for one entry of the user or group database */

/* Ids of the process as it is; the name is for messages only. */
static bool identity_current(struct identity *identity_r)
{
    *identity_r = (struct identity){.uid = geteuid(), .gid = getegid()};
    snprintf(identity_r->name, sizeof identity_r->name, "%ld", (long)identity_r->uid);
    return true;
}

bool identity_find(const char *user, struct identity *identity_r, struct buf *error_r)
{
    struct passwd entry;
    struct passwd *found = NULL;
    char *memory;
    int error;

    if (geteuid() != 0)
        return identity_current(identity_r);
    memory = malloc(ENTRY_MAX);
    error =
        memory != NULL ? getpwnam_r(user, &entry, memory, ENTRY_MAX, &found) : ENOMEM;
    if (found != NULL) {
        *identity_r = (struct identity){.uid = entry.pw_uid, .gid = entry.pw_gid};
        snprintf(identity_r->name, sizeof identity_r->name, "%s", user);
        if (strlen(user) >= sizeof identity_r->name) {
            buf_addf(error_r, "user \"%s\": expected a shorter name", user);
            found = NULL;
        }
    } else if (error != 0) {
        buf_addf(error_r, "user \"%s\" cannot be looked up: %s", user, strerror(error));
    } else {
        buf_addf(error_r,
                 "user \"%s\" does not exist; expected one from the user database "
                 "(the setting is user)",
                 user);
    }
    free(memory);
    return found != NULL;
}

/* Digits only; -1 of the type means "leave it" to chown(2) and is nobody's. */
static bool id_parse(const char *text, unsigned long most, unsigned long *value_r)
{
    if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
        return false;
    errno = 0;
    *value_r = strtoul(text, NULL, 10);
    return errno == 0 && *value_r < most;
}

static bool gid_parse(const char *text, gid_t *gid_r)
{
    unsigned long value;

    if (!id_parse(text, (gid_t)-1, &value))
        return false;
    *gid_r = (gid_t)value;
    return true;
}

bool identity_user(const char *user, uid_t *uid_r, struct buf *error_r)
{
    struct passwd entry;
    struct passwd *found = NULL;
    char *memory = malloc(ENTRY_MAX);
    int error = ENOMEM;
    unsigned long value;
    bool ok = true;

    if (memory != NULL)
        error = getpwnam_r(user, &entry, memory, ENTRY_MAX, &found);
    if (found != NULL) {
        *uid_r = entry.pw_uid;
    } else if (id_parse(user, (uid_t)-1, &value)) {
        *uid_r = (uid_t)value;
    } else {
        ok = false;
        if (error != 0)
            buf_addf(error_r, "user \"%s\" cannot be looked up: %s", user,
                     strerror(error));
        else
            buf_addf(error_r,
                     "user \"%s\" does not exist; expected one from the user database, "
                     "or a number",
                     user);
    }
    free(memory);
    return ok;
}

bool identity_group(const char *group, gid_t *gid_r, struct buf *error_r)
{
    struct group entry;
    struct group *found = NULL;
    char *memory = malloc(ENTRY_MAX);
    int error = ENOMEM;
    bool ok = true;

    if (memory != NULL)
        error = getgrnam_r(group, &entry, memory, ENTRY_MAX, &found);
    if (found != NULL) {
        *gid_r = entry.gr_gid;
    } else if (!gid_parse(group, gid_r)) {
        ok = false;
        if (error != 0)
            buf_addf(error_r, "group \"%s\" cannot be looked up: %s", group,
                     strerror(error));
        else
            buf_addf(
                error_r,
                "group \"%s\" does not exist; expected one from the group database",
                group);
    }
    free(memory);
    return ok;
}

/* Whoever can become root again has not given it up. */
static bool root_is_gone(const struct identity *identity)
{
    if (getuid() != identity->uid || geteuid() != identity->uid ||
        getgid() != identity->gid || getegid() != identity->gid)
        return false;
    return identity->uid == 0 || (setuid(0) == -1 && seteuid(0) == -1);
}

bool identity_assume(const struct identity *identity, struct buf *error_r)
{
    const char *step = NULL;

    if (geteuid() != 0)
        return true;
    if (initgroups(identity->name, identity->gid) == -1)
        step = "the supplementary groups";
    else if (setgid(identity->gid) == -1)
        step = "the group";
    else if (setuid(identity->uid) == -1)
        step = "the user";
    if (step != NULL) {
        buf_addf(error_r, "%s of \"%s\" cannot be taken on: %s", step, identity->name,
                 strerror(errno));
        return false;
    }
    if (!root_is_gone(identity)) {
        buf_addf(error_r, "root cannot be given up for \"%s\"", identity->name);
        return false;
    }
    return true;
}
