/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of prog/keyfile.c. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "prog/keyfile.h"

static char directory[] = "/tmp/sendas-keyfile-XXXXXX";
static char path[64];

static int setup(void **state)
{
    (void)state;
    if (mkdtemp(directory) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/key", directory);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(directory); /* fails if anything else was left behind */
}

static void file_write(const char *bytes, size_t len, mode_t mode)
{
    int fd;

    unlink(path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd != -1);
    assert_int_equal(write(fd, bytes, len), len);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void test_created_once(void **state)
{
    struct identity owner = {.uid = 65534, .gid = 65534};
    struct buf first = BUF_INIT;
    struct buf second = BUF_INIT;
    struct buf error = BUF_INIT;
    static const char zero[KEYFILE_MIN];
    struct stat st;

    (void)state;
    assert_true(keyfile_load(path, &owner, &first, &error));
    assert_int_equal(first.len, KEYFILE_MIN);
    assert_int_not_equal(memcmp(first.data, zero, sizeof zero), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_nlink, 1);
    assert_int_equal(st.st_uid, geteuid() == 0 ? owner.uid : geteuid());
    assert_true(keyfile_load(path, NULL, &second, &error));
    assert_int_equal(second.len, first.len);
    assert_memory_equal(first.data, second.data, first.len);
    unlink(path);
    assert_true(keyfile_load(path, NULL, &second, &error));
    assert_memory_not_equal(first.data, second.data, first.len);
    assert_int_equal(error.len, 0);
    buf_finish(&first);
    buf_finish(&second);
    buf_finish(&error);
}

static void test_any_bytes(void **state)
{
    char key[KEYFILE_MAX];
    struct buf read = BUF_INIT;
    struct buf error = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (char)i;
    file_write(key, sizeof key, 0400);
    assert_true(keyfile_load(path, NULL, &read, &error));
    assert_int_equal(read.len, sizeof key);
    assert_memory_equal(read.data, key, sizeof key);
    buf_finish(&read);
    buf_finish(&error);
}

static void check_refused(const char *expected)
{
    struct buf key = BUF_INIT;
    struct buf error = BUF_INIT;
    struct buf want = BUF_INIT;

    buf_addf(&want, "%s%s", path, expected);
    assert_false(keyfile_load(path, NULL, &key, &error));
    assert_string_equal(buf_str(&error), buf_str(&want));
    assert_int_equal(key.len, 0);
    buf_finish(&key);
    buf_finish(&error);
    buf_finish(&want);
}

static void test_refused(void **state)
{
    static char bytes[KEYFILE_MAX + 1];

    (void)state;
    file_write(bytes, KEYFILE_MIN - 1, 0600);
    check_refused(": expected a key of 32 to 4096 bytes");
    file_write(bytes, KEYFILE_MAX + 1, 0600);
    check_refused(": expected a key of 32 to 4096 bytes");
    file_write(bytes, KEYFILE_MIN, 0640);
    check_refused(": mode is 0640; expected 0600, as the key is secret");
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0); /* must not wait for a writer */
    check_refused(": expected a regular file");
    unlink(path);
    assert_int_equal(symlink("/nonexistent/key", path), 0);
    check_refused(": cannot be read: No such file or directory");
}

static void test_no_directory(void **state)
{
    struct buf key = BUF_INIT;
    struct buf error = BUF_INIT;

    (void)state;
    assert_false(keyfile_load("/nonexistent/key", NULL, &key, &error));
    assert_string_equal(
        buf_str(&error),
        "/nonexistent/key: cannot be created: No such file or directory");
    buf_finish(&key);
    buf_finish(&error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_created_once),
        cmocka_unit_test(test_any_bytes),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_no_directory),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
