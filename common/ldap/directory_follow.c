/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include <ldap.h>

#include "base/escape.h"
#include "ldap/directory_private.h"
#include "ldap/entries.h"

/*
 * Referrals (RFC 4511 4.1.10) and continuation references (4.5.3), where the settings
 * say that they are followed. libldap's own way waits as long as it likes while it
 * holds what all other threads need. As it does, nobody is bound to on the way: our
 * password is not for whom somebody else names.
 */

enum {
    FOLLOW_DEPTH = 5, /* from server to server */
    FOLLOW_MOST = 32, /* servers for one question, in all */
    FOLLOW_TEXT_MAX = 200
};

struct follow {
    struct directory *directory;
    const struct directory_query *query;
    const struct patience *patience;
    struct arena *arena;
    struct directory_entries *entries;
    struct buf *reason;
    unsigned asked;
};

static bool follow_chain(struct follow *follow, LDAP *ld, LDAPMessage *chain,
                         unsigned depth);

/* ldap://HOST/DN?ATTRIBUTES?SCOPE?FILTER: libldap takes one without a scope for "base",
 * which is right for a URL by itself; here it is that of the search (RFC 4511 4.1.10).
 */
static int follow_scope(const struct follow *follow, const char *uri,
                        const LDAPURLDesc *url)
{
    const char *at = strchr(uri, '?');

    if (at != NULL)
        at = strchr(at + 1, '?');
    if (at != NULL && at[1] != '\0' && at[1] != '?')
        return url->lud_scope;
    return link_scope(follow->query->scope);
}

/* Searches on the session; the messages, or NULL and the reason. */
static LDAPMessage *follow_search(struct follow *follow, struct handle *handle,
                                  const char *uri, const LDAPURLDesc *url)
{
    const struct directory_query *query = follow->query;
    bool named = url->lud_dn != NULL && url->lud_dn[0] != '\0';
    LDAPMessage *chain = NULL;
    int msgid;
    int rc = ldap_search_ext(handle->ld, named ? url->lud_dn : query->base,
                             follow_scope(follow, uri, url),
                             url->lud_filter != NULL ? url->lud_filter : query->filter,
                             handle_writable(query->attributes), 0, NULL, NULL, NULL,
                             query->size_limit, &msgid);

    if (rc == LDAP_SUCCESS) {
        rc = handle_result(handle, msgid, follow->patience, &chain);
        if (rc > 0)
            return chain;
        rc = rc < 0 ? LDAP_SERVER_DOWN : LDAP_TIMEOUT;
    }
    if (rc == LDAP_TIMEOUT)
        buf_adds(follow->reason, "no answer in time");
    else
        handle_explain(handle, rc, NULL, follow->reason);
    return NULL;
}

/* Asks the server of the URL. */
static bool follow_url(struct follow *follow, const char *uri, const LDAPURLDesc *url,
                       unsigned depth)
{
    struct handle_target target = {.settings = &follow->directory->settings,
                                   .uri = uri,
                                   .context = follow->directory->tls};
    struct handle *handle =
        handle_open(&target, HANDLE_BARE, follow->patience, follow->reason);
    LDAPMessage *chain =
        handle != NULL ? follow_search(follow, handle, uri, url) : NULL;
    bool good = chain != NULL && follow_chain(follow, handle->ld, chain, depth + 1);

    ldap_msgfree(chain);
    handle_close(handle);
    return good;
}

/* One of the alternatives will do. */
static bool follow_one_of(struct follow *follow, char *const *uris, unsigned depth)
{
    bool good = false;

    for (size_t i = 0; uris[i] != NULL && !good; i++) {
        LDAPURLDesc *url = NULL;

        buf_clear(follow->reason);
        buf_addf(follow->reason, "it refers to ");
        escape_text(follow->reason, uris[i], strlen(uris[i]), FOLLOW_TEXT_MAX);
        buf_adds(follow->reason, ": ");
        if (depth >= FOLLOW_DEPTH || ++follow->asked > FOLLOW_MOST)
            buf_adds(follow->reason, "too many referrals");
        else if (ldap_url_parse(uris[i], &url) != LDAP_URL_SUCCESS)
            buf_adds(follow->reason, "not the URI of a directory");
        else
            good = follow_url(follow, uris[i], url, depth);
        ldap_free_urldesc(url);
    }
    return good;
}

/* The continuation references among the messages: each must be followed. */
static bool follow_references(struct follow *follow, LDAP *ld, LDAPMessage *chain,
                              unsigned depth)
{
    bool good = true;

    for (LDAPMessage *message = ldap_first_reference(ld, chain);
         message != NULL && good; message = ldap_next_reference(ld, message)) {
        char **uris = NULL;

        good = ldap_parse_reference(ld, message, &uris, NULL, 0) == LDAP_SUCCESS &&
               uris != NULL && follow_one_of(follow, uris, depth);
        ldap_memvfree((void **)uris);
    }
    return good;
}

/* All that the messages hold or lead to. */
static bool follow_chain(struct follow *follow, LDAP *ld, LDAPMessage *chain,
                         unsigned depth)
{
    char **uris = NULL;
    char *text = NULL;
    int code = LDAP_OTHER;
    bool good = false;
    int rc = ldap_parse_result(ld, chain, &code, NULL, &text, &uris, NULL, 0);

    if (rc != LDAP_SUCCESS)
        code = rc;
    if (code == LDAP_REFERRAL && uris != NULL)
        good = follow_one_of(follow, uris, depth);
    else if (code == LDAP_SUCCESS)
        good = entries_read(ld, chain, follow->arena, follow->entries) &&
               follow_references(follow, ld, chain, depth);
    else if (code == LDAP_NO_SUCH_OBJECT && depth > 0)
        good = true;
    else
        handle_explain_answer(code, text, follow->reason);
    ldap_memvfree((void **)uris);
    ldap_memfree(text);
    return good;
}

bool directory_follow(struct directory *directory, const struct directory_query *query,
                      const struct patience *patience, LDAP *ld, LDAPMessage *chain,
                      struct arena *arena, struct directory_entries *entries_r,
                      struct buf *reason_r)
{
    struct follow follow = {.directory = directory,
                            .query = query,
                            .patience = patience,
                            .arena = arena,
                            .entries = entries_r,
                            .reason = reason_r};

    entries_r->count = 0;
    if (!follow_chain(&follow, ld, chain, 0))
        return false;
    buf_clear(reason_r);
    return true;
}
