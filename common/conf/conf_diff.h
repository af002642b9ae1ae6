/* SPDX-License-Identifier: BSD-2-Clause */
/* conf_diff.h - what two configurations of one kind say differently. */
#ifndef SENDAS_CONF_CONF_DIFF_H
#define SENDAS_CONF_CONF_DIFF_H

#include "conf/conf_head.h"
#include "conf/conf_table.h"

/* One thing that differs. */
struct conf_difference {
    /* NULL: a titled block as a whole, or (no title either) the order of those that
     * both have. */
    const struct conf_row *row;
    const char *title; /* of the block that it stands in; NULL: it is in none */
    /* How each writes it: a value, titles in quotes. NULL: it does not stand there. */
    const char *old, *new;
};

/*
 * Tells each difference, in the order of the table, then by block in the order of the
 * new file, with those that are in the old one only at the end. Settings outside of
 * titled blocks are compared as they are in force, a default being no difference to the
 * same value in the file; those inside as they are written. false: out of memory.
 */
bool conf_diff(const struct conf_head *old, const struct conf_head *new,
               void (*tell)(void *arg, const struct conf_difference *difference),
               void *arg);

#endif
