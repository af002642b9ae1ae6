/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of prog/listen.c; the test itself plays the library that opens the socket.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "prog/listen.h"

static char directory[] = "/tmp/sendas-listen-XXXXXX";
static char path[80];
static struct endpoint endpoint = {.kind = ENDPOINT_UNIX, .path = path};
static struct identity owner;

static int setup(void **state)
{
    (void)state;
    owner = (struct identity){.uid = geteuid(), .gid = getegid()};
    if (geteuid() == 0)
        owner = (struct identity){.uid = 65534, .gid = 65533};
    umask(022);
    if (mkdtemp(directory) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/sock", directory);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(directory); /* fails if anything was left behind */
}

static int unix_open(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    memcpy(address.sun_path, path, strlen(path));
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 5), 0);
    return fd;
}

static mode_t umask_now(void)
{
    const mode_t mask = umask(0);

    umask(mask);
    return mask;
}

static void check_refused(const char *tail)
{
    struct buf error = BUF_INIT;
    struct buf want = BUF_INIT;

    buf_addf(&want, "%s: %s", path, tail);
    assert_null(listen_prepare(&endpoint, &owner, &error));
    assert_string_equal(buf_str(&error), buf_str(&want));
    assert_int_equal(umask_now(), 022);
    buf_finish(&error);
    buf_finish(&want);
}

static struct listener *prepare(void)
{
    struct buf error = BUF_INIT;
    struct listener *listener = listen_prepare(&endpoint, &owner, &error);

    if (listener == NULL)
        fail_msg("%s", buf_str(&error));
    buf_finish(&error);
    return listener;
}

static void test_open_and_close(void **state)
{
    struct listener *listener = prepare();
    struct buf error = BUF_INIT;
    struct stat st;
    int fd;

    (void)state;
    assert_int_equal(listen_fd(listener), -1);
    fd = unix_open();
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777,
                     0600); /* nobody else gets in before it is ready */
    assert_true(listen_opened(listener, 0660, (gid_t)-1, &error));
    assert_int_equal(umask_now(), 022);
    assert_int_equal(listen_fd(listener), fd);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0660);
    assert_int_equal(st.st_uid, owner.uid);
    assert_int_equal(st.st_gid, owner.gid);
    listen_destroy(listener);
    assert_int_equal(access(path, F_OK), -1);
    close(fd);
    listen_destroy(NULL);
    buf_finish(&error);
}

static void test_group(void **state)
{
    struct listener *listener;
    struct buf error = BUF_INIT;
    struct stat st;
    int fd;

    (void)state;
    if (geteuid() != 0)
        skip();
    listener = prepare();
    fd = unix_open();
    assert_true(listen_opened(listener, 0620, 12345, &error));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0620);
    assert_int_equal(st.st_uid, owner.uid);
    assert_int_equal(st.st_gid, 12345);
    listen_destroy(listener);
    close(fd);
    buf_finish(&error);
}

static void test_stale_socket(void **state)
{
    struct listener *listener;

    (void)state;
    close(unix_open()); /* as after a kill: the path is there, nobody listens */
    assert_int_equal(access(path, F_OK), 0);
    listener = prepare();
    assert_int_equal(access(path, F_OK), -1);
    listen_destroy(listener);
    assert_int_equal(umask_now(), 022);
}

static void test_live_socket(void **state)
{
    const int fd = unix_open();
    int clients[32];

    (void)state;
    check_refused("another process is listening there");
    /* Also when it is so busy that nobody can connect at the moment. */
    for (size_t i = 0; i < sizeof clients / sizeof *clients; i++) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};

        clients[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        memcpy(address.sun_path, path, strlen(path));
        (void)connect(clients[i], (const struct sockaddr *)&address, sizeof address);
    }
    check_refused("another process is listening there");
    for (size_t i = 0; i < sizeof clients / sizeof *clients; i++)
        close(clients[i]);
    assert_int_equal(access(path, F_OK), 0);
    close(fd);
    unlink(path);
}

static void test_no_socket(void **state)
{
    static const char tail[] =
        "exists and is no socket; expected a free path or the socket of an earlier run";
    char other[96];
    const int fd = open(path, O_WRONLY | O_CREAT, 0600);

    (void)state;
    close(fd);
    check_refused(tail);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    check_refused(tail);
    assert_int_equal(rmdir(path), 0);
    /* A symbolic link is none either, even when it leads to a stale socket. */
    close(unix_open());
    snprintf(other, sizeof other, "%s-other", path);
    assert_int_equal(rename(path, other), 0);
    assert_int_equal(symlink(other, path), 0);
    check_refused(tail);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(unlink(other), 0);
}

static void test_datagram_socket(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

    (void)state;
    memcpy(address.sun_path, path, strlen(path));
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    check_refused("somebody may be listening there: Protocol wrong type for socket");
    close(fd);
    unlink(path);
}

/* At the end only our own socket is removed. */
static void test_replaced_socket(void **state)
{
    struct listener *listener = prepare();
    struct buf error = BUF_INIT;
    const int fd = unix_open();
    int other;

    (void)state;
    assert_true(listen_opened(listener, 0660, (gid_t)-1, &error));
    assert_int_equal(unlink(path), 0);
    other = unix_open();
    listen_destroy(listener);
    assert_int_equal(access(path, F_OK), 0);
    close(fd);
    close(other);
    unlink(path);
    buf_finish(&error);
}

/* Nobody gets root to change the mode of another file by putting it in the way. */
static void test_trap(void **state)
{
    struct listener *listener = prepare();
    struct buf error = BUF_INIT;
    const int fd = unix_open();
    char other[96];
    struct stat st;

    (void)state;
    snprintf(other, sizeof other, "%s-other", path);
    close(open(other, O_WRONLY | O_CREAT, 0400));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink(other, path), 0);
    assert_false(listen_opened(listener, 0666, (gid_t)-1, &error));
    assert_int_equal(stat(other, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0400);
    assert_int_equal(st.st_uid, geteuid());
    listen_destroy(listener);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(unlink(other), 0);
    close(fd);
    buf_finish(&error);
}

static void test_directory(void **state)
{
    char saved[sizeof path];
    char made[96];
    struct listener *listener;
    struct buf error = BUF_INIT;
    struct stat st;

    (void)state;
    memcpy(saved, path, sizeof saved);
    snprintf(made, sizeof made, "%s/made", directory);
    snprintf(path, sizeof path, "%s/made/sock", directory);
    umask(077);
    listener = prepare();
    listen_destroy(listener);
    umask(022);
    assert_int_equal(stat(made, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0755);
    assert_int_equal(st.st_uid, owner.uid);
    assert_int_equal(rmdir(made), 0);

    snprintf(path, sizeof path, "%s/none/made/sock", directory);
    assert_null(listen_prepare(&endpoint, &owner, &error));
    assert_non_null(strstr(buf_str(&error),
                           "/none/made: the directory of the socket cannot "
                           "be created: No such file or directory"));
    memcpy(path, saved, sizeof saved);
    buf_finish(&error);
}

/* A port that is free now; good enough on loopback. */
static int inet_open(unsigned *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)*port)};
    socklen_t len = sizeof address;
    const int on = 1;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 5), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static void test_inet(void **state)
{
    struct endpoint inet = {.kind = ENDPOINT_INET, .address = "127.0.0.1"};
    struct buf error = BUF_INIT;
    struct buf want = BUF_INIT;
    struct listener *listener;
    int fd = inet_open(&inet.port);
    struct pollfd waiter;
    int value = 0;
    socklen_t len = sizeof value;

    (void)state;
    buf_addf(&want, "inet:%u@[127.0.0.1]: cannot listen there: Address already in use",
             inet.port);
    assert_null(listen_prepare(&inet, &owner, &error));
    assert_string_equal(buf_str(&error), buf_str(&want));
    close(fd);

    buf_clear(&error);
    listener = listen_prepare(&inet, &owner, &error);
    assert_non_null(listener);
    fd = inet_open(&inet.port);
    assert_true(listen_opened(listener, 0660, (gid_t)-1, &error));
    assert_int_equal(listen_fd(listener), fd);
    assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, &len), 0);
    assert_int_not_equal(value, 0);
    waiter = (struct pollfd){.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&waiter, 1, 0), 0);
    listen_wake(listener);
    assert_int_equal(poll(&waiter, 1, 5000), 1);
    listen_destroy(listener);
    close(fd);
    buf_finish(&error);
    buf_finish(&want);
}

static void test_find_fd(void **state)
{
    struct endpoint one = {.kind = ENDPOINT_INET, .address = "127.0.0.1"};
    struct endpoint two = {.kind = ENDPOINT_INET, .address = "127.0.0.1"};
    struct endpoint other = {.kind = ENDPOINT_INET, .address = "127.0.0.2"};
    struct endpoint six = {.kind = ENDPOINT_INET6, .address = "::1"};
    const int unix_fd = unix_open();
    const int one_fd = inet_open(&one.port);
    const int two_fd = inet_open(&two.port);

    (void)state;
    other.port = six.port = one.port;
    assert_int_equal(listen_find_fd(&endpoint), unix_fd);
    assert_int_equal(listen_find_fd(&one), one_fd);
    assert_int_equal(listen_find_fd(&two), two_fd);
    assert_int_equal(listen_find_fd(&other), -1);
    assert_int_equal(listen_find_fd(&six), -1);
    close(unix_fd);
    close(one_fd);
    assert_int_equal(listen_find_fd(&endpoint), -1);
    assert_int_equal(listen_find_fd(&one), -1);
    close(two_fd);
    unlink(path);
}

static void test_nobody_listens(void **state)
{
    struct listener *listener = prepare();
    struct buf error = BUF_INIT;
    struct buf want = BUF_INIT;

    (void)state;
    buf_addf(&want, "unix:%s: none of our descriptors listens there", path);
    assert_false(listen_opened(listener, 0660, (gid_t)-1, &error));
    assert_string_equal(buf_str(&error), buf_str(&want));
    listen_destroy(listener);
    buf_finish(&error);
    buf_finish(&want);
}

/* A socket of our own has the manners of one that a library opens. */
static void test_own_socket(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int client = socket(AF_UNIX, SOCK_STREAM, 0);
    struct buf error = BUF_INIT;
    struct listener *listener =
        listen_open(&endpoint, &owner, 5, 0620, (gid_t)-1, &error);
    struct stat st;
    int accepted;

    (void)state;
    if (listener == NULL)
        fail_msg("%s", buf_str(&error));
    assert_int_equal(umask_now(), 022);
    assert_int_equal(lstat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0620);
    assert_int_equal(st.st_uid, owner.uid);
    assert_int_equal(st.st_gid, owner.gid);
    memcpy(address.sun_path, path, strlen(path));
    assert_int_equal(connect(client, (const struct sockaddr *)&address, sizeof address),
                     0);
    accepted = accept(listen_fd(listener), NULL, NULL);
    assert_true(accepted != -1);
    assert_int_equal(accept(listen_fd(listener), NULL, NULL), -1); /* does not wait */
    close(accepted);
    close(client);
    assert_null(listen_open(&endpoint, &owner, 5, 0620, (gid_t)-1, &error));
    assert_non_null(strstr(buf_str(&error), "another process is listening there"));
    listen_close(listener);
    assert_int_equal(listen_fd(listener), -1);
    assert_int_equal(lstat(path, &st), 0);
    listen_destroy(listener);
    assert_int_equal(lstat(path, &st), -1);
    buf_finish(&error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_socket),
        cmocka_unit_test(test_open_and_close),
        cmocka_unit_test(test_group),
        cmocka_unit_test(test_stale_socket),
        cmocka_unit_test(test_live_socket),
        cmocka_unit_test(test_no_socket),
        cmocka_unit_test(test_datagram_socket),
        cmocka_unit_test(test_replaced_socket),
        cmocka_unit_test(test_trap),
        cmocka_unit_test(test_directory),
        cmocka_unit_test(test_inet),
        cmocka_unit_test(test_find_fd),
        cmocka_unit_test(test_nobody_listens),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
