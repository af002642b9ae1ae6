/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of store/store.c and store/store_grants.c. */
#include "config.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "store/store.h"
#include "tempdir.h"

static enum answer grant_add(struct store *store, const char *login,
                             const char *address, struct buf *error_r)
{
    return store_grant(store,
                       &(struct store_grant){
                           .right = STORE_SEND_AS, .login = login, .address = address},
                       error_r);
}

static enum answer grant_remove(struct store *store, const char *login,
                                const char *address, struct buf *error_r)
{
    return store_revoke(store,
                        &(struct store_grant){
                            .right = STORE_SEND_AS, .login = login, .address = address},
                        error_r);
}

static struct store *open_store(const char *path, enum store_mode mode)
{
    struct buf error = BUF_INIT;
    struct store *store = store_open(path, mode, &error);

    if (store == NULL)
        print_error("%s\n", buf_str(&error));
    assert_non_null(store);
    assert_int_equal(error.len, 0);
    buf_finish(&error);
    return store;
}

/* Opening must fail with exactly this line, behind the path. */
static void refuse_store(const char *path, enum store_mode mode, const char *reason)
{
    struct buf error = BUF_INIT;
    char want[512];

    snprintf(want, sizeof(want), "%s%s", path, reason);
    assert_null(store_open(path, mode, &error));
    assert_string_equal(buf_str(&error), want);
    buf_finish(&error);
}

static bool list_row(const struct store_grant *grant, void *arg)
{
    buf_addf(arg, "%s=%s\n", grant->address, grant->login);
    assert_true(grant->created > 1500000000 && grant->created <= time(NULL) + 1);
    return true;
}

static void check_list(struct store *store, const char *login, const char *address,
                       const char *want)
{
    struct buf rows = BUF_INIT, error = BUF_INIT;

    assert_true(store_visit(store, login, address, list_row, &rows, &error));
    assert_string_equal(buf_str(&rows), want);
    buf_finish(&rows);
    buf_finish(&error);
}

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void write_file(const char *path, const char *content)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(content, file);
    assert_int_equal(fclose(file), 0);
}

static void test_grants(void **state)
{
    struct store *store = open_store(tempdir_file(*state, "grants.db"), STORE_CREATE);
    struct buf error = BUF_INIT;

    assert_int_equal(grant_add(store, "bob", "sales@x.org", &error), ANSWER_YES);
    assert_int_equal(grant_add(store, "alice", "sales@x.org", &error), ANSWER_YES);
    assert_int_equal(grant_add(store, "alice", "alice@x.org", &error), ANSWER_YES);
    assert_int_equal(grant_add(store, "*", "@y.org", &error), ANSWER_YES);
    assert_int_equal(grant_add(store, "bob", "sales@x.org", &error), ANSWER_NO);
    check_list(store, NULL, NULL,
               "@y.org=*\nalice@x.org=alice\nsales@x.org=alice\nsales@x.org=bob\n");
    check_list(store, "alice", NULL, "alice@x.org=alice\nsales@x.org=alice\n");
    check_list(store, NULL, "sales@x.org", "sales@x.org=alice\nsales@x.org=bob\n");
    check_list(store, "bob", "sales@x.org", "sales@x.org=bob\n");
    check_list(store, "nobody", NULL, "");

    assert_int_equal(grant_remove(store, "bob", "sales@x.org", &error), ANSWER_YES);
    assert_int_equal(grant_remove(store, "bob", "sales@x.org", &error), ANSWER_NO);
    assert_int_equal(grant_remove(store, "alice", "@y.org", &error), ANSWER_NO);
    check_list(store, NULL, "sales@x.org", "sales@x.org=alice\n");
    assert_int_equal(grant_add(store, "", "a@x.org", &error), ANSWER_UNKNOWN);
    assert_int_not_equal(error.len, 0);
    buf_finish(&error);
    store_close(store);
}

static bool list_whole(const struct store_grant *grant, void *arg)
{
    buf_addf(arg, "%s %s %s %lld%s\n", grant->address,
             names_name(store_right_names, (int)grant->right), grant->login,
             (long long)grant->expires,
             store_grant_expired(grant, 2000) ? " expired" : "");
    return true;
}

static void check_whole(struct store *store, const char *want)
{
    struct buf rows = BUF_INIT, error = BUF_INIT;

    assert_true(store_visit(store, NULL, NULL, list_whole, &rows, &error));
    assert_string_equal(buf_str(&rows), want);
    buf_finish(&rows);
}

/* Each right is a row of its own, and has one end. */
static void test_rights(void **state)
{
    static const struct {
        struct store_grant grant;
        bool revoke;
        enum answer answer;
    } steps[] = {
        {{STORE_DENY, "a@x", "bob", 0, 0}, false, ANSWER_YES},
        {{STORE_SEND_AS, "a@x", "bob", 0, 2001}, false, ANSWER_YES},
        {{STORE_SEND_AS, "a@x", "bob", 0, 2001}, false, ANSWER_NO},
        {{STORE_SEND_AS, "a@x", "bob", 0, 2000}, false, ANSWER_YES},
        {{STORE_RESEND, "a@x", "bob", 0, 5}, false, ANSWER_YES},
        {{STORE_RESEND, "a@x", "bob", 0, 0}, false, ANSWER_YES},
        {{STORE_RESEND, "a@x", "bob", 0, 0}, false, ANSWER_NO},
        {{STORE_ON_BEHALF, "a@x", "bob", 0, 0}, true, ANSWER_NO},
        {{STORE_ON_BEHALF, "a@x", "alice", 0, 2001}, false, ANSWER_YES},
        {{(enum store_right)9, "a@x", "bob", 0, 0}, false, ANSWER_UNKNOWN},
    };
    struct store *store = open_store(tempdir_file(*state, "grants.db"), STORE_CREATE);
    struct buf error = BUF_INIT;

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        assert_int_equal(steps[i].revoke ? store_revoke(store, &steps[i].grant, &error)
                                         : store_grant(store, &steps[i].grant, &error),
                         steps[i].answer);
    check_whole(store, "a@x send-as bob 2000 expired\na@x on-behalf alice 2001\n"
                       "a@x resend bob 0\na@x deny bob 0\n");
    assert_int_equal(store_revoke(store, &steps[0].grant, &error), ANSWER_YES);
    assert_int_equal(store_revoke(store, &steps[1].grant, &error), ANSWER_YES);
    check_whole(store, "a@x on-behalf alice 2001\na@x resend bob 0\n");
    buf_finish(&error);
    store_close(store);
}

static bool list_member(const struct store_member *member, void *arg)
{
    buf_addf(arg, "%s=%s\n", member->group, member->member);
    assert_true(member->created > 1500000000);
    return true;
}

static void check_members(struct store *store, const char *group, const char *member,
                          const char *want)
{
    struct buf rows = BUF_INIT, error = BUF_INIT;

    assert_true(store_members_visit(store, group, member, list_member, &rows, &error));
    assert_string_equal(buf_str(&rows), want);
    buf_finish(&rows);
}

static void test_groups(void **state)
{
    struct store *store = open_store(tempdir_file(*state, "grants.db"), STORE_CREATE);
    struct buf error = BUF_INIT;

    assert_int_equal(store_member_add(store, "sales", "bob", &error), ANSWER_YES);
    assert_int_equal(store_member_add(store, "sales", "bob", &error), ANSWER_NO);
    assert_int_equal(store_member_add(store, "sales", "group:field", &error),
                     ANSWER_YES);
    assert_int_equal(store_member_add(store, "field", "bob", &error), ANSWER_YES);
    check_members(store, NULL, NULL, "field=bob\nsales=bob\nsales=group:field\n");
    check_members(store, "sales", NULL, "sales=bob\nsales=group:field\n");
    check_members(store, NULL, "bob", "field=bob\nsales=bob\n");
    check_members(store, "field", "group:field", "");
    assert_int_equal(store_member_remove(store, "field", "eve", &error), ANSWER_NO);
    assert_int_equal(store_member_remove(store, "field", "bob", &error), ANSWER_YES);
    assert_int_equal(store_group_delete(store, "sales", &error), ANSWER_YES);
    assert_int_equal(store_group_delete(store, "sales", &error), ANSWER_NO);
    check_members(store, NULL, NULL, "");
    assert_int_equal(store_member_add(store, "", "bob", &error), ANSWER_UNKNOWN);
    buf_finish(&error);
    store_close(store);
}

/* Whatever stands in a login or an address is data. */
static void test_hostile_text(void **state)
{
    static const char *const texts[] = {
        "o'brien@x.org", "a\"b@x.org", "'; DROP TABLE grants; --",
        "%s%n%1",        "?1",         "\xff\xfe@x",
        "a\nb",          "\\",         "*",
    };
    enum { COUNT = sizeof(texts) / sizeof(texts[0]) };
    struct store *store = open_store(tempdir_file(*state, "grants.db"), STORE_CREATE);
    struct buf error = BUF_INIT;
    char want[256];

    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(grant_add(store, texts[COUNT - 1 - i], texts[i], &error),
                         ANSWER_YES);
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(want, sizeof(want), "%s=%s\n", texts[i], texts[COUNT - 1 - i]);
        check_list(store, NULL, texts[i], want);
        check_list(store, texts[COUNT - 1 - i], NULL, want);
    }
    assert_int_equal(error.len, 0);
    buf_finish(&error);
    store_close(store);
}

static void test_transactions(void **state)
{
    const char *path = tempdir_file(*state, "grants.db");
    struct store *writer = open_store(path, STORE_CREATE);
    struct store *reader = open_store(path, STORE_READ);
    struct buf error = BUF_INIT;

    assert_true(store_begin(writer, &error));
    grant_add(writer, "alice", "a@x", &error);
    check_list(reader, NULL, NULL, "");
    store_rollback(writer);
    check_list(reader, NULL, NULL, "");
    store_rollback(writer); /* outside of a transaction: nothing */

    assert_true(store_begin(writer, &error));
    grant_add(writer, "alice", "a@x", &error);
    assert_true(store_commit(writer, &error));
    check_list(reader, NULL, NULL, "a@x=alice\n");

    /* Closed in the middle: nothing of it happened. */
    assert_true(store_begin(writer, &error));
    grant_add(writer, "bob", "b@x", &error);
    store_close(writer);
    check_list(reader, NULL, NULL, "a@x=alice\n");
    assert_int_equal(error.len, 0);
    buf_finish(&error);
    store_close(reader);
}

static void test_thousands(void **state)
{
    struct store *store = open_store(tempdir_file(*state, "grants.db"), STORE_CREATE);
    struct buf error = BUF_INIT;
    char address[64];

    assert_true(store_begin(store, &error));
    for (int i = 0; i < 20000; i++) {
        snprintf(address, sizeof(address), "user%d@x.org", i);
        assert_int_equal(grant_add(store, "alice", address, &error), ANSWER_YES);
    }
    assert_true(store_commit(store, &error));
    check_list(store, NULL, "user19999@x.org", "user19999@x.org=alice\n");
    buf_finish(&error);
    store_close(store);
}

static bool stop_at_once(const struct store_grant *grant, void *arg)
{
    (void)grant;
    ++*(int *)arg;
    return false;
}

static void test_visit_stops(void **state)
{
    struct store *store = open_store(tempdir_file(*state, "grants.db"), STORE_CREATE);
    struct buf error = BUF_INIT;
    int visits = 0;

    grant_add(store, "alice", "a@x", &error);
    grant_add(store, "alice", "b@x", &error);
    assert_true(store_visit(store, NULL, NULL, stop_at_once, &visits, &error));
    assert_int_equal(visits, 1);
    buf_finish(&error);
    store_close(store);
}

/* Files that are not ours, or not yet or no longer in a form that we know. */
static void test_refusals(void **state)
{
    const char *path = tempdir_file(*state, "grants.db");

    refuse_store(path, STORE_WRITE, ": No such file or directory");
    refuse_store(path, STORE_READ, ": No such file or directory");
    assert_int_equal(access(path, F_OK), -1);

    write_file(path,
               "alice@x.org alice\n and this is a text of more than sixteen bytes\n");
    for (int mode = STORE_CREATE; mode <= STORE_READ; mode++)
        refuse_store(path, (enum store_mode)mode, ": file is not a database");
    unlink(path);

    run_sql(path, "CREATE TABLE t(x)");
    for (int mode = STORE_CREATE; mode <= STORE_READ; mode++)
        refuse_store(path, (enum store_mode)mode,
                     ": not a sendas grants file: another program's database");
    run_sql(path, "DROP TABLE t; PRAGMA application_id = 77");
    refuse_store(path, STORE_CREATE,
                 ": not a sendas grants file: another program's database");
    unlink(path);

    run_sql(path, "PRAGMA user_version = 0");
    write_file(path, "");
    refuse_store(path, STORE_WRITE,
                 ": not a sendas grants file yet: run \"sendasctl init\"");
    refuse_store(path, STORE_READ,
                 ": not a sendas grants file yet: run \"sendasctl init\"");
    store_close(open_store(path, STORE_CREATE));
    store_close(open_store(path, STORE_CREATE));

    run_sql(path, "PRAGMA user_version = 1000");
    for (int mode = STORE_CREATE; mode <= STORE_READ; mode++)
        refuse_store(path, (enum store_mode)mode,
                     ": its schema version 1000 is newer than version 2, the last one "
                     "that this program knows: use the newer program");
    refuse_store("/", STORE_READ, ": not a regular file");
    refuse_store("/nowhere/grants.db", STORE_CREATE, ": No such file or directory");
}

/* Names that SQLite could take for something else than a file. */
static void test_odd_names(void **state)
{
    static const char *const names[] = {":memory:", "file:x?mode=memory", "a b%41?#'\"",
                                        "ümlaut"};
    struct tempdir *dir = *state;
    int home = open(".", O_RDONLY);

    assert_int_equal(chdir(dir->path), 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct store *store = open_store(names[i], STORE_CREATE);
        struct buf error = BUF_INIT;

        assert_int_equal(grant_add(store, "alice", "a@x", &error), ANSWER_YES);
        store_close(store);
        assert_int_equal(access(names[i], F_OK), 0);
        store = open_store(names[i], STORE_READ);
        check_list(store, NULL, NULL, "a@x=alice\n");
        store_close(store);
    }
    assert_int_equal(fchdir(home), 0);
    close(home);
}

static void test_locked(void **state)
{
    const char *path = tempdir_file(*state, "grants.db");
    struct store *store = open_store(path, STORE_CREATE);
    struct store *other = open_store(path, STORE_WRITE);
    struct buf error = BUF_INIT;

    /* A writer in the way disturbs no reader. */
    assert_true(store_begin(store, &error));
    grant_add(store, "alice", "a@x", &error);
    check_list(other, NULL, NULL, "");
    assert_true(store_commit(store, &error));
    check_list(other, NULL, NULL, "a@x=alice\n");
    buf_finish(&error);
    store_close(other);
    store_close(store);
}

struct granter {
    pthread_t thread;
    const char *path;
    int number;
};

static void *grant_many(void *arg)
{
    struct granter *granter = arg;
    struct buf error = BUF_INIT;
    struct store *store = store_open(granter->path, STORE_WRITE, &error);
    char address[64];

    for (int i = 0; store != NULL && i < 20; i++) {
        snprintf(address, sizeof(address), "u%d-%d@x", granter->number, i);
        if (grant_add(store, "alice", address, &error) != ANSWER_YES)
            break;
    }
    store_close(store);
    return error.len == 0 ? NULL : granter;
}

static bool count_row(const struct store_grant *grant, void *arg)
{
    (void)grant;
    ++*(int *)arg;
    return true;
}

/* Several programs grant at once: each waits its turn. */
static void test_several_writers(void **state)
{
    struct granter granters[4];
    struct buf error = BUF_INIT;
    struct store *store;
    void *failed;
    int rows = 0;

    store = open_store(tempdir_file(*state, "grants.db"), STORE_CREATE);
    for (int i = 0; i < 4; i++) {
        granters[i].path = ((struct tempdir *)*state)->file;
        granters[i].number = i;
        pthread_create(&granters[i].thread, NULL, grant_many, &granters[i]);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(granters[i].thread, &failed);
        assert_null(failed);
    }
    assert_true(store_visit(store, NULL, NULL, count_row, &rows, &error));
    assert_int_equal(rows, 80);
    store_close(store);
}

/* Can a user without privileges read the grants? 0: yes. */
static int read_without_privileges(uid_t uid, gid_t gid, const char *path)
{
    struct buf rows = BUF_INIT, error = BUF_INIT;
    struct store *store;

    if (setgid(gid) != 0 || setuid(uid) != 0)
        return 2;
    store = store_open(path, STORE_READ, &error);
    if (store == NULL || !store_visit(store, NULL, NULL, list_row, &rows, &error))
        return 1;
    return strcmp(buf_str(&rows), "a@x=alice\n") == 0 ? 0 : 3;
}

/* The same in a child, which ends as another program: what it inherited is not its own.
 */
static int read_as(uid_t uid, gid_t gid, const char *path)
{
    unsigned char answer = 255;
    int pipes[2];
    pid_t pid;

    assert_int_equal(pipe(pipes), 0);
    pid = fork();
    if (pid == 0) {
        answer = (unsigned char)read_without_privileges(uid, gid, path);
        if (write(pipes[1], &answer, 1) == 1)
            execl("/bin/true", "true", (char *)NULL);
        _exit(1);
    }
    close(pipes[1]);
    assert_int_equal(read(pipes[0], &answer, 1), 1);
    close(pipes[0]);
    waitpid(pid, NULL, 0);
    return answer;
}

/*
 * What root writes, the milter's user reads: as owner of the directory, or by its group
 * alone, while a writer has the file open and when none has.
 */
static void test_unprivileged_reader(void **state)
{
    static const struct {
        uid_t dir_uid;
        mode_t dir_mode;
    } cases[] = {{65534, 0750}, {0, 0750}};
    struct tempdir *dir = *state;
    const uid_t reader = 65534;
    const gid_t group = 65534;

    if (geteuid() != 0)
        skip();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf error = BUF_INIT;
        struct store *store;
        const char *path;
        struct stat st;

        assert_int_equal(chown(dir->path, cases[i].dir_uid, group), 0);
        assert_int_equal(chmod(dir->path, cases[i].dir_mode), 0);
        path = tempdir_file(dir, i == 0 ? "owner.db" : "group.db");
        umask(077);
        store = open_store(path, STORE_CREATE);
        umask(022);
        assert_int_equal(grant_add(store, "alice", "a@x", &error), ANSWER_YES);
        assert_int_equal(read_as(reader, group, path), 0);
        store_close(store);
        store_close(open_store(path, STORE_READ)); /* nor does who only reads tidy up */
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0640);
        assert_int_equal(st.st_uid, cases[i].dir_uid);
        assert_int_equal(st.st_gid, group);
        assert_int_equal(read_as(reader, group, path), 0);
        assert_int_equal(read_as(reader, 12345, path),
                         cases[i].dir_uid == reader ? 0 : 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_grants, tempdir_setup, tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_rights, tempdir_setup, tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_groups, tempdir_setup, tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_hostile_text, tempdir_setup,
                                        tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_transactions, tempdir_setup,
                                        tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_thousands, tempdir_setup,
                                        tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_visit_stops, tempdir_setup,
                                        tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_refusals, tempdir_setup, tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_odd_names, tempdir_setup,
                                        tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_locked, tempdir_setup, tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_several_writers, tempdir_setup,
                                        tempdir_teardown),
        cmocka_unit_test_setup_teardown(test_unprivileged_reader, tempdir_setup,
                                        tempdir_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
