/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ldap/link.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>

/*
 * libldap lets many threads use a session, but whoever waits in ldap_result() keeps the
 * others out of it, the late ones as well. So nobody waits there: of those that wait
 * for an answer one at a time, the reader, waits for the socket, takes what has come,
 * and hands it to those whose it is. When it has its own answer, or no more time, the
 * next one is the reader.
 */

/*
 * A search that waits; lives on the stack of its thread. What is to wake it is written
 * down with the link's lock held, and done without it, so that who wakes up finds no
 * lock in its way: a semaphore, and not a condition. Until it has seen all of these
 * posts it may not go.
 */
struct link_waiter {
    struct link_waiter *next; /* of the link's list */
    int msgid;
    sem_t wake;
    _Atomic(LDAPMessage *) chain; /* its answer; then it is in the list no more */
    bool called;                  /* to be the reader, or since the link is given up */
    unsigned due, seen; /* posts; those that are to come or have come, and the taken */
};

struct link {
    struct handle *handle;
    int64_t silence_ms;
    atomic_llong used; /* when something last came, or was asked */
    pthread_mutex_t lock;
    struct link_waiter *waiters;
    bool read; /* somebody is the reader */
    atomic_bool lost;
    atomic_bool silent; /* given up since nothing came */
};

/* While somebody waits, libldap gets its turn so often even if nothing comes: a request
 * that did not fit into the socket is sent on by it. */
enum { LINK_SLICE_MS = 100 };

struct link *link_create(struct handle *handle, int64_t silence_ms)
{
    struct link *link = calloc(1, sizeof(*link));

    if (link == NULL) {
        handle_close(handle);
        return NULL;
    }
    handle_set_patience(handle, NULL);
    pthread_mutex_init(&link->lock, NULL);
    link->handle = handle;
    link->silence_ms = silence_ms;
    return link;
}

void link_destroy(struct link *link)
{
    if (link == NULL)
        return;
    handle_close(link->handle);
    pthread_mutex_destroy(&link->lock);
    free(link);
}

LDAP *link_session(struct link *link)
{
    return link->handle->ld;
}

bool link_broken(const struct link *link)
{
    return link->lost || link->silent;
}

bool link_idle_good(struct link *link)
{
    if (link_broken(link))
        return false;
    return patience_now() - link->used < HANDLE_FRESH_MS ||
           handle_idle_good(link->handle);
}

/* --- with the lock held --- */

/* true: link_wake() it, without the lock. */
static bool link_call(struct link_waiter *waiter)
{
    if (waiter == NULL || waiter->called)
        return false;
    waiter->called = true;
    waiter->due++;
    return true;
}

/* No effect when it has its answer. */
static void link_remove(struct link *link, const struct link_waiter *waiter)
{
    struct link_waiter **at = &link->waiters;

    while (*at != NULL && *at != waiter)
        at = &(*at)->next;
    if (*at != NULL)
        *at = waiter->next;
}

/* Seldom enough for the lock to be held meanwhile. */
static void link_give_up(struct link *link, atomic_bool *how)
{
    *how = true;
    for (struct link_waiter *waiter = link->waiters; waiter != NULL;
         waiter = waiter->next) {
        if (link_call(waiter))
            sem_post(&waiter->wake);
    }
}

/* --- reading --- */

/* Gives the messages to whom they are for; that one may be gone from here on. Nobody:
 * they are for one that had no more time. */
static void link_deliver(struct link *link, LDAPMessage *chain,
                         const struct link_waiter *reader)
{
    int msgid = ldap_msgid(chain);
    struct link_waiter *waiter;

    pthread_mutex_lock(&link->lock);
    waiter = link->waiters;
    while (waiter != NULL && waiter->msgid != msgid)
        waiter = waiter->next;
    if (waiter != NULL) {
        link_remove(link, waiter);
        if (waiter != reader)
            waiter->due++;
        waiter->chain = chain;
    }
    pthread_mutex_unlock(&link->lock);
    if (waiter == NULL)
        ldap_msgfree(chain);
    else if (waiter != reader)
        sem_post(&waiter->wake);
}

/* Waits for the socket, a slice at most. */
static void link_poll(struct link *link, const struct patience *patience)
{
    struct patience slice = *patience;
    int64_t until = patience_now() + LINK_SLICE_MS;

    if (slice.until > until)
        slice.until = until;
    if (patience_poll(&slice, stream_fd(link->handle->stream), POLLIN) > 0)
        stream_fetch(link->handle->stream);
}

/* The reader's turn, without the lock: takes what has come, whosever it is. */
static void link_read(struct link *link, const struct link_waiter *reader)
{
    do {
        struct timeval now = {0};
        LDAPMessage *chain = NULL;
        int rc =
            ldap_result(link->handle->ld, LDAP_RES_ANY, LDAP_MSG_ALL, &now, &chain);

        if (rc == 0)
            return;
        if (rc > 0) {
            link_deliver(link, chain, reader);
            continue;
        }
        pthread_mutex_lock(&link->lock);
        link_give_up(link, &link->lost);
        pthread_mutex_unlock(&link->lock);
    } while (!link_broken(link) && stream_ready(link->handle->stream));
}

/* Reads until there is nothing to wait for, then lets another one read. */
static void link_lead(struct link *link, struct link_waiter *waiter,
                      const struct patience *patience)
{
    struct link_waiter *next;
    bool wake;

    /* What came with the last reader's own answer is taken already. */
    while (waiter->chain == NULL && !link_broken(link) && patience_left(patience) > 0) {
        link_poll(link, patience);
        link_read(link, waiter);
    }
    pthread_mutex_lock(&link->lock);
    link_remove(link, waiter);
    link->read = false;
    next = link->waiters;
    wake = link_call(next);
    pthread_mutex_unlock(&link->lock);
    if (wake)
        sem_post(&next->wake);
}

/* Sleeps until it is woken, or time is over. */
static void link_sleep(struct link_waiter *waiter, const struct patience *patience)
{
    struct timespec until;

    while (patience_slice_end(patience, &until)) {
        if (sem_clockwait(&waiter->wake, CLOCK_MONOTONIC, &until) == 0) {
            waiter->seen++;
            return;
        }
    }
}

/* Without the lock: until the answer is there, the link is given up, or time is over.
 */
static void link_await(struct link *link, struct link_waiter *waiter, bool leads,
                       const struct patience *patience)
{
    while (!leads) {
        struct link_waiter *next = NULL;
        bool over = false;

        link_sleep(waiter, patience);
        if (waiter->chain != NULL)
            return;
        pthread_mutex_lock(&link->lock);
        if (link_broken(link) || patience_left(patience) == 0) {
            over = true;
            link_remove(link, waiter);
            /* It may have been called to read. */
            if (!link->read && link_call(link->waiters))
                next = link->waiters;
        } else {
            waiter->called = false;
            leads = !link->read;
            link->read = true;
        }
        pthread_mutex_unlock(&link->lock);
        if (next != NULL)
            sem_post(&next->wake);
        if (over)
            return;
    }
    link_lead(link, waiter, patience);
}

/* --- searching --- */

int link_scope(enum directory_scope scope)
{
    if (scope == DIRECTORY_BASE)
        return LDAP_SCOPE_BASE;
    return scope == DIRECTORY_ONE ? LDAP_SCOPE_ONELEVEL : LDAP_SCOPE_SUBTREE;
}

/* Sends it; an LDAP error code. */
static int link_send(struct link *link, const struct directory_query *query,
                     const struct patience *patience, struct link_waiter *waiter)
{
    /* The server may stop after a time too, with a second for the way. */
    struct timeval limit = {(time_t)(patience_left(patience) / 1000) + 2, 0};

    return ldap_search_ext(link->handle->ld, query->base, link_scope(query->scope),
                           query->filter, handle_writable(query->attributes), 0, NULL,
                           NULL, &limit, query->size_limit, &waiter->msgid);
}

/* How it ended for one that waited since `start`, when so much had come from the
 * server. */
static enum link_end link_conclude(struct link *link, const struct link_waiter *waiter,
                                   int64_t start, unsigned long received)
{
    if (waiter->chain != NULL)
        return LINK_ANSWERED;
    if (link->lost)
        return LINK_LOST;
    if (!link->silent && stream_received(link->handle->stream) == received &&
        patience_now() - start >= link->silence_ms) {
        pthread_mutex_lock(&link->lock);
        link_give_up(link, &link->silent);
        pthread_mutex_unlock(&link->lock);
    }
    return link->silent ? LINK_SILENT : LINK_LATE;
}

static void link_explain(struct link *link, enum link_end end, int code,
                         struct buf *error_r)
{
    if (end == LINK_FAILED)
        buf_adds(error_r, ldap_err2string(code));
    else if (end == LINK_LOST)
        handle_explain(link->handle, LDAP_SERVER_DOWN, NULL, error_r);
    else if (end != LINK_ANSWERED)
        buf_adds(error_r, "no answer in time");
}

/* Sends the search and puts the waiter into the list; an LDAP error code. *leads_r: it
 * is the reader. */
static int link_begin(struct link *link, const struct directory_query *query,
                      const struct patience *patience, struct link_waiter *waiter,
                      bool *leads_r)
{
    int code = LDAP_SERVER_DOWN;

    pthread_mutex_lock(&link->lock);
    if (!link_broken(link))
        code = link_send(link, query, patience, waiter);
    if (code == LDAP_SUCCESS) {
        waiter->next = link->waiters;
        link->waiters = waiter;
        *leads_r = !link->read;
        link->read = true;
    } else if (code == LDAP_SERVER_DOWN && !link->silent) {
        link_give_up(link, &link->lost);
    }
    pthread_mutex_unlock(&link->lock);
    return code;
}

/* Waits for a post that is on its way. */
static void link_drain(struct link_waiter *waiter)
{
    while (sem_wait(&waiter->wake) == -1 && errno == EINTR)
        ;
}

enum link_end link_search(struct link *link, const struct directory_query *query,
                          const struct patience *patience, LDAPMessage **chain_r,
                          struct buf *error_r)
{
    struct link_waiter waiter = {0};
    unsigned long received = stream_received(link->handle->stream);
    int64_t start = patience_now();
    enum link_end end = LINK_FAILED;
    bool leads = false;
    int code;

    sem_init(&waiter.wake, 0, 0);
    link->used = start;
    code = link_begin(link, query, patience, &waiter, &leads);
    if (code == LDAP_SUCCESS) {
        link_await(link, &waiter, leads, patience);
        end = link_conclude(link, &waiter, start, received);
    } else if (code == LDAP_SERVER_DOWN) {
        end = LINK_LOST;
    }
    if (end == LINK_LATE)
        ldap_abandon_ext(link->handle->ld, waiter.msgid, NULL, NULL);
    link_explain(link, end, code, error_r);
    for (; waiter.seen < waiter.due; waiter.seen++)
        link_drain(&waiter);
    sem_destroy(&waiter.wake);
    *chain_r = waiter.chain;
    return end;
}
