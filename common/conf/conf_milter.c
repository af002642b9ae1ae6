/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/conf_checks.h"
#include "conf/conf_policy_checks.h"
#include "conf/conf_table.h"
#include "conf/endpoint.h"
#include "conf/reply_text.h"

/* --- the words of the settings that choose among some; the default stands first --- */

static const struct name_row log_format_words[] = {
    {"text", LOG_FORMAT_TEXT}, {"json", LOG_FORMAT_JSON}, {NULL, 0}};
static const struct name_row mail_from_words[] = {
    {"owned", MAIL_FROM_OWNED}, {"any", MAIL_FROM_ANY}, {NULL, 0}};
static const struct name_row from_words[] = {{"owned", FROM_OWNED},
                                             {"mail-from", FROM_MAIL_FROM},
                                             {"domain", FROM_DOMAIN},
                                             {"any", FROM_ANY},
                                             {NULL, 0}};
static const struct name_row owned_words[] = {
    {"owned", CHECK_OWNED}, {"any", CHECK_ANY}, {NULL, 0}};
static const struct name_row reply_to_words[] = {
    {"any", CHECK_ANY}, {"owned", CHECK_OWNED}, {NULL, 0}};
static const struct name_row display_name_words[] = {
    {"any", DISPLAY_NAME_ANY},
    {"no-foreign-address", DISPLAY_NAME_NO_FOREIGN},
    {NULL, 0}};
static const struct name_row null_sender_words[] = {
    {"allow", NULL_SENDER_ALLOW}, {"reject", NULL_SENDER_REJECT}, {NULL, 0}};
static const struct name_row missing_from_words[] = {{"reject", MISSING_FROM_REJECT},
                                                     {"add", MISSING_FROM_ADD},
                                                     {"allow", MISSING_FROM_ALLOW},
                                                     {NULL, 0}};
static const struct name_row auth_param_words[] = {
    {"ignore", AUTH_PARAM_IGNORE}, {"owned", AUTH_PARAM_OWNED}, {NULL, 0}};
static const struct name_row unauthenticated_words[] = {
    {"pass", UNAUTHENTICATED_PASS},
    {"protect-owned", UNAUTHENTICATED_PROTECT_OWNED},
    {"reject", UNAUTHENTICATED_REJECT},
    {NULL, 0}};
static const struct name_row on_violation_words[] = {
    {"reject", ON_VIOLATION_REJECT},
    {"defer", ON_VIOLATION_DEFER},
    {"quarantine", ON_VIOLATION_QUARANTINE},
    {"discard", ON_VIOLATION_DISCARD},
    {"rewrite", ON_VIOLATION_REWRITE},
    {"add-sender", ON_VIOLATION_ADD_SENDER},
    {"tag", ON_VIOLATION_TAG},
    {"log", ON_VIOLATION_LOG},
    {NULL, 0}};
static const struct name_row on_lookup_failure_words[] = {
    {"defer", ON_LOOKUP_FAILURE_DEFER},
    {"accept", ON_LOOKUP_FAILURE_ACCEPT},
    {"reject", ON_LOOKUP_FAILURE_REJECT},
    {NULL, 0}};
static const struct name_row mode_words[] = {
    {"enforce", MODE_ENFORCE}, {"monitor", MODE_MONITOR}, {NULL, 0}};
static const struct name_row show_login_words[] = {{"none", SHOW_LOGIN_NONE},
                                                   {"hashed", SHOW_LOGIN_HASHED},
                                                   {"full", SHOW_LOGIN_FULL},
                                                   {NULL, 0}};
static const struct name_row show_client_words[] = {
    {"full", SHOW_CLIENT_FULL}, {"none", SHOW_CLIENT_NONE}, {NULL, 0}};

static const struct name_row authenticated_words[] = {{"any", RULE_AUTHENTICATED_ANY},
                                                      {"true", RULE_AUTHENTICATED_YES},
                                                      {"false", RULE_AUTHENTICATED_NO},
                                                      {NULL, 0}};
static const struct name_row min_tls_words[] = {{"none", MIN_TLS_NONE},
                                                {"any", MIN_TLS_ANY},
                                                {"TLSv1", MIN_TLS_1_0},
                                                {"TLSv1.1", MIN_TLS_1_1},
                                                {"TLSv1.2", MIN_TLS_1_2},
                                                {"TLSv1.3", MIN_TLS_1_3},
                                                {NULL, 0}};

/* --- checks of single values --- */

static bool check_listen(const char *text, struct buf *why_r)
{
    struct arena arena = {0};
    struct endpoint endpoint;
    const bool ok = endpoint_parse(text, &arena, &endpoint, why_r);

    arena_finish(&arena);
    return ok;
}

static bool check_delimiter(const char *text, struct buf *why_r)
{
    (void)why_r;
    for (const char *p = text; *p != '\0'; p++) {
        if ((unsigned char)*p >= 0x80 || !ispunct((unsigned char)*p) ||
            strchr("@\"\\", *p) != NULL)
            return false;
    }
    return true;
}

/* --- the table --- */

enum { DAY = 86400 };

#define AT(field) offsetof(struct conf, field)
#define IN_RULE(field) offsetof(struct conf_rule, field)

static const struct conf_row rows[] = {
    {.name = "listen",
     .type = CONF_STRING,
     .change = CONF_AT_START,
     .offset = AT(listen),
     .initial = "unix:" RUNSTATEDIR "/sendas/milter.sock",
     .expected = "unix:/PATH, inet:PORT@ADDRESS or inet6:PORT@ADDRESS",
     .description = "where the MTA reaches the milter",
     .check = check_listen},
    CONF_ROW_SOCKET_MODE(AT(socket_mode), "a Unix socket"),
    CONF_ROW_SOCKET_GROUP(AT(socket_group), "a Unix socket"),
    CONF_ROW_USER(AT(user), "sendas"),
    CONF_ROW_PID_FILE(AT(pid_file), RUNSTATEDIR "/sendas/milter.pid"),
    {.name = "control",
     .type = CONF_STRING,
     .change = CONF_AT_START,
     .offset = AT(control),
     .initial = RUNSTATEDIR "/sendas/control",
     .expected = "an absolute path of a socket, or \"\" for none",
     .description = "socket on which sendasctl reaches the running milter",
     .check = conf_check_socket_or_empty},
    CONF_ROW_LOG_TO(AT(log_to)),
    CONF_ROW_LOG_FACILITY(AT(log_facility)),
    {.name = "log_format",
     .type = CONF_WORD,
     .offset = AT(log_format),
     .initial = "text",
     .words = log_format_words,
     .description = "how log lines are written"},
    {.name = "log_accepted",
     .type = CONF_BOOL,
     .offset = AT(log_accepted),
     .initial = "true",
     .description = "one log line for each accepted message too"},

    {.name = "store",
     .type = CONF_STRING,
     .offset = AT(store),
     .initial = LOCALSTATEDIR "/lib/sendas/grants.db",
     .expected = CONF_PATH_EXPECTED,
     .description = "the database of grants that sendasctl keeps",
     .check = conf_check_path},
    {.name = "send_as",
     .type = CONF_LIST,
     .offset = AT(send_as),
     .initial = "builtin",
     .expected = "a list of maps such as { \"builtin\", \"file:/etc/sendas/owners\" }",
     .description = "maps that say which logins own an address",
     .check = conf_check_not_empty},
    {.name = "on_behalf",
     .type = CONF_LIST,
     .offset = AT(on_behalf),
     .initial = "builtin",
     .expected =
         "a list of maps such as { \"builtin\", \"file:/etc/sendas/on_behalf\" }",
     .description = "maps of who may write in the name of an address",
     .check = conf_check_not_empty},
    {.name = "resend",
     .type = CONF_LIST,
     .offset = AT(resend),
     .initial = "builtin",
     .expected = "a list of maps such as { \"builtin\", \"file:/etc/sendas/resend\" }",
     .description = "maps of who may send on what an address wrote",
     .check = conf_check_not_empty},
    {.name = "deny",
     .type = CONF_LIST,
     .offset = AT(deny),
     .initial = "builtin",
     .expected = "a list of maps such as { \"builtin\", \"file:/etc/sendas/deny\" }",
     .description = "maps of who may not use an address, whatever others say",
     .check = conf_check_not_empty},
    {.name = "groups",
     .type = CONF_LIST,
     .offset = AT(groups),
     .initial = "builtin",
     .expected = "a list of maps such as { \"builtin\", \"file:/etc/sendas/groups\" }",
     .description = "maps that say who is in a group of logins",
     .check = conf_check_not_empty},
    {.name = "alias_domains",
     .type = CONF_LIST,
     .offset = AT(alias_domains),
     .initial = "",
     .expected =
         "a list of maps such as { \"builtin\", \"file:/etc/sendas/alias_domains\" }",
     .description = "maps from a domain to the one that it stands for",
     .check = conf_check_not_empty},
    CONF_ROW_LOGIN_DOMAIN(AT(login_domain)),
    {.name = "recipient_delimiter",
     .type = CONF_STRING,
     .offset = AT(recipient_delimiter),
     .initial = "+",
     .expected = "punctuation characters other than @, \" and \\, or \"\" for none",
     .description = "characters that begin the extension in user+extension",
     .check = check_delimiter},
    {.name = "case_sensitive_local_part",
     .type = CONF_BOOL,
     .offset = AT(case_sensitive_local_part),
     .initial = "false",
     .description = "whether Alice@ and alice@ are two addresses"},

    {.name = "mail_from",
     .type = CONF_WORD,
     .offset = AT(policy.mail_from),
     .initial = "owned",
     .words = mail_from_words,
     .description = "what the envelope sender must be"},
    {.name = "from",
     .type = CONF_WORD,
     .offset = AT(policy.from),
     .initial = "owned",
     .words = from_words,
     .description = "what each address in From must be"},
    {.name = "sender",
     .type = CONF_WORD,
     .offset = AT(policy.sender),
     .initial = "owned",
     .words = owned_words,
     .description = "what the address in Sender must be"},
    {.name = "resent",
     .type = CONF_WORD,
     .offset = AT(policy.resent),
     .initial = "owned",
     .words = owned_words,
     .description = "what each address in Resent-From and Resent-Sender must be"},
    {.name = "reply_to",
     .type = CONF_WORD,
     .offset = AT(policy.reply_to),
     .initial = "any",
     .words = reply_to_words,
     .description = "what each address in Reply-To must be"},
    {.name = "display_name",
     .type = CONF_WORD,
     .offset = AT(policy.display_name),
     .initial = "any",
     .words = display_name_words,
     .description = "which addresses a display name or a comment may show"},
    {.name = "null_sender",
     .type = CONF_WORD,
     .offset = AT(policy.null_sender),
     .initial = "allow",
     .words = null_sender_words,
     .description = "whether the envelope sender may be empty"},
    {.name = "missing_from",
     .type = CONF_WORD,
     .offset = AT(policy.missing_from),
     .initial = "reject",
     .words = missing_from_words,
     .description = "what happens to a message without a From field"},
    {.name = "auth_param",
     .type = CONF_WORD,
     .offset = AT(policy.auth_param),
     .initial = "ignore",
     .words = auth_param_words,
     .description = "what the address in AUTH= of MAIL FROM must be"},
    {.name = "unauthenticated",
     .type = CONF_WORD,
     .offset = AT(policy.unauthenticated),
     .initial = "pass",
     .words = unauthenticated_words,
     .description = "what happens to mail of clients that have not logged in"},
    {.name = "on_violation",
     .type = CONF_WORD,
     .offset = AT(policy.on_violation),
     .initial = "reject",
     .words = on_violation_words,
     .description = "what happens when an address is not the login's"},
    {.name = "on_lookup_failure",
     .type = CONF_WORD,
     .offset = AT(policy.on_lookup_failure),
     .initial = "defer",
     .words = on_lookup_failure_words,
     .description = "what happens when a map cannot tell"},
    {.name = "mode",
     .type = CONF_WORD,
     .offset = AT(policy.mode),
     .initial = "enforce",
     .words = mode_words,
     .description = "whether decisions are carried out or only logged"},

    {.name = "own_address",
     .type = CONF_STRING,
     .offset = AT(policy.own_address),
     .initial = "",
     .expected = "an address such as www@example.org, or \"\" for the login's own",
     .description = "the address that rewrite and add-sender put in",
     .check = conf_check_address_or_empty},
    {.name = "reply",
     .type = CONF_STRING,
     .offset = AT(policy.reply),
     .initial = "",
     .expected =
         "a text with placeholders such as {address}, or \"\" for the usual one",
     .description = "text of the reply to what is refused",
     .check = reply_text_check},
    {.name = "help_url",
     .type = CONF_STRING,
     .offset = AT(policy.help_url),
     .initial = "",
     .expected = "a URL that begins with https:// or http://, or \"\" for none",
     .description = "where the reply sends people for help",
     .check = conf_check_url_or_empty},
    {.name = "tag_field",
     .type = CONF_STRING,
     .offset = AT(tag_field),
     .initial = "X-Sendas",
     .expected = "the name of a header field such as X-Sendas",
     .description = "the field that on_violation = tag adds",
     .check = conf_check_tag_field},
    {.name = "monitor_field",
     .type = CONF_BOOL,
     .offset = AT(monitor_field),
     .initial = "false",
     .description = "whether that field says in monitor mode what would have happened"},

    {.block = "received",
     .name = "add",
     .type = CONF_BOOL,
     .offset = AT(received.add),
     .initial = "true",
     .description = "whether a Received field is added to each message"},
    {.block = "received",
     .name = "unauthenticated",
     .type = CONF_BOOL,
     .offset = AT(received.unauthenticated),
     .initial = "true",
     .description = "whether mail of clients without a login gets it, too"},
    {.block = "received",
     .name = "login",
     .type = CONF_WORD,
     .offset = AT(received.login),
     .initial = "none",
     .words = show_login_words,
     .description = "how the Received field shows who logged in"},
    {.block = "received",
     .name = "client",
     .type = CONF_WORD,
     .offset = AT(received.client),
     .initial = "full",
     .words = show_client_words,
     .description = "whether the Received field shows the client's address"},
    {.block = "received",
     .name = "hash_key_file",
     .type = CONF_STRING,
     .offset = AT(received.hash_key_file),
     .initial = LOCALSTATEDIR "/lib/sendas/received.key",
     .expected = CONF_PATH_EXPECTED,
     .description = "secret key of the hashed login; made when it is missing",
     .check = conf_check_path},

    {.block = "authentication_results",
     .name = "add",
     .type = CONF_BOOL,
     .offset = AT(results.add),
     .initial = "false",
     .description = "whether an Authentication-Results field is added"},
    {.block = "authentication_results",
     .name = "authserv_id",
     .type = CONF_STRING,
     .offset = AT(results.authserv_id),
     .initial = "",
     .expected = "a name such as mail.example.org, or \"\" for the MTA's",
     .description = "who says so; empty: the MTA's host name",
     .check = conf_check_authserv_id_or_empty},
    {.block = "authentication_results",
     .name = "login",
     .type = CONF_WORD,
     .offset = AT(results.login),
     .initial = "none",
     .words = show_login_words,
     .description = "how the field shows who logged in"},

    {.block = "cache",
     .name = "maps",
     .type = CONF_LIST,
     .offset = AT(cache.maps),
     .initial = "ldap",
     .expected = "a list of types such as \"ldap\", or of maps as in send_as, or none",
     .description = "maps whose answers are kept for a while",
     .check = conf_check_not_empty},
    {.block = "cache",
     .name = "ttl",
     .type = CONF_TIME,
     .offset = AT(cache.ttl),
     .initial = "1m",
     .min = 1,
     .max = DAY,
     .description = "how long the owners of an address are kept"},
    {.block = "cache",
     .name = "negative_ttl",
     .type = CONF_TIME,
     .offset = AT(cache.negative_ttl),
     .initial = "10s",
     .min = 0,
     .max = DAY,
     .description = "how long it is kept that an address has no owner"},
    {.block = "cache",
     .name = "stale",
     .type = CONF_TIME,
     .offset = AT(cache.stale),
     .initial = "0s",
     .min = 0,
     .max = 7 * DAY,
     .description = "how much longer owners count while their map cannot tell"},
    {.block = "cache",
     .name = "megabytes",
     .type = CONF_NUMBER,
     .offset = AT(cache.megabytes),
     .initial = "16",
     .min = 1,
     .max = 1024,
     .description = "most memory for the answers of one map"},

    {.block = "rule",
     .name = "logins",
     .type = CONF_LIST,
     .offset = IN_RULE(logins),
     .initial = "",
     .expected = "a list such as { \"alice@example.org\", \"group:sales\" }",
     .description = "who has logged in",
     .check = conf_check_login},
    {.block = "rule",
     .name = "login_domains",
     .type = CONF_LIST,
     .offset = IN_RULE(login_domains),
     .initial = "",
     .expected = "a list such as { \"example.org\", \".example.org\" }",
     .description = "the domain of who has logged in",
     .check = conf_check_login_domain},
    {.block = "rule",
     .name = "clients",
     .type = CONF_LIST,
     .offset = IN_RULE(clients),
     .initial = "",
     .expected =
         "a list such as { \"192.0.2.0/24\", \"2001:db8::1\", \"" CLIENT_LOCAL "\" }",
     .description = "addresses and networks of clients",
     .check = conf_check_client},
    {.block = "rule",
     .name = "client_names",
     .type = CONF_LIST,
     .offset = IN_RULE(client_names),
     .initial = "",
     .expected = "a list such as { \"mx.example.org\", \".example.org\" }",
     .description = "names of clients, as far as the MTA could verify them",
     .check = conf_check_client_name},
    {.block = "rule",
     .name = "daemons",
     .type = CONF_LIST,
     .offset = IN_RULE(daemons),
     .initial = "",
     .expected = "a list of names such as { \"submission\" }",
     .description = "services of the MTA, by its {daemon_name}",
     .check = conf_check_not_empty},
    {.block = "rule",
     .name = "mechanisms",
     .type = CONF_LIST,
     .offset = IN_RULE(mechanisms),
     .initial = "",
     .expected = "a list of SASL mechanisms such as { \"PLAIN\", \"LOGIN\" }",
     .description = "how the client has logged in",
     .check = conf_check_mechanism},
    {.block = "rule",
     .name = "authenticated",
     .type = CONF_WORD,
     .offset = IN_RULE(authenticated),
     .initial = "any",
     .words = authenticated_words,
     .description = "whether the client has logged in"},
    {.block = "rule",
     .name = "min_tls",
     .type = CONF_WORD,
     .offset = IN_RULE(min_tls),
     .initial = "none",
     .words = min_tls_words,
     .description = "the least protocol of an encrypted connection"},
    {.block = "rule",
     .name = "cert_subjects",
     .type = CONF_LIST,
     .offset = IN_RULE(cert_subjects),
     .initial = "",
     .expected = "a list of subjects as the MTA gives them in {cert_subject}",
     .description = "subjects of verified client certificates",
     .check = conf_check_cert_subject},
    {.block = "rule",
     .name = "identity",
     .type = CONF_STRING,
     .offset = IN_RULE(identity),
     .initial = "",
     .expected = "a login, or " IDENTITY_MAIL_FROM " for the envelope sender",
     .description = "who a client counts as that has not logged in",
     .check = conf_check_identity_or_empty},
    {.name = NULL},
};

_Static_assert(sizeof rows / sizeof *rows <= CONF_ROWS_MAX,
               "CONF_ROWS_MAX is too small");

static const struct conf_titled rule = {
    .block = "rule",
    .reserved = "default",
    .size = sizeof(struct conf_rule),
    .name = IN_RULE(name),
    .line = IN_RULE(line),
    .lines = IN_RULE(lines),
    .items = AT(rules),
    .count = AT(rule_count),
    .shared_from = AT(policy),
    .shared_size = sizeof(struct conf_policy),
    .shared = IN_RULE(policy),
};

const struct conf_kind conf_kind_milter = {rows, sizeof(struct conf), &rule};

struct conf *conf_load(const char *path, struct buf *error_r)
{
    return (struct conf *)conf_kind_load(&conf_kind_milter, path, error_r);
}

void conf_destroy(struct conf *conf)
{
    conf_head_destroy(conf != NULL ? &conf->head : NULL);
}
