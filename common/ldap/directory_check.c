/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <ldap.h>

#include "ldap/directory_private.h"
#include "ldap/outcome.h"

/*
 * A check is a bind, and a bind makes its session the user's. So the sessions for
 * checks serve for nothing else, one check at a time each: whatever a bind has left
 * behind, all that can follow is another bind.
 */

static void checker_destroy(struct directory_checker *checker)
{
    handle_close(checker->handle);
    free(checker);
}

/* --- with the lock held --- */

/* Takes an idle one out: to the server, or, `other`, to any but that. */
static struct directory_checker *checker_pop(struct directory *directory, int server,
                                             bool other)
{
    struct directory_checker **at = &directory->checkers;

    while (*at != NULL) {
        struct directory_checker *checker = *at;

        if ((checker->server == server) != other) {
            *at = checker->next;
            return checker;
        }
        at = &checker->next;
    }
    return NULL;
}

static void checker_forget(struct directory *directory,
                           struct directory_checker *checker)
{
    checker_destroy(checker);
    directory->checkers_open--;
    pthread_cond_signal(&directory->changed);
}

/* One to the server has turned out to be lost: so may be all that were idle. */
static void checkers_drop(struct directory *directory, int server)
{
    struct directory_checker *checker;

    pthread_mutex_lock(&directory->lock);
    while ((checker = checker_pop(directory, server, false)) != NULL)
        checker_forget(directory, checker);
    pthread_mutex_unlock(&directory->lock);
}

static bool checker_good(const struct directory_checker *checker)
{
    return patience_now() - checker->used < HANDLE_FRESH_MS ||
           handle_idle_good(checker->handle);
}

/* The lock is not held meanwhile. */
static struct directory_checker *checker_open(struct directory *directory,
                                              struct directory_question *question,
                                              int server)
{
    struct patience part = directory_part(directory, question, server);
    struct directory_checker *checker = calloc(1, sizeof(*checker));
    struct buf reason = BUF_INIT;

    directory->checkers_open++;
    pthread_mutex_unlock(&directory->lock);
    if (checker != NULL) {
        checker->server = server;
        checker->handle =
            directory_open(directory, server, HANDLE_BARE, &part, &reason);
    } else {
        buf_adds(&reason, "out of memory");
    }
    if (checker != NULL && checker->handle == NULL) {
        free(checker);
        checker = NULL;
    }
    if (checker == NULL)
        directory_blame(directory, question, server, buf_str(&reason));
    pthread_mutex_lock(&directory->lock);
    if (checker == NULL) {
        directory->checkers_open--;
        pthread_cond_signal(&directory->changed);
    }
    buf_finish(&reason);
    return checker;
}

static struct directory_checker *checker_find(struct directory *directory,
                                              struct directory_question *question)
{
    struct directory_checker *checker = NULL;

    while (checker == NULL) {
        int server = servers_pick(&directory->servers, question->tried, patience_now());
        struct directory_checker *other = NULL;

        if (server == SERVERS_NONE || patience_left(&question->patience) == 0)
            return NULL;
        checker = checker_pop(directory, server, false);
        if (checker != NULL) {
            if (checker_good(checker))
                break;
            checker_forget(directory, checker);
            checker = NULL;
        } else if (directory->checkers_open < directory->settings.checks) {
            checker = checker_open(directory, question, server);
        } else if ((other = checker_pop(directory, server, true)) != NULL) {
            checker_forget(directory, other);
        } else {
            (void)patience_wait(&question->patience, &directory->changed,
                                &directory->lock);
        }
    }
    return checker;
}

/* --- without the lock --- */

static struct directory_checker *checker_take(struct directory *directory,
                                              struct directory_question *question,
                                              struct patience *part_r)
{
    struct directory_checker *checker;

    pthread_mutex_lock(&directory->lock);
    checker = checker_find(directory, question);
    if (checker == NULL) {
        directory_none_left(directory, question);
    } else {
        *part_r = directory_part(directory, question, checker->server);
        directory_look_ahead(directory, checker->server, 0);
    }
    pthread_mutex_unlock(&directory->lock);
    return checker;
}

static void checker_give(struct directory *directory, struct directory_checker *checker,
                         bool good)
{
    const int64_t now = patience_now();

    pthread_mutex_lock(&directory->lock);
    if (good) {
        checker->used = now;
        checker->next = directory->checkers;
        directory->checkers = checker;
        pthread_cond_signal(&directory->changed);
    } else {
        checker_forget(directory, checker);
    }
    pthread_mutex_unlock(&directory->lock);
}

void directory_checkers_finish(struct directory *directory)
{
    while (directory->checkers != NULL) {
        struct directory_checker *next = directory->checkers->next;

        checker_destroy(directory->checkers);
        directory->checkers = next;
    }
}

/* --- the bind --- */

/* The error in the control of the password policy. */
static int check_policy(LDAP *ld, LDAPControl **controls)
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

/* Sends the bind; an LDAP error code. */
static int check_send(struct handle *handle, const char *dn,
                      const struct berval *password, int *msgid_r)
{
    LDAPControl policy = {
        handle_writable(LDAP_CONTROL_PASSWORDPOLICYREQUEST), {0, NULL}, 0};
    LDAPControl *controls[] = {&policy, NULL};

    return ldap_sasl_bind(handle->ld, dn, LDAP_SASL_SIMPLE, handle_writable(password),
                          controls, NULL, msgid_r);
}

/* One bind's result. 1: it is in *outcome_r, with a text to be freed; 0: not in time;
 * -1: the connection is lost. */
static int check_bind(struct handle *handle, const char *dn,
                      const struct berval *password, const struct patience *patience,
                      struct outcome *outcome_r, char **text_r)
{
    LDAPMessage *message = NULL;
    LDAPControl **controls = NULL;
    int msgid;
    int rc;

    handle_set_patience(handle, patience);
    outcome_r->policy = OUTCOME_POLICY_NONE;
    rc = check_send(handle, dn, password, &msgid);
    if (rc == LDAP_SUCCESS) {
        rc = handle_result(handle, msgid, patience, &message);
        if (rc <= 0)
            return rc;
        rc = ldap_parse_result(handle->ld, message, &outcome_r->code, NULL, text_r,
                               NULL, &controls, 1);
    } else if (rc == LDAP_SERVER_DOWN) {
        return -1;
    }
    if (rc != LDAP_SUCCESS)
        outcome_r->code = rc; /* ours, all of which tell nothing of the password */
    else
        outcome_r->policy = check_policy(handle->ld, controls);
    outcome_r->text = *text_r != NULL ? *text_r : "";
    ldap_controls_free(controls);
    return 1;
}

/* What a bind without an answer means. */
static void check_unanswered(struct directory *directory,
                             struct directory_question *question,
                             const struct directory_checker *checker, int64_t start,
                             int rc)
{
    struct buf reason = BUF_INIT;
    int server = checker->server;

    if (rc < 0 && checker->used != 0 && !question->retried[server]) {
        question->retried[server] = true;
        checkers_drop(directory, server);
        return;
    }
    if (rc < 0)
        handle_explain(checker->handle, LDAP_SERVER_DOWN, NULL, &reason);
    else
        buf_adds(&reason, "no answer in time");
    if (rc < 0 || directory_waited(directory, start))
        directory_failed(directory, server, buf_str(&reason));
    directory_blame(directory, question, server, buf_str(&reason));
    buf_finish(&reason);
}

/* Asks one server. *again_r: to be asked again, that one or another. */
static enum answer check_once(struct directory *directory,
                              struct directory_question *question, const char *dn,
                              const struct berval *password,
                              enum directory_verdict *verdict_r, bool *again_r)
{
    struct patience part;
    struct directory_checker *checker = checker_take(directory, question, &part);
    enum answer answer = ANSWER_UNKNOWN;
    struct outcome outcome = {0};
    char *text = NULL;
    int64_t start;
    int rc;

    *again_r = false;
    if (checker == NULL)
        return ANSWER_UNKNOWN;
    start = patience_now();
    rc = check_bind(checker->handle, dn, password, &part, &outcome, &text);
    if (rc > 0) {
        answer = outcome_of_bind(&outcome, verdict_r, again_r);
        if (answer == ANSWER_UNKNOWN) {
            struct buf reason = BUF_INIT;

            handle_explain_answer(outcome.code, outcome.text, &reason);
            directory_blame(directory, question, checker->server, buf_str(&reason));
            buf_finish(&reason);
        }
    } else {
        check_unanswered(directory, question, checker, start, rc);
        *again_r = true;
    }
    ldap_memfree(text);
    checker_give(directory, checker, rc > 0);
    return answer;
}

enum answer directory_check(struct directory *directory, const char *dn,
                            const char *password, size_t len,
                            enum directory_verdict *verdict_r, struct buf *error_r)
{
    struct berval credentials = {len, handle_writable(password)};
    struct directory_question question;
    enum answer answer = ANSWER_UNKNOWN;
    struct buf error = BUF_INIT;
    bool again;

    *verdict_r = DIRECTORY_WRONG;
    if (len == 0 || memchr(password, '\0', len) != NULL)
        return ANSWER_NO;
    if (dn[0] == '\0') {
        /* A bind as nobody succeeds with any password. */
        buf_adds(error_r, "no entry is named to bind as");
        return ANSWER_UNKNOWN;
    }
    again = directory_question_init(directory, &question, 0, &error);
    while (again)
        answer = check_once(directory, &question, dn, &credentials, verdict_r, &again);
    if (answer == ANSWER_UNKNOWN)
        buf_adds(error_r, buf_str(&error));
    directory_question_finish(&question);
    buf_finish(&error);
    return answer;
}
