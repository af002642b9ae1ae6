/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "milter/reply.h"

#include "base/buf.h"

/* smfi_setreply(): the MTA reads a percent sign as the start of an expansion. */
static void reply_set(SMFICTX *ctx, const char *code, const char *enhanced,
                      const char *text)
{
    struct buf rcode = BUF_INIT, xcode = BUF_INIT, out = BUF_INIT;

    buf_adds(&rcode, code);
    buf_adds(&xcode, enhanced);
    for (; *text != '\0'; text++) {
        if (*text == '%')
            buf_addc(&out, '%');
        buf_addc(&out, *text);
    }
    if (!rcode.failed && !xcode.failed && !out.failed)
        smfi_setreply(ctx, rcode.data, xcode.data, out.data);
    buf_finish(&rcode);
    buf_finish(&xcode);
    buf_finish(&out);
}

sfsistat reply_verdict(SMFICTX *ctx, const struct verdict *verdict)
{
    const char *code, *enhanced;
    struct buf text = BUF_INIT;

    verdict_reply(verdict, &code, &enhanced, &text);
    reply_set(ctx, code, enhanced, buf_str(&text));
    buf_finish(&text);
    return verdict->action == ACTION_REJECT ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}

sfsistat reply_defer(SMFICTX *ctx, const char *enhanced, const char *text)
{
    reply_set(ctx, "451", enhanced, text);
    return SMFIS_TEMPFAIL;
}
