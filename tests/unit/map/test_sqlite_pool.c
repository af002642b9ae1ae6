/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of map/sqlite_pool.c: the database as it comes and goes. */
#include "config.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/buf.h"
#include "map/sqlite_pool.h"
#include "tempdir.h"

static const char query[] = "SELECT v FROM t WHERE k = ?1 OR k = ?2 ORDER BY v";

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void make_database(const char *path, const char *value)
{
    char sql[256];

    snprintf(sql, sizeof(sql),
             "CREATE TABLE t(k, v); INSERT INTO t VALUES('k', '%s'), ('null', NULL),"
             " ('2', 'two')",
             value);
    run_sql(path, sql);
}

static void write_file(const char *path, const char *content)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(content, file);
    assert_int_equal(fclose(file), 0);
}

static bool join(const char *text, void *arg)
{
    buf_addf(arg, "%s;", text);
    return true;
}

/* The rows joined, or "? WHY" with the path cut off the reason. */
static void check_query(struct sqlite_pool *pool, const char *path, const char *k1,
                        const char *k2, const char *want)
{
    const char *const params[] = {k1, k2, "one too many"};
    struct buf got = BUF_INIT, error = BUF_INIT;

    if (!sqlite_pool_query(pool, params, 3, join, &got, &error)) {
        assert_memory_equal(buf_str(&error), path, strlen(path));
        assert_null(strchr(buf_str(&error), '\n'));
        buf_clear(&got);
        buf_addf(&got, "?%s", buf_str(&error) + strlen(path));
    } else {
        assert_int_equal(error.len, 0);
    }
    assert_string_equal(buf_str(&got), want);
    buf_finish(&got);
    buf_finish(&error);
}

static void test_rows(void **state)
{
    const char *path = tempdir_file(*state, "x.db");
    struct sqlite_pool *pool;

    make_database(path, "one");
    pool = sqlite_pool_create(path, query, NULL);
    check_query(pool, path, "k", "-", "one;");
    check_query(pool, path, "k", "2", "one;two;");
    check_query(pool, path, "null", "2", "two;");
    check_query(pool, path, "no", "no", "");
    run_sql(path, "INSERT INTO t VALUES('k', 'and more')");
    check_query(pool, path, "k", "-", "and more;one;");
    sqlite_pool_destroy(pool);
    sqlite_pool_destroy(NULL);
}

static void test_comes_and_goes(void **state)
{
    const char *path = tempdir_file(*state, "x.db");
    struct sqlite_pool *pool = sqlite_pool_create(path, query, NULL);
    char other[256];

    snprintf(other, sizeof(other), "%s.new", path);
    check_query(pool, path, "k", "-", "?: No such file or directory");
    assert_int_equal(access(path, F_OK), -1); /* nothing was made */
    make_database(path, "one");
    check_query(pool, path, "k", "-", "one;");

    make_database(other, "two");
    assert_int_equal(rename(other, path), 0);
    check_query(pool, path, "k", "-", "two;");

    unlink(path);
    check_query(pool, path, "k", "-", "?: No such file or directory");
    check_query(pool, path, "k", "-", "?: No such file or directory");
    make_database(path, "three");
    check_query(pool, path, "k", "-", "three;");

    /* Behind a symbolic link that is turned elsewhere. */
    assert_int_equal(rename(path, other), 0);
    assert_int_equal(symlink(other, path), 0);
    check_query(pool, path, "k", "-", "three;");
    unlink(path);
    assert_int_equal(symlink("nowhere", path), 0);
    check_query(pool, path, "k", "-", "?: No such file or directory");
    unlink(path);
    assert_int_equal(symlink(other, path), 0);
    check_query(pool, path, "k", "-", "three;");
    sqlite_pool_destroy(pool);
}

static void test_bad_files(void **state)
{
    const char *path = tempdir_file(*state, "x.db");
    struct sqlite_pool *pool = sqlite_pool_create(path, query, NULL);
    FILE *file;

    write_file(path,
               "k one\nThis is a text, and no database at all, of some length.\n");
    check_query(pool, path, "k", "-", "?: file is not a database");
    write_file(path, "");
    check_query(pool, path, "k", "-", "?: no such table: t");
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    check_query(pool, path, "k", "-", "?: disk I/O error: Is a directory");
    assert_int_equal(rmdir(path), 0);

    /* A page in the middle overwritten. */
    make_database(path, "one");
    check_query(pool, path, "k", "-", "one;");
    file = fopen(path, "r+");
    fseek(file, 4096, SEEK_SET);
    for (int i = 0; i < 4096; i++)
        fputc(0xaa, file);
    fclose(file);
    sqlite_pool_destroy(pool);
    pool = sqlite_pool_create(path, query, NULL);
    check_query(pool, path, "k", "-", "?: database disk image is malformed");
    unlink(path);
    make_database(path, "two");
    check_query(pool, path, "k", "-", "two;");
    sqlite_pool_destroy(pool);
}

static void test_locked(void **state)
{
    const char *path = tempdir_file(*state, "x.db");
    struct sqlite_pool *pool = sqlite_pool_create(path, query, NULL);
    sqlite3 *writer;

    make_database(path, "one");
    check_query(pool, path, "k", "-", "one;");
    assert_int_equal(sqlite3_open(path, &writer), SQLITE_OK);
    assert_int_equal(sqlite3_exec(writer, "BEGIN EXCLUSIVE", NULL, NULL, NULL),
                     SQLITE_OK);
    check_query(pool, path, "k", "-", "?: database is locked");
    assert_int_equal(sqlite3_exec(writer, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    check_query(pool, path, "k", "-", "one;");
    sqlite3_close(writer);
    sqlite_pool_destroy(pool);
}

static void test_odd_names(void **state)
{
    static const char *const names[] = {"file:x?mode=memory",
                                        ":memory:", "a b%41?#'\"&", "-x"};
    struct tempdir *dir = *state;
    int home = open(".", O_RDONLY);
    char path[256];

    assert_int_equal(chdir(dir->path), 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct sqlite_pool *pool = sqlite_pool_create(names[i], query, NULL);

        snprintf(path, sizeof(path), "./%s", names[i]);
        check_query(pool, path, "k", "-", "?: No such file or directory");
        make_database(path, "one");
        check_query(pool, path, "k", "-", "one;");
        sqlite_pool_destroy(pool);
    }
    assert_int_equal(fchdir(home), 0);
    close(home);
}

static bool refuse_two(struct sqlite3 *db, const char *path, struct buf *error_r)
{
    int rc = sqlite3_exec(db, "SELECT * FROM wanted", NULL, NULL, NULL);

    if (rc != SQLITE_OK)
        buf_addf(error_r, "%s: not wanted", path);
    return rc == SQLITE_OK;
}

static void test_check(void **state)
{
    const char *path = tempdir_file(*state, "x.db");
    struct sqlite_pool *pool = sqlite_pool_create(path, query, refuse_two);

    make_database(path, "one");
    check_query(pool, path, "k", "-", "?: not wanted");
    run_sql(path, "CREATE TABLE wanted(x)");
    check_query(pool, path, "k", "-", "one;");
    sqlite_pool_destroy(pool);
}

static bool stop(const char *text, void *arg)
{
    buf_addf(arg, "stopped at %s", text);
    return false;
}

static void test_stopped(void **state)
{
    const char *path = tempdir_file(*state, "x.db");
    struct sqlite_pool *pool = sqlite_pool_create(path, query, NULL);
    const char *const params[] = {"k", "2"};
    struct buf error = BUF_INIT;

    make_database(path, "one");
    assert_false(sqlite_pool_query(pool, params, 2, stop, &error, &error));
    assert_string_equal(buf_str(&error), "stopped at one");
    check_query(pool, path, "k", "2", "one;two;");
    buf_finish(&error);
    sqlite_pool_destroy(pool);
}

struct asker {
    pthread_t thread;
    struct sqlite_pool *pool;
    unsigned long wrong;
};

static void *ask(void *arg)
{
    static const char *const params[] = {"k", "-"};
    struct asker *asker = arg;
    struct buf got = BUF_INIT, error = BUF_INIT;

    for (int i = 0; i < 1000; i++) {
        buf_clear(&got);
        if (!sqlite_pool_query(asker->pool, params, 2, join, &got, &error) ||
            strncmp(buf_str(&got), "v", 1) != 0)
            asker->wrong++;
    }
    if (error.len != 0)
        print_error("%s\n", buf_str(&error));
    buf_finish(&got);
    buf_finish(&error);
    return NULL;
}

/* More threads than connections, while the file is replaced again and again. */
static void test_threads(void **state)
{
    const char *path = tempdir_file(*state, "x.db");
    struct sqlite_pool *pool = sqlite_pool_create(path, query, NULL);
    struct asker askers[16];
    char other[256], value[16];

    snprintf(other, sizeof(other), "%s.new", path);
    make_database(path, "v");
    for (int i = 0; i < 16; i++) {
        askers[i] = (struct asker){.pool = pool};
        pthread_create(&askers[i].thread, NULL, ask, &askers[i]);
    }
    for (int i = 0; i < 20; i++) {
        snprintf(value, sizeof(value), "v%d", i);
        make_database(other, value);
        assert_int_equal(rename(other, path), 0);
    }
    for (int i = 0; i < 16; i++) {
        pthread_join(askers[i].thread, NULL);
        assert_int_equal(askers[i].wrong, 0);
    }
    check_query(pool, path, "k", "-", "v19;");
    sqlite_pool_destroy(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rows, tempdir_setup, tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_comes_and_goes, tempdir_setup,
                                        tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_bad_files, tempdir_setup,
                                        tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_locked, tempdir_setup, tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_odd_names, tempdir_setup,
                                        tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_check, tempdir_setup, tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_stopped, tempdir_setup, tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_threads, tempdir_setup, tempdir_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
