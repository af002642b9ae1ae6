/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "conf/conf_checks.h"

#include <ctype.h>
#include <string.h>
#include <syslog.h>

#include "conf/conf_head.h"
#include "conf/endpoint.h"

const struct name_row conf_log_to_words[] = {{"auto", LOG_TO_AUTO},
                                             {"stderr", LOG_TO_STDERR},
                                             {"syslog", LOG_TO_SYSLOG},
                                             {NULL, 0}};
const struct name_row conf_log_facility_words[] = {
    {"mail", LOG_MAIL},     {"daemon", LOG_DAEMON}, {"auth", LOG_AUTH},
    {"local0", LOG_LOCAL0}, {"local1", LOG_LOCAL1}, {"local2", LOG_LOCAL2},
    {"local3", LOG_LOCAL3}, {"local4", LOG_LOCAL4}, {"local5", LOG_LOCAL5},
    {"local6", LOG_LOCAL6}, {"local7", LOG_LOCAL7}, {NULL, 0}};

bool conf_check_not_empty(const char *text, struct buf *why_r)
{
    (void)why_r;
    return text[0] != '\0';
}

bool conf_check_path(const char *text, struct buf *why_r)
{
    (void)why_r;
    return text[0] == '/';
}

bool conf_check_path_or_empty(const char *text, struct buf *why_r)
{
    return text[0] == '\0' || conf_check_path(text, why_r);
}

bool conf_check_socket(const char *text, struct buf *why_r)
{
    struct arena arena = {0};
    struct endpoint endpoint;
    char *listen = arena_printf(&arena, "unix:%s", text);
    const bool ok = listen != NULL && endpoint_parse(listen, &arena, &endpoint, why_r);

    arena_finish(&arena);
    return ok;
}

bool conf_check_socket_or_empty(const char *text, struct buf *why_r)
{
    return text[0] == '\0' || conf_check_socket(text, why_r);
}

/* Not the full grammar of a domain: enough that it completes a login to one address. */
bool conf_check_domain_or_empty(const char *text, struct buf *why_r)
{
    (void)why_r;
    if (text[0] == '.' || text[0] == '-')
        return false;
    for (const char *p = text; *p != '\0'; p++) {
        const unsigned char c = (unsigned char)*p;

        if (c < 0x80 && !isalnum(c) && c != '.' && c != '-' && c != '_')
            return false;
        if (c == '.' && p[1] == '.')
            return false;
    }
    return true;
}
