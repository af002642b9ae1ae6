/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "ldap/directory_private.h"

/* With so many questions on the best link another one is opened, up to the settings'
 * number. */
enum { LINK_CROWD = 8 };

static void directory_link_destroy(struct directory_link *link)
{
    link_destroy(link->link);
    free(link);
}

/* Unlinks those that nobody uses and nobody will; the caller destroys them. */
static struct directory_link *directory_links_sweep(struct directory *directory)
{
    struct directory_link *dead = NULL;
    struct directory_link **at = &directory->links;

    while (*at != NULL) {
        struct directory_link *link = *at;

        link->old |= link_broken(link->link);
        if (link->users == 0 && link->old) {
            *at = link->next;
            link->next = dead;
            dead = link;
        } else {
            at = &link->next;
        }
    }
    return dead;
}

static void directory_links_destroy(struct directory_link *dead)
{
    while (dead != NULL) {
        struct directory_link *next = dead->next;

        directory_link_destroy(dead);
        dead = next;
    }
}

static size_t directory_links_count(const struct directory *directory, int server)
{
    size_t count = 0;

    for (const struct directory_link *link = directory->links; link != NULL;
         link = link->next)
        count += !link->old && link->server == server;
    return count;
}

/* Takes the handle over. The lock is held. */
static void directory_link_add(struct directory *directory, struct handle *handle,
                               int server)
{
    struct directory_link *link;

    if (directory_links_count(directory, server) >= directory->settings.connections) {
        handle_close(handle);
        return;
    }
    link = calloc(1, sizeof(*link));
    if (link == NULL) {
        handle_close(handle);
        return;
    }
    link->server = server;
    link->link = link_create(handle, directory->settings.timeout_ms / 4);
    if (link->link == NULL) {
        free(link);
        return;
    }
    link->next = directory->links;
    directory->links = link;
}

/* --- in the background --- */

static void *directory_work(void *arg)
{
    struct directory *directory = arg;
    struct patience patience = {patience_now() + directory->settings.timeout_ms,
                                &directory->closing};
    int server = directory->worker_server;
    struct buf error = BUF_INIT;
    struct handle *handle =
        directory_open(directory, server, HANDLE_BIND, &patience, &error);

    pthread_mutex_lock(&directory->lock);
    if (handle != NULL)
        directory_link_add(directory, handle, server);
    directory->worker_busy = false;
    pthread_cond_broadcast(&directory->changed);
    pthread_mutex_unlock(&directory->lock);
    buf_finish(&error);
    return NULL;
}

/* Opens a link in a thread, unless one is busy with that. The lock is held. Signals are
 * for the threads of the program, not for this one. */
static void directory_work_start(struct directory *directory, int server)
{
    sigset_t all, old;

    if (directory->worker_busy || directory->closing)
        return;
    if (directory->worker_started)
        pthread_join(directory->worker, NULL); /* it has let the lock go: no wait */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    directory->worker_server = server;
    directory->worker_busy = true;
    directory->worker_started =
        pthread_create(&directory->worker, NULL, directory_work, directory) == 0;
    if (!directory->worker_started)
        directory->worker_busy = false;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void directory_look_ahead(struct directory *directory, int server, size_t users)
{
    int due = servers_due(&directory->servers, server, patience_now());

    if (due != SERVERS_NONE)
        directory_work_start(directory, due);
    else if (users > LINK_CROWD &&
             directory_links_count(directory, server) < directory->settings.connections)
        directory_work_start(directory, server);
}

/* --- taking and giving --- */

/* The least used link to the server; of the idle ones, one that is still good. The lock
 * is held. */
static struct directory_link *directory_link_best(struct directory *directory,
                                                  int server)
{
    struct directory_link *best = NULL;

    for (struct directory_link *link = directory->links; link != NULL;
         link = link->next) {
        if (link->old || link->server != server)
            continue;
        if (link->users == 0 && !link_idle_good(link->link)) {
            link->old = true;
            continue;
        }
        if (best == NULL || link->users < best->users)
            best = link;
    }
    return best;
}

/* A link to any server that is not away, the best first. The lock is held. */
static struct directory_link *directory_link_other(struct directory *directory,
                                                   const bool *tried)
{
    struct directory_link *link = NULL;

    for (size_t i = 0; i < directory->servers.count && link == NULL; i++) {
        if (!tried[i] && !directory->servers.items[i].away)
            link = directory_link_best(directory, (int)i);
    }
    return link;
}

/* Opens a link to the server for all that wait for one. The lock is held, and not
 * meanwhile. */
static void directory_link_open(struct directory *directory,
                                struct directory_question *question, int server)
{
    struct patience part = directory_part(directory, question, server);
    struct buf reason = BUF_INIT;
    struct handle *handle;

    directory->opening = true;
    pthread_mutex_unlock(&directory->lock);
    handle = directory_open(directory, server, HANDLE_BIND, &part, &reason);
    if (handle == NULL)
        directory_blame(directory, question, server, buf_str(&reason));
    pthread_mutex_lock(&directory->lock);
    if (handle != NULL)
        directory_link_add(directory, handle, server);
    directory->opening = false;
    pthread_cond_broadcast(&directory->changed);
    buf_finish(&reason);
}

/* With the lock held. */
static struct directory_link *directory_link_find(struct directory *directory,
                                                  struct directory_question *question)
{
    struct directory_link *link = NULL;

    while (link == NULL) {
        int server = servers_pick(&directory->servers, question->tried, patience_now());

        if (server == SERVERS_NONE || patience_left(&question->patience) == 0)
            return NULL;
        link = directory_link_best(directory, server);
        if (link == NULL && directory->opening) {
            link = directory_link_other(directory, question->tried);
            if (link == NULL)
                (void)patience_wait(&question->patience, &directory->changed,
                                    &directory->lock);
        } else if (link == NULL) {
            directory_link_open(directory, question, server);
        }
    }
    return link;
}

struct directory_link *directory_link_take(struct directory *directory,
                                           struct directory_question *question,
                                           struct patience *part_r)
{
    struct directory_link *dead;
    struct directory_link *link;

    pthread_mutex_lock(&directory->lock);
    link = directory_link_find(directory, question);
    if (link == NULL) {
        directory_none_left(directory, question);
    } else {
        link->users++;
        *part_r = directory_part(directory, question, link->server);
        directory_look_ahead(directory, link->server, link->users);
    }
    dead = directory_links_sweep(directory);
    pthread_mutex_unlock(&directory->lock);
    directory_links_destroy(dead);
    return link;
}

void directory_link_give(struct directory *directory, struct directory_link *link)
{
    struct directory_link *dead;

    pthread_mutex_lock(&directory->lock);
    link->users--;
    dead = directory_links_sweep(directory);
    pthread_mutex_unlock(&directory->lock);
    directory_links_destroy(dead);
}

void directory_links_drop(struct directory *directory, int server)
{
    struct directory_link *dead;

    pthread_mutex_lock(&directory->lock);
    for (struct directory_link *link = directory->links; link != NULL;
         link = link->next)
        link->old |= link->server == server;
    dead = directory_links_sweep(directory);
    pthread_mutex_unlock(&directory->lock);
    directory_links_destroy(dead);
}

void directory_links_finish(struct directory *directory)
{
    directory->closing = true;
    if (directory->worker_started)
        pthread_join(directory->worker, NULL);
    directory_links_destroy(directory->links);
    directory->links = NULL;
}
