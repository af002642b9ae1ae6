/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "authd/workers.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct workers {
    /* How often a thread may look into the queue: once for each request, and in the end
       once for each thread. With a condition, who wakes would ask the kernel once more.
     */
    sem_t turns;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    void (*run)(struct request *request);
    size_t thread_count, running;
    pthread_t *threads;
    int64_t taken; /* when a request was last taken, or came into an empty queue */
    size_t size, first, count;
    struct request *queue[];
};

/* The next request, waiting for one; NULL: the end. */
static struct request *request_take(struct workers *workers)
{
    struct request *request = NULL;

    while (sem_wait(&workers->turns) == -1 && errno == EINTR)
        ;
    pthread_mutex_lock(&workers->lock);
    if (workers->count > 0) {
        request = workers->queue[workers->first];
        workers->first = (workers->first + 1) % workers->size;
        workers->count--;
        workers->taken = request_now();
    }
    pthread_mutex_unlock(&workers->lock);
    return request;
}

static void *worker_main(void *arg)
{
    struct workers *workers = arg;
    struct request *request;

    while ((request = request_take(workers)) != NULL) {
        if (request_state(request) == REQUEST_OPEN)
            workers->run(request);
        request_release(request);
    }
    pthread_mutex_lock(&workers->lock);
    workers->running--;
    pthread_cond_signal(&workers->ended);
    pthread_mutex_unlock(&workers->lock);
    return NULL;
}

static struct workers *workers_allocate(size_t threads, size_t queue)
{
    struct workers *workers =
        calloc(1, sizeof *workers + queue * sizeof workers->queue[0]);
    pthread_condattr_t attr;

    if (workers == NULL)
        return NULL;
    workers->threads = calloc(threads, sizeof *workers->threads);
    if (workers->threads == NULL) {
        free(workers);
        return NULL;
    }
    sem_init(&workers->turns, 0, 0);
    pthread_mutex_init(&workers->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&workers->ended, &attr);
    pthread_condattr_destroy(&attr);
    workers->size = queue;
    return workers;
}

struct workers *workers_create(size_t threads, size_t queue,
                               void (*run)(struct request *request),
                               struct buf *error_r)
{
    struct workers *workers = workers_allocate(threads, queue);

    if (workers == NULL) {
        buf_adds(error_r, "out of memory");
        return NULL;
    }
    workers->run = run;
    while (workers->thread_count < threads) {
        int error;

        pthread_mutex_lock(&workers->lock);
        error = pthread_create(&workers->threads[workers->thread_count], NULL,
                               worker_main, workers);
        workers->running += error == 0;
        pthread_mutex_unlock(&workers->lock);
        if (error != 0) {
            buf_addf(error_r, "thread %zu of %zu cannot be started: %s",
                     workers->thread_count + 1, threads, strerror(error));
            workers_finish(workers, UINT32_MAX);
            return NULL;
        }
        workers->thread_count++;
    }
    return workers;
}

bool workers_add(struct workers *workers, struct request *request)
{
    bool ok;

    pthread_mutex_lock(&workers->lock);
    ok = workers->count < workers->size;
    if (ok) {
        if (workers->count == 0)
            workers->taken = request->received;
        workers->queue[(workers->first + workers->count) % workers->size] =
            request_hold(request);
        workers->count++;
    }
    pthread_mutex_unlock(&workers->lock);
    /* Without the lock, which who wakes wants at once. */
    if (ok)
        sem_post(&workers->turns);
    return ok;
}

int64_t workers_stuck(struct workers *workers, int64_t now)
{
    int64_t ms;

    pthread_mutex_lock(&workers->lock);
    ms = workers->count > 0 ? now - workers->taken : 0;
    pthread_mutex_unlock(&workers->lock);
    return ms;
}

/* Waits until all threads have ended. false: they have not in time. */
static bool workers_wait(struct workers *workers, unsigned ms)
{
    struct timespec until;
    int error = 0;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    while (workers->running > 0 && error == 0)
        error = pthread_cond_timedwait(&workers->ended, &workers->lock, &until);
    return workers->running == 0;
}

bool workers_finish(struct workers *workers, unsigned ms)
{
    bool ended;

    if (workers == NULL)
        return true;
    pthread_mutex_lock(&workers->lock);
    for (size_t i = 0; i < workers->thread_count; i++)
        sem_post(&workers->turns);
    ended = workers_wait(workers, ms);
    pthread_mutex_unlock(&workers->lock);
    if (!ended)
        return false;
    for (size_t i = 0; i < workers->thread_count; i++)
        pthread_join(workers->threads[i], NULL);
    sem_destroy(&workers->turns);
    pthread_cond_destroy(&workers->ended);
    pthread_mutex_destroy(&workers->lock);
    free(workers->threads);
    free(workers);
    return true;
}
