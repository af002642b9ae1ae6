/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of wire/wire_client.c against a daemon in a child process that does wrong
 * whatever can be done wrong. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tempdir.h"
#include "wire/wire_client.h"

/* What the daemon does with a question; a connection ends with CLOSE, HALF, LATER. */
enum act {
    ANSWER,  /* OK, and in NAME how many questions it has had */
    HANG,    /* reads no more */
    CLOSE,   /* closes after reading the question */
    HALF,    /* half a reply, then closes */
    DRIBBLE, /* a byte each 5 ms */
    CRAWL,   /* a byte each 200 ms */
    GARBAGE,
    OTHER,  /* of another version */
    STATUS, /* a status that does not exist */
    TWICE,  /* two replies to one question */
    LATE,   /* the answer comes after 300 ms */
    LEAVE   /* answers, and closes: as a daemon that is stopped between questions */
};

static char path[192];
static pid_t daemon_pid;

static int unix_open(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(address.sun_path, path, strnlen(path, sizeof(address.sun_path) - 1));
    unlink(path);
    if (fd == -1 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) == -1)
        abort();
    return fd;
}

static void pause_ms(long ms)
{
    const struct timespec wait = {ms / 1000, ms % 1000 * 1000000};

    nanosleep(&wait, NULL);
}

/* --- the daemon --- */

/* A question of at most 255 bytes; false: the client is gone. */
static bool daemon_read(int fd)
{
    unsigned char space[257];
    size_t len = 0;

    while (len < 2 || len < 2u + space[1]) {
        const ssize_t n = read(fd, space + len, sizeof(space) - len);

        if (n <= 0)
            return false;
        len += (size_t)n;
    }
    return true;
}

static void daemon_write(int fd, const unsigned char *bytes, size_t len, long each_ms)
{
    for (size_t i = 0; each_ms != 0 && i < len; i++) {
        if (send(fd, bytes + i, 1, MSG_NOSIGNAL) != 1)
            return;
        pause_ms(each_ms);
    }
    if (each_ms == 0)
        (void)!send(fd, bytes, len, MSG_NOSIGNAL);
}

/* False: the connection has had its time. */
static bool daemon_act(int fd, enum act act, unsigned char count)
{
    unsigned char space[64];
    const struct wire_message reply = {.kind = act == STATUS ? 9 : WIRE_OK,
                                       .count = 1,
                                       .fields = {{WIRE_NAME, &count, 1}}};
    const size_t size = wire_write(&reply, space, sizeof(space));

    switch (act) {
    case HANG:
        pause();
        break;
    case CLOSE:
        return false;
    case HALF:
        daemon_write(fd, space, size / 2, 0);
        return false;
    case DRIBBLE:
        daemon_write(fd, space, size, 5);
        break;
    case CRAWL:
        daemon_write(fd, space, size, 200);
        break;
    case GARBAGE:
        daemon_write(fd, (const unsigned char *)"220 mail ESMTP\r\n", 16, 0);
        break;
    case OTHER:
        space[2] = 0x91;
        daemon_write(fd, space, size, 0);
        break;
    case TWICE:
        memcpy(space + size, space, size);
        daemon_write(fd, space, 2 * size, 0);
        break;
    case LATE:
        pause_ms(300);
        daemon_write(fd, space, size, 0);
        break;
    case LEAVE:
        daemon_write(fd, space, size, 0);
        return false;
    case ANSWER:
    case STATUS:
        daemon_write(fd, space, size, 0);
    }
    return true;
}

/* The acts in turn, one a question, over all connections; the last one for ever. */
static void daemon_serve(int listening, const enum act *acts, size_t count)
{
    size_t at = 0;

    for (;;) {
        const int fd = accept(listening, NULL, NULL);

        while (fd != -1 && daemon_read(fd)) {
            const enum act act = acts[at < count ? at : count - 1];

            at++;
            if (!daemon_act(fd, act, (unsigned char)at))
                break;
        }
        close(fd);
    }
}

static void daemon_start(const enum act *acts, size_t count)
{
    const int listening = unix_open();

    assert_int_equal(listen(listening, 16), 0);
    daemon_pid = fork();
    assert_int_not_equal(daemon_pid, -1);
    if (daemon_pid == 0) {
        alarm(60);
        daemon_serve(listening, acts, count);
    }
    close(listening);
}

#define START(...)                                                                     \
    do {                                                                               \
        static const enum act acts_[] = {__VA_ARGS__};                                 \
        daemon_start(acts_, sizeof(acts_) / sizeof(acts_[0]));                         \
    } while (0)

static void daemon_stop(void)
{
    if (daemon_pid > 0) {
        kill(daemon_pid, SIGKILL);
        waitpid(daemon_pid, NULL, 0);
    }
    daemon_pid = 0;
}

static int setup(void **state)
{
    if (tempdir_setup(state) != 0)
        return -1;
    snprintf(path, sizeof(path), "%s", tempdir_file(*state, "lookup"));
    return 0;
}

static int teardown(void **state)
{
    daemon_stop();
    return tempdir_teardown(state);
}

/* --- the client --- */

static struct wire_client client;
static struct wire_message reply;
static struct wire_failure failure;

static double now(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static bool ask_kind(uint8_t kind, const char *paths, unsigned timeout_ms)
{
    const struct wire_message question = {
        .kind = kind, .count = 1, .fields = {{WIRE_LOGIN, "alice", 5}}};

    return wire_client_ask(&client, paths, timeout_ms, &question, &reply, &failure);
}

static bool ask(void)
{
    return ask_kind(WIRE_LOOKUP, path, 5000);
}

/* Which question of the daemon's was answered. */
static int answered(void)
{
    assert_int_equal(reply.kind, WIRE_OK);
    assert_int_equal(reply.count, 1);
    assert_int_equal(reply.fields[0].len, 1);
    return *(const unsigned char *)reply.fields[0].bytes;
}

static void check_failure(const char *step, int error)
{
    assert_string_equal(failure.step, step);
    assert_int_equal(failure.error, error);
    assert_int_equal(client.fd_plus_one, 0);
}

static int descriptors(void)
{
    int count = 0;

    for (int fd = 0; fd < 64; fd++)
        count += fcntl(fd, F_GETFD) != -1;
    return count;
}

static void test_stays_open(void **state)
{
    int before, fd;

    (void)state;
    START(ANSWER);
    before = descriptors();
    assert_true(ask());
    assert_int_equal(answered(), 1);
    fd = client.fd_plus_one;
    for (int i = 2; i < 20; i++) {
        assert_true(ask());
        assert_int_equal(answered(), i);
    }
    assert_int_equal(client.fd_plus_one, fd);
    assert_int_equal(fcntl(fd - 1, F_GETFD), FD_CLOEXEC);
    assert_int_equal(descriptors(), before + 1);
    wire_client_finish(&client);
    wire_client_finish(&client);
    assert_int_equal(descriptors(), before);
}

static void test_no_daemon(void **state)
{
    int fd;

    (void)state;
    assert_false(ask());
    check_failure("connect to", ENOENT);
    fd = unix_open(); /* bound, and nobody listens: what a killed daemon leaves */
    close(fd);
    assert_false(ask());
    check_failure("connect to", ECONNREFUSED);
}

static void test_errno(void **state)
{
    (void)state;
    errno = 4711;
    assert_false(ask());
    assert_int_equal(errno, 4711);
    START(ANSWER, HANG);
    errno = 4711;
    assert_true(ask());
    assert_int_equal(errno, 4711);
    assert_false(ask_kind(WIRE_LOOKUP, path, 50));
    assert_int_equal(errno, 4711);
    wire_client_finish(&client);
    assert_int_equal(errno, 4711);
}

static void test_paths(void **state)
{
    char list[512];
    char longer[200];

    (void)state;
    START(ANSWER);
    memset(longer, 'x', sizeof(longer) - 1);
    longer[0] = '/';
    longer[sizeof(longer) - 1] = '\0';
    snprintf(list, sizeof(list), "  /nonexistent/a\t relative %s  %s ", longer, path);
    assert_true(ask_kind(WIRE_CANON, list, 5000));
    wire_client_finish(&client);
    assert_false(ask_kind(WIRE_CANON, "relative", 5000));
    check_failure("connect to", EINVAL);
    assert_false(ask_kind(WIRE_CANON, longer, 5000));
    check_failure("connect to", ENAMETOOLONG);
    assert_false(ask_kind(WIRE_CANON, " \t", 5000));
    check_failure("connect to", ENOENT);
    /* What is wrong with one path is told, not that the other does not exist. */
    daemon_stop();
    snprintf(list, sizeof(list), "%s /nonexistent/a", path);
    assert_false(ask_kind(WIRE_CANON, list, 5000));
    check_failure("connect to", ECONNREFUSED);
}

/* Each of these ends within the deadline, tells its step, and leaves no connection. */
static const struct wrong {
    enum act act;
    unsigned timeout_ms;
    double least, most; /* seconds */
    const char *step;
    int error;
} wrongs[] = {
    {HANG, 300, 0.29, 1.5, "wait for", ETIMEDOUT},
    {CRAWL, 500, 0.49, 1.7, "wait for", ETIMEDOUT},
    {CLOSE, 5000, 0, 2, "wait for", ECONNRESET},
    {HALF, 5000, 0, 2, "wait for", ECONNRESET},
    {GARBAGE, 5000, 0, 2, "understand", 0},
    {OTHER, 5000, 0, 2, "understand", 0},
    {STATUS, 5000, 0, 2, "understand", 0},
    {TWICE, 5000, 0, 2, "understand", 0},
};

static void test_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
        const struct wrong *wrong = &wrongs[i];
        double began;

        daemon_start(&wrong->act, 1);
        began = now();
        assert_false(ask_kind(WIRE_LOOKUP, path, wrong->timeout_ms));
        began = now() - began;
        check_failure(wrong->step, wrong->error);
        if (began < wrong->least || began > wrong->most)
            fail_msg("row %zu took %f s", i, began);
        daemon_stop();
    }
}

static void test_slow_bytes(void **state)
{
    (void)state;
    START(DRIBBLE);
    for (int i = 1; i < 4; i++) {
        assert_true(ask());
        assert_int_equal(answered(), i);
    }
    wire_client_finish(&client);
}

/* Nobody accepts, and the queue is full: as long as the deadline, not longer. */
static void test_full_queue(void **state)
{
    const int listening = unix_open();
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int queued[8];
    int count = 0;
    double began;

    (void)state;
    memcpy(address.sun_path, path, strnlen(path, sizeof(address.sun_path) - 1));
    assert_int_equal(listen(listening, 0), 0);
    for (; count < 8; count++) {
        queued[count] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (connect(queued[count], (const struct sockaddr *)&address,
                    sizeof(address)) != 0)
            break;
    }
    assert_true(count < 8);
    began = now();
    assert_false(ask_kind(WIRE_LOOKUP, path, 300));
    began = now() - began;
    check_failure("connect to", ETIMEDOUT);
    assert_true(began > 0.29 && began < 1.5);
    while (count >= 0)
        close(queued[count--]);
    close(listening);
}

/* The queue empties before the deadline: nothing was wrong. */
static void test_queue_empties(void **state)
{
    static const enum act act = ANSWER;
    const int listening = unix_open();
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;

    (void)state;
    memcpy(address.sun_path, path, strnlen(path, sizeof(address.sun_path) - 1));
    assert_int_equal(listen(listening, 0), 0);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)),
                     0);
    daemon_pid = fork();
    if (daemon_pid == 0) {
        close(fd);
        pause_ms(200);
        alarm(60);
        daemon_serve(listening, &act, 1);
    }
    close(fd); /* the daemon finds it gone */
    close(listening);
    assert_true(ask());
    wire_client_finish(&client);
}

/* The answer that came too late is not the one to the next question. */
static void test_late_answer(void **state)
{
    (void)state;
    START(ANSWER, LATE, ANSWER);
    assert_true(ask());
    assert_false(ask_kind(WIRE_LOOKUP, path, 100));
    check_failure("wait for", ETIMEDOUT);
    pause_ms(400);
    assert_true(ask());
    assert_int_equal(answered(), 3);
    wire_client_finish(&client);
}

static void test_restart(void **state)
{
    (void)state;
    START(ANSWER);
    assert_true(ask());
    daemon_stop();
    assert_false(ask()); /* in between */
    check_failure("connect to", ECONNREFUSED);
    START(ANSWER);
    assert_true(ask());
    daemon_stop();
    START(ANSWER);
    assert_true(ask_kind(WIRE_STORE, path, 5000)); /* it was never sent before */
    wire_client_finish(&client);
}

/* A question that an old connection swallowed is asked again, unless it stores. */
static void test_lost(void **state)
{
    (void)state;
    START(ANSWER, CLOSE, ANSWER, CLOSE, CLOSE, ANSWER, CLOSE, ANSWER);
    assert_true(ask());
    assert_true(ask());
    assert_int_equal(answered(), 3);
    assert_false(ask()); /* twice is enough */
    check_failure("wait for", ECONNRESET);
    assert_true(ask());
    assert_int_equal(answered(), 6);
    assert_false(ask_kind(WIRE_STORE, path, 5000));
    check_failure("wait for", ECONNRESET);
    assert_true(ask());
    assert_int_equal(answered(), 8);
    wire_client_finish(&client);
}

static void test_leaves_between(void **state)
{
    (void)state;
    START(LEAVE);
    for (int i = 1; i < 10; i++) {
        assert_true(ask_kind(i % 2 != 0 ? WIRE_STORE : WIRE_LOOKUP, path, 5000));
        assert_int_equal(answered(), i);
        pause_ms(i % 3);
    }
    wire_client_finish(&client);
}

/* Neither the parent nor the child reads what the other asked for. */
static void test_fork(void **state)
{
    pid_t child;
    int status;

    (void)state;
    START(ANSWER);
    assert_true(ask());
    child = fork();
    if (child == 0) {
        const int inherited = client.fd_plus_one - 1;
        struct stat before, after;

        if (fstat(inherited, &before) == -1)
            _exit(1);
        /* The daemon serves one connection at a time: this one waits for its end. */
        if (ask_kind(WIRE_LOOKUP, path, 200) || failure.error != ETIMEDOUT)
            _exit(2);
        if (fstat(inherited, &after) == 0 && after.st_ino == before.st_ino)
            _exit(3); /* it was to be closed here */
        wire_client_finish(&client);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(ask()); /* over the first connection */
    assert_int_equal(answered(), 2);
    wire_client_finish(&client);
}

/* The program closed all descriptors and has a file of its own under that number. */
static void test_descriptor_taken(void **state)
{
    FILE *file;
    int number;
    struct stat st;

    (void)state;
    START(ANSWER);
    assert_true(ask());
    number = client.fd_plus_one - 1;
    close(number);
    file = tmpfile();
    assert_non_null(file);
    assert_int_equal(dup2(fileno(file), number), number);
    assert_true(ask());
    assert_int_not_equal(client.fd_plus_one - 1, number);
    wire_client_finish(&client);
    assert_int_equal(fstat(number, &st), 0);
    assert_int_equal(st.st_size, 0);
    /* And when it ends. */
    assert_true(ask());
    number = client.fd_plus_one - 1;
    assert_int_equal(dup2(fileno(file), number), number);
    wire_client_finish(&client);
    assert_int_equal(fstat(number, &st), 0);
    fclose(file);
}

/* A daemon-like host has its standard descriptors closed. */
static void test_standard_descriptors(void **state)
{
    pid_t child;
    int status;

    (void)state;
    START(ANSWER);
    child = fork();
    if (child == 0) {
        close(0);
        close(1);
        close(2);
        if (!ask() || client.fd_plus_one - 1 <= 2)
            _exit(1);
        for (int fd = 0; fd < 3; fd++) {
            if (fcntl(fd, F_GETFD) != -1)
                _exit(2);
        }
        _exit(fcntl(client.fd_plus_one - 1, F_GETFD) == FD_CLOEXEC ? 0 : 3);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* SIGPIPE would kill the test. */
static void test_no_signal(void **state)
{
    (void)state;
    START(ANSWER);
    assert_true(ask());
    shutdown(client.fd_plus_one - 1, SHUT_WR);
    assert_true(ask());
    wire_client_finish(&client);
}

static void ignore(int number)
{
    (void)number;
}

/* Signals of the host neither shorten nor stretch the wait. */
static void test_signals(void **state)
{
    const struct sigaction action = {.sa_handler = ignore};
    const pid_t test = getpid();
    pid_t nuisance;
    double began;

    (void)state;
    START(HANG);
    sigaction(SIGUSR1, &action, NULL);
    nuisance = fork();
    if (nuisance == 0) {
        alarm(30);
        for (;;) {
            pause_ms(20);
            kill(test, SIGUSR1);
        }
    }
    began = now();
    assert_false(ask_kind(WIRE_LOOKUP, path, 400));
    began = now() - began;
    kill(nuisance, SIGKILL);
    waitpid(nuisance, NULL, 0);
    check_failure("wait for", ETIMEDOUT);
    assert_true(began > 0.39 && began < 1.6);
}

static void test_too_long(void **state)
{
    static char big[WIRE_MESSAGE_MAX];
    const struct wire_message question = {
        .kind = WIRE_STORE,
        .count = 2,
        .fields = {{WIRE_LOGIN, "alice", 5}, {WIRE_SECRET, big, sizeof(big)}}};

    (void)state;
    START(ANSWER);
    assert_false(wire_client_ask(&client, path, 5000, &question, &reply, &failure));
    check_failure("ask", EMSGSIZE);
}

static bool space_holds(const char *text)
{
    return memmem(client.space, sizeof(client.space), text, strlen(text)) != NULL;
}

static void test_wiped(void **state)
{
    const struct wire_message question = {
        .kind = WIRE_STORE,
        .count = 2,
        .fields = {{WIRE_LOGIN, "alice", 5}, {WIRE_SECRET, "hunter2", 7}}};

    (void)state;
    START(ANSWER, HANG);
    assert_true(wire_client_ask(&client, path, 5000, &question, &reply, &failure));
    assert_false(space_holds("hunter2"));
    memcpy(client.space, "hunter2", 7); /* as if the reply had held it */
    assert_false(ask_kind(WIRE_LOOKUP, path, 50));
    assert_false(space_holds("hunter2"));
    memcpy(client.space, "hunter2", 7);
    wire_client_finish(&client);
    assert_false(space_holds("hunter2"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_stays_open),
        TEST(test_no_daemon),
        TEST(test_errno),
        TEST(test_paths),
        TEST(test_wrong),
        TEST(test_slow_bytes),
        TEST(test_full_queue),
        TEST(test_queue_empties),
        TEST(test_late_answer),
        TEST(test_restart),
        TEST(test_lost),
        TEST(test_leaves_between),
        TEST(test_fork),
        TEST(test_descriptor_taken),
        TEST(test_standard_descriptors),
        TEST(test_no_signal),
        TEST(test_signals),
        TEST(test_too_long),
        TEST(test_wiped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
