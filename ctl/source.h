/* SPDX-License-Identifier: BSD-2-Clause */
/* source.h - foreign files of accounts, taken apart into rows (pure). */
#ifndef SENDAS_CTL_SOURCE_H
#define SENDAS_CTL_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/names.h"

/* What a row may say; the names stand in a CSV file's header and as columns of a query.
 */
enum source_field {
    FIELD_LOGIN,
    FIELD_PASSWORD, /* the password itself */
    FIELD_VERIFIER, /* stored forms as verifier_parse() reads them, separated by blanks
                     */
    FIELD_DISABLED, /* yes or no, in many words */
    FIELD_ALIASES,  /* separated by commas or blanks */
    FIELD_COUNT
};
extern const struct name_row source_fields[];

/* One entry as it stands in the file. */
struct source_row {
    unsigned line;                   /* where it begins, from 1 */
    const char *fields[FIELD_COUNT]; /* NULL: the file does not say */
    /* Static text; a row that has one is none of an account: */
    const char *wrong;    /* what is wrong with the line */
    const char *left_out; /* what it is instead of an account that can be taken over */
};

/* Called once a row, whose texts are valid during the call; false stops. */
typedef bool source_visit(const struct source_row *row, void *arg);

/* A file that was read whole. */
struct source {
    char *text;  /* ends with a NUL and has none else; the readers write into it */
    int64_t now; /* seconds since 1970, for what ends at a day */
    source_visit *visit;
    void *arg;
};

/*
 * Each visits all rows. false: a visitor stopped it, or the file as a whole is none of
 * the kind, with "LINE: what is wrong" in *error_r.
 */
typedef bool source_read(struct source *source, struct buf *error_r);

/* Dovecot's passwd-file: login:{SCHEME}hash:uid:gid:gecos:home:shell:extra, of which
 * the extra field "nologin" counts. */
source_read source_passwd_file;

/* shadow(5): an account whose last day has gone is disabled. */
source_read source_shadow;

/* Apache's htpasswd: login:hash. */
source_read source_htpasswd;

/* RFC 4180, with a header line of the names above. */
source_read source_csv;

/* What db_dump makes of a sasldb2, in either of its formats. */
source_read source_sasldb;

/* Does the text look like the output of db_dump? */
bool source_sasldb_known(const char *text);

#endif
