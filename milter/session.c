/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "milter/session.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "milter/service.h"

struct session *session_create(void)
{
    return calloc(1, sizeof(struct session));
}

void session_destroy(struct session *session)
{
    if (session == NULL)
        return;
    session_end_message(session);
    verdict_finish(&session->verdict);
    free(session);
}

/*
 * Postfix shows mail that local programs hand in (non_smtpd_milters) as from 127.0.0.1,
 * port 0, which no TCP connection has.
 */
static bool is_local(const struct sockaddr *addr)
{
    const struct sockaddr_in *in = (const void *)addr;

    if (addr == NULL)
        return false;
    if (addr->sa_family == AF_UNIX)
        return true;
    return addr->sa_family == AF_INET && in->sin_port == 0 &&
           in->sin_addr.s_addr == htonl(INADDR_LOOPBACK);
}

void session_set_client(struct session *session, const char *name,
                        const struct sockaddr *addr)
{
    const void *bytes = NULL;

    session->client_addr[0] = '\0';
    session->local = is_local(addr);
    if (addr != NULL && addr->sa_family == AF_INET)
        bytes = &((const struct sockaddr_in *)(const void *)addr)->sin_addr;
    else if (addr != NULL && addr->sa_family == AF_INET6)
        bytes = &((const struct sockaddr_in6 *)(const void *)addr)->sin6_addr;
    if (bytes == NULL || inet_ntop(addr->sa_family, bytes, session->client_addr,
                                   sizeof(session->client_addr)) == NULL)
        session->client_addr[0] = '\0';
    snprintf(session->client_name, sizeof(session->client_name), "%s",
             name != NULL ? name : "");
}

void session_set_helo(struct session *session, const char *helo)
{
    snprintf(session->helo, sizeof(session->helo), "%s", helo != NULL ? helo : "");
}

bool session_begin_message(struct session *session)
{
    session_end_message(session);
    if (!service_message_begins())
        return false;
    session->in_message = true;
    session->ref = service_acquire();
    if (session->ref == NULL) {
        session_end_message(session);
        return false;
    }
    session->runtime = snapshot_object(session->ref);
    if (session->local)
        session->facts.client = FACTS_CLIENT_LOCAL;
    else if (session->client_addr[0] != '\0')
        session->facts.client = session->client_addr;
    return true;
}

void session_end_message(struct session *session)
{
    if (!session->in_message)
        return;
    verdict_reset(&session->verdict);
    snapshot_release(session->ref);
    session->ref = NULL;
    session->runtime = NULL;
    session->facts = (struct facts){0};
    session->header = (struct header){0};
    session->tls_cipher = session->queue_id = NULL;
    session->esmtp = false;
    session->in_message = session->header_seen = false;
    service_message_ends();
}

void session_add_field(struct session *session, const char *name, const char *value)
{
    header_add(&session->header, policy_wanted(session->runtime->policy), name, value,
               strlen(value), &session->verdict.arena);
}
