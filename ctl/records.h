/* SPDX-License-Identifier: BSD-2-Clause */
/* records.h - the accounts of an import: rows of a source, checked and kept. */
#ifndef SENDAS_CTL_RECORDS_H
#define SENDAS_CTL_RECORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/strlist.h"
#include "cred/scheme.h"
#include "ctl/source.h"

/* One account to be. */
struct record {
    struct record *next;
    unsigned line;
    const char *login;        /* normalised, as are the aliases */
    struct strlist verifiers; /* in the form in which they are stored */
    size_t password;          /* where in records->passwords its password begins */
    size_t password_len;      /* 0: there is none */
    struct strlist aliases;
    bool disabled;
    bool disabled_known; /* does the source say? */
    bool gone;           /* left out after all */
};

/* Why rows were left out, each with how many. */
enum { LEFT_OUT_KINDS = 4, RECORDS_WRONG_SHOWN = 20 };

struct records {
    /* To be set before the first row. */
    const char *where;        /* before a row's number in complaints: "FILE:" */
    const char *login_domain; /* as the configuration has it */
    bool fold_case;
    bool skip; /* wrong rows are left out, not counted against all */

    struct arena arena;
    struct buf passwords; /* a secret */
    struct hash by_login;
    struct record *first;
    struct record *last;
    size_t count; /* without those gone */
    size_t wrong;
    struct {
        const char *what;
        size_t count;
    } left_out[LEFT_OUT_KINDS];
    bool failed; /* memory ran out */
};

/* A zeroed struct is a valid empty one. */
void records_finish(struct records *records);

/* A source_visit whose `arg` is a struct records: checks the row and adds a record, or
 * complains of the row. false: out of memory. */
source_visit records_take;

/* Counts and complains of what is wrong with a row; all of them are told with `skip`,
 * else the first 20. */
void records_wrong(struct records *records, unsigned line, const char *subject,
                   const char *why);

/* Is there one of the scheme among these stored forms? */
bool records_scheme_there(const struct strlist *verifiers, const struct scheme *scheme);

/* records_wrong() for a record that was added; it is gone then. */
void record_drop(struct records *records, struct record *record, const char *why);

#endif
