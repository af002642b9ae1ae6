/* SPDX-License-Identifier: BSD-2-Clause */
/* The address reader of UW c-client (Alpine, PHP's imap_rfc822_parse_adrlist and the
 * webmails upon it). */
#include "config.h"

#include <c-client/c-client.h>

#include "frame.h"

/* c-client writes this host where the field has none: no address then. */
static char no_host[] = ".MISSING-HOST.";

int main(void)
{
    size_t len;
    char *value;
    while ((value = frame_read(&len))) {
        ADDRESS *list = NULL;
        frame_unfold(value);
        rfc822_parse_adrlist(&list, value, no_host);
        for (const ADDRESS *address = list; address; address = address->next)
            if (address->mailbox && address->host &&
                strcmp(address->host, no_host) != 0)
                frame_address(address->mailbox, "@", address->host);
        mail_free_address(&list);
        frame_end();
        free(value);
    }
    return 0;
}

/* What c-client demands of its host program. */
void mm_searched(MAILSTREAM *stream, unsigned long number)
{
    (void)stream, (void)number;
}
void mm_exists(MAILSTREAM *stream, unsigned long number)
{
    (void)stream, (void)number;
}
void mm_expunged(MAILSTREAM *stream, unsigned long number)
{
    (void)stream, (void)number;
}
void mm_flags(MAILSTREAM *stream, unsigned long number)
{
    (void)stream, (void)number;
}
void mm_notify(MAILSTREAM *stream, char *text, long level)
{
    (void)stream, (void)text, (void)level;
}
void mm_list(MAILSTREAM *stream, int delimiter, char *name, long attributes)
{
    (void)stream, (void)delimiter, (void)name, (void)attributes;
}
void mm_lsub(MAILSTREAM *stream, int delimiter, char *name, long attributes)
{
    (void)stream, (void)delimiter, (void)name, (void)attributes;
}
void mm_status(MAILSTREAM *stream, char *mailbox, MAILSTATUS *status)
{
    (void)stream, (void)mailbox, (void)status;
}
void mm_log(char *text, long level)
{
    (void)text, (void)level;
}
void mm_dlog(char *text)
{
    (void)text;
}
void mm_login(NETMBX *mailbox, char *user, char *password, long trial)
{
    (void)mailbox, (void)user, (void)password, (void)trial;
}
void mm_critical(MAILSTREAM *stream)
{
    (void)stream;
}
void mm_nocritical(MAILSTREAM *stream)
{
    (void)stream;
}
long mm_diskerror(MAILSTREAM *stream, long code, long serious)
{
    (void)stream, (void)code, (void)serious;
    return 0;
}
void mm_fatal(char *text)
{
    (void)text;
}
