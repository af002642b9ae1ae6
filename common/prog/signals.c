/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "prog/signals.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

static struct signals_handlers signal_handlers;

static void signal_set(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGHUP);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
}

static void *signal_thread(void *arg)
{
    sigset_t set;

    (void)arg;
    signal_set(&set);
    for (;;) {
        switch (sigwaitinfo(&set, NULL)) {
        case SIGHUP:
            signal_handlers.reload();
            break;
        case SIGTERM:
        case SIGINT:
            signal_handlers.finish();
            break;
        default: /* interrupted */
            break;
        }
    }
    return NULL;
}

void signals_hold(void)
{
    sigset_t set;

    signal(SIGPIPE, SIG_IGN);
    signal_set(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

bool signals_start(const struct signals_handlers *handlers, struct buf *error_r)
{
    pthread_t thread;
    sigset_t set;
    int error;

    signal_handlers = *handlers;
    signal_set(&set);
    error = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (error == 0)
        error = pthread_create(&thread, NULL, signal_thread, NULL);
    if (error != 0) {
        buf_addf(error_r, "cannot start the signal thread: %s", strerror(error));
        return false;
    }
    pthread_detach(thread);
    return true;
}
