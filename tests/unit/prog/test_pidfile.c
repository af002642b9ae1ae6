/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of prog/pidfile.c. */
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
#include <sys/wait.h>
#include <unistd.h>

#include "prog/pidfile.h"

static char directory[] = "/tmp/sendas-pidfile-XXXXXX";
static char path[64], other[64];

static int setup(void **state)
{
    (void)state;
    if (mkdtemp(directory) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/pid", directory);
    snprintf(other, sizeof other, "%s/other", directory);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    unlink(other);
    return rmdir(directory);
}

static void check_content(const char *name, const char *expected)
{
    char text[100] = "";
    const int fd = open(name, O_RDONLY);

    assert_true(fd != -1);
    assert_true(read(fd, text, sizeof text - 1) >= 0);
    close(fd);
    assert_string_equal(text, expected);
}

static void content_set(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void check_refused(const char *format_tail)
{
    struct buf error = BUF_INIT;
    struct buf want = BUF_INIT;

    buf_addf(&want, "%s: %s", path, format_tail);
    assert_null(pidfile_create(path, &error));
    assert_string_equal(buf_str(&error), buf_str(&want));
    buf_finish(&error);
    buf_finish(&want);
}

static void test_written_and_removed(void **state)
{
    char own[32];
    struct buf error = BUF_INIT;
    struct pidfile *pidfile;

    (void)state;
    snprintf(own, sizeof own, "%ld\n", (long)getpid());
    content_set(path, "999999999999 left by an earlier run\n");
    pidfile = pidfile_create(path, &error);
    assert_non_null(pidfile);
    check_content(path, own);
    pidfile_destroy(pidfile);
    assert_int_equal(access(path, F_OK), -1);
    pidfile_destroy(NULL);
    buf_finish(&error);
}

static void test_second_is_refused(void **state)
{
    struct buf error = BUF_INIT;
    struct buf want = BUF_INIT;
    struct pidfile *pidfile;
    int fds[2];
    char byte;
    pid_t child;

    (void)state;
    assert_int_equal(pipe(fds), 0);
    child = fork();
    if (child == 0) {
        pidfile = pidfile_create(path, &error);
        if (write(fds[1], "x", 1) == 1 && pidfile != NULL)
            pause();
        _exit(1);
    }
    assert_int_equal(read(fds[0], &byte, 1), 1);
    buf_addf(&want, "locked by another process that is running (process id %ld)",
             (long)child);
    check_refused(buf_str(&want));
    /* Killed at once: the file stays behind, and does not stand in the way. */
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(access(path, F_OK), 0);
    pidfile = pidfile_create(path, &error);
    assert_non_null(pidfile);
    pidfile_destroy(pidfile);
    close(fds[0]);
    close(fds[1]);
    buf_finish(&error);
    buf_finish(&want);
}

/* Root must not be led to write to a file that somebody put in the way. */
static void test_traps(void **state)
{
    struct buf error = BUF_INIT;
    struct pidfile *pidfile;

    (void)state;
    content_set(other, "precious");
    assert_int_equal(symlink(other, path), 0);
    check_refused("expected a file, found a symbolic link");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(link(other, path), 0);
    check_refused("expected a regular file with one name");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    check_refused("expected a regular file with one name");
    assert_int_equal(unlink(path), 0);
    check_content(other, "precious");

    /* Nor to remove a file that took the place of ours. */
    pidfile = pidfile_create(path, &error);
    assert_non_null(pidfile);
    assert_int_equal(rename(other, path), 0);
    pidfile_destroy(pidfile);
    check_content(path, "precious");
    buf_finish(&error);
}

static void test_no_directory(void **state)
{
    struct buf error = BUF_INIT;

    (void)state;
    assert_null(pidfile_create("/nonexistent/pid", &error));
    assert_string_equal(
        buf_str(&error),
        "/nonexistent/pid: cannot be opened: No such file or directory");
    buf_finish(&error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_written_and_removed),
        cmocka_unit_test(test_second_is_refused),
        cmocka_unit_test(test_traps),
        cmocka_unit_test(test_no_directory),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
