/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "map/sqlite_walk.h"

#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "store/store_error.h"

enum { WALK_BUSY_MS = 5000 };

/* How it ended. */
enum end { END_DONE, END_STOPPED, END_FAILED };

static bool columns_visit(sqlite3_stmt *stmt, const char **texts, size_t count,
                          const struct sqlite_walk_visitor *visitor)
{
    for (size_t i = 0; i < count; i++) {
        texts[i] = sqlite3_column_name(stmt, (int)i);
        if (texts[i] == NULL)
            texts[i] = "";
    }
    return visitor->columns == NULL || visitor->columns(texts, count, visitor->arg);
}

static enum end row_visit(sqlite3_stmt *stmt, const char **texts, size_t count,
                          const struct sqlite_walk_visitor *visitor)
{
    bool holds_nul = false;

    for (size_t i = 0; i < count; i++) {
        texts[i] = NULL;
        if (sqlite3_column_type(stmt, (int)i) == SQLITE_NULL)
            continue;
        texts[i] = (const char *)sqlite3_column_text(stmt, (int)i);
        if (texts[i] == NULL)
            return END_FAILED;
        if (strlen(texts[i]) != (size_t)sqlite3_column_bytes(stmt, (int)i))
            holds_nul = true;
    }
    return visitor->row(texts, count, holds_nul, visitor->arg) ? END_DONE : END_STOPPED;
}

static enum end stmt_walk(sqlite3_stmt *stmt, const struct sqlite_walk_visitor *visitor)
{
    size_t count = (size_t)sqlite3_column_count(stmt);
    const char **texts = calloc(count + 1, sizeof(*texts));
    enum end end = END_DONE;
    int rc = SQLITE_ROW;

    if (texts == NULL)
        return END_FAILED;
    if (!columns_visit(stmt, texts, count, visitor))
        end = END_STOPPED;
    while (end == END_DONE && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
        end = row_visit(stmt, texts, count, visitor);
    free(texts);
    return end == END_DONE && rc != SQLITE_DONE ? END_FAILED : end;
}

bool sqlite_walk(const char *path, const char *sql,
                 const struct sqlite_walk_visitor *visitor, struct buf *error_r)
{
    const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
    sqlite3_stmt *stmt = NULL;
    sqlite3 *db = NULL;
    enum end end = END_FAILED;

    if (sqlite3_open_v2(path, &db, flags, NULL) == SQLITE_OK &&
        sqlite3_busy_timeout(db, WALK_BUSY_MS) == SQLITE_OK &&
        sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK) {
        if (stmt != NULL) {
            end = stmt_walk(stmt, visitor);
        } else {
            buf_addf(error_r, "%s: the query is empty", path);
            end = END_STOPPED;
        }
    }
    if (end == END_FAILED)
        store_error(db, path, error_r);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return end == END_DONE;
}
