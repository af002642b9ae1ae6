/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "authd/login.h"

#include "authd/report.h"
#include "base/arena.h"
#include "prog/log.h"

/* One login on its way through the steps. */
struct attempt {
    struct request *request;
    const struct runtime *runtime;
    struct arena arena;
    const char *login; /* as typed, or the name of the next one */
    struct cred_login canonical;
    char client[PEER_CLIENT_MAX];
    struct network network; /* none: not known, or loopback */
    struct report report;
};

/*
 * What was typed: the protocol parts it at the last "@", and the MTA's own domain comes
 * as the realm of a login that has none.
 */
static const char *typed_login(const struct saslauthd_request *login,
                               struct arena *arena, size_t *len_r)
{
    struct buf text = BUF_INIT;
    const char *typed;

    buf_add(&text, login->login.bytes, login->login.len);
    if (login->realm.len > 0) {
        buf_addc(&text, '@');
        buf_add(&text, login->realm.bytes, login->realm.len);
    }
    *len_r = text.len;
    typed = text.failed ? NULL : arena_strndup(arena, buf_str(&text), text.len);
    buf_finish(&text);
    return typed;
}

/* Finds out who the client is: its plugin has told us a moment ago. */
static void client_find(struct attempt *attempt)
{
    const struct request *request = attempt->request;
    const struct conf_authd *conf = attempt->runtime->conf;

    if (peers_client(request->authd->peers, &request->connection->peer, attempt->login,
                     request->received, (int64_t)conf->request_timeout * 1000,
                     attempt->client)) {
        attempt->report.client = attempt->client;
        attempt->network = network_of(attempt->client, &conf->guessing);
    }
}

/* Answers, unless the deadline was first; then what we found out is dropped. */
static void answer(struct attempt *attempt, enum answer verdict, unsigned delay_ms,
                   enum event_level level)
{
    if (!request_claim(attempt->request))
        return;
    request_verdict(attempt->request, verdict, delay_ms);
    if (verdict != ANSWER_YES || attempt->runtime->conf->log_accepted)
        report_login(level, &attempt->report);
}

static void refuse(struct attempt *attempt, const char *reason, unsigned delay_ms)
{
    attempt->report.result = "refused";
    attempt->report.reason = reason;
    answer(attempt, ANSWER_NO, delay_ms, EVENT_INFO);
}

static void unavailable(struct attempt *attempt, const char *reason)
{
    attempt->report.result = "unavailable";
    attempt->report.reason = reason;
    answer(attempt, ANSWER_UNKNOWN, 0, EVENT_WARNING);
}

/* The login as it is known. false: answered already. */
static bool canonical(struct attempt *attempt, struct buf *error)
{
    size_t len;
    const char *typed = typed_login(&attempt->request->login, &attempt->arena, &len);
    enum answer known = ANSWER_UNKNOWN;

    attempt->login = typed != NULL ? typed : "";
    attempt->report.login = attempt->login;
    if (typed != NULL)
        known =
            cred_canonical(attempt->runtime->cred, typed, len, NULL, CRED_WANT_CHECK,
                           &attempt->arena, &attempt->canonical, error);
    if (known == ANSWER_YES)
        attempt->login = attempt->canonical.name;
    client_find(attempt);
    attempt->report.login = attempt->login;
    if (known == ANSWER_NO)
        refuse(attempt, "malformed", 0);
    else if (known == ANSWER_UNKNOWN)
        unavailable(attempt, error->len > 0 ? buf_str(error) : "out of memory");
    return known == ANSWER_YES;
}

/* Is the login locked? That is all the same whether it exists. */
static bool unlocked(struct attempt *attempt)
{
    char text[REPORT_TIME_MAX];
    int64_t until;

    if (throttle_ask(attempt->request->authd->throttle, attempt->login,
                     &attempt->network, request_now(), &until))
        return true;
    attempt->report.result = "locked";
    attempt->report.until = report_time(until, text);
    answer(attempt, ANSWER_UNKNOWN, 0, EVENT_INFO);
    return false;
}

static const char *why_word(enum cred_why why)
{
    switch (why) {
    case CRED_NO_LOGIN:
        return "no-login";
    case CRED_DISABLED:
        return "disabled";
    case CRED_EXPIRED:
        return "expired";
    case CRED_NO_VERIFIER:
        return "no-verifier";
    case CRED_LOCKED:
        return "account-locked";
    case CRED_MUST_CHANGE:
        return "must-change";
    case CRED_REFUSED:
        return "bind-refused";
    case CRED_RIGHT:
    case CRED_WRONG:
        break;
    }
    return "wrong-password";
}

static void failed(struct attempt *attempt, enum cred_why why)
{
    bool locked;
    const unsigned delay = throttle_failed(
        attempt->request->authd->throttle, &attempt->runtime->conf->guessing,
        attempt->login, &attempt->network, request_now(), &locked);

    refuse(attempt, why_word(why), delay);
    if (locked)
        log_line(EVENT_WARNING, "auth", "too many wrong passwords, locked for %d s",
                 attempt->runtime->conf->guessing.lock);
}

/* On nobody's time: the answer has been sent. */
static void upgrade(struct attempt *attempt)
{
    const struct saslauthd_string *password = &attempt->request->login.password;
    struct buf error = BUF_INIT;

    attempt->report = (struct report){.login = attempt->login,
                                      .client = attempt->report.client,
                                      .service = attempt->report.service,
                                      .mechanism = attempt->report.mechanism,
                                      .result = "upgraded"};
    if (cred_upgrade(attempt->runtime->cred, attempt->login, password->bytes,
                     password->len, &error))
        report_login(EVENT_INFO, &attempt->report);
    else if (error.len > 0)
        log_line(EVENT_WARNING, "upgrade", "%s", buf_str(&error));
    buf_finish(&error);
}

static void succeeded(struct attempt *attempt, const struct cred_result *result)
{
    throttle_succeeded(attempt->request->authd->throttle, attempt->login,
                       &attempt->network, request_now());
    attempt->report.result = "accepted";
    answer(attempt, ANSWER_YES, 0, EVENT_INFO);
    if (result->upgradable && attempt->runtime->conf->upgrade)
        upgrade(attempt);
}

static void check(struct attempt *attempt, struct buf *error)
{
    const struct saslauthd_string *password = &attempt->request->login.password;
    struct cred_result result = {0};
    const enum answer right =
        cred_check(attempt->runtime->cred, &attempt->canonical, password->bytes,
                   password->len, &attempt->arena, &result, error);

    if (right == ANSWER_UNKNOWN) {
        unavailable(attempt, buf_str(error));
        return;
    }
    if (result.scheme != NULL && result.scheme[0] != '\0')
        attempt->report.scheme = result.scheme;
    if (result.source != NULL && result.source[0] != '\0')
        attempt->report.source = result.source;
    attempt->report.app = result.label;
    if (right == ANSWER_YES)
        succeeded(attempt, &result);
    else
        failed(attempt, result.why);
}

void login_run(struct request *request)
{
    struct attempt attempt = {.request = request, .runtime = request->runtime};
    const struct saslauthd_string *service = &request->login.service;
    struct buf error = BUF_INIT;

    if (service->len > 0)
        attempt.report.service =
            arena_strndup(&attempt.arena, service->bytes, service->len);
    attempt.report.mechanism = "plain";
    if (canonical(&attempt, &error) && unlocked(&attempt))
        check(&attempt, &error);
    buf_finish(&error);
    arena_finish(&attempt.arena);
}

void login_report_unavailable(const struct request *request, const char *reason)
{
    struct arena arena = {0};
    struct report report = {.result = "unavailable", .reason = reason};

    if (request->connection->protocol == PROTOCOL_SASLAUTHD) {
        const struct saslauthd_string *service = &request->login.service;
        size_t len;

        report.login = typed_login(&request->login, &arena, &len);
        report.service = arena_strndup(&arena, service->bytes, service->len);
        report.mechanism = "plain";
    } else {
        const struct wire_field *login = wire_find(&request->message, WIRE_LOGIN);

        if (login != NULL)
            report.login = arena_strndup(&arena, login->bytes, login->len);
        report.mechanism = "lookup";
    }
    report_login(EVENT_WARNING, &report);
    arena_finish(&arena);
}
