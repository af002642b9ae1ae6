/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of prog/notify.c: what a service manager's socket receives. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "prog/notify.h"

/* A socket in the abstract name space (nothing to clean up), named in NOTIFY_SOCKET. */
static int manager_open(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char name[64];
    const int len = snprintf(name, sizeof name, "@sendas-notify-%ld", (long)getpid());
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

    assert_true(fd != -1);
    memcpy(address.sun_path + 1, name + 1, (size_t)len - 1);
    assert_int_equal(
        bind(fd, (const struct sockaddr *)&address,
             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)len)),
        0);
    setenv("NOTIFY_SOCKET", name, 1);
    return fd;
}

static void check_received(int fd, const char *expected)
{
    char text[200];
    const ssize_t n = recv(fd, text, sizeof text - 1, 0);

    assert_true(n >= 0);
    text[n] = '\0';
    assert_memory_equal(text, expected, strlen(expected));
    if (strncmp(expected, "RELOADING", 9) != 0)
        assert_string_equal(text, expected);
}

static void test_states(void **state)
{
    const int fd = manager_open();
    char text[10];

    (void)state;
    notify_ready();
    check_received(fd, "READY=1");
    notify_reloading();
    check_received(fd, "RELOADING=1\nMONOTONIC_USEC=");
    notify_stopping();
    check_received(fd, "STOPPING=1");
    assert_int_equal(recv(fd, text, sizeof text, 0), -1);
    close(fd);
}

/* Nobody to tell, or nobody there any more: no error, no waiting. */
static void test_nobody(void **state)
{
    static const char *const names[] = {"", "/", "x", "/nonexistent/notify",
                                        "@sendas-notify-nobody"};
    char longest[300];

    (void)state;
    unsetenv("NOTIFY_SOCKET");
    notify_ready();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        setenv("NOTIFY_SOCKET", names[i], 1);
        notify_ready();
    }
    memset(longest, '/', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    setenv("NOTIFY_SOCKET", longest, 1);
    notify_ready();
}

static void test_watchdog(void **state)
{
    static const struct {
        const char *usec, *pid; /* pid "": ours */
        unsigned interval;
    } rows[] = {
        {NULL, NULL, 0},
        {"0", NULL, 0},
        {"x", NULL, 0},
        {"-5", NULL, 0},
        {"", NULL, 0},
        {"30000000", NULL, 15000},
        {"30000000", "", 15000},
        {"30000000", "1", 0},
        {"30000000", "x", 0},
        {"1", NULL, 1},
        {"999999999999999999999", NULL, 0},
    };
    const int fd = manager_open();
    char ours[24];

    (void)state;
    snprintf(ours, sizeof ours, "%ld", (long)getpid());
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsetenv("WATCHDOG_USEC");
        unsetenv("WATCHDOG_PID");
        if (rows[i].usec != NULL)
            setenv("WATCHDOG_USEC", rows[i].usec, 1);
        if (rows[i].pid != NULL)
            setenv("WATCHDOG_PID", rows[i].pid[0] != '\0' ? rows[i].pid : ours, 1);
        assert_int_equal(notify_watchdog_interval(), rows[i].interval);
    }
    notify_watchdog();
    check_received(fd, "WATCHDOG=1");
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_nobody),
        cmocka_unit_test(test_watchdog),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
