/* SPDX-License-Identifier: BSD-2-Clause */
/* map.h - lookup tables: a key in, its values out, whatever the store behind. */
#ifndef SENDAS_MAP_MAP_H
#define SENDAS_MAP_MAP_H

#include <stdbool.h>

#include "base/answer.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/cache.h"
#include "base/event.h"
#include "base/strlist.h"
#include "mail/address.h"

struct map;

/*
 * Called from any thread, at most once for each thing that happens, with a line for the
 * log: a table was read anew, or could not be and the earlier content stays.
 */
typedef void map_notice(void *arg, enum event_level level, const char *line);

/* What a map is for: what its keys are, and which rows of the grants file count. */
enum map_use {
    MAP_SEND_AS, /* address -> logins; this and the next three */
    MAP_ON_BEHALF,
    MAP_RESEND,
    MAP_DENY,
    MAP_GROUPS,       /* name of a group -> logins and group:NAME */
    MAP_ALIAS_DOMAINS /* domain -> domain */
};

/* What a back end may need to know of the site; borrowed, must outlive the maps. */
struct map_site {
    struct address_rules rules;
    const char *store;  /* path of the grants file, for "builtin" */
    map_notice *notice; /* NULL: nobody listens */
    void *notice_arg;
};

/*
 * Opens the table that `spec` names: "type:name", or "builtin". An unknown type, a
 * missing file or an unreadable table file is an error: NULL, and one line in *error_r.
 * A database that is away for the moment is not: each lookup then says so. No database
 * is opened before the first lookup, so that maps may be opened before a fork() and
 * used after it.
 */
struct map *map_open(const char *spec, enum map_use use, const struct map_site *site,
                     struct buf *error_r);

/* Closes the table; NULL is allowed. Nobody may be using it. */
void map_close(struct map *map);

/* The text that map_open() was given. */
const char *map_spec(const struct map *map);

/*
 * The values of a normalised key (see address_keys()): each stored value, split at
 * commas and blanks, appended to *values_r in the arena. ANSWER_YES: at least one
 * value. ANSWER_NO: the table answered and has none. ANSWER_UNKNOWN: it could not be
 * asked, with one line in *error_r that begins with the map's spec; *values_r is as it
 * was. Such a line beside a yes or a no means the same, and that a cache remembers what
 * the table said before (cache.h); else *error_r is as it was. Safe from any thread.
 */
enum answer map_lookup(struct map *map, const char *key, struct arena *arena,
                       struct strlist *values_r, struct buf *error_r);

/* Who is looked for among the values of a key. */
enum { MAP_SOUGHT_MAX = 3 };
struct map_sought {
    const char *values[MAP_SOUGHT_MAX]; /* the forms of the login, and "*" */
    size_t count;
};

/*
 * map_lookup() where only these values and the groups ("group:NAME") count: a table
 * that can tell without listing all its values does. What else is among *values_r means
 * nothing, and that it is empty does not mean that the key has no values.
 */
enum answer map_find(struct map *map, const char *key, const struct map_sought *sought,
                     struct arena *arena, struct strlist *values_r,
                     struct buf *error_r);

/*
 * The other way round, of a map of groups: all groups that the login is in, by itself
 * or by groups in this map. ANSWER_YES: they are in *groups_r, which may stay empty.
 * ANSWER_NO: the table can only be asked for one group after the other. ANSWER_UNKNOWN:
 * as map_lookup().
 */
enum answer map_holders(struct map *map, const struct map_sought *sought,
                        struct arena *arena, struct strlist *groups_r,
                        struct buf *error_r);

/* Does the table know at little cost that it has no key at all at this moment? */
bool map_is_empty(struct map *map);

/* Is the table to be asked for the full address alone, as Postfix asks one of patterns?
 */
bool map_wants_full_key(const struct map *map);

/*
 * How a lookup goes, for who wants to see it: called for each step, in order, from the
 * thread that looks up. `step` is one word: "search", "entry", "value", "row", "skip";
 * its fields depend on it. `depth`: 0 for what the key leads to, more for what that
 * leads to.
 */
struct map_trace {
    void (*step)(void *arg, unsigned depth, const char *step,
                 const struct event_field *fields, size_t count);
    void *arg;
};

/* map_lookup(), with its steps told, and so past a cache. `trace` may be NULL. */
enum answer map_lookup_traced(struct map *map, const char *key,
                              const struct map_trace *trace, struct arena *arena,
                              struct strlist *values_r, struct buf *error_r);

/*
 * Puts a cache before the table, before other threads use the map. false: out of
 * memory.
 */
bool map_cache(struct map *map, const struct cache_settings *settings);

/* Forgets the answer for a normalised key, or all (NULL). Returns how many; 0 without a
 * cache. */
size_t map_flush(struct map *map, const char *key);

/* What the cache counts. false: there is none. */
bool map_counts(struct map *map, struct cache_counts *counts_r);

/* Is there a type of this name, whether it was built in or not? */
bool map_type_known(const char *name);

/* Appends the names of all types, "builtin, fail, ... or sqlite" for messages. */
void map_types(struct buf *out);

/* --- for the back ends --- */

/* One back end: a file, a const struct like this, a row in map.c. */
struct map_type {
    /* Returns the back end's own state, or NULL with a line in *error_r. */
    void *(*open)(const char *name, enum map_use use, const struct map_site *site,
                  struct buf *error_r);
    /* Appends values (map_add_values()); as map_lookup(), which cleans up after it. */
    enum answer (*lookup)(void *state, const char *key, const struct map_trace *trace,
                          struct arena *arena, struct strlist *values_r,
                          struct buf *error_r);
    void (*close)(void *state);
    /* map_find(), map_is_empty(); NULL where the table cannot do better than others. */
    enum answer (*find)(void *state, const char *key, const struct map_sought *sought,
                        struct arena *arena, struct strlist *values_r,
                        struct buf *error_r);
    bool (*is_empty)(void *state);
    /* map_holders(); NULL where the table cannot. */
    enum answer (*holders)(void *state, const struct map_sought *sought,
                           struct arena *arena, struct strlist *groups_r,
                           struct buf *error_r);
    bool full_key; /* map_wants_full_key() */
};

/* Tells a step, if there is anybody to tell (`trace` may be NULL). */
void map_trace_tell(const struct map_trace *trace, unsigned depth, const char *step,
                    const struct event_field *fields, size_t count);

/* Splits a stored value at commas and blanks into the list. false: out of memory. */
bool map_add_values(struct strlist *values, struct arena *arena, const char *value);

extern const struct map_type map_builtin;
extern const struct map_type map_fail; /* answers ANSWER_UNKNOWN always: "fail:text" */
extern const struct map_type map_file;
extern const struct map_type map_inline;
extern const struct map_type map_ldap;
extern const struct map_type map_pcre;
extern const struct map_type map_sqlite;

#endif
