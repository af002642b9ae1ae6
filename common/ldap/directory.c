/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ldap/directory.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <ldap.h>

#include "ldap/entries.h"
#include "ldap/outcome.h"

struct directory {
    struct directory_settings settings;
    pthread_mutex_t lock;
    LDAP *searcher;
};

/* libldap does not write to what it takes as writable. */
static void *writable(const void *p)
{
    return (void *)(uintptr_t)p;
}

static int scope_of(enum directory_scope scope)
{
    switch (scope) {
    case DIRECTORY_BASE:
        return LDAP_SCOPE_BASE;
    case DIRECTORY_ONE:
        return LDAP_SCOPE_ONELEVEL;
    default:
        return LDAP_SCOPE_SUBTREE;
    }
}

struct directory *directory_create(const struct directory_settings *settings,
                                   struct buf *error_r)
{
    struct directory *directory = calloc(1, sizeof(*directory));

    if (directory == NULL) {
        buf_adds(error_r, "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < settings->uris->count; i++) {
        if (!ldap_is_ldap_url(settings->uris->items[i])) {
            buf_addf(error_r, "%s is no URI of a directory", settings->uris->items[i]);
            free(directory);
            return NULL;
        }
    }
    directory->settings = *settings;
    pthread_mutex_init(&directory->lock, NULL);
    return directory;
}

void directory_destroy(struct directory *directory)
{
    if (directory == NULL)
        return;
    if (directory->searcher != NULL)
        ldap_unbind_ext_s(directory->searcher, NULL, NULL);
    pthread_mutex_destroy(&directory->lock);
    free(directory);
}

static LDAP *directory_connect(struct directory *directory, struct buf *error_r)
{
    const struct directory_settings *settings = &directory->settings;
    struct timeval time = {settings->timeout_ms / 1000,
                           (settings->timeout_ms % 1000) * 1000};
    int require = settings->require_cert ? LDAP_OPT_X_TLS_DEMAND : LDAP_OPT_X_TLS_NEVER;
    int client = 0;
    LDAP *ld = NULL;
    int rc = ldap_initialize(&ld, settings->uris->items[0]);

    if (rc == LDAP_SUCCESS) {
        ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &settings->version);
        ldap_set_option(ld, LDAP_OPT_NETWORK_TIMEOUT, &time);
        ldap_set_option(ld, LDAP_OPT_TIMEOUT, &time);
        ldap_set_option(ld, LDAP_OPT_DEREF, &settings->dereference);
        ldap_set_option(ld, LDAP_OPT_REFERRALS,
                        settings->chase_referrals ? LDAP_OPT_ON : LDAP_OPT_OFF);
        if (settings->ca_file[0] != '\0')
            ldap_set_option(ld, LDAP_OPT_X_TLS_CACERTFILE, settings->ca_file);
        ldap_set_option(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &require);
        rc = ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &client);
    }
    if (rc == LDAP_SUCCESS && settings->start_tls)
        rc = ldap_start_tls_s(ld, NULL, NULL);
    if (rc == LDAP_SUCCESS)
        return ld;
    buf_addf(error_r, "%s: %s", settings->uris->items[0], ldap_err2string(rc));
    if (ld != NULL)
        ldap_unbind_ext_s(ld, NULL, NULL);
    return NULL;
}

static int directory_bind(struct directory *directory, LDAP *ld)
{
    struct berval password = {strlen(directory->settings.bind_pw),
                              writable(directory->settings.bind_pw)};

    if (directory->settings.bind != DIRECTORY_SIMPLE)
        return LDAP_SUCCESS;
    return ldap_sasl_bind_s(ld, directory->settings.bind_dn, LDAP_SASL_SIMPLE,
                            &password, NULL, NULL, NULL);
}

static enum answer directory_ask(struct directory *directory,
                                 const struct directory_query *query,
                                 struct arena *arena,
                                 struct directory_entries *entries_r,
                                 struct buf *error_r)
{
    struct timeval time = {directory->settings.timeout_ms / 1000, 0};
    LDAPMessage *chain = NULL;
    struct outcome outcome = {.text = ""};
    enum answer answer;
    bool elsewhere;

    if (directory->searcher == NULL) {
        directory->searcher = directory_connect(directory, error_r);
        if (directory->searcher == NULL)
            return ANSWER_UNKNOWN;
        outcome.code = directory_bind(directory, directory->searcher);
    }
    if (outcome.code == LDAP_SUCCESS)
        outcome.code =
            ldap_search_ext_s(directory->searcher, query->base, scope_of(query->scope),
                              query->filter, writable(query->attributes), 0, NULL, NULL,
                              &time, query->size_limit, &chain);
    answer = outcome_of_search(&outcome, &elsewhere);
    if (answer == ANSWER_YES &&
        !entries_read(directory->searcher, chain, arena, entries_r))
        answer = ANSWER_UNKNOWN;
    else if (answer == ANSWER_YES && entries_r->count == 0)
        answer = ANSWER_NO;
    ldap_msgfree(chain);
    if (answer == ANSWER_UNKNOWN) {
        buf_addf(error_r, "%s: %s", directory->settings.uris->items[0],
                 ldap_err2string(outcome.code));
        ldap_unbind_ext_s(directory->searcher, NULL, NULL);
        directory->searcher = NULL;
    }
    return answer;
}

enum answer directory_search(struct directory *directory,
                             const struct directory_query *query, struct arena *arena,
                             struct directory_entries *entries_r, struct buf *error_r)
{
    enum answer answer;

    memset(entries_r, 0, sizeof(*entries_r));
    entries_r->server = directory->settings.uris->items[0];
    pthread_mutex_lock(&directory->lock);
    answer = directory_ask(directory, query, arena, entries_r, error_r);
    pthread_mutex_unlock(&directory->lock);
    return answer;
}

/* The error in the password policy's control of a bind's response. */
static int policy_of(LDAP *ld, LDAPControl **controls)
{
    LDAPControl *control =
        ldap_control_find(LDAP_CONTROL_PASSWORDPOLICYRESPONSE, controls, NULL);
    LDAPPasswordPolicyError error = PP_noError;
    ber_int_t expire = -1;
    ber_int_t grace = -1;

    if (control == NULL || ldap_parse_passwordpolicy_control(
                               ld, control, &expire, &grace, &error) != LDAP_SUCCESS)
        return OUTCOME_POLICY_NONE;
    return error == PP_noError ? OUTCOME_POLICY_NONE : (int)error;
}

enum answer directory_check(struct directory *directory, const char *dn,
                            const char *password, size_t len,
                            enum directory_verdict *verdict_r, struct buf *error_r)
{
    struct timeval time = {directory->settings.timeout_ms / 1000, 0};
    struct berval secret = {len, writable(password)};
    LDAPControl policy = {writable(LDAP_CONTROL_PASSWORDPOLICYREQUEST), {0, NULL}, 0};
    LDAPControl *controls[] = {&policy, NULL};
    LDAPControl **back = NULL;
    struct outcome outcome = {.policy = OUTCOME_POLICY_NONE};
    LDAPMessage *message = NULL;
    enum answer answer = ANSWER_UNKNOWN;
    char *text = NULL;
    bool elsewhere;
    int msgid;
    LDAP *ld;

    *verdict_r = DIRECTORY_WRONG;
    if (len == 0 || memchr(password, '\0', len) != NULL)
        return ANSWER_NO;
    ld = directory_connect(directory, error_r);
    if (ld == NULL)
        return ANSWER_UNKNOWN;
    outcome.code =
        ldap_sasl_bind(ld, dn, LDAP_SASL_SIMPLE, &secret, controls, NULL, &msgid);
    if (outcome.code == LDAP_SUCCESS &&
        ldap_result(ld, msgid, LDAP_MSG_ALL, &time, &message) > 0 &&
        ldap_parse_result(ld, message, &outcome.code, NULL, &text, NULL, &back, 1) ==
            LDAP_SUCCESS) {
        outcome.policy = policy_of(ld, back);
        outcome.text = text != NULL ? text : "";
        answer = outcome_of_bind(&outcome, verdict_r, &elsewhere);
    }
    if (answer == ANSWER_UNKNOWN)
        buf_addf(error_r, "%s: %s", directory->settings.uris->items[0],
                 ldap_err2string(outcome.code));
    ldap_memfree(text);
    ldap_controls_free(back);
    ldap_unbind_ext_s(ld, NULL, NULL);
    return answer;
}
