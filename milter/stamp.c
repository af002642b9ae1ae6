/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "milter/stamp.h"

#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "mail/received.h"

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

static bool stamp_login(const struct session *session, struct buf *out)
{
    const char *login = session->verdict.login;

    switch ((enum show_login)session->runtime->conf->received.login) {
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

static bool stamp_received(SMFICTX *ctx, const struct session *session)
{
    struct buf login = BUF_INIT, name = BUF_INIT, value = BUF_INIT;
    struct received received = {
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
    bool ok = session->verdict.login == NULL || stamp_login(session, &login);

    if (ok && login.len != 0)
        received.login = buf_str(&login);
    buf_adds(&name, "Received");
    received_build(&received, &value);
    ok = ok && !login.failed && !name.failed && !value.failed &&
         smfi_insheader(ctx, BELOW_MTA_RECEIVED, name.data, value.data) == MI_SUCCESS;
    buf_finish(&login);
    buf_finish(&name);
    buf_finish(&value);
    return ok;
}

static bool stamp_sender(SMFICTX *ctx, const char *address)
{
    struct buf name = BUF_INIT, value = BUF_INIT;
    bool ok;

    buf_adds(&name, "Sender");
    buf_adds(&value, address);
    ok = !name.failed && !value.failed &&
         smfi_addheader(ctx, name.data, value.data) == MI_SUCCESS;
    buf_finish(&name);
    buf_finish(&value);
    return ok;
}

bool stamp_message(SMFICTX *ctx, const struct session *session)
{
    const char *sender = session->verdict.add_sender;

    if (sender != NULL && !stamp_sender(ctx, sender))
        return false;
    return !session->runtime->conf->received.add || stamp_received(ctx, session);
}
