/* SPDX-License-Identifier: BSD-2-Clause */
/* url.h - LDAP URLs (RFC 4516), as they name a server or ask for entries. */
#ifndef SENDAS_LDAP_URL_H
#define SENDAS_LDAP_URL_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/strlist.h"
#include "ldap/directory.h"

/* What a URL says; texts live in the arena and are never NULL. */
struct url {
    const char *scheme; /* "ldap", "ldaps" or "ldapi" */
    const char *base;   /* "" if it has none */
    enum directory_scope scope;
    const char *filter; /* "(objectClass=*)" if it has none */
    struct strlist attributes;
};

/* Does the text begin as an LDAP URL does? */
bool url_is_one(const char *text);

/*
 * Takes a URL apart. false with "what is wrong" in *error_r: not a URL, a scheme that
 * is none of the three, a scope or a critical extension that we do not know.
 */
bool url_parse(const char *text, struct arena *arena, struct url *url_r,
               struct buf *error_r);

#endif
