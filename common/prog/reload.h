/* SPDX-License-Identifier: BSD-2-Clause */
/* reload.h - reading the configuration anew, which changes nothing if it is bad. */
#ifndef SENDAS_PROG_RELOAD_H
#define SENDAS_PROG_RELOAD_H

#include "base/buf.h"
#include "conf/conf_table.h"
#include "prog/snapshot.h"

/* How a program makes what is in force from its configuration. */
struct reload_class {
    const struct conf_kind *kind;
    /* Takes over `conf` (also when it fails); NULL with one line in *error_r. */
    void *(*create)(struct conf_head *conf, struct buf *error_r);
    void (*destroy)(void *object);
    /* The configuration that an object was made from. */
    const struct conf_head *(*conf)(const void *object);
};

/*
 * Loads the file and puts what is made from it into the place, or logs what is wrong
 * with it and leaves all as it is; says so to the service manager. Warns of changed
 * settings that count only from the start on. One thread at a time.
 */
void reload_run(const struct reload_class *class, const char *path,
                struct snapshot *place);

#endif
