/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ldap/resolve.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Shared by the thread that asks and the one that waits; the last one frees it. */
struct resolve_job {
    pthread_mutex_t lock;
    pthread_cond_t answered;
    unsigned users;
    bool done;
    int rc;
    struct addrinfo *list;
    char port[16];
    char host[];
};

static int resolve_now(const char *host, const char *port, int flags,
                       struct addrinfo **list_r)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICSERV | flags};

    *list_r = NULL;
    return getaddrinfo(host, port, &hints, list_r);
}

static void resolve_leave(struct resolve_job *job)
{
    bool last;

    pthread_mutex_lock(&job->lock);
    last = --job->users == 0;
    pthread_mutex_unlock(&job->lock);
    if (!last)
        return;
    if (job->list != NULL)
        freeaddrinfo(job->list);
    pthread_cond_destroy(&job->answered);
    pthread_mutex_destroy(&job->lock);
    free(job);
}

static void *resolve_run(void *arg)
{
    struct resolve_job *job = arg;
    struct addrinfo *list;
    int rc = resolve_now(job->host, job->port, AI_ADDRCONFIG, &list);

    pthread_mutex_lock(&job->lock);
    job->list = list;
    job->rc = rc;
    job->done = true;
    pthread_cond_signal(&job->answered);
    pthread_mutex_unlock(&job->lock);
    resolve_leave(job);
    return NULL;
}

static struct resolve_job *resolve_job_create(const char *host, const char *port)
{
    size_t size = strlen(host) + 1;
    struct resolve_job *job = calloc(1, sizeof(*job) + size);

    if (job == NULL)
        return NULL;
    pthread_mutex_init(&job->lock, NULL);
    patience_cond_init(&job->answered);
    job->users = 2;
    memcpy(job->host, host, size);
    snprintf(job->port, sizeof(job->port), "%s", port);
    return job;
}

/* Signals are for the threads of the program, not for this one. */
static bool resolve_start(struct resolve_job *job)
{
    pthread_t thread;
    sigset_t all, old;
    bool started;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    started = pthread_create(&thread, NULL, resolve_run, job) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (started)
        pthread_detach(thread);
    return started;
}

bool resolve(const char *host, int port, const struct patience *patience,
             struct addrinfo **list_r, struct buf *error_r)
{
    struct resolve_job *job;
    char service[16];
    bool done;
    int rc;

    snprintf(service, sizeof(service), "%d", port);
    if (resolve_now(host, service, AI_NUMERICHOST, list_r) == 0)
        return true;
    job = resolve_job_create(host, service);
    if (job == NULL || !resolve_start(job)) {
        if (job != NULL) {
            job->users = 1;
            resolve_leave(job);
        }
        buf_adds(error_r, "out of memory");
        return false;
    }
    pthread_mutex_lock(&job->lock);
    while (!job->done && patience_wait(patience, &job->answered, &job->lock))
        continue;
    done = job->done;
    rc = job->rc;
    *list_r = job->list;
    job->list = NULL;
    pthread_mutex_unlock(&job->lock);
    resolve_leave(job);
    if (done && rc == 0)
        return true;
    buf_addf(error_r, "host name \"%s\": %s", host,
             done ? gai_strerror(rc) : "no answer from the name service in time");
    return false;
}
