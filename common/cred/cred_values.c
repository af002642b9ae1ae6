/* SPDX-License-Identifier: BSD-2-Clause */
/* cred_values.c - what libsasl asks a login's properties for. */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "base/secret.h"
#include "cred/cred_private.h"

/* One question. `verifiers` is empty for whoever has none, or does not exist. */
struct ask {
    const struct cred *cred;
    const char *login;
    struct verifiers verifiers;
    struct cred_profile profile;
    struct arena *arena;
    struct cred_value *values;
    size_t count;
    struct buf *error;
};

static bool ask_add(struct ask *ask, const char *bytes, size_t len)
{
    const char *copy = arena_strndup(ask->arena, bytes, len);

    if (copy == NULL) {
        buf_adds(ask->error, "out of memory");
        return false;
    }
    ask->values[ask->count++] = (struct cred_value){copy, len};
    return true;
}

/* Makes room for all the values that there will be. */
static bool ask_room(struct ask *ask, size_t count)
{
    ask->values = arena_alloc(ask->arena, (count + 1) * sizeof(*ask->values));
    if (ask->values == NULL)
        buf_adds(ask->error, "out of memory");
    return ask->values != NULL;
}

/* Appends a verifier as it is served. */
static void ask_format(const struct verifier *verifier, struct buf *out)
{
    if (scheme_uses(verifier->scheme) & SCHEME_CHALLENGE)
        verifier_challenge_secret(verifier, out);
    else
        verifier_format(verifier, out);
}

/*
 * The value of a scheme. One is made up and read in any case, even where there is a
 * true one, so that it takes the same time.
 */
static bool ask_scheme(struct ask *ask, const struct scheme *scheme)
{
    const struct verifier *own = verifiers_of(&ask->verifiers, scheme);
    unsigned cost = cred_draw_cost(ask->cred, &ask->profile, scheme, ask->login);
    struct buf made = BUF_INIT, value = BUF_INIT;
    struct verifier verifier;
    bool ok = scheme_make_up(scheme, cost, ask->cred->site->key, ask->login, &made) &&
              verifier_parse(buf_str(&made), made.len, &verifier, ask->error);

    if (ok)
        ask_format(own != NULL ? own : &verifier, &value);
    ok = ok && !value.failed;
    if (!ok && ask->error->len == 0)
        buf_adds(ask->error, "out of memory");
    ok = ok && ask_add(ask, value.data, value.len);
    secret_finish(&made);
    secret_finish(&value);
    return ok;
}

/* One for each mechanism: who has chosen one that has no value gets no answer at all.
 */
static bool ask_scram(struct ask *ask)
{
    bool ok = ask_room(ask, VERIFIERS_MAX);

    for (const struct scheme *scheme = scheme_next(NULL); scheme != NULL && ok;
         scheme = scheme_next(scheme)) {
        if ((scheme_uses(scheme) & SCHEME_SCRAM) != 0 && ask->count < VERIFIERS_MAX)
            ok = ask_scheme(ask, scheme);
    }
    return ok;
}

/* The scheme whose secret has the property's name. */
static const struct scheme *ask_challenge(const char *property)
{
    for (const struct scheme *scheme = scheme_next(NULL); scheme != NULL;
         scheme = scheme_next(scheme)) {
        if ((scheme_uses(scheme) & SCHEME_CHALLENGE) != 0 &&
            strcasecmp(scheme_sasl_name(scheme), property) == 0)
            return scheme;
    }
    return NULL;
}

static bool ask_attribute(struct ask *ask, const struct account *account,
                          const char *property)
{
    if (!ask_room(ask, account->names.count))
        return false;
    for (size_t i = 0; i < account->names.count; i++) {
        const char *value = account->values.items[i];

        if (strcmp(account->names.items[i], property) == 0 &&
            !ask_add(ask, value, strlen(value)))
            return false;
    }
    return true;
}

static bool ask_property(struct ask *ask, const struct account *account,
                         const char *property)
{
    const struct scheme *challenge = ask_challenge(property);

    if (strcasecmp(property, "authPassword") == 0)
        return ask_scram(ask);
    if (challenge != NULL && ask->cred->site->challenge)
        return ask_room(ask, 1) && ask_scheme(ask, challenge);
    if (!accounts_attribute_allowed(property))
        return ask_room(ask, 0); /* a password is nothing that anybody is told */
    return ask_attribute(ask, account, property);
}

enum answer cred_values(struct cred *cred, const struct cred_login *login,
                        const char *property, struct arena *arena,
                        struct cred_value **values_r, size_t *count_r, bool *known_r,
                        struct buf *error_r)
{
    struct ask ask = {
        .cred = cred, .login = login->name, .arena = arena, .error = error_r};
    const struct cred_source *source;
    struct account account;
    enum answer answer;

    *values_r = NULL;
    *count_r = 0;
    *known_r = false;
    if (!cred_profile(cred, arena, &ask.profile, error_r))
        return ANSWER_UNKNOWN;
    answer =
        cred_find(cred, login, CRED_WANT_VALUES, arena, &account, &source, error_r);
    if (answer == ANSWER_UNKNOWN)
        return answer;
    *known_r = answer == ANSWER_YES && !account.disabled && !account.suspended;
    if (!*known_r) {
        account = (struct account){0};
        cred_read_nobody(cred);
    } else if (!cred_read(source, &account, &account.verifiers, &ask.verifiers,
                          error_r)) {
        return ANSWER_UNKNOWN;
    }
    if (!ask_property(&ask, &account, property))
        return ANSWER_UNKNOWN;
    *values_r = ask.values;
    *count_r = ask.count;
    return ANSWER_YES;
}
