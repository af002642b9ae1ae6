/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "milter/macros.h"

#include "base/buf.h"

#define STAGE(number) (1U << (number))

/*
 * Everything about a message is asked for at MAIL and read there: a login or a TLS
 * layer that came after the last HELO is then seen, and nothing is left over from an
 * earlier message, since {mail_addr} and j make the MTA send a fresh set each time.
 */
static const struct {
    char name[18];
    unsigned stages; /* STAGE()s */
} macro_rows[] = {
    [MACRO_HOST] = {"j", STAGE(SMFIM_ENVFROM)},
    [MACRO_DAEMON] = {"{daemon_name}", STAGE(SMFIM_ENVFROM)},
    [MACRO_CLIENT_NAME] = {"{client_name}", STAGE(SMFIM_ENVFROM)},
    [MACRO_AUTH_TYPE] = {"{auth_type}", STAGE(SMFIM_ENVFROM)},
    [MACRO_AUTH_AUTHEN] = {"{auth_authen}", STAGE(SMFIM_ENVFROM)},
    [MACRO_MAIL_ADDR] = {"{mail_addr}", STAGE(SMFIM_ENVFROM)},
    [MACRO_TLS_VERSION] = {"{tls_version}", STAGE(SMFIM_ENVFROM)},
    [MACRO_TLS_CIPHER] = {"{cipher}", STAGE(SMFIM_ENVFROM)},
    [MACRO_TLS_VERIFY] = {"{verify}", STAGE(SMFIM_ENVFROM)},
    [MACRO_CERT_SUBJECT] = {"{cert_subject}", STAGE(SMFIM_ENVFROM)},
    [MACRO_CERT_ISSUER] = {"{cert_issuer}", STAGE(SMFIM_ENVFROM)},
    [MACRO_PROTOCOL] = {"r", STAGE(SMFIM_ENVFROM)},
    /* Postfix has no queue id before DATA; sendmail gives it at MAIL and not again. */
    [MACRO_QUEUE_ID] = {"i", STAGE(SMFIM_ENVFROM) | STAGE(SMFIM_EOM)},
};

enum { MACRO_COUNT = sizeof(macro_rows) / sizeof(macro_rows[0]) };

int macros_request(SMFICTX *ctx)
{
    int result = MI_SUCCESS;

    for (int stage = SMFIM_FIRST; stage <= SMFIM_LAST; stage++) {
        struct buf list = BUF_INIT;

        for (size_t i = 0; i < MACRO_COUNT; i++) {
            if ((macro_rows[i].stages & STAGE(stage)) != 0)
                buf_addf(&list, "%s%s", list.len != 0 ? " " : "", macro_rows[i].name);
        }
        if (list.failed ||
            (list.len != 0 && smfi_setsymlist(ctx, stage, list.data) != MI_SUCCESS))
            result = MI_FAILURE;
        buf_finish(&list);
    }
    return result;
}

const char *macros_get(SMFICTX *ctx, enum macro macro)
{
    char name[sizeof(macro_rows[0].name)];

    /* libmilter's prototype takes a char * that it does not change. */
    for (size_t i = 0; i < sizeof(name); i++)
        name[i] = macro_rows[macro].name[i];
    return smfi_getsymval(ctx, name);
}
