/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of authd/peers.c. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "authd/peers.h"

static const struct peer smtpd = {4711, 102};

static void check_client(struct peers *peers, const struct peer *peer,
                         const char *login, int64_t now, const char *expected)
{
    char client[PEER_CLIENT_MAX] = "";

    assert_int_equal(peers_client(peers, peer, login, now, 5000, client),
                     expected != NULL);
    assert_string_equal(client, expected != NULL ? expected : "");
}

static void test_join(void **state)
{
    const struct peer other_process = {4712, 102}, other_user = {4711, 103};
    struct peers *peers = peers_create();

    (void)state;
    assert_non_null(peers);
    check_client(peers, &smtpd, "alice", 1000, NULL);
    peers_note(peers, &smtpd, "alice", "192.0.2.7", 1000);
    check_client(peers, &smtpd, "alice", 1000, "192.0.2.7");
    check_client(peers, &smtpd, "alice", 5999, "192.0.2.7");
    check_client(peers, &smtpd, "alice", 6000, NULL); /* too long ago */
    check_client(peers, &smtpd, "bob", 1000, NULL);
    check_client(peers, &other_process, "alice", 1000, NULL);
    check_client(peers, &other_user, "alice", 1000, NULL);
    /* The next client of the same process. */
    peers_note(peers, &smtpd, "bob", "2001:db8::1", 2000);
    peers_note(peers, &smtpd, "alice", "192.0.2.8", 2000);
    check_client(peers, &smtpd, "alice", 2000, "192.0.2.8");
    check_client(peers, &smtpd, "bob", 2000, "2001:db8::1");
    peers_destroy(peers);
}

static void test_nonsense(void **state)
{
    static const char *const clients[] = {
        "", "mail.example.org", "192.0.2.7\n", "192.0.2.7;25",
        "0000000000000000000000000000000000000000000000000000000000000000"};
    const struct peer nobody = {0, 102};
    struct peers *peers = peers_create();

    (void)state;
    for (size_t i = 0; i < sizeof clients / sizeof *clients; i++) {
        peers_note(peers, &smtpd, "alice", clients[i], 1000);
        check_client(peers, &smtpd, "alice", 1000, NULL);
    }
    /* Processes that cannot be told apart. */
    peers_note(peers, &nobody, "alice", "192.0.2.7", 1000);
    check_client(peers, &nobody, "alice", 1000, NULL);
    peers_destroy(peers);
}

/* However many there are, the last ones are known, and memory is bounded. */
static void test_many(void **state)
{
    struct peers *peers = peers_create();
    char login[32];

    (void)state;
    for (int i = 0; i < 100000; i++) {
        snprintf(login, sizeof login, "user%d", i);
        peers_note(peers, &smtpd, login, "192.0.2.7", i);
        check_client(peers, &smtpd, login, i, "192.0.2.7");
    }
    peers_destroy(peers);
}

static void test_allowed(void **state)
{
    const char *names[] = {"postfix"};
    struct conf_authd conf = {.peers = {names, 1, 1}};
    uid_t uid = 4711;
    struct runtime runtime = {.conf = &conf, .peers = &uid, .peer_count = 1};
    const struct peer root = {1, 0}, postfix = {1, 4711}, other = {1, 4712};
    const struct peer ourselves = {1, geteuid()};

    (void)state;
    assert_true(peer_allowed(&root, &runtime));
    assert_true(peer_allowed(&ourselves, &runtime));
    assert_true(peer_allowed(&postfix, &runtime));
    assert_false(peer_allowed(&other, &runtime));
    conf.peers.count = 0;
    runtime.peer_count = 0;
    assert_true(peer_allowed(&other, &runtime));
    assert_true(peer_privileged(&root));
    assert_true(peer_privileged(&ourselves));
    assert_false(peer_privileged(&postfix));
}

static void test_peer_of(void **state)
{
    struct peer peer;
    int fds[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_true(peer_of(fds[0], &peer));
    assert_int_equal(peer.pid, getpid());
    assert_int_equal(peer.uid, geteuid());
    close(fds[0]);
    close(fds[1]);
    assert_false(peer_of(fds[0], &peer));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_join),    cmocka_unit_test(test_nonsense),
        cmocka_unit_test(test_many),    cmocka_unit_test(test_allowed),
        cmocka_unit_test(test_peer_of),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
