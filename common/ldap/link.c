/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ldap/link.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

/*
 * libldap lets many threads use a session, but whoever waits in ldap_result() keeps the
 * others out of it, the late ones as well. So nobody waits there: of those that wait
 * for an answer one at a time, the reader, waits for the socket, takes what has come,
 * and hands it to those whose it is. When it has its own answer, or no more time, the
 * next one is the reader.
 */

/* A search that waits; lives on the stack of its thread. */
struct link_waiter {
    struct link_waiter *next;
    pthread_cond_t wake; /* its answer is there, or it is to read, or all is lost */
    LDAPMessage *chain;
    int msgid;
};

struct link {
    struct handle *handle;
    pthread_mutex_t lock;
    struct link_waiter *waiters;
    bool read;    /* somebody is the reader */
    bool drained; /* all that had come was taken: wait for the socket first */
    bool silent;  /* given up since nothing came */
    bool lost;
};

/* While somebody waits, libldap gets its turn so often even if nothing comes: a request
 * that did not fit into the socket is sent on by it. */
enum { LINK_SLICE_MS = 100 };

/* Nothing at all for so long, at least, is silence. */
enum { LINK_SILENCE_MS = 200 };

struct link *link_create(struct handle *handle)
{
    struct link *link = calloc(1, sizeof(*link));

    if (link == NULL) {
        handle_close(handle);
        return NULL;
    }
    handle_set_patience(handle, NULL);
    pthread_mutex_init(&link->lock, NULL);
    link->handle = handle;
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

bool link_broken(struct link *link)
{
    bool broken;

    pthread_mutex_lock(&link->lock);
    broken = link->lost || link->silent;
    pthread_mutex_unlock(&link->lock);
    return broken;
}

bool link_idle_good(struct link *link)
{
    return !link_broken(link) && handle_idle_good(link->handle);
}

/* --- with the lock held --- */

static void link_wake_all(struct link *link)
{
    for (struct link_waiter *waiter = link->waiters; waiter != NULL;
         waiter = waiter->next)
        pthread_cond_signal(&waiter->wake);
}

static void link_remove(struct link *link, const struct link_waiter *waiter)
{
    struct link_waiter **at = &link->waiters;

    while (*at != waiter)
        at = &(*at)->next;
    *at = waiter->next;
}

/* Gives the messages to whom they are for. Nobody: they are for one that has just left.
 */
static void link_deliver(struct link *link, LDAPMessage *chain)
{
    int msgid = ldap_msgid(chain);

    for (struct link_waiter *waiter = link->waiters; waiter != NULL;
         waiter = waiter->next) {
        if (waiter->msgid == msgid && waiter->chain == NULL) {
            waiter->chain = chain;
            pthread_cond_signal(&waiter->wake);
            return;
        }
    }
    ldap_msgfree(chain);
}

/* Somebody must read while somebody waits. */
static void link_pass_reading(struct link *link)
{
    link->read = false;
    for (struct link_waiter *waiter = link->waiters; waiter != NULL;
         waiter = waiter->next) {
        if (waiter->chain == NULL) {
            pthread_cond_signal(&waiter->wake);
            return;
        }
    }
}

/* --- reading --- */

/* Waits for the socket, a slice at most. */
static void link_poll(struct link *link, const struct patience *patience)
{
    struct patience slice = *patience;
    int64_t until = patience_now() + LINK_SLICE_MS;

    if (slice.until > until)
        slice.until = until;
    (void)patience_poll(&slice, stream_fd(link->handle->stream), POLLIN);
}

/* The reader's turn, without the lock: takes one answer, whosever it is. */
static void link_read(struct link *link, const struct patience *patience)
{
    struct timeval now = {0};
    LDAPMessage *chain = NULL;
    int rc;

    if (link->drained)
        link_poll(link, patience);
    rc = ldap_result(link->handle->ld, LDAP_RES_ANY, LDAP_MSG_ALL, &now, &chain);
    pthread_mutex_lock(&link->lock);
    link->drained = rc == 0;
    if (rc > 0) {
        link_deliver(link, chain);
    } else if (rc < 0) {
        link->lost = true;
        link_wake_all(link);
    }
    pthread_mutex_unlock(&link->lock);
}

/* With the lock held: until the answer is there, all is lost, or time is over. */
static void link_await(struct link *link, struct link_waiter *waiter,
                       const struct patience *patience)
{
    while (waiter->chain == NULL && !link->lost && !link->silent) {
        if (patience_left(patience) == 0)
            return;
        if (link->read) {
            (void)patience_wait(patience, &waiter->wake, &link->lock);
            continue;
        }
        link->read = true;
        pthread_mutex_unlock(&link->lock);
        link_read(link, patience);
        pthread_mutex_lock(&link->lock);
        link->read = false;
    }
}

/* --- searching --- */

static int link_scope(enum directory_scope scope)
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

/* With the lock held. How it ended for one that waited since `start`, when so much had
 * come from the server. */
static enum link_end link_conclude(struct link *link, const struct link_waiter *waiter,
                                   int64_t start, unsigned long received)
{
    if (waiter->chain != NULL)
        return LINK_ANSWERED;
    if (link->lost)
        return LINK_LOST;
    if (!link->silent && stream_received(link->handle->stream) == received &&
        patience_now() - start >= LINK_SILENCE_MS) {
        link->silent = true;
        link_wake_all(link);
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

enum link_end link_search(struct link *link, const struct directory_query *query,
                          const struct patience *patience, LDAPMessage **chain_r,
                          struct buf *error_r)
{
    struct link_waiter waiter = {0};
    enum link_end end = LINK_LOST;
    unsigned long received = stream_received(link->handle->stream);
    int64_t start = patience_now();
    int code = LDAP_SERVER_DOWN;

    patience_cond_init(&waiter.wake);
    pthread_mutex_lock(&link->lock);
    if (!link->lost && !link->silent)
        code = link_send(link, query, patience, &waiter);
    if (code == LDAP_SUCCESS) {
        waiter.next = link->waiters;
        link->waiters = &waiter;
        link_await(link, &waiter, patience);
        link_remove(link, &waiter);
        end = link_conclude(link, &waiter, start, received);
        if (!link->read)
            link_pass_reading(link);
    } else if (code == LDAP_SERVER_DOWN) {
        link->lost = true;
        link_wake_all(link);
    } else {
        end = LINK_FAILED;
    }
    pthread_mutex_unlock(&link->lock);
    if (end == LINK_LATE)
        ldap_abandon_ext(link->handle->ld, waiter.msgid, NULL, NULL);
    link_explain(link, end, code, error_r);
    pthread_cond_destroy(&waiter.wake);
    *chain_r = waiter.chain;
    return end;
}
