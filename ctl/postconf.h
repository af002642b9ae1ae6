/* SPDX-License-Identifier: BSD-2-Clause */
/* postconf.h - what postconf(1) prints, read into tables (pure). */
#ifndef SENDAS_CTL_POSTCONF_H
#define SENDAS_CTL_POSTCONF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"

/* One row of master.cf. */
struct postconf_service {
    const char *name;    /* "submission", "192.0.2.1:587", "cleanup" */
    const char *type;    /* "inet", "unix", "pass" ... */
    const char *command; /* "smtpd" */
    bool chrooted;
};

/* A zeroed struct with `arena` set, which holds every string, is valid and empty. */
struct postconf {
    struct arena *arena;
    struct hash settings; /* those of main.cf by name, those of a service by
                             SERVICE/TYPE/name */
    struct postconf_service *services; /* in the order of master.cf */
    size_t service_count;
};

/* Frees what does not live in the arena. */
void postconf_finish(struct postconf *postconf);

/*
 * Takes in `name = value` lines, as `postconf` and `postconf -P` print them. false: one
 * line in *error_r.
 */
bool postconf_read_settings(struct postconf *postconf, const char *text, size_t len,
                            struct buf *error_r);

/*
 * Takes in the rows of `postconf -M`, after the settings: what "-" means for chroot
 * depends on compatibility_level. false: one line in *error_r.
 */
bool postconf_read_services(struct postconf *postconf, const char *text, size_t len,
                            struct buf *error_r);

/* The service of this name and type, NULL if there is none. */
const struct postconf_service *postconf_service_find(const struct postconf *postconf,
                                                     const char *name,
                                                     const char *type);

/*
 * The value of a setting for a service (its own, else that of main.cf), or that of
 * main.cf when `service` is NULL. NULL: this Postfix has no such setting.
 */
const char *postconf_value(const struct postconf *postconf,
                           const struct postconf_service *service, const char *name);

/* Is the value "yes"? Case does not count, as in Postfix. */
bool postconf_yes(const struct postconf *postconf,
                  const struct postconf_service *service, const char *name);

#endif
