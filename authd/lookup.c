/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "authd/lookup.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "authd/report.h"
#include "base/arena.h"
#include "base/escape.h"
#include "base/secret.h"
#include "prog/log.h"

enum { CANON_MAX = 512, TEXT_MAX = 256 };

/* A question on its way to its reply. */
struct lookup {
    struct request *request;
    const struct runtime *runtime;
    struct arena arena;
    struct buf error;
    const char *login; /* NULL: none yet; as typed, or the name of the next one */
    struct cred_login canonical;
    const char *client; /* NULL: not said */
    struct wire_message reply;
};

bool lookup_is_slow(const struct wire_message *message)
{
    return message->kind == WIRE_STORE;
}

/* --- the reply --- */

static bool reply_add(struct lookup *lookup, uint8_t tag, const void *bytes, size_t len)
{
    struct wire_message *reply = &lookup->reply;

    if (reply->count == WIRE_FIELDS_MAX)
        return false;
    reply->fields[reply->count++] = (struct wire_field){tag, bytes, len};
    return true;
}

static bool reply_adds(struct lookup *lookup, uint8_t tag, const char *text)
{
    return text != NULL && reply_add(lookup, tag, text, strlen(text));
}

/* Replaces whatever was to be said. */
static void reply_set(struct lookup *lookup, uint8_t status, const char *text)
{
    lookup->reply = (struct wire_message){.kind = status};
    if (text != NULL && text[0] != '\0')
        reply_add(lookup, WIRE_TEXT, text, strnlen(text, TEXT_MAX));
}

static void reply_unavailable(struct lookup *lookup, const char *reason)
{
    const struct report report = {.login = lookup->login,
                                  .client = lookup->client,
                                  .mechanism = "lookup",
                                  .result = "unavailable",
                                  .reason = reason};

    reply_set(lookup, WIRE_UNAVAIL, reason);
    report_login(EVENT_WARNING, &report);
}

static void reply_send(struct lookup *lookup)
{
    unsigned char space[WIRE_MESSAGE_MAX + 2];
    size_t len = wire_write(&lookup->reply, space, sizeof space);

    if (len == 0) {
        reply_unavailable(lookup, "the answer is too long");
        len = wire_write(&lookup->reply, space, sizeof space);
    }
    if (request_claim(lookup->request))
        request_send(lookup->request, space, len);
    secret_wipe(space, len);
}

/* --- steps that several questions have --- */

/* The text of a field, a NUL within it being the end. NULL: there is no such field. */
static const char *field_text(struct lookup *lookup, uint8_t tag)
{
    const struct wire_field *field = wire_find(&lookup->request->message, tag);

    return field != NULL ? arena_strndup(&lookup->arena, field->bytes, field->len)
                         : NULL;
}

/* The canonical login of the question. false: the reply says why there is none. */
static bool login_take(struct lookup *lookup)
{
    const struct wire_field *typed = wire_find(&lookup->request->message, WIRE_LOGIN);
    const char *realm = field_text(lookup, WIRE_REALM);

    if (typed == NULL) {
        reply_set(lookup, WIRE_REFUSED, "the question has no login");
        return false;
    }
    lookup->login = arena_strndup(&lookup->arena, typed->bytes, typed->len);
    switch (cred_canonical(lookup->runtime->cred, typed->bytes, typed->len, realm,
                           CRED_WANT_ALL, &lookup->arena, &lookup->canonical,
                           &lookup->error)) {
    case ANSWER_YES:
        lookup->login = lookup->canonical.name;
        return true;
    case ANSWER_NO:
        reply_set(lookup, WIRE_REFUSED,
                  lookup->error.len > 0 ? buf_str(&lookup->error) : "no login");
        return false;
    case ANSWER_UNKNOWN:
        break;
    }
    reply_unavailable(lookup, buf_str(&lookup->error));
    return false;
}

static bool privileged(struct lookup *lookup)
{
    if (peer_privileged(&lookup->request->connection->peer))
        return true;
    reply_set(lookup, WIRE_DENIED, "only root and the daemon's own user may");
    return false;
}

/* --- the questions --- */

static void canon(struct lookup *lookup)
{
    if (login_take(lookup))
        reply_adds(lookup, WIRE_LOGIN, lookup->login);
}

/* Does whoever has the value go on without us, so that we see no outcome? */
static bool property_begins_login(const char *name)
{
    return strcasecmp(name, "authPassword") == 0 ||
           strncasecmp(name, "cmusaslsecret", 13) == 0;
}

static struct network client_network(const struct lookup *lookup)
{
    return network_of(lookup->client != NULL ? lookup->client : "",
                      &lookup->runtime->conf->guessing);
}

/* The login is locked: the reply says so. */
static void locked(struct lookup *lookup, const char *mechanism, int64_t until)
{
    char text[REPORT_TIME_MAX];
    const struct report report = {.login = lookup->login,
                                  .client = lookup->client,
                                  .service = field_text(lookup, WIRE_SERVICE),
                                  .mechanism = mechanism,
                                  .result = "locked",
                                  .until = report_time(until, text)};

    report_login(EVENT_INFO, &report);
    reply_set(lookup, WIRE_UNAVAIL, "too many attempts");
}

/* Counts a login that begins; false: it is locked, and the reply says so. */
static bool challenge(struct lookup *lookup)
{
    const struct network network = client_network(lookup);
    int64_t until;

    if (throttle_challenge(lookup->request->authd->throttle,
                           &lookup->runtime->conf->guessing, lookup->login, &network,
                           request_now(), &until))
        return true;
    locked(lookup, "challenge", until);
    return false;
}

/*
 * Before PLAIN and LOGIN nothing is asked for but whether we are there. The password
 * then comes by the saslauthd protocol, which knows no "not now", and of whose silence
 * Exim makes a wrong password: who is locked is told so here already.
 */
static bool may_try(struct lookup *lookup)
{
    const struct network network = client_network(lookup);
    int64_t until;

    if (wire_find(&lookup->request->message, WIRE_NAME) != NULL ||
        throttle_ask(lookup->request->authd->throttle, lookup->login, &network,
                     request_now(), &until))
        return true;
    locked(lookup, "lookup", until);
    return false;
}

/* Puts the values of one property into the reply. */
static bool property_add(struct lookup *lookup, const char *name)
{
    struct cred_value *values;
    size_t count;
    bool known;

    if (cred_values(lookup->runtime->cred, &lookup->canonical, name, &lookup->arena,
                    &values, &count, &known, &lookup->error) != ANSWER_YES) {
        reply_unavailable(lookup, buf_str(&lookup->error));
        return false;
    }
    if (count == 0)
        return true;
    if (!reply_adds(lookup, WIRE_NAME, name)) {
        reply_unavailable(lookup, "the answer has too many fields");
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!reply_add(lookup, WIRE_VALUE, values[i].bytes, values[i].len)) {
            reply_unavailable(lookup, "the answer has too many fields");
            return false;
        }
    }
    return true;
}

static void properties(struct lookup *lookup)
{
    const struct wire_message *message = &lookup->request->message;
    bool begun = false;

    for (size_t i = 0; i < message->count; i++) {
        const struct wire_field *field = &message->fields[i];
        const char *name;

        if (field->tag != WIRE_NAME)
            continue;
        name = arena_strndup(&lookup->arena, field->bytes, field->len);
        if (name == NULL) {
            reply_unavailable(lookup, "out of memory");
            return;
        }
        if (!begun && property_begins_login(name) && !challenge(lookup))
            return;
        begun = begun || property_begins_login(name);
        if (!property_add(lookup, name))
            return;
    }
}

static void values_of(struct lookup *lookup)
{
    const struct request *request = lookup->request;
    const char *client = field_text(lookup, WIRE_CLIENT);
    bool ok;

    /* As libsasl has it, the port may still be there. */
    lookup->client = client != NULL
                         ? arena_strndup(&lookup->arena, client, strcspn(client, ";"))
                         : NULL;
    ok = login_take(lookup);
    if (lookup->client != NULL && lookup->login != NULL)
        peers_note(request->authd->peers, &request->connection->peer, lookup->login,
                   lookup->client, request_now());
    if (ok && may_try(lookup))
        properties(lookup);
}

/* Was it the password that could not be taken, rather than the account missing? */
static bool account_there(struct lookup *lookup)
{
    struct buf error = BUF_INIT;
    struct cred_value *values;
    bool known = false;
    size_t count;

    cred_values(lookup->runtime->cred, &(struct cred_login){.name = lookup->login},
                "mail", &lookup->arena, &values, &count, &known, &error);
    buf_finish(&error);
    return known;
}

static void store(struct lookup *lookup)
{
    const struct wire_message *message = &lookup->request->message;
    const struct wire_field *secret = wire_find(message, WIRE_SECRET);
    const bool create = wire_find(message, WIRE_CREATE) != NULL;
    struct report report = {.mechanism = "store"};

    if (!privileged(lookup) || !login_take(lookup))
        return;
    report.login = lookup->login;
    report.result = secret != NULL ? "stored" : "taken-away";
    switch (cred_store(lookup->runtime->cred, lookup->login,
                       secret != NULL ? secret->bytes : NULL,
                       secret != NULL ? secret->len : 0, create, &lookup->error)) {
    case ANSWER_YES:
        report_login(EVENT_INFO, &report);
        return;
    case ANSWER_NO:
        reply_set(lookup, create || account_there(lookup) ? WIRE_REFUSED : WIRE_NONE,
                  buf_str(&lookup->error));
        return;
    case ANSWER_UNKNOWN:
        break;
    }
    reply_unavailable(lookup, buf_str(&lookup->error));
}

static void unlock(struct lookup *lookup)
{
    const char *client = field_text(lookup, WIRE_CLIENT);
    struct network network;
    size_t ended;

    if (!privileged(lookup))
        return;
    if (client == NULL && !login_take(lookup))
        return;
    network =
        network_of(client != NULL ? client : "", &lookup->runtime->conf->guessing);
    if (client != NULL && network.family == 0) {
        reply_set(lookup, WIRE_REFUSED, "expected the address of a client");
        return;
    }
    ended = throttle_unlock(lookup->request->authd->throttle, lookup->login, &network,
                            request_now());
    log_line(EVENT_INFO, "auth", "unlocked by user id %ld: %zu locks ended",
             (long)lookup->request->connection->peer.uid, ended);
    reply_adds(lookup, WIRE_VALUE, arena_printf(&lookup->arena, "%zu", ended));
}

/* One lock: "login=alice@example.org network=192.0.2.7/32", and its end. */
static bool lock_add(const char *login, const struct network *network, int64_t until,
                     void *arg)
{
    struct lookup *lookup = arg;
    struct buf name = BUF_INIT;
    bool ok;

    if (login[0] != '\0') {
        buf_adds(&name, "login=");
        escape_token(&name, login, strlen(login), CANON_MAX);
    }
    if (network->family != 0) {
        buf_adds(&name, login[0] != '\0' ? " network=" : "network=");
        network_format(network, &name);
    }
    /* A pair needs two fields; what finds no room is left out. */
    ok = !name.failed && lookup->reply.count + 2 <= WIRE_FIELDS_MAX &&
         reply_adds(lookup, WIRE_NAME, arena_strdup(&lookup->arena, buf_str(&name))) &&
         reply_adds(lookup, WIRE_VALUE,
                    arena_printf(&lookup->arena, "%" PRId64, report_seconds(until)));
    buf_finish(&name);
    return ok;
}

static void locks(struct lookup *lookup)
{
    if (privileged(lookup))
        throttle_visit(lookup->request->authd->throttle, request_now(), lock_add,
                       lookup);
}

void lookup_run(struct request *request)
{
    static const struct {
        uint8_t op;
        void (*run)(struct lookup *lookup);
    } ops[] = {{WIRE_CANON, canon},
               {WIRE_LOOKUP, values_of},
               {WIRE_STORE, store},
               {WIRE_UNLOCK, unlock},
               {WIRE_LOCKS, locks}};
    struct lookup lookup = {.request = request, .runtime = request->runtime};

    reply_set(&lookup, WIRE_REFUSED, "unknown question");
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        if (ops[i].op == request->message.kind) {
            reply_set(&lookup, WIRE_OK, NULL);
            ops[i].run(&lookup);
            break;
        }
    }
    reply_send(&lookup);
    buf_finish(&lookup.error);
    arena_finish(&lookup.arena);
}
