/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of prog/daemon.c and prog/identity.c, each in a process of its own. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "prog/daemon.h"
#include "prog/identity.h"

/* What the daemon of a test sends back about itself. */
struct report {
    pid_t pid, session, group;
    bool in_root, stderr_is_null, wrote;
};

static bool is_null_device(int fd)
{
    char name[40], target[40] = "";

    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    return readlink(name, target, sizeof target - 1) > 0 &&
           strcmp(target, "/dev/null") == 0;
}

static void report_send(int fd)
{
    char directory[20];
    struct report report = {.pid = getpid(), .session = getsid(0), .group = getpgrp()};

    report.in_root =
        getcwd(directory, sizeof directory) != NULL && strcmp(directory, "/") == 0;
    report.stderr_is_null = is_null_device(STDERR_FILENO) &&
                            is_null_device(STDIN_FILENO) &&
                            is_null_device(STDOUT_FILENO);
    if (write(fd, &report, sizeof report) != sizeof report)
        _exit(9);
}

/* The process that calls daemon_start(); its exit status is what is tested. */
static pid_t starter_fork(int report_fd, int error_fd, bool ready, int delay_ms)
{
    struct buf error = BUF_INIT;
    const pid_t child = fork();

    if (child != 0)
        return child;
    dup2(error_fd, STDERR_FILENO);
    if (!daemon_start(&error))
        _exit(8);
    usleep((unsigned)delay_ms * 1000);
    if (!ready) {
        dprintf(STDERR_FILENO, "cannot do it\n");
        _exit(0);
    }
    daemon_ready();
    report_send(report_fd);
    _exit(7);
}

static int exit_status(pid_t child)
{
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_ready(void **state)
{
    struct report report;
    int fds[2];
    pid_t starter;

    (void)state;
    assert_int_equal(pipe(fds), 0);
    starter = starter_fork(fds[1], STDERR_FILENO, true, 50);
    assert_int_equal(exit_status(starter), 0);
    assert_int_equal(read(fds[0], &report, sizeof report), sizeof report);
    assert_int_not_equal(report.pid, starter);
    assert_int_not_equal(report.session, getsid(0));
    assert_int_not_equal(report.session, report.pid); /* cannot get a terminal */
    assert_true(report.in_root);
    assert_true(report.stderr_is_null);
    close(fds[0]);
    close(fds[1]);
}

/* Whoever started it sees why it did not start, and that it did not. */
static void test_fails(void **state)
{
    char text[100] = "";
    int fds[2];

    (void)state;
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(exit_status(starter_fork(-1, fds[1], false, 20)), 1);
    assert_true(read(fds[0], text, sizeof text - 1) > 0);
    assert_string_equal(text, "cannot do it\n");
    close(fds[0]);
    close(fds[1]);
}

static void test_ready_in_foreground(void **state)
{
    (void)state;
    daemon_ready();
    assert_false(is_null_device(STDERR_FILENO) && is_null_device(STDOUT_FILENO) &&
                 is_null_device(STDIN_FILENO));
}

static void test_unknown_user(void **state)
{
    struct identity identity;
    struct buf error = BUF_INIT;

    (void)state;
    if (geteuid() == 0) {
        assert_false(identity_find("no-such-user", &identity, &error));
        assert_string_equal(
            buf_str(&error),
            "user \"no-such-user\" does not exist; expected one from the "
            "user database (the setting is user)");
    } else {
        assert_true(identity_find("no-such-user", &identity, &error));
        assert_int_equal(identity.uid, geteuid());
        assert_int_equal(identity.gid, getegid());
        assert_true(identity_assume(&identity, &error));
    }
    buf_finish(&error);
}

static void test_groups(void **state)
{
    static const char *const bad[] = {"no-such-group", "",   "-1",
                                      "4294967295",    "1x", "99999999999999999999"};
    struct buf error = BUF_INIT;
    gid_t gid;

    (void)state;
    assert_true(identity_group("root", &gid, &error));
    assert_int_equal(gid, 0);
    assert_true(identity_group("12345", &gid, &error));
    assert_int_equal(gid, 12345);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        buf_clear(&error);
        assert_false(identity_group(bad[i], &gid, &error));
        assert_non_null(strstr(buf_str(&error), "does not exist; expected one"));
    }
    buf_finish(&error);
}

/* Exit status of the child: 0 all good, else which check failed. */
static int drop_root(void)
{
    static const gid_t some[] = {0, 1, 2};
    struct passwd *nobody = getpwnam("nobody");
    struct identity identity;
    struct buf error = BUF_INIT;
    gid_t groups[64];
    int count;

    if (nobody == NULL || setgroups(3, some) == -1)
        return 10;
    if (!identity_find("nobody", &identity, &error) || identity.uid != nobody->pw_uid)
        return 11;
    if (!identity_assume(&identity, &error))
        return 12;
    if (getuid() != identity.uid || geteuid() != identity.uid ||
        getgid() != identity.gid || getegid() != identity.gid)
        return 13;
    count = getgroups(64, groups);
    for (int i = 0; i < count; i++) {
        if (groups[i] != identity.gid)
            return 14;
    }
    if (setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0)
        return 15;
    return identity_assume(&identity, &error) ? 0
                                              : 16; /* a second time: nothing to do */
}

static void test_drop_root(void **state)
{
    pid_t child;

    (void)state;
    if (geteuid() != 0)
        skip();
    child = fork();
    if (child == 0)
        _exit(drop_root());
    assert_int_equal(exit_status(child), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ready),        cmocka_unit_test(test_fails),
        cmocka_unit_test(test_unknown_user), cmocka_unit_test(test_ready_in_foreground),
        cmocka_unit_test(test_groups),       cmocka_unit_test(test_drop_root),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
