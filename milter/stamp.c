/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "milter/stamp.h"

#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "mail/received.h"
#include "mail/results.h"

/* Index 0 lies above the MTA's own Received, 1 directly below it (seen on Postfix and
 * on sendmail). */
enum { BELOW_MTA_RECEIVED = 1 };

/* Hex digits of the login's hash that are shown: 128 bits, so that no two logins meet.
 */
enum { HASH_BYTES_SHOWN = 16 };

/* A name that stands for the login and for nobody who lacks the key. */
static bool stamp_hash_login(const struct buf *key, const char *login, struct buf *out)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (HMAC(EVP_sha256(), key->data, (int)key->len, (const unsigned char *)login,
             strlen(login), hash, &len) == NULL)
        return false;
    buf_adds(out, "h1-");
    for (unsigned i = 0; i < HASH_BYTES_SHOWN; i++)
        buf_addf(out, "%02x", hash[i]);
    return true;
}

static bool stamp_login(const struct session *session, enum show_login show,
                        struct buf *out)
{
    const char *login = session->verdict.login;

    switch (show) {
    case SHOW_LOGIN_FULL:
        buf_adds(out, login);
        break;
    case SHOW_LOGIN_HASHED:
        return stamp_hash_login(&session->runtime->hash_key, login, out);
    case SHOW_LOGIN_NONE:
        break;
    }
    return true;
}

/* Adds a field directly below the MTA's own Received. */
static bool stamp_insert(SMFICTX *ctx, const char *field, struct buf *value)
{
    struct buf name = BUF_INIT;
    bool ok;

    buf_adds(&name, field);
    ok = !name.failed && !value->failed && value->len != 0 &&
         smfi_insheader(ctx, BELOW_MTA_RECEIVED, name.data, value->data) == MI_SUCCESS;
    buf_finish(&name);
    return ok;
}

/* The envelope sender as it leaves; NULL: empty or unreadable. */
static const char *stamp_mail_from(const struct verdict *verdict)
{
    for (size_t i = 0; i < verdict->change_count; i++) {
        if (verdict->changes[i].kind == CHANGE_MAIL_FROM)
            return verdict->changes[i].value;
    }
    return verdict->address_count != 0 && verdict->addresses[0].place == PLACE_MAIL_FROM
               ? verdict->addresses[0].text
               : NULL;
}

static bool stamp_received(SMFICTX *ctx, const struct session *session)
{
    struct buf login = BUF_INIT, value = BUF_INIT;
    struct received received = {
        .local = session->local,
        .hide_client = session->runtime->conf->received.client == SHOW_CLIENT_NONE,
        .helo = session->helo[0] != '\0' ? session->helo : NULL,
        .client_name = session->client_name,
        .client_addr = session->client_addr[0] != '\0' ? session->client_addr : NULL,
        .by = session->facts.host,
        .queue_id = session->queue_id,
        .tls_version = session->facts.tls_version,
        .tls_cipher = session->tls_cipher,
        .authenticated = session->facts.login != NULL,
        .esmtp = session->esmtp,
        .smtputf8 = session->facts.smtputf8,
        .when = time(NULL),
    };
    bool ok =
        session->verdict.login == NULL ||
        stamp_login(session, (enum show_login)session->runtime->conf->received.login,
                    &login);

    if (ok && login.len != 0)
        received.login = buf_str(&login);
    received_build(&received, &value);
    ok = ok && !login.failed && stamp_insert(ctx, "Received", &value);
    buf_finish(&login);
    buf_finish(&value);
    return ok;
}

static bool stamp_results(SMFICTX *ctx, const struct session *session)
{
    const struct conf_results *conf = &session->runtime->conf->results;
    const struct facts *facts = &session->facts;
    struct buf login = BUF_INIT, value = BUF_INIT;
    struct results results = {
        .authserv_id = conf->authserv_id[0] != '\0' ? conf->authserv_id : facts->host,
        .authenticated = facts->login != NULL,
        .mechanism = facts->mechanism,
        .mail_from = stamp_mail_from(&session->verdict),
    };
    bool ok = session->verdict.login == NULL || !results.authenticated ||
              stamp_login(session, (enum show_login)conf->login, &login);

    if (ok && login.len != 0)
        results.login = buf_str(&login);
    if (results.authserv_id == NULL)
        ok = false; /* nobody says so */
    else
        results_build(&results, &value);
    ok = ok && !login.failed && stamp_insert(ctx, RESULTS_FIELD, &value);
    buf_finish(&login);
    buf_finish(&value);
    return ok;
}

static bool stamp_wants_received(const struct session *session)
{
    const struct conf_received *conf = &session->runtime->conf->received;

    return conf->add && (conf->unauthenticated || session->verdict.login != NULL);
}

bool stamp_message(SMFICTX *ctx, const struct session *session)
{
    const struct conf *conf = session->runtime->conf;

    /* Each goes above the one before it. */
    if (stamp_wants_received(session) && !stamp_received(ctx, session))
        return false;
    return !conf->results.add || stamp_results(ctx, session);
}
