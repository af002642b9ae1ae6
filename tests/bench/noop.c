/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * noop - a libmilter filter that does nothing, as cheaply as libmilter lets it: the
 * floor that sendas-milter is measured against. It takes MAIL, the header fields
 * without reply, and the end of the message; nothing else.
 *
 * usage: noop SOCKET     (as for smfi_setconn: "unix:PATH", "inet:PORT@ADDRESS")
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include <libmilter/mfapi.h>

static sfsistat noop_negotiate(SMFICTX *ctx, unsigned long f0, unsigned long f1,
                               unsigned long f2, unsigned long f3, unsigned long *pf0,
                               unsigned long *pf1, unsigned long *pf2,
                               unsigned long *pf3)
{
    const unsigned long declined = SMFIP_NOCONNECT | SMFIP_NOHELO | SMFIP_NORCPT |
                                   SMFIP_NODATA | SMFIP_NOEOH | SMFIP_NOBODY |
                                   SMFIP_NOUNKNOWN | SMFIP_NR_HDR;

    (void)ctx;
    (void)f0;
    (void)f2;
    (void)f3;
    *pf0 = 0;
    *pf1 = declined & f1;
    *pf2 = 0;
    *pf3 = 0;
    return SMFIS_CONTINUE;
}

static sfsistat noop_envfrom(SMFICTX *ctx, char **argv)
{
    (void)ctx;
    (void)argv;
    return SMFIS_CONTINUE;
}

static sfsistat noop_header(SMFICTX *ctx, char *name, char *value)
{
    (void)ctx;
    (void)name;
    (void)value;
    return SMFIS_NOREPLY; /* libmilter complains in the log about any other */
}

static sfsistat noop_eom(SMFICTX *ctx)
{
    (void)ctx;
    return SMFIS_CONTINUE;
}

int main(int argc, char **argv)
{
    struct smfiDesc filter;
    static char name[] = "noop";

    if (argc != 2) {
        fprintf(stderr, "usage: noop SOCKET\n");
        return 2;
    }
    memset(&filter, 0, sizeof(filter));
    filter.xxfi_name = name;
    filter.xxfi_version = SMFI_VERSION;
    filter.xxfi_negotiate = noop_negotiate;
    filter.xxfi_envfrom = noop_envfrom;
    filter.xxfi_header = noop_header;
    filter.xxfi_eom = noop_eom;
    if (smfi_setconn(argv[1]) != MI_SUCCESS || smfi_register(filter) != MI_SUCCESS) {
        fprintf(stderr, "noop: cannot use %s\n", argv[1]);
        return 1;
    }
    return smfi_main() == MI_SUCCESS ? 0 : 1;
}
