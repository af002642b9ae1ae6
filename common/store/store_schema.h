/* SPDX-License-Identifier: BSD-2-Clause */
/* store_schema.h - what makes a database ours, and how an old one becomes a new one. */
#ifndef SENDAS_STORE_STORE_SCHEMA_H
#define SENDAS_STORE_STORE_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct sqlite3; /* so that whoever includes this needs no sqlite3.h */

/*
 * A kind of database: its SQLite application_id, and the SQL that leads from each
 * version (user_version) to the next. Row 0 makes version 1 out of an empty file.
 */
struct store_schema {
    int32_t application_id;
    int version; /* the number of migrations, and the version after the last */
    const char *const *migrations;
    const char *what;   /* "a sendas grants file", for messages */
    unsigned file_mode; /* of a new file: who may read what is in it */
};

/* The grants file. */
extern const struct store_schema store_schema;

/*
 * Reads which version the open database has: 0 for an empty file. false with one line
 * in *error_r for a database of another kind, one that is newer than `schema`, or one
 * that cannot be read. Changes nothing. `path` is for the message.
 */
bool store_schema_check(struct sqlite3 *db, const char *path,
                        const struct store_schema *schema, int *version_r,
                        struct buf *error_r);

/*
 * The same for somebody who only reads and so needs the current version: an empty or
 * older database is an error too.
 */
bool store_schema_require(struct sqlite3 *db, const char *path,
                          const struct store_schema *schema, struct buf *error_r);

/*
 * Brings the database to the current version, in one transaction: all of it or nothing.
 * A database of another kind or a newer one is left alone, with an error as above.
 */
bool store_schema_migrate(struct sqlite3 *db, const char *path,
                          const struct store_schema *schema, struct buf *error_r);

#endif
