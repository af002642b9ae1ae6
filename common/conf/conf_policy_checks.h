/* SPDX-License-Identifier: BSD-2-Clause */
/* conf_policy_checks.h - what the values of the policy's settings must look like. */
#ifndef SENDAS_CONF_CONF_POLICY_CHECKS_H
#define SENDAS_CONF_CONF_POLICY_CHECKS_H

#include <stdbool.h>

#include "base/buf.h"

/* In `clients`, a client without an address, such as a program of the same machine. */
#define CLIENT_LOCAL "local"
/* In `logins` and in maps, what stands before the name of a group, in any case. */
#define GROUP_PREFIX "group:"
/* As `identity`: who the envelope sender says. */
#define IDENTITY_MAIL_FROM "mail-from"

/*
 * Each is a row's `check`. They leave to their users what takes a room that this one
 * may not use: whether an address or a domain can be normalised.
 */
bool conf_check_login(const char *text, struct buf *why_r); /* or group:NAME */
bool conf_check_login_domain(const char *text, struct buf *why_r);
bool conf_check_client(const char *text, struct buf *why_r);
bool conf_check_client_name(const char *text, struct buf *why_r);
bool conf_check_mechanism(const char *text, struct buf *why_r);
bool conf_check_cert_subject(const char *text, struct buf *why_r);
bool conf_check_identity_or_empty(const char *text, struct buf *why_r);
bool conf_check_address_or_empty(const char *text, struct buf *why_r);
bool conf_check_url_or_empty(const char *text, struct buf *why_r);
bool conf_check_tag_field(const char *text, struct buf *why_r);
bool conf_check_authserv_id_or_empty(const char *text, struct buf *why_r);

#endif
