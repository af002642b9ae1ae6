/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "conf/conf_policy_checks.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/network.h"
#include "conf/conf_checks.h"

enum {
    LOGIN_MAX = 512,
    NAME_MAX_LEN = 255, /* bytes of a host name; of an authserv-id */
    MECHANISM_MAX = 20, /* RFC 4422 3.1 */
    SUBJECT_MAX = 1024,
    FIELD_MAX = 60,
    URL_MAX = 200
};

/* Says why not; always false. */
static bool refuse(struct buf *why_r, const char *expected)
{
    buf_adds(why_r, expected);
    return false;
}

/* --- who --- */

/* What no login of a map can be: it would be split, or never be found. */
static bool login_plain(const char *text)
{
    const size_t len = strlen(text);

    return len != 0 && len <= LOGIN_MAX && strpbrk(text, " \t,") == NULL;
}

bool conf_check_login(const char *text, struct buf *why_r)
{
    if (strncasecmp(text, GROUP_PREFIX, strlen(GROUP_PREFIX)) == 0)
        return login_plain(text + strlen(GROUP_PREFIX)) ||
               refuse(why_r, "expected the name of a group behind " GROUP_PREFIX);
    if (strcmp(text, "*") == 0)
        return refuse(why_r, "expected logins; authenticated = true stands for "
                             "whoever has logged in");
    if (text[0] == '@')
        return refuse(why_r, "expected a login; login_domains stands for all logins "
                             "of a domain");
    return login_plain(text);
}

bool conf_check_login_domain(const char *text, struct buf *why_r)
{
    return text[0] != '\0' && text[text[0] == '.'] != '\0' &&
           conf_check_domain_or_empty(text + (text[0] == '.'), why_r);
}

bool conf_check_identity_or_empty(const char *text, struct buf *why_r)
{
    if (text[0] == '\0')
        return true;
    if (strncasecmp(text, GROUP_PREFIX, strlen(GROUP_PREFIX)) == 0)
        return refuse(why_r, "expected one login, not a group");
    return strcmp(text, "*") != 0 && text[0] != '@' && login_plain(text);
}

/* --- from where --- */

bool conf_check_client(const char *text, struct buf *why_r)
{
    struct network network;

    return strcmp(text, CLIENT_LOCAL) == 0 || network_parse(text, &network, why_r);
}

bool conf_check_client_name(const char *text, struct buf *why_r)
{
    struct network network;
    struct buf ignored = BUF_INIT;
    const bool numeric = network_parse(text, &network, &ignored);

    buf_finish(&ignored);
    if (strncmp(text, "*.", 2) == 0)
        return refuse(why_r, "expected .example.org for all that is below "
                             "example.org, without *");
    if (strcasecmp(text, "unknown") == 0 || text[0] == '[')
        return refuse(why_r, "expected the name of a host; a client without a name "
                             "that could be verified has none");
    if (numeric)
        return refuse(why_r, "expected the name of a host; addresses stand in "
                             "clients");
    return strlen(text) <= NAME_MAX_LEN && conf_check_login_domain(text, why_r);
}

bool conf_check_mechanism(const char *text, struct buf *why_r)
{
    (void)why_r;
    if (text[0] == '\0' || strlen(text) > MECHANISM_MAX)
        return false;
    for (const char *p = text; *p != '\0'; p++) {
        if ((unsigned char)*p >= 0x80 ||
            (!isalnum((unsigned char)*p) && *p != '-' && *p != '_'))
            return false;
    }
    return true;
}

bool conf_check_cert_subject(const char *text, struct buf *why_r)
{
    (void)why_r;
    return text[0] != '\0' && strlen(text) <= SUBJECT_MAX;
}

/* --- what is written --- */

/* Not the grammar of an address, which mail/address.h has: what is none at first sight.
 */
bool conf_check_address_or_empty(const char *text, struct buf *why_r)
{
    const char *at = strrchr(text, '@');

    (void)why_r;
    if (text[0] == '\0')
        return true;
    return at != NULL && at != text && strpbrk(text, "<> ") == NULL &&
           conf_check_login_domain(at + 1, why_r) && at[1] != '.';
}

bool conf_check_url_or_empty(const char *text, struct buf *why_r)
{
    const char *rest = strncasecmp(text, "https://", 8) == 0  ? text + 8
                       : strncasecmp(text, "http://", 7) == 0 ? text + 7
                                                              : "";

    (void)why_r;
    if (text[0] == '\0')
        return true;
    if (rest[0] == '\0' || rest[0] == '/' || strlen(text) > URL_MAX)
        return false;
    for (const char *p = text; *p != '\0'; p++) {
        if (*p <= ' ' || *p > '~' || strchr("\"<>\\^`{|}", *p) != NULL)
            return false;
    }
    return true;
}

/* Fields that mean something to who reads the message, by name or by their beginning.
 */
static bool field_taken(const char *name)
{
    static const char *const names[] = {"Apparently-To",
                                        "Authentication-Results",
                                        "Auto-Submitted",
                                        "Bcc",
                                        "Cc",
                                        "Comments",
                                        "Date",
                                        "Delivered-To",
                                        "DKIM-Signature",
                                        "DomainKey-Signature",
                                        "Envelope-To",
                                        "Errors-To",
                                        "From",
                                        "In-Reply-To",
                                        "Keywords",
                                        "Message-ID",
                                        "MIME-Version",
                                        "Precedence",
                                        "Received",
                                        "Received-SPF",
                                        "References",
                                        "Reply-To",
                                        "Return-Path",
                                        "Return-Receipt-To",
                                        "Sender",
                                        "Subject",
                                        "To",
                                        "X-Original-From"};
    static const char *const beginnings[] = {"ARC-",  "Content-",  "Disposition-",
                                             "List-", "Original-", "Resent-"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcasecmp(name, names[i]) == 0)
            return true;
    }
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        if (strncasecmp(name, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    }
    return false;
}

bool conf_check_tag_field(const char *text, struct buf *why_r)
{
    if (text[0] == '\0' || strlen(text) > FIELD_MAX)
        return false;
    for (const char *p = text; *p != '\0'; p++) {
        if (*p <= ' ' || *p > '~' || *p == ':')
            return false;
    }
    if (field_taken(text))
        return refuse(why_r, "expected a field that has no meaning of its own, such "
                             "as X-Sendas");
    return true;
}

bool conf_check_authserv_id_or_empty(const char *text, struct buf *why_r)
{
    (void)why_r;
    if (text[0] == '.' || text[0] == '-' || strlen(text) > NAME_MAX_LEN)
        return false;
    for (const char *p = text; *p != '\0'; p++) {
        if ((unsigned char)*p >= 0x80 ||
            (!isalnum((unsigned char)*p) && strchr(".-_", *p) == NULL))
            return false;
    }
    return true;
}
