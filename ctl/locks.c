/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/locks.h"

#include <stdlib.h>
#include <string.h>

#include "wire/wire_client.h"

/* The sockets as wire_client_ask() wants them; a path with a blank cannot be told it.
 */
static const char *sockets_join(struct auth_site *site)
{
    const struct strlist *paths = &site->conf->lookup_sockets;
    const char *joined = "";

    for (size_t i = 0; i < paths->count && joined != NULL; i++) {
        if (strchr(paths->items[i], ' ') == NULL)
            joined = arena_printf(&site->arena, "%s%s%s", joined,
                                  joined[0] != '\0' ? " " : "", paths->items[i]);
    }
    return joined;
}

static void failure_tell(const char *sockets, const struct wire_failure *failure,
                         struct buf *error_r)
{
    buf_addf(error_r, "sendas-authd: cannot %s %s", failure->step, sockets);
    if (failure->error != 0)
        buf_addf(error_r, ": %s", strerror(failure->error));
}

/* A reply that is no "done": in words. */
static void refusal_tell(const struct wire_message *reply, struct buf *error_r)
{
    const struct wire_field *text = wire_find(reply, WIRE_TEXT);

    buf_adds(error_r, reply->kind == WIRE_DENIED
                          ? "sendas-authd lets root and its own user alone ask for this"
                          : "sendas-authd could not answer");
    if (text != NULL && text->len != 0)
        buf_addf(error_r, ": %.*s", (int)text->len, (const char *)text->bytes);
}

static bool ask(struct auth_site *site, struct wire_client *client,
                const struct wire_message *question, struct wire_message *reply_r,
                struct buf *error_r)
{
    const char *sockets = sockets_join(site);
    struct wire_failure failure = {0};

    if (sockets == NULL) {
        buf_adds(error_r, "out of memory");
        return false;
    }
    if (!wire_client_ask(client, sockets, (unsigned)site->conf->request_timeout * 1000U,
                         question, reply_r, &failure)) {
        failure_tell(sockets, &failure, error_r);
        return false;
    }
    if (reply_r->kind != WIRE_OK)
        refusal_tell(reply_r, error_r);
    return reply_r->kind == WIRE_OK;
}

static long long field_number(const struct wire_field *field)
{
    char text[32] = "";

    if (field->len < sizeof text)
        memcpy(text, field->bytes, field->len);
    return strtoll(text, NULL, 10);
}

/* Takes the pairs of name and end out of the reply. */
static bool locks_take(struct auth_site *site, const struct wire_message *reply,
                       struct lock **locks_r, size_t *count_r)
{
    *count_r = 0;
    *locks_r = arena_alloc(&site->arena, (reply->count + 1) * sizeof(**locks_r));
    for (size_t i = 0; *locks_r != NULL && i + 1 < reply->count; i++) {
        const struct wire_field *name = &reply->fields[i];
        const struct wire_field *value = &reply->fields[i + 1];
        struct lock *lock = &(*locks_r)[*count_r];

        if (name->tag != WIRE_NAME || value->tag != WIRE_VALUE)
            continue;
        lock->name = arena_strndup(&site->arena, name->bytes, name->len);
        lock->until = field_number(value);
        ++*count_r;
    }
    return !site->arena.failed;
}

bool locks_ask(struct auth_site *site, struct lock **locks_r, size_t *count_r,
               struct buf *error_r)
{
    const struct wire_message question = {.kind = WIRE_LOCKS};
    struct wire_client *client = calloc(1, sizeof(*client));
    struct wire_message reply;
    bool done = false;

    *count_r = 0;
    if (client != NULL && ask(site, client, &question, &reply, error_r))
        done = locks_take(site, &reply, locks_r, count_r);
    if (!done && error_r->len == 0)
        buf_adds(error_r, "out of memory");
    if (client != NULL)
        wire_client_finish(client);
    free(client);
    return done;
}

bool locks_end(struct auth_site *site, const char *login, const char *client,
               unsigned long *ended_r, struct buf *error_r)
{
    const char *what = login != NULL ? login : client;
    const struct wire_message question = {
        .kind = WIRE_UNLOCK,
        .count = 1,
        .fields = {
            {login != NULL ? WIRE_LOGIN : WIRE_CLIENT, what, strlen(what)},
        }};
    struct wire_client *wire = calloc(1, sizeof(*wire));
    struct wire_message reply;
    bool done = false;

    *ended_r = 0;
    if (wire == NULL) {
        buf_adds(error_r, "out of memory");
    } else if (ask(site, wire, &question, &reply, error_r)) {
        const struct wire_field *value = wire_find(&reply, WIRE_VALUE);

        *ended_r = value != NULL ? (unsigned long)field_number(value) : 0;
        done = true;
    }
    if (wire != NULL)
        wire_client_finish(wire);
    free(wire);
    return done;
}

bool lock_concerns(const struct lock *lock, const char *login)
{
    size_t len = strlen(login);
    const char *found = lock->name;

    /* The login stands in the name as a word of its own. */
    while ((found = strstr(found, login)) != NULL) {
        if ((found == lock->name || strchr(" =\"", found[-1]) != NULL) &&
            (found[len] == '\0' || strchr(" ,\"", found[len]) != NULL))
            return true;
        found++;
    }
    return false;
}
