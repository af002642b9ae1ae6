/* SPDX-License-Identifier: BSD-2-Clause */
/* accounts_reader.c - the accounts file read by many threads. */
#include "config.h"

#include <stdlib.h>

#include "cred/accounts_private.h"
#include "store/read_pool.h"

enum {
    READER_NAME_MAX = 4096,
    /* The inner pages of the trees of a million accounts: a lookup then reads the
       leaves. */
    READER_CACHE_KIB = 4096
};

struct accounts_reader {
    struct read_pool *pool;
};

static bool reader_check(struct sqlite3 *db, const char *path, struct buf *error_r)
{
    return store_schema_require(db, path, &accounts_schema, error_r);
}

struct accounts_reader *accounts_reader_create(const char *path, size_t connections,
                                               unsigned busy_ms)
{
    const struct read_pool_plan plan = {.path = path,
                                        .sql = accounts_sql,
                                        .sql_count = ACCOUNTS_READING,
                                        .check = reader_check,
                                        .connections = connections,
                                        .busy_ms = busy_ms,
                                        .wait_ms = busy_ms,
                                        .cache_kib = READER_CACHE_KIB};
    struct accounts_reader *reader = calloc(1, sizeof(*reader));

    _Static_assert((int)ACCOUNTS_READING <= (int)READ_POOL_STATEMENTS,
                   "a connection has room for all");
    if (reader == NULL)
        return NULL;
    reader->pool = read_pool_create(&plan);
    if (reader->pool == NULL) {
        free(reader);
        return NULL;
    }
    return reader;
}

void accounts_reader_destroy(struct accounts_reader *reader)
{
    if (reader == NULL)
        return;
    read_pool_destroy(reader->pool);
    free(reader);
}

/* Gives the connection back and says how it went. */
static enum answer reader_answer(struct accounts_reader *reader, struct read_conn *conn,
                                 enum account_read read, struct buf *error_r)
{
    enum pool_health health = POOL_GOOD;

    if (read == ACCOUNT_FAILED)
        health = read_pool_blame(reader->pool, conn, error_r);
    read_pool_give(reader->pool, conn, health);
    return read == ACCOUNT_READ   ? ANSWER_YES
           : read == ACCOUNT_NONE ? ANSWER_NO
                                  : ANSWER_UNKNOWN;
}

static bool reader_step(sqlite3_stmt *stmt)
{
    bool ok = sqlite3_step(stmt) == SQLITE_DONE;

    if (ok)
        sqlite3_reset(stmt);
    return ok;
}

enum answer accounts_reader_find(struct accounts_reader *reader, const char *login,
                                 struct arena *arena, struct account *account_r,
                                 struct buf *error_r)
{
    struct read_conn *conn = read_pool_take(reader->pool, error_r);
    enum account_read read = ACCOUNT_FAILED;
    struct account_source source = {.arena = arena, .error = error_r};
    int64_t id;

    if (conn == NULL)
        return ANSWER_UNKNOWN;
    source.stmts = conn->stmts;
    source.path = read_pool_path(reader->pool);
    /* One transaction: an account as it was at one moment, and one lock, not five. */
    if (reader_step(conn->stmts[ACCOUNTS_BEGIN])) {
        read = account_read_login(&source, login, &id, account_r);
        if (read != ACCOUNT_FAILED && !reader_step(conn->stmts[ACCOUNTS_END]))
            read = ACCOUNT_FAILED;
    }
    return reader_answer(reader, conn, read, error_r);
}

static enum account_read reader_profile_row(const struct account_source *source,
                                            sqlite3_stmt *stmt,
                                            struct accounts_profile_row *row_r)
{
    int64_t cost = 0, count = 0, checked = 0;
    enum account_read read =
        account_text(source, stmt, 0, READER_NAME_MAX, &row_r->scheme);

    if (read == ACCOUNT_READ)
        read = account_number(source, stmt, 1, &cost);
    if (read == ACCOUNT_READ)
        read = account_number(source, stmt, 2, &count);
    if (read == ACCOUNT_READ)
        read = account_number(source, stmt, 3, &checked);
    if (read == ACCOUNT_READ && cost > INT32_MAX) {
        buf_addf(source->error, "%s: cost of a verifier: too high", source->path);
        return ACCOUNT_ODD;
    }
    row_r->cost = (unsigned)cost;
    row_r->count = (uint64_t)count;
    row_r->checked = (uint64_t)checked;
    return read;
}

static enum account_read reader_profile(const struct account_source *source,
                                        sqlite3_stmt *stmt,
                                        struct accounts_profile_row *rows,
                                        size_t *count_r)
{
    enum account_read read = ACCOUNT_READ;
    int rc;

    if (sqlite3_bind_int(stmt, 1, ACCOUNTS_PROFILE_MAX) != SQLITE_OK)
        return ACCOUNT_FAILED;
    /* The statement has a LIMIT: the rows suffice. */
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW && read == ACCOUNT_READ)
        read = reader_profile_row(source, stmt, &rows[(*count_r)++]);
    return read == ACCOUNT_READ && rc != SQLITE_DONE ? ACCOUNT_FAILED : read;
}

bool accounts_reader_profile(struct accounts_reader *reader, struct arena *arena,
                             struct accounts_profile_row **rows_r, size_t *count_r,
                             struct buf *error_r)
{
    struct read_conn *conn = read_pool_take(reader->pool, error_r);
    struct account_source source = {.arena = arena, .error = error_r};
    enum account_read read = ACCOUNT_ODD;

    if (conn == NULL)
        return false;
    *count_r = 0;
    source.path = read_pool_path(reader->pool);
    *rows_r = arena_alloc(arena, ACCOUNTS_PROFILE_MAX * sizeof(**rows_r));
    if (*rows_r != NULL)
        read = reader_profile(&source, conn->stmts[ACCOUNTS_PROFILE], *rows_r, count_r);
    else
        buf_addf(error_r, "%s: out of memory", source.path);
    return reader_answer(reader, conn, read, error_r) == ANSWER_YES;
}
