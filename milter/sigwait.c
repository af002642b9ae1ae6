/* SPDX-License-Identifier: BSD-2-Clause */
/* sigwait.c - keeps libmilter from taking the signals that prog/signals.c waits for. */
#include "config.h"

#include <signal.h>
#include <unistd.h>

/*
 * libmilter starts a thread that sits in sigwait(3) for HUP, TERM and INT, and stops
 * the filter at each of them, in the middle of messages. It has no switch for that. A
 * reload at HUP and an orderly end need the signals ourselves, and two threads that
 * wait for the same signal share it at random. So the program defines sigwait(), which
 * the dynamic linker then gives to libmilter too, and libmilter's thread waits for
 * ever. Our own thread (prog/signals.c) uses sigwaitinfo(2).
 */
int sigwait(const sigset_t *set, int *sig)
{
    (void)set;
    (void)sig;
    for (;;)
        pause();
}
