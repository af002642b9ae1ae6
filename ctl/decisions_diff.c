/* SPDX-License-Identifier: BSD-2-Clause */
/* decisions_diff.c - logged messages, decided by two configurations. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/decisions_diff.h"
#include "ctl/replay.h"

void decisions_finish(struct decisions_diff *diff)
{
    verdict_finish(&diff->verdicts[0]);
    verdict_finish(&diff->verdicts[1]);
    hash_finish(&diff->by_key);
    arena_finish(&diff->arena);
}

static void key_add(struct buf *key, const char *part)
{
    if (part == NULL)
        buf_adds(key, "-");
    else
        buf_addf(key, "%zu %s", strlen(part), part);
}

static void key_make(const struct decision_diff *like, struct buf *key)
{
    key_add(key, like->before);
    key_add(key, like->after);
    key_add(key, like->login);
    key_add(key, like->place);
    key_add(key, like->reason);
    key_add(key, like->address);
    key_add(key, like->rule);
}

static struct decision_diff *diff_make(struct decisions_diff *diff,
                                       const struct decision_diff *like)
{
    struct arena *arena = &diff->arena;
    struct decision_diff *one = arena_alloc(arena, sizeof(*one));

    if (one == NULL)
        return NULL;
    *one = (struct decision_diff){.next = diff->first,
                                  .before = arena_strdup(arena, like->before),
                                  .after = arena_strdup(arena, like->after),
                                  .login = arena_strdup(arena, like->login),
                                  .place = like->place, /* names: static */
                                  .reason = like->reason,
                                  .address = arena_strdup(arena, like->address),
                                  .rule = arena_strdup(arena, like->rule),
                                  .id = arena_strdup(arena, like->id)};
    diff->first = one;
    diff->count++;
    return one;
}

static void diff_count(struct decisions_diff *diff, const struct log_entry *entry,
                       const struct decision_diff *like)
{
    struct buf key = BUF_INIT;
    struct decision_diff *one;
    const char *copy;
    void **slot;

    key_make(like, &key);
    one = key.failed ? NULL : hash_find(&diff->by_key, buf_str(&key));
    if (one == NULL && !key.failed) {
        copy = arena_strdup(&diff->arena, buf_str(&key));
        slot = copy != NULL ? hash_slot(&diff->by_key, copy) : NULL;
        one = slot != NULL ? diff_make(diff, like) : NULL;
        if (slot != NULL)
            *slot = one;
    }
    if (one != NULL)
        span_add(&one->span, entry, log_entry_value(entry, "client"), &diff->arena);
    diff->arena.failed |= one == NULL;
    buf_finish(&key);
}

/* What is wrong first, by the sterner of the two. */
static void reason_fill(const struct verdict *before, const struct verdict *after,
                        struct decision_diff *like)
{
    const struct verdict *sterner = after->would >= before->would ? after : before;
    const struct verdict *other = sterner == after ? before : after;
    const struct violation *first;

    if (verdict_violations_kept(sterner) == 0)
        sterner = other;
    if (verdict_violations_kept(sterner) == 0)
        return;
    first = &sterner->violations[0];
    like->place = names_name(place_names, (int)first->place);
    like->reason = reason_name(first->reason);
    like->address = first->address;
}

static void differ(struct decisions_diff *diff, const struct log_entry *entry,
                   const char *before, const char *after)
{
    const struct verdict *old = &diff->verdicts[0], *new = &diff->verdicts[1];
    struct decision_diff like = {.before = before,
                                 .after = after,
                                 .login = new->login != NULL ? new->login : old->login,
                                 .rule = new->rule,
                                 .id = entry->id};

    diff->different++;
    reason_fill(old, new, &like);
    diff_count(diff, entry, &like);
}

/* A map that does not answer now says nothing about the configurations. */
static bool is_told(struct decisions_diff *diff, const struct outcome outcomes[2])
{
    if (!outcomes[0].lookup_failed && !outcomes[1].lookup_failed)
        return true;
    diff->untold++;
    for (size_t i = 0; i < 2 && diff->map_error == NULL; i++)
        diff->map_error = arena_strdup(&diff->arena, diff->verdicts[i].lookup_error);
    return false;
}

static void compare(struct decisions_diff *diff, const struct log_entry *entry,
                    const struct outcome outcomes[2])
{
    const char *logged = log_entry_value(entry, "decision");
    char before[RECORD_DECISION_MAX], after[RECORD_DECISION_MAX];

    record_decision(outcomes[0].action, outcomes[0].would, before);
    record_decision(outcomes[1].action, outcomes[1].would, after);
    diff->not_as_logged += logged != NULL && strcmp(logged, before) != 0;
    if (strcmp(before, after) == 0)
        diff->same++;
    else
        differ(diff, entry, before, after);
}

bool decisions_take(const struct log_entry *entry, struct arena *arena, void *arg)
{
    struct decisions_diff *diff = arg;
    struct policy *const policies[2] = {diff->before, diff->after};
    struct outcome outcomes[2];
    struct record record;

    diff->messages++;
    if (!replay_read(entry, arena, &record)) {
        diff->incomplete++;
        return !arena->failed;
    }
    for (size_t i = 0; i < 2; i++) {
        verdict_reset(&diff->verdicts[i]);
        outcomes[i] = replay_decide(policies[i], &record, &diff->verdicts[i]);
        diff->arena.failed |= diff->verdicts[i].arena.failed;
    }
    if (!is_told(diff, outcomes))
        return !diff->arena.failed;
    if (!outcomes[0].known || !outcomes[1].known)
        diff->incomplete++;
    else
        compare(diff, entry, outcomes);
    return !diff->arena.failed;
}

static int compare_diffs(const void *a, const void *b)
{
    const struct decision_diff *one = *(struct decision_diff *const *)a;
    const struct decision_diff *two = *(struct decision_diff *const *)b;
    int order = strcmp(one->before, two->before);

    if (one->span.count != two->span.count)
        return one->span.count < two->span.count ? 1 : -1;
    if (order == 0)
        order = strcmp(one->after, two->after);
    if (order == 0)
        order = strcmp(one->login != NULL ? one->login : "",
                       two->login != NULL ? two->login : "");
    if (order == 0)
        order = strcmp(one->address != NULL ? one->address : "",
                       two->address != NULL ? two->address : "");
    return order;
}

bool decisions_sort(struct decisions_diff *diff)
{
    struct decision_diff **list = malloc((diff->count + 1) * sizeof(*list));
    struct decision_diff **end = list;

    if (list == NULL)
        return false;
    for (struct decision_diff *one = diff->first; one != NULL; one = one->next)
        *end++ = one;
    qsort(list, (size_t)(end - list), sizeof(*list), compare_diffs);
    diff->first = NULL;
    while (end-- > list) {
        (*end)->next = diff->first;
        diff->first = *end;
    }
    free(list);
    return true;
}
