/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <sqlite3.h>

#include "store/store.h"
#include "store/store_private.h"

#define LIST "SELECT member FROM members WHERE name = ?1"

#define ONE(form) LIST " AND member = " form " UNION ALL "

/*
 * However many members there are: searches of the primary key, whose rows of one group
 * stand together (for "IN" the planner would take the index of members, where each form
 * stands elsewhere), and one of an index that holds nothing but groups in groups.
 */
const struct store_queries store_group_queries = {
    .list = LIST,
    .find = ONE("?2") ONE("?3")
        ONE("?4") "SELECT member FROM members INDEXED BY members_nested"
                  " WHERE name = ?1 AND member >= 'group:' AND member < 'group;'",
    .holders = "WITH RECURSIVE above(name) AS ("
               " SELECT name FROM members WHERE member IN (?1, ?2, ?3)"
               " UNION SELECT members.name FROM above CROSS JOIN members"
               "  WHERE members.member = 'group:' || above.name"
               ") SELECT name FROM above",
};

static const char add_sql[] =
    "INSERT INTO members (name, member, created) VALUES (?1, ?2, " STORE_NOW ")"
    " ON CONFLICT DO NOTHING";
static const char remove_sql[] = "DELETE FROM members WHERE name = ?1 AND member = ?2";
static const char delete_sql[] = "DELETE FROM members WHERE name = ?1";

#define VISIT_SQL(where)                                                               \
    "SELECT name, member, created FROM members " where " ORDER BY name, member"

/* By whether a group and whether a member is asked for. */
static const char *const visit_sql[2][2] = {
    {VISIT_SQL(""), VISIT_SQL("WHERE member = ?2")},
    {VISIT_SQL("WHERE name = ?1"), VISIT_SQL("WHERE name = ?1 AND member = ?2")},
};

/* `member` NULL: the statement is about the whole group. */
static enum answer group_change(struct store *store, enum store_change change,
                                const char *sql, const char *group, const char *member,
                                struct buf *error_r)
{
    sqlite3_stmt *stmt = store_change_prepare(store, change, sql, error_r);
    bool bound;

    if (stmt == NULL)
        return ANSWER_UNKNOWN;
    bound = sqlite3_bind_text(stmt, 1, group, -1, SQLITE_STATIC) == SQLITE_OK &&
            (member == NULL ||
             sqlite3_bind_text(stmt, 2, member, -1, SQLITE_STATIC) == SQLITE_OK);
    return store_change_run(store, stmt, bound, error_r);
}

enum answer store_member_add(struct store *store, const char *group, const char *member,
                             struct buf *error_r)
{
    return group_change(store, STORE_MEMBER_ADD, add_sql, group, member, error_r);
}

enum answer store_member_remove(struct store *store, const char *group,
                                const char *member, struct buf *error_r)
{
    return group_change(store, STORE_MEMBER_REMOVE, remove_sql, group, member, error_r);
}

enum answer store_group_delete(struct store *store, const char *group,
                               struct buf *error_r)
{
    return group_change(store, STORE_GROUP_DELETE, delete_sql, group, NULL, error_r);
}

bool store_members_visit(struct store *store, const char *group, const char *member,
                         store_member_visit *visit, void *arg, struct buf *error_r)
{
    const char *sql = visit_sql[group != NULL][member != NULL];
    sqlite3_stmt *stmt = store_query_prepare(store, sql, group, member, error_r);
    int rc;

    if (stmt == NULL)
        return false;
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        struct store_member row = {
            .group = (const char *)sqlite3_column_text(stmt, 0),
            .member = (const char *)sqlite3_column_text(stmt, 1),
            .created = sqlite3_column_int64(stmt, 2),
        };

        if (row.group == NULL || row.member == NULL) {
            rc = SQLITE_NOMEM;
            break;
        }
        if (!visit(&row, arg)) {
            rc = SQLITE_DONE;
            break;
        }
    }
    return store_query_end(store, stmt, rc, error_r);
}
