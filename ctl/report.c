/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"

/* --- spans --- */

static void client_add(struct span *span, const char *client, struct arena *arena)
{
    for (size_t i = 0; i < span->client_count; i++) {
        if (strcmp(span->clients[i], client) == 0)
            return;
    }
    if (span->client_count == SPAN_CLIENTS_MAX) {
        span->more_clients = true;
        return;
    }
    client = arena_strdup(arena, client);
    if (client != NULL)
        span->clients[span->client_count++] = client;
}

void span_add(struct span *span, const struct log_entry *entry, const char *client,
              struct arena *arena)
{
    span->count++;
    if (entry->timed) {
        if (!span->timed || entry->time < span->first)
            span->first = entry->time;
        if (!span->timed || entry->time > span->last)
            span->last = entry->time;
        span->timed = true;
    }
    if (client != NULL)
        client_add(span, client, arena);
}

void span_clients_format(const struct span *span, struct buf *out)
{
    for (size_t i = 0; i < span->client_count; i++)
        buf_addf(out, "%s%s", i != 0 ? ", " : "", span->clients[i]);
    if (span->more_clients)
        buf_adds(out, " and more");
}

void moment_format(bool timed, int64_t seconds, char out[MOMENT_MAX])
{
    const time_t when = (time_t)seconds;
    struct tm tm;

    if (!timed || localtime_r(&when, &tm) == NULL ||
        strftime(out, MOMENT_MAX, "%F %H:%M", &tm) == 0)
        snprintf(out, MOMENT_MAX, "-");
}

/* --- counting --- */

void report_finish(struct report *report)
{
    hash_finish(&report->senders_by_name);
    hash_finish(&report->problems_by_key);
    hash_finish(&report->decisions_by_name);
    arena_finish(&report->arena);
}

/* The value of a key that stays; the slot's key becomes the copy. NULL: no memory. */
static void **slot_find(struct report *report, struct hash *hash, const char *key)
{
    void *known = hash_find(hash, key);
    const char *copy = known == NULL ? arena_strdup(&report->arena, key) : key;

    return copy != NULL ? hash_slot(hash, copy) : NULL;
}

static struct sender *sender_find(struct report *report, const char *name, bool login)
{
    struct buf key = BUF_INIT;
    void **slot;
    struct sender *sender = NULL;

    buf_addf(&key, "%c%s", login ? 'l' : 'c', name);
    slot =
        key.failed ? NULL : slot_find(report, &report->senders_by_name, buf_str(&key));
    if (slot != NULL && *slot == NULL) {
        sender = arena_alloc(&report->arena, sizeof(*sender));
        if (sender != NULL) {
            sender->name = arena_strdup(&report->arena, name);
            sender->login = login;
            sender->next = report->senders;
            report->senders = sender;
            report->sender_count++;
        }
        *slot = sender;
    } else if (slot != NULL) {
        sender = *slot;
    }
    buf_finish(&key);
    return sender;
}

/* Adds a part so that no two lists of parts make the same key. */
static void key_add(struct buf *key, const char *part)
{
    if (part == NULL)
        buf_adds(key, "-");
    else
        buf_addf(key, "%zu %s", strlen(part), part);
}

static const char *text_keep(struct report *report, const char *text)
{
    return arena_strdup(&report->arena, text);
}

static struct problem *problem_make(struct report *report, struct sender *sender,
                                    const char *id, const struct problem *like)
{
    struct problem *problem = arena_alloc(&report->arena, sizeof(*problem));

    if (problem == NULL)
        return NULL;
    problem->decision = text_keep(report, like->decision);
    problem->place = text_keep(report, like->place);
    problem->reason = text_keep(report, like->reason);
    problem->address = text_keep(report, like->address);
    problem->rule = text_keep(report, like->rule);
    problem->id = text_keep(report, id);
    problem->next = sender->problems;
    sender->problems = problem;
    sender->problem_count++;
    return problem;
}

static void problem_add(struct report *report, struct sender *sender,
                        const struct log_entry *entry, const struct problem *like)
{
    struct buf key = BUF_INIT;
    void **slot;

    buf_addc(&key, sender->login ? 'l' : 'c');
    key_add(&key, sender->name);
    key_add(&key, like->decision);
    key_add(&key, like->place);
    key_add(&key, like->reason);
    key_add(&key, like->address);
    key_add(&key, like->rule);
    slot =
        key.failed ? NULL : slot_find(report, &report->problems_by_key, buf_str(&key));
    if (slot != NULL && *slot == NULL)
        *slot = problem_make(report, sender, entry->id, like);
    if (slot != NULL && *slot != NULL) {
        struct problem *problem = *slot;

        span_add(&problem->span, entry, log_entry_value(entry, "client"),
                 &report->arena);
    }
    report->arena.failed |= key.failed || slot == NULL;
    buf_finish(&key);
}

/* The length of an item of the field `more`: commas in quotes do not end it. */
static size_t item_len(const char *text)
{
    bool quoted = false;
    size_t i = 0;

    for (; text[i] != '\0' && (quoted || text[i] != ','); i++) {
        if (quoted && text[i] == '\\' && text[i + 1] != '\0')
            i++;
        else if (text[i] == '"')
            quoted = !quoted;
    }
    return i;
}

/* The violations behind the first: "place/reason/address" by commas. */
static void more_add(struct report *report, struct sender *sender,
                     const struct log_entry *entry, struct problem *like,
                     struct arena *arena)
{
    const char *more = log_entry_value(entry, "more");

    while (more != NULL && *more != '\0') {
        const size_t len = item_len(more);
        char *item = arena_strndup(arena, more, len);
        char *reason = item != NULL ? strchr(item, '/') : NULL;

        if (reason == NULL)
            return;
        *reason++ = '\0';
        like->place = item;
        like->address = strchr(reason, '/');
        if (like->address != NULL) {
            reason[like->address - reason] = '\0';
            like->address++;
        }
        like->reason = reason;
        problem_add(report, sender, entry, like);
        more += len;
        more += *more == ',';
    }
}

static void decision_add(struct report *report, const char *decision)
{
    void **slot = slot_find(report, &report->decisions_by_name, decision);
    struct decision_count *count = slot != NULL ? *slot : NULL;

    if (slot != NULL && count == NULL) {
        count = arena_alloc(&report->arena, sizeof(*count));
        if (count != NULL) {
            count->decision = text_keep(report, decision);
            count->next = report->decisions;
            report->decisions = count;
        }
        *slot = count;
    }
    if (count != NULL)
        count->count++;
    report->arena.failed |= slot == NULL;
}

bool report_take(const struct log_entry *entry, struct arena *arena, void *arg)
{
    struct report *report = arg;
    const char *login = log_entry_value(entry, "login");
    const char *client = log_entry_value(entry, "client");
    struct problem like = {.decision = log_entry_value(entry, "decision"),
                           .place = log_entry_value(entry, "place"),
                           .reason = log_entry_value(entry, "reason"),
                           .address = log_entry_value(entry, "address"),
                           .rule = log_entry_value(entry, "rule")};
    struct sender *sender;

    if (like.decision == NULL)
        return true;
    if (report->login != NULL && strcmp(report->login, login != NULL ? login : "") != 0)
        return true;
    if (login != NULL)
        sender = sender_find(report, login, true);
    else
        sender = sender_find(report, client != NULL ? client : "", false);
    if (sender == NULL)
        return false;
    decision_add(report, like.decision);
    span_add(&report->span, entry, NULL, &report->arena);
    span_add(&sender->span, entry, login != NULL ? client : NULL, &report->arena);
    if (like.reason != NULL) {
        sender->remarked++;
        problem_add(report, sender, entry, &like);
        more_add(report, sender, entry, &like, arena);
    }
    return !report->arena.failed;
}

/* --- order --- */

static int compare_counts(uint64_t a, uint64_t b)
{
    return a < b ? 1 : a > b ? -1 : 0;
}

static int compare_texts(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "");
}

static int compare_senders(const void *a, const void *b)
{
    const struct sender *one = *(struct sender *const *)a;
    const struct sender *two = *(struct sender *const *)b;
    int order = compare_counts(one->remarked, two->remarked);

    if (order == 0)
        order = compare_counts(one->span.count, two->span.count);
    return order != 0 ? order : compare_texts(one->name, two->name);
}

static int compare_problems(const void *a, const void *b)
{
    const struct problem *one = *(struct problem *const *)a;
    const struct problem *two = *(struct problem *const *)b;
    int order = compare_counts(one->span.count, two->span.count);

    if (order == 0)
        order = compare_texts(one->address, two->address);
    if (order == 0)
        order = compare_texts(one->place, two->place);
    if (order == 0)
        order = compare_texts(one->reason, two->reason);
    return order != 0 ? order : compare_texts(one->decision, two->decision);
}

static bool problems_sort(struct sender *sender)
{
    struct problem **list =
        malloc((sender->problem_count + 1) * sizeof(struct problem *));
    struct problem **end = list;
    struct problem *problem;

    if (list == NULL)
        return false;
    for (problem = sender->problems; problem != NULL; problem = problem->next)
        *end++ = problem;
    qsort(list, (size_t)(end - list), sizeof(*list), compare_problems);
    sender->problems = NULL;
    while (end-- > list) {
        (*end)->next = sender->problems;
        sender->problems = *end;
    }
    free(list);
    return true;
}

bool report_sort(struct report *report)
{
    struct sender **list = malloc((report->sender_count + 1) * sizeof(struct sender *));
    struct sender **end = list;
    bool done = list != NULL;

    if (list == NULL)
        return false;
    for (struct sender *sender = report->senders; sender != NULL;
         sender = sender->next) {
        done &= problems_sort(sender);
        *end++ = sender;
    }
    qsort(list, (size_t)(end - list), sizeof(*list), compare_senders);
    report->senders = NULL;
    while (end-- > list) {
        (*end)->next = report->senders;
        report->senders = *end;
    }
    free(list);
    return done;
}
