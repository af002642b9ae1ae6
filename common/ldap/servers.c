/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ldap/servers.h"

static bool server_due(const struct server *server, int64_t now)
{
    return server->away && now >= server->due;
}

int servers_pick(const struct servers *servers, const bool *tried, int64_t now)
{
    int due = SERVERS_NONE;

    for (size_t i = 0; i < servers->count; i++) {
        if (tried != NULL && tried[i])
            continue;
        if (!servers->items[i].away)
            return (int)i;
        if (due == SERVERS_NONE && server_due(&servers->items[i], now))
            due = (int)i;
    }
    return due;
}

int servers_due(const struct servers *servers, int limit, int64_t now)
{
    for (int i = 0; i < limit; i++) {
        if (server_due(&servers->items[i], now))
            return i;
    }
    return SERVERS_NONE;
}

size_t servers_others(const struct servers *servers, const bool *tried, int picked,
                      int64_t now)
{
    size_t count = 0;

    for (size_t i = 0; i < servers->count; i++) {
        if (!tried[i] && (int)i != picked &&
            (!servers->items[i].away || server_due(&servers->items[i], now)))
            count++;
    }
    return count;
}

bool servers_failed(struct servers *servers, int server, int64_t now)
{
    struct server *item = &servers->items[server];
    int64_t pause = SERVERS_PAUSE_MS;
    bool news = !item->away;

    /* What several threads tell of one and the same failure counts once. */
    if (item->away && now < item->due)
        return false;
    for (unsigned i = 0; i < item->failures && pause < SERVERS_PAUSE_MAX_MS; i++)
        pause *= 2;
    item->away = true;
    item->failures++;
    item->due = now + (pause < SERVERS_PAUSE_MAX_MS ? pause : SERVERS_PAUSE_MAX_MS);
    return news;
}

bool servers_answered(struct servers *servers, int server)
{
    struct server *item = &servers->items[server];
    bool news = item->away;

    item->away = false;
    item->failures = 0;
    return news;
}
