/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <ldap.h>

#include "ldap/directory_private.h"
#include "ldap/entries.h"
#include "ldap/outcome.h"

/* --- making and ending one --- */

/* libldap speaks over UDP too. */
static bool directory_uri_known(const char *uri)
{
    return strncasecmp(uri, "ldap://", 7) == 0 ||
           strncasecmp(uri, "ldaps://", 8) == 0 || strncasecmp(uri, "ldapi://", 8) == 0;
}

static bool directory_settings_check(const struct directory_settings *settings,
                                     struct buf *error_r)
{
    if (settings->uris->count == 0) {
        buf_adds(error_r, "no server is named");
        return false;
    }
    for (size_t i = 0; i < settings->uris->count; i++) {
        const char *uri = settings->uris->items[i];
        LDAPURLDesc *url = NULL;

        if (!directory_uri_known(uri) ||
            ldap_url_parse(uri, &url) != LDAP_URL_SUCCESS) {
            buf_addf(error_r, "\"%s\" is not ldap://HOST[:PORT], ldaps:// or ldapi://",
                     uri);
            return false;
        }
        ldap_free_urldesc(url);
        if (settings->start_tls && ldap_is_ldaps_url(uri)) {
            buf_addf(error_r, "%s is TLS from its beginning: StartTLS is for ldap://",
                     uri);
            return false;
        }
    }
    return handle_tls_files_check(settings, error_r);
}

struct directory *directory_create(const struct directory_settings *settings,
                                   struct buf *error_r)
{
    struct directory *directory;
    size_t count = settings->uris->count;

    if (handle_library_init() != LDAP_OPT_SUCCESS) {
        buf_adds(error_r, "libldap cannot be used");
        return NULL;
    }
    if (!directory_settings_check(settings, error_r))
        return NULL;
    directory = calloc(1, sizeof(*directory));
    if (directory != NULL) {
        pthread_mutex_init(&directory->lock, NULL);
        patience_cond_init(&directory->changed);
        directory->settings = *settings;
        if (settings->connections == 0)
            directory->settings.connections = 1;
        if (settings->checks == 0)
            directory->settings.checks = 1;
        directory->tls = handle_tls_context_create();
        directory->servers.items = calloc(count, sizeof(*directory->servers.items));
        directory->servers.count = count;
        directory->reasons = calloc(count, sizeof(*directory->reasons));
    }
    if (directory == NULL || directory->tls == NULL ||
        directory->servers.items == NULL || directory->reasons == NULL) {
        buf_adds(error_r, "out of memory");
        directory_destroy(directory);
        return NULL;
    }
    return directory;
}

void directory_destroy(struct directory *directory)
{
    if (directory == NULL)
        return;
    directory_links_finish(directory);
    directory_checkers_finish(directory);
    if (directory->reasons != NULL) {
        for (size_t i = 0; i < directory->servers.count; i++)
            buf_finish(&directory->reasons[i]);
    }
    handle_tls_context_destroy(directory->tls);
    free(directory->reasons);
    free(directory->servers.items);
    pthread_cond_destroy(&directory->changed);
    pthread_mutex_destroy(&directory->lock);
    free(directory);
}

/* --- questions and servers --- */

bool directory_question_init(struct directory *directory,
                             struct directory_question *question, unsigned timeout_ms,
                             struct buf *error_r)
{
    size_t count = directory->servers.count;
    unsigned most = directory->settings.timeout_ms;

    if (timeout_ms == 0 || timeout_ms > most)
        timeout_ms = most;
    memset(question, 0, sizeof(*question));
    question->patience.until = patience_now() + timeout_ms;
    question->error = error_r;
    question->tried = calloc(2 * count, sizeof(*question->tried));
    if (question->tried == NULL) {
        buf_adds(error_r, "out of memory");
        return false;
    }
    question->retried = question->tried + count;
    return true;
}

void directory_question_finish(struct directory_question *question)
{
    free(question->tried);
}

const char *directory_uri(const struct directory *directory, int server)
{
    return directory->settings.uris->items[server];
}

bool directory_waited(const struct directory *directory, int64_t start)
{
    return patience_now() - start >= directory->settings.timeout_ms / 4;
}

struct patience directory_part(struct directory *directory,
                               const struct directory_question *question, int server)
{
    struct patience part = question->patience;
    int64_t now = patience_now();

    if (servers_others(&directory->servers, question->tried, server, now) > 0)
        part.until = now + patience_left(&question->patience) / 2;
    return part;
}

/* One more of the reasons why a question has no answer. */
static void directory_add_reason(struct directory *directory, struct buf *error,
                                 int server, const char *reason)
{
    if (error->len > 0)
        buf_adds(error, "; ");
    buf_addf(error, "%s: %s", directory_uri(directory, server), reason);
}

void directory_none_left(struct directory *directory,
                         struct directory_question *question)
{
    for (size_t i = 0; i < directory->servers.count; i++) {
        if (!question->tried[i] && directory->servers.items[i].away)
            directory_add_reason(directory, question->error, (int)i,
                                 buf_str(&directory->reasons[i]));
    }
    if (question->error->len == 0)
        buf_adds(question->error, "no answer in time");
}

void directory_blame(struct directory *directory, struct directory_question *question,
                     int server, const char *reason)
{
    question->tried[server] = true;
    directory_add_reason(directory, question->error, server, reason);
}

static void directory_tell(struct directory *directory, enum event_level level,
                           const struct buf *line)
{
    if (directory->settings.notice != NULL && line->len > 0)
        directory->settings.notice(directory->settings.notice_arg, level,
                                   buf_str(line));
}

void directory_failed(struct directory *directory, int server, const char *reason)
{
    struct buf line = BUF_INIT;
    int64_t now = patience_now();
    bool news;
    int next;

    pthread_mutex_lock(&directory->lock);
    news = servers_failed(&directory->servers, server, now);
    buf_clear(&directory->reasons[server]);
    buf_adds(&directory->reasons[server], reason);
    next = servers_pick(&directory->servers, NULL, now);
    pthread_mutex_unlock(&directory->lock);
    if (news) {
        buf_addf(&line, "%s is away: %s", directory_uri(directory, server), reason);
        if (next != SERVERS_NONE)
            buf_addf(&line, "; asking %s", directory_uri(directory, next));
        directory_tell(directory, EVENT_WARNING, &line);
    }
    directory_links_drop(directory, server);
    buf_finish(&line);
}

void directory_answered(struct directory *directory, int server)
{
    struct buf line = BUF_INIT;
    bool news;

    pthread_mutex_lock(&directory->lock);
    news = servers_answered(&directory->servers, server);
    /* Whoever asks goes to this one now. */
    for (struct directory_link *link = directory->links; news && link != NULL;
         link = link->next)
        link->old |= link->server > server;
    pthread_mutex_unlock(&directory->lock);
    if (news)
        buf_addf(&line, "%s is back", directory_uri(directory, server));
    directory_tell(directory, EVENT_INFO, &line);
    buf_finish(&line);
}

static bool directory_away(struct directory *directory, int server)
{
    bool away;

    pthread_mutex_lock(&directory->lock);
    away = directory->servers.items[server].away;
    pthread_mutex_unlock(&directory->lock);
    return away;
}

struct handle *directory_open(struct directory *directory, int server,
                              enum handle_wish wish, const struct patience *patience,
                              struct buf *error_r)
{
    struct buf reason = BUF_INIT;
    struct handle_target target = {.settings = &directory->settings,
                                   .uri = directory_uri(directory, server),
                                   .context = directory->tls};
    int64_t start = patience_now();
    struct handle *handle = handle_open(&target, wish, patience, &reason);

    /* One that accepts connections and no more must not count as back: it has to answer
     * something. (Looked up now, since it may have failed meanwhile.) */
    if (handle != NULL && directory_away(directory, server) &&
        !handle_prove(handle, patience, &reason)) {
        handle_close(handle);
        handle = NULL;
    }
    if (handle != NULL) {
        directory_answered(directory, server);
    } else {
        if (patience_left(patience) > 0 || directory_waited(directory, start))
            directory_failed(directory, server, buf_str(&reason));
        buf_adds(error_r, buf_str(&reason));
    }
    buf_finish(&reason);
    return handle;
}

/* --- searching --- */

/* The result at the end of the messages. */
static void search_result(LDAP *ld, LDAPMessage *chain, struct outcome *outcome,
                          char **text_r)
{
    int rc = ldap_parse_result(ld, chain, &outcome->code, NULL, text_r, NULL, NULL, 0);

    if (rc != LDAP_SUCCESS)
        outcome->code = rc;
    outcome->text = *text_r != NULL ? *text_r : "";
}

/* The entries of a complete answer; false: and the reason. */
static bool search_entries(struct directory *directory,
                           const struct directory_question *question,
                           const struct directory_query *query, LDAP *ld,
                           LDAPMessage *chain, struct arena *arena,
                           struct directory_entries *entries_r, struct buf *reason_r)
{
    bool good;

    if (directory->settings.chase_referrals)
        good = directory_follow(directory, query, &question->patience, ld, chain, arena,
                                entries_r, reason_r);
    else
        good = entries_read(ld, chain, arena, entries_r);
    if (good && query->size_limit > 0 && entries_r->count > (size_t)query->size_limit) {
        /* More than the server was asked for, or than several were together. */
        buf_adds(reason_r, ldap_err2string(LDAP_SIZELIMIT_EXCEEDED));
        good = false;
    }
    if (!good && reason_r->len == 0)
        buf_adds(reason_r, "its answer cannot be read");
    return good;
}

/* What the server answered. *again_r: another server is to be asked. */
static enum answer search_read(struct directory *directory,
                               struct directory_question *question,
                               const struct directory_query *query,
                               struct directory_link *link, LDAPMessage *chain,
                               struct arena *arena, struct directory_entries *entries_r,
                               bool *again_r)
{
    LDAP *ld = link_session(link->link);
    struct outcome outcome = {0};
    struct buf reason = BUF_INIT;
    char *text = NULL;
    enum answer answer;

    search_result(ld, chain, &outcome, &text);
    answer = outcome_of_search(&outcome, again_r);
    entries_r->no_base = answer == ANSWER_NO;
    if (outcome.code == LDAP_REFERRAL && directory->settings.chase_referrals)
        answer = ANSWER_YES; /* it says where the answer is */
    if (answer == ANSWER_UNKNOWN)
        handle_explain_answer(outcome.code, outcome.text, &reason);
    else if (answer == ANSWER_YES && !search_entries(directory, question, query, ld,
                                                     chain, arena, entries_r, &reason))
        answer = ANSWER_UNKNOWN;
    else if (answer == ANSWER_YES && entries_r->count == 0)
        answer = ANSWER_NO;
    entries_r->server = directory_uri(directory, link->server);
    if (answer == ANSWER_UNKNOWN)
        directory_blame(directory, question, link->server, buf_str(&reason));
    ldap_memfree(text);
    buf_finish(&reason);
    return answer;
}

/* What a search without an answer means for the server and for the question. */
static void search_unanswered(struct directory *directory,
                              struct directory_question *question, int server,
                              enum link_end end, const char *reason)
{
    if (end == LINK_LOST && !question->retried[server]) {
        /* It may have been restarted since: a new connection tells. */
        question->retried[server] = true;
        directory_links_drop(directory, server);
        return;
    }
    if (end == LINK_LOST || end == LINK_SILENT)
        directory_failed(directory, server, reason);
    directory_blame(directory, question, server, reason);
}

/* Asks one server. *again_r: to be asked again, that one or another. */
static enum answer search_once(struct directory *directory,
                               struct directory_question *question,
                               const struct directory_query *query, struct arena *arena,
                               struct directory_entries *entries_r, bool *again_r)
{
    struct patience part;
    struct directory_link *link = directory_link_take(directory, question, &part);
    enum answer answer = ANSWER_UNKNOWN;
    struct buf reason = BUF_INIT;
    LDAPMessage *chain = NULL;
    enum link_end end;

    *again_r = false;
    if (link == NULL)
        return ANSWER_UNKNOWN;
    end = link_search(link->link, query, &part, &chain, &reason);
    if (end == LINK_ANSWERED) {
        answer = search_read(directory, question, query, link, chain, arena, entries_r,
                             again_r);
    } else {
        search_unanswered(directory, question, link->server, end, buf_str(&reason));
        *again_r = end != LINK_FAILED;
    }
    ldap_msgfree(chain);
    directory_link_give(directory, link);
    buf_finish(&reason);
    return answer;
}

enum answer directory_search(struct directory *directory,
                             const struct directory_query *query, struct arena *arena,
                             struct directory_entries *entries_r, struct buf *error_r)
{
    struct directory_question question;
    enum answer answer = ANSWER_UNKNOWN;
    struct buf error = BUF_INIT;
    bool again = true;

    memset(entries_r, 0, sizeof(*entries_r));
    if (!directory_question_init(directory, &question, query->timeout_ms, &error))
        again = false;
    while (again)
        answer = search_once(directory, &question, query, arena, entries_r, &again);
    if (answer == ANSWER_UNKNOWN)
        buf_adds(error_r, buf_str(&error));
    directory_question_finish(&question);
    buf_finish(&error);
    return answer;
}
