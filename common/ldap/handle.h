/* SPDX-License-Identifier: BSD-2-Clause */
/* handle.h - one LDAP session with one server: connected, under TLS, bound. */
#ifndef SENDAS_LDAP_HANDLE_H
#define SENDAS_LDAP_HANDLE_H

#include <stdbool.h>

#include <ldap.h>

#include "base/buf.h"
#include "ldap/directory.h"
#include "ldap/patience.h"
#include "ldap/stream.h"

struct handle {
    LDAP *ld;
    struct stream *stream;
};

struct handle_tls_context;

/* Where a session is opened to, and how. */
struct handle_target {
    const struct directory_settings *settings;
    const char *uri;
    struct handle_tls_context *context; /* shared by all sessions with these settings */
    const LDAPURLDesc *url;             /* the URI, taken apart by handle_open() */
};

/* What is done beyond connecting. */
enum handle_wish {
    HANDLE_BARE, /* nothing */
    HANDLE_BIND  /* the bind that the settings ask for, if any */
};

/*
 * libldap's own start, which reads its configuration and asks for this machine's name.
 * Once, before there are threads. An LDAP error code.
 */
int handle_library_init(void);

/*
 * Opens a session with the server. NULL: one line in *error_r, without the URI.
 */
struct handle *handle_open(const struct handle_target *target, enum handle_wish wish,
                           const struct patience *patience, struct buf *error_r);

/* The first part of it: without TLS and bind. */
struct handle *handle_connect(const struct handle_target *target,
                              const struct patience *patience, struct buf *error_r);

/* Asks the server for its root entry: any answer will do. false: none came, and one
 * line in *error_r says why. */
bool handle_prove(struct handle *handle, const struct patience *patience,
                  struct buf *error_r);

/* NULL is allowed. Waits for nobody. */
void handle_close(struct handle *handle);

/* How long what is done next on it may wait; NULL: not at all. After handle_open() it
 * is what was given there. */
void handle_set_patience(struct handle *handle, const struct patience *patience);

/* As ldap_result(3) for all messages of the operation: 0: not in time. Not for a handle
 * that is shared. */
int handle_result(struct handle *handle, int msgid, const struct patience *patience,
                  LDAPMessage **message_r);

/* The server's reply to an operation that has no entries. An LDAP error code; if it is
 * not LDAP_SUCCESS, one line in *error_r. */
int handle_reply(struct handle *handle, int msgid, const struct patience *patience,
                 struct buf *error_r);

/* One that was used within so many milliseconds need not be asked whether it is good:
 * who sends on one that is not finds out, and has another try. */
enum { HANDLE_FRESH_MS = 1000 };

/* Whether nothing has come unasked, such as the end of the connection. */
bool handle_idle_good(struct handle *handle);

/* Why an operation failed with the LDAP error code: what the socket says, or what
 * libldap or the server does. */
void handle_explain(const struct handle *handle, int code, const char *text,
                    struct buf *error_r);

/* The same for what the server itself has answered. */
void handle_explain_answer(int code, const char *text, struct buf *error_r);

/* libldap takes as writable much that it does not write to. */
void *handle_writable(const void *p);

#endif
