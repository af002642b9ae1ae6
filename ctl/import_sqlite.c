/* SPDX-License-Identifier: BSD-2-Clause */
/* import_sqlite.c - the accounts in a table of an SQLite database that is there. */
#include "config.h"

#include "ctl/command.h"
#include "ctl/import_accounts.h"
#include "ctl/output.h"
#include "map/map_params.h"
#include "map/sqlite_walk.h"

/* What stands in the .cf file. */
struct params {
    struct map_param_text dbpath;
    struct map_param_text query;
};

static const struct map_param params_table[] = {
    MAP_PARAM(struct params, dbpath, MAP_PARAM_FILLED, ""),
    MAP_PARAM(struct params, query, MAP_PARAM_FILLED, ""),
    {.name = NULL},
};

enum { COLUMNS_MAX = FIELD_COUNT };

/* A walk over the rows. */
struct walk {
    struct records *records;
    const char *path; /* of the .cf file */
    unsigned query_line;
    enum source_field columns[COLUMNS_MAX];
    unsigned row;
};

static bool params_read(const char *file, struct arena *arena, struct params *params_r)
{
    struct buf error = BUF_INIT;
    bool done = map_params_load(file, params_table, params_r, arena, &error);

    if (done) {
        if (params_r->dbpath.line == 0 || params_r->query.line == 0)
            buf_addf(&error, "%s: expected a parameter \"%s\"", file,
                     params_r->dbpath.line == 0 ? "dbpath" : "query");
        else if (params_r->dbpath.text[0] != '/')
            buf_addf(&error, "%s:%u: dbpath: expected a path that begins with \"/\"",
                     file, params_r->dbpath.line);
    }
    complain_lines(buf_str(&error));
    done = done && error.len == 0;
    buf_finish(&error);
    return done;
}

/* What the query yields must be told by the names of its columns. */
static bool columns_take(const char *const *names, size_t count, void *arg)
{
    struct walk *walk = arg;
    struct buf expected = BUF_INIT;
    unsigned seen = 0;

    for (size_t i = 0; i < count; i++) {
        int field;

        if (i == COLUMNS_MAX || !names_value(source_fields, names[i], &field) ||
            (seen & 1U << field) != 0) {
            names_list(source_fields, &expected);
            complain("%s:%u: query: unexpected column \"%.100s\"; expected each once: "
                     "%s (name columns by AS)",
                     walk->path, walk->query_line, names[i], buf_str(&expected));
            buf_finish(&expected);
            return false;
        }
        seen |= 1U << field;
        walk->columns[i] = (enum source_field)field;
    }
    if ((seen & 1U << FIELD_LOGIN) != 0 &&
        (seen & (1U << FIELD_PASSWORD | 1U << FIELD_VERIFIER)) != 0)
        return true;
    complain("%s:%u: query: expected a column login and one of password and verifier "
             "(name columns by AS)",
             walk->path, walk->query_line);
    return false;
}

static bool row_take(const char *const *values, size_t count, bool holds_nul, void *arg)
{
    struct walk *walk = arg;
    struct source_row row = {.line = ++walk->row};

    for (size_t i = 0; i < count; i++)
        row.fields[walk->columns[i]] = values[i];
    if (holds_nul)
        row.wrong = "a value holds a NUL byte";
    if (records_take(&row, walk->records))
        return true;
    complain("out of memory");
    return false;
}

static bool rows_read(struct account_import *import, const char *file,
                      const struct params *params)
{
    struct walk walk = {
        .records = &import->records, .path = file, .query_line = params->query.line};
    const struct sqlite_walk_visitor visitor = {columns_take, row_take, &walk};
    struct buf error = BUF_INIT;
    bool done = sqlite_walk(params->dbpath.text, params->query.text, &visitor, &error);

    complain_lines(buf_str(&error));
    buf_finish(&error);
    return done;
}

int import_sqlite(const struct options *options, const struct format *format,
                  const char *file)
{
    struct account_import import = {.options = options};
    struct buf where = BUF_INIT;
    struct arena arena = {0};
    struct params params;
    int status = EXIT_WRONG;

    (void)format;
    if (params_read(file, &arena, &params)) {
        buf_addf(&where, "%s: row ", params.dbpath.text);
        if (account_import_begin(&import, options, buf_str(&where)))
            status = rows_read(&import, file, &params) ? account_import_store(&import)
                                                       : EXIT_WRONG;
        account_import_finish(&import);
    }
    buf_finish(&where);
    arena_finish(&arena);
    return status;
}
