/* SPDX-License-Identifier: BSD-2-Clause */
/* directory_private.h - what the files of directory.h share. */
#ifndef SENDAS_LDAP_DIRECTORY_PRIVATE_H
#define SENDAS_LDAP_DIRECTORY_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "ldap/directory.h"
#include "ldap/handle.h"
#include "ldap/handle_tls.h"
#include "ldap/link.h"
#include "ldap/patience.h"
#include "ldap/servers.h"

/* A link that searches share. */
struct directory_link {
    struct directory_link *next;
    struct link *link;
    int server;
    size_t users;
    bool old; /* nobody takes it any more; it goes with its last user */
};

/* A session for password checks that waits for its next. */
struct directory_checker {
    struct directory_checker *next;
    struct handle *handle;
    int server;
    int64_t used; /* when it was given back; 0: never. The server may have closed it
                     since. */
};

struct directory {
    struct directory_settings settings;
    struct handle_tls_context *tls;
    atomic_bool closing; /* calls off what is done in the background */

    pthread_mutex_t lock;   /* for all below */
    pthread_cond_t changed; /* a link or a checker is there, or will not come */
    struct servers servers;
    struct buf *reasons; /* why each server is away */

    struct directory_link *links;
    bool opening; /* somebody opens a link, and the others wait for it */

    pthread_t worker; /* opens a link in the background */
    bool worker_started;
    bool worker_busy;
    int worker_server;

    struct directory_checker *checkers; /* idle ones */
    size_t checkers_open;               /* with those in use */
};

/* One question, from its beginning to its answer. */
struct directory_question {
    struct patience patience;
    bool *tried;   /* a server: it cannot help any more */
    bool *retried; /* a server: its connection was lost, and another one made */
    struct buf *error;
};

/* `timeout_ms`: less than the settings' own, or 0. false: out of memory, which *error_r
 * says. */
bool directory_question_init(struct directory *directory,
                             struct directory_question *question, unsigned timeout_ms,
                             struct buf *error_r);
void directory_question_finish(struct directory_question *question);

const char *directory_uri(const struct directory *directory, int server);

/* Since `start`: so long that silence is the server's fault, and not that of a question
 * that had no time. */
bool directory_waited(const struct directory *directory, int64_t start);

/* --- with the lock held --- */

/* How long the server may take: where there is another one, not all the time. */
struct patience directory_part(struct directory *directory,
                               const struct directory_question *question, int server);

/* Says in the question's error that there is no server left, and why. */
void directory_none_left(struct directory *directory,
                         struct directory_question *question);

/* What a question to the server gives rise to in the background: the way back to a
 * better one, or another link beside one with so many users. */
void directory_look_ahead(struct directory *directory, int server, size_t users);

/* --- without the lock --- */

/* The question gets no answer from this server. */
void directory_blame(struct directory *directory, struct directory_question *question,
                     int server, const char *reason);

/* The server is of no use for now, or it is again. */
void directory_failed(struct directory *directory, int server, const char *reason);
void directory_answered(struct directory *directory, int server);

/* Opens a session with the server, for the question or in the background, and tells how
 * it went as above. */
struct handle *directory_open(struct directory *directory, int server,
                              enum handle_wish wish, const struct patience *patience,
                              struct buf *error_r);

/* --- links (directory_links.c), without the lock --- */

/*
 * A link for the question, to be given back; *part_r: how long it may be waited on.
 * NULL: no server can be asked; the question's error says why.
 */
struct directory_link *directory_link_take(struct directory *directory,
                                           struct directory_question *question,
                                           struct patience *part_r);
void directory_link_give(struct directory *directory, struct directory_link *link);

/* No more questions on the links to this server. */
void directory_links_drop(struct directory *directory, int server);

/* Ends the background work and closes all links. */
void directory_links_finish(struct directory *directory);

/* --- referrals (directory_follow.c) --- */

/*
 * Reads all entries of the messages, which the session has got, and those that the
 * referrals among them lead to. false: not all of them could be had, and *reason_r says
 * why.
 */
bool directory_follow(struct directory *directory, const struct directory_query *query,
                      const struct patience *patience, LDAP *ld, LDAPMessage *chain,
                      struct arena *arena, struct directory_entries *entries_r,
                      struct buf *reason_r);

/* --- checks (directory_check.c) --- */
void directory_checkers_finish(struct directory *directory);

#endif
