/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of prog/log.c: what arrives on standard error. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "prog/log.h"

/* Standard error goes to a pipe while a test runs. */
static int pipe_fds[2];
static int saved_stderr;

static int capture_begin(void **state)
{
    (void)state;
    if (pipe2(pipe_fds, O_NONBLOCK) == -1)
        return -1;
    saved_stderr = dup(STDERR_FILENO);
    return dup2(pipe_fds[1], STDERR_FILENO) == -1 ? -1 : 0;
}

static int capture_end(void **state)
{
    (void)state;
    log_close();
    log_set_level(EVENT_INFO);
    unsetenv("JOURNAL_STREAM");
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    return 0;
}

/* "%]" or "%," in `expected` stands for the process id. */
static void check_written(const char *expected)
{
    char text[2000] = "";
    struct buf want = BUF_INIT;
    const ssize_t n = read(pipe_fds[0], text, sizeof text - 1);

    text[n > 0 ? n : 0] = '\0';
    for (; *expected != '\0'; expected++) {
        if (*expected == '%' && (expected[1] == ']' || expected[1] == ','))
            buf_addf(&want, "%ld", (long)getpid());
        else
            buf_addc(&want, *expected);
    }
    assert_string_equal(text, buf_str(&want));
    buf_finish(&want);
}

/* The same behind a text of this form, in which "#" stands for a digit. */
static void check_dated(const char *form, const char *expected)
{
    char start[100];
    const ssize_t n = read(pipe_fds[0], start, strlen(form));

    assert_int_equal(n, strlen(form));
    for (size_t i = 0; form[i] != '\0'; i++) {
        if (form[i] == '#')
            assert_in_range(start[i], '0', '9');
        else
            assert_int_equal(start[i], form[i]);
    }
    check_written(expected);
}

static void test_before_open(void **state)
{
    (void)state;
    log_set_ident("test");
    log_line(EVENT_ERROR, NULL, "cannot %s", "start");
    check_written("test: cannot start\n");
}

static void test_stderr(void **state)
{
    const struct event_field fields[] = {
        {"login", "a b"}, {"client", NULL}, {"reason", "x\ny=z"}};
    const struct event event = {EVENT_INFO, "4F2A", fields, 3, 0};

    (void)state;
    log_open("test", LOG_TO_AUTO, LOG_MAIL, false);
    log_line(EVENT_WARNING, "config", "%d of %d", 1, 2);
    check_written("test[%]: config: 1 of 2\n");
    log_line(EVENT_INFO, NULL, "one\nline\x1b[0m\x7f");
    check_written("test[%]: one?line?[0m?\n");
    log_event(&event);
    check_written("test[%]: 4F2A: login=\"a b\" client=- reason=\"x\\x0ay=z\"\n");
}

/* One object a line, and nothing before it. */
static void test_json(void **state)
{
    static const struct event_field fields[] = {{"login", "a\"b"}, {"client", NULL}};
    const struct event event = {EVENT_WARNING, "4F2A", fields, 2, 0};
    static const char date[] = "{\"time\":\"####-##-##T##:##:##.###Z\",";
    static const char *const rest[] = {
        "\"level\":\"warning\",\"program\":\"test\",\"pid\":%,"
        "\"subject\":\"4F2A\",\"login\":\"a\\\"b\"}\n",
        "\"level\":\"info\",\"program\":\"test\",\"pid\":%,"
        "\"subject\":\"config\",\"message\":\"one?\\\"2\\\"\"}\n",
        "\"level\":\"error\",\"program\":\"test\",\"pid\":%,\"message\":\"x\"}\n"};

    (void)state;
    log_open("test", LOG_TO_STDERR, LOG_MAIL, false);
    log_set_json(true);
    log_event(&event);
    check_dated(date, rest[0]);
    log_line(EVENT_INFO, "config", "one\n\"%d\"", 2);
    check_dated(date, rest[1]);
    log_line(EVENT_ERROR, NULL, "x");
    check_dated(date, rest[2]);
    log_set_json(false);
}

static void test_lines(void **state)
{
    (void)state;
    log_open("test", LOG_TO_STDERR, LOG_MAIL, false);
    log_lines(EVENT_ERROR, "reload", "a\nb %s\n");
    check_written("test[%]: reload: a\ntest[%]: reload: b %s\n");
    log_lines(EVENT_ERROR, "reload", "");
    check_written("");
}

static void test_level(void **state)
{
    static const struct event event = {EVENT_INFO, "x", NULL, 0, 0};

    (void)state;
    log_open("test", LOG_TO_STDERR, LOG_MAIL, true);
    log_line(EVENT_DEBUG, NULL, "not yet");
    check_written("");
    assert_false(log_enabled(EVENT_DEBUG));
    log_set_level(EVENT_DEBUG);
    assert_true(log_enabled(EVENT_DEBUG));
    log_line(EVENT_DEBUG, NULL, "now");
    check_written("test[%]: now\n");
    log_set_level(EVENT_WARNING);
    log_line(EVENT_INFO, NULL, "no more");
    log_event(&event);
    check_written("");
    log_line(EVENT_WARNING, NULL, "but this");
    check_written("test[%]: but this\n");
}

/* Priorities for the journal, but only when it is the journal that reads. */
static void test_journal(void **state)
{
    char stream[64];
    struct stat st;

    (void)state;
    assert_int_equal(fstat(STDERR_FILENO, &st), 0);
    snprintf(stream, sizeof stream, "%llu:%llu", (unsigned long long)st.st_dev,
             (unsigned long long)st.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);
    log_open("test", LOG_TO_AUTO, LOG_MAIL, false);
    log_line(EVENT_ERROR, NULL, "a");
    check_written("<3>a\n");
    log_line(EVENT_INFO, NULL, "b");
    check_written("<6>b\n");
    setenv("JOURNAL_STREAM", "1:1", 1); /* inherited, but stderr is something else */
    log_open("test", LOG_TO_AUTO, LOG_MAIL, false);
    log_line(EVENT_INFO, NULL, "c");
    check_written("test[%]: c\n");
}

static void test_syslog_leaves_stderr(void **state)
{
    (void)state;
    log_open("test", LOG_TO_AUTO, LOG_LOCAL7, true);
    log_line(EVENT_DEBUG, NULL, "nobody sees this");
    log_line(EVENT_INFO, NULL, "a test of sendas wrote this");
    check_written("");
}

/* A reader that is gone costs a line, not the process. */
static void test_full_and_broken(void **state)
{
    (void)state;
    log_open("test", LOG_TO_STDERR, LOG_MAIL, false);
    for (int i = 0; i < 5000; i++)
        log_line(EVENT_INFO, NULL, "a line that fills the pipe sooner or later");
}

enum { THREADS = 4, LINES = 100 };

static void *thread_run(void *arg)
{
    const char *letter = arg;
    char text[201];

    memset(text, *letter, 200);
    text[200] = '\0';
    for (int i = 0; i < LINES; i++)
        log_line(EVENT_INFO, letter, "%s", text);
    return NULL;
}

/* Lines of several threads come whole: each is one letter from its subject to its end.
 */
static void test_threads(void **state)
{
    static char letters[THREADS][2] = {"a", "b", "c", "d"};
    pthread_t threads[THREADS];
    int lines[2];
    FILE *reader;
    char line[1000];
    int count = 0;

    (void)state;
    assert_int_equal(pipe(lines), 0);
    assert_true(fcntl(lines[1], F_SETPIPE_SZ, 1 << 18) >= THREADS * LINES * 250);
    dup2(lines[1], STDERR_FILENO);
    close(lines[1]);
    log_open("test", LOG_TO_STDERR, LOG_MAIL, false);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, thread_run, letters[i]), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    dup2(pipe_fds[1], STDERR_FILENO);
    reader = fdopen(lines[0], "r");
    assert_non_null(reader);
    while (fgets(line, sizeof line, reader) != NULL) {
        const char *text = strstr(line, "]: ");

        assert_non_null(text);
        assert_int_equal(strspn(text + 6, (char[]){text[3], '\0'}), 200);
        assert_string_equal(text + 206, "\n");
        count++;
    }
    fclose(reader);
    assert_int_equal(count, THREADS * LINES);
}

#define CAPTURED(test) cmocka_unit_test_setup_teardown(test, capture_begin, capture_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CAPTURED(test_before_open),
        CAPTURED(test_stderr),
        CAPTURED(test_json),
        CAPTURED(test_lines),
        CAPTURED(test_level),
        CAPTURED(test_journal),
        CAPTURED(test_threads),
        CAPTURED(test_syslog_leaves_stderr),
        CAPTURED(test_full_and_broken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
