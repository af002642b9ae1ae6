/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/hash_many.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/secret.h"
#include "ctl/output.h"
#include "ctl/progress.h"

enum { THREADS_MAX = 64, PROGRESS_MS = 200 };

/* One password, and what became of it. */
struct job {
    struct record *record;
    struct buf *made; /* a verifier for each of the site's schemes */
    struct buf error; /* why one could not be made */
};

/* The work that the threads share. */
struct work {
    const struct records *records;
    const struct auth_site *site;
    struct job *jobs;
    size_t count;

    pthread_mutex_t lock; /* of all below */
    pthread_cond_t ended; /* a job was, or all of them */
    size_t next;          /* job to take */
    size_t done;
};

static void job_run(const struct work *work, struct job *job)
{
    const struct record *record = job->record;
    const char *password = work->records->passwords.data + record->password;

    for (size_t i = 0; i < work->site->scheme_count; i++) {
        if (!scheme_make(work->site->schemes[i], &work->site->costs, record->login,
                         password, record->password_len, &job->made[i], &job->error))
            return;
    }
}

static void *worker_run(void *arg)
{
    struct work *work = arg;

    pthread_mutex_lock(&work->lock);
    while (work->next < work->count) {
        struct job *job = &work->jobs[work->next++];

        pthread_mutex_unlock(&work->lock);
        job_run(work, job);
        pthread_mutex_lock(&work->lock);
        work->done++;
        if (work->done == work->count)
            pthread_cond_signal(&work->ended);
    }
    pthread_mutex_unlock(&work->lock);
    return NULL;
}

/* Shows how far it is until all is done. */
static void work_watch(struct work *work)
{
    struct timespec until;

    pthread_mutex_lock(&work->lock);
    while (work->done < work->count) {
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += PROGRESS_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        pthread_cond_timedwait(&work->ended, &work->lock, &until);
        progress_show("passwords", work->done, work->count);
    }
    pthread_mutex_unlock(&work->lock);
}

/* Runs all jobs. false: not a single thread could be started. */
static bool work_run(struct work *work)
{
    pthread_t threads[THREADS_MAX];
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t wanted = processors > 0 ? (size_t)processors : 1;
    size_t started = 0;

    if (wanted > work->count)
        wanted = work->count;
    while (started < wanted && started < THREADS_MAX &&
           pthread_create(&threads[started], NULL, worker_run, work) == 0)
        started++;
    if (started != 0)
        work_watch(work);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    return started != 0;
}

/* Adds to the record what was made of its password, but nothing that it has already. */
static void job_take(struct records *records, const struct auth_site *site,
                     struct job *job)
{
    struct strlist *verifiers = &job->record->verifiers;

    if (job->error.len != 0) {
        record_drop(records, job->record, buf_str(&job->error));
        return;
    }
    for (size_t i = 0; i < site->scheme_count; i++) {
        if (job->made[i].failed || job->made[i].len == 0)
            records->failed = true;
        else if (!records_scheme_there(verifiers, site->schemes[i]) &&
                 !strlist_add(verifiers, &records->arena, buf_str(&job->made[i])))
            records->failed = true;
    }
}

static bool work_fill(struct work *work, struct records *records)
{
    work->jobs = calloc(records->count + 1, sizeof(*work->jobs));
    for (struct record *r = records->first; r != NULL && work->jobs != NULL;
         r = r->next) {
        struct job *job = &work->jobs[work->count];

        if (r->gone || r->password_len == 0)
            continue;
        job->record = r;
        job->made = calloc(work->site->scheme_count + 1, sizeof(*job->made));
        if (job->made == NULL)
            return false;
        work->count++;
    }
    return work->jobs != NULL;
}

static void work_finish(struct work *work)
{
    for (size_t i = 0; i < work->count; i++) {
        for (size_t j = 0; j < work->site->scheme_count; j++)
            secret_finish(&work->jobs[i].made[j]);
        buf_finish(&work->jobs[i].error);
        free(work->jobs[i].made);
    }
    free(work->jobs);
    pthread_cond_destroy(&work->ended);
    pthread_mutex_destroy(&work->lock);
}

bool hash_many(struct records *records, const struct auth_site *site)
{
    struct work work = {.records = records, .site = site};
    bool done;

    pthread_mutex_init(&work.lock, NULL);
    pthread_cond_init(&work.ended, NULL);
    done = work_fill(&work, records) && (work.count == 0 || work_run(&work));
    for (size_t i = 0; i < work.count && done; i++)
        job_take(records, site, &work.jobs[i]);
    work_finish(&work);
    if (!done || records->failed)
        complain("the passwords cannot be hashed: out of memory or threads");
    return done && !records->failed;
}
