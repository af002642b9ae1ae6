/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "conf/conf_table.h"

#include <ctype.h>
#include <string.h>
#include <syslog.h>

#include "conf/endpoint.h"

/* --- the words of the settings that choose among some; the default stands first --- */

static const struct name_row log_to_words[] = {{"auto", LOG_TO_AUTO},
                                               {"stderr", LOG_TO_STDERR},
                                               {"syslog", LOG_TO_SYSLOG},
                                               {NULL, 0}};
static const struct name_row log_facility_words[] = {
    {"mail", LOG_MAIL},     {"daemon", LOG_DAEMON}, {"auth", LOG_AUTH},
    {"local0", LOG_LOCAL0}, {"local1", LOG_LOCAL1}, {"local2", LOG_LOCAL2},
    {"local3", LOG_LOCAL3}, {"local4", LOG_LOCAL4}, {"local5", LOG_LOCAL5},
    {"local6", LOG_LOCAL6}, {"local7", LOG_LOCAL7}, {NULL, 0}};
static const struct name_row mail_from_words[] = {
    {"owned", MAIL_FROM_OWNED}, {"any", MAIL_FROM_ANY}, {NULL, 0}};
static const struct name_row from_words[] = {{"owned", FROM_OWNED},
                                             {"mail-from", FROM_MAIL_FROM},
                                             {"domain", FROM_DOMAIN},
                                             {"any", FROM_ANY},
                                             {NULL, 0}};
static const struct name_row owned_words[] = {
    {"owned", CHECK_OWNED}, {"any", CHECK_ANY}, {NULL, 0}};
static const struct name_row display_name_words[] = {
    {"any", DISPLAY_NAME_ANY},
    {"no-foreign-address", DISPLAY_NAME_NO_FOREIGN},
    {NULL, 0}};
static const struct name_row null_sender_words[] = {
    {"allow", NULL_SENDER_ALLOW}, {"reject", NULL_SENDER_REJECT}, {NULL, 0}};
static const struct name_row missing_from_words[] = {
    {"reject", MISSING_FROM_REJECT}, {"allow", MISSING_FROM_ALLOW}, {NULL, 0}};
static const struct name_row on_violation_words[] = {{"reject", ON_VIOLATION_REJECT},
                                                     {"defer", ON_VIOLATION_DEFER},
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

/* --- checks of single values --- */

static bool check_listen(const char *text, struct buf *why_r)
{
    struct arena arena = {0};
    struct endpoint endpoint;
    const bool ok = endpoint_parse(text, &arena, &endpoint, why_r);

    arena_finish(&arena);
    return ok;
}

static bool check_not_empty(const char *text, struct buf *why_r)
{
    (void)why_r;
    return text[0] != '\0';
}

static bool check_path(const char *text, struct buf *why_r)
{
    (void)why_r;
    return text[0] == '/';
}

static bool check_path_or_empty(const char *text, struct buf *why_r)
{
    return text[0] == '\0' || check_path(text, why_r);
}

/* Not the full grammar of a domain: enough that it completes a login to one address. */
static bool check_domain_or_empty(const char *text, struct buf *why_r)
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

#define AT(field) offsetof(struct conf, field)
#define PATH_EXPECTED "an absolute path"

const struct conf_row conf_table[] = {
    {.name = "listen",
     .type = CONF_STRING,
     .change = CONF_AT_START,
     .offset = AT(listen),
     .initial = "unix:" RUNSTATEDIR "/sendas/milter.sock",
     .expected = "unix:/PATH, inet:PORT@ADDRESS or inet6:PORT@ADDRESS",
     .description = "where the MTA reaches the milter",
     .check = check_listen},
    {.name = "socket_mode",
     .type = CONF_OCTAL,
     .change = CONF_AT_START,
     .offset = AT(socket_mode),
     .initial = "0660",
     .expected = "an octal file mode such as 0660, at most 0777",
     .description = "permissions of a Unix socket"},
    {.name = "socket_group",
     .type = CONF_STRING,
     .change = CONF_AT_START,
     .offset = AT(socket_group),
     .initial = "",
     .expected = "the name of a group, or \"\" for the user's own",
     .description = "group of a Unix socket, such as the MTA's"},
    {.name = "user",
     .type = CONF_STRING,
     .change = CONF_AT_START,
     .offset = AT(user),
     .initial = "sendas",
     .expected = "the name of a user",
     .description = "user to run as when started as root",
     .check = check_not_empty},
    {.name = "pid_file",
     .type = CONF_STRING,
     .change = CONF_AT_START,
     .offset = AT(pid_file),
     .initial = RUNSTATEDIR "/sendas/milter.pid",
     .expected = PATH_EXPECTED ", or \"\" for none",
     .description = "where the process id goes when started with -d",
     .check = check_path_or_empty},
    {.name = "log_to",
     .type = CONF_WORD,
     .change = CONF_AT_START,
     .offset = AT(log_to),
     .initial = "auto",
     .words = log_to_words,
     .description = "where log lines go"},
    {.name = "log_facility",
     .type = CONF_WORD,
     .change = CONF_AT_START,
     .offset = AT(log_facility),
     .initial = "mail",
     .words = log_facility_words,
     .description = "facility of syslog"},
    {.name = "log_accepted",
     .type = CONF_BOOL,
     .offset = AT(log_accepted),
     .initial = "true",
     .description = "one log line for each accepted message too"},

    {.name = "store",
     .type = CONF_STRING,
     .offset = AT(store),
     .initial = LOCALSTATEDIR "/lib/sendas/grants.db",
     .expected = PATH_EXPECTED,
     .description = "the database of grants that sendasctl keeps",
     .check = check_path},
    {.name = "send_as",
     .type = CONF_LIST,
     .offset = AT(send_as),
     .initial = "builtin",
     .expected = "a list of maps such as { \"builtin\", \"file:/etc/sendas/owners\" }",
     .description = "maps that say which logins own an address",
     .check = check_not_empty},
    {.name = "login_domain",
     .type = CONF_STRING,
     .offset = AT(login_domain),
     .initial = "",
     .expected = "a domain such as example.org, or \"\" for none",
     .description = "domain that completes a login without one",
     .check = check_domain_or_empty},
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

    {.block = "received",
     .name = "add",
     .type = CONF_BOOL,
     .offset = AT(received.add),
     .initial = "true",
     .description = "whether a Received field is added to each message"},
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
     .expected = PATH_EXPECTED,
     .description = "secret key of the hashed login; made when it is missing",
     .check = check_path},
    {.name = NULL},
};

_Static_assert(sizeof conf_table / sizeof *conf_table <= CONF_ROWS_MAX,
               "CONF_ROWS_MAX is too small");

/* --- looking things up --- */

static bool same_block(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

const struct conf_row *conf_row_find(const char *block, const char *name)
{
    for (const struct conf_row *row = conf_table; row->name != NULL; row++) {
        if (same_block(row->block, block) && strcmp(row->name, name) == 0)
            return row;
    }
    return NULL;
}

bool conf_block_known(const char *block)
{
    for (const struct conf_row *row = conf_table; row->name != NULL; row++) {
        if (row->block != NULL && strcmp(row->block, block) == 0)
            return true;
    }
    return false;
}

enum { GUESS_NAME_MAX = 40, GUESS_DISTANCE_MAX = 2 };

static size_t smallest(size_t a, size_t b, size_t c)
{
    const size_t ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* How many letters to add, drop or change to get from one name to the other. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[GUESS_NAME_MAX + 1];
    const size_t width = strlen(b);

    if (strlen(a) > GUESS_NAME_MAX || width > GUESS_NAME_MAX)
        return GUESS_NAME_MAX;
    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            const size_t above = row[j];
            const char x =
                a[i - 1] == '-' ? '_' : (char)tolower((unsigned char)a[i - 1]);

            row[j] = smallest(above + 1, row[j - 1] + 1, diagonal + (x != b[j - 1]));
            diagonal = above;
        }
    }
    return row[width];
}

const char *conf_name_guess(const char *block, const char *name)
{
    const char *best = NULL;
    size_t best_distance = GUESS_DISTANCE_MAX + 1;

    for (const struct conf_row *row = conf_table; row->name != NULL; row++) {
        /* At the top level a block's own name is as good as a setting's. */
        const char *known = same_block(row->block, block) ? row->name
                            : block == NULL               ? row->block
                                                          : NULL;
        size_t distance;

        if (known == NULL)
            continue;
        distance = edit_distance(name, known);
        if (distance < best_distance && distance * 2 <= strlen(known)) {
            best_distance = distance;
            best = known;
        }
    }
    return best;
}

/* --- printing --- */

void conf_allowed_format(const struct conf_row *row, struct buf *out)
{
    if (row->type == CONF_WORD)
        names_list(row->words, out);
    else if (row->type == CONF_BOOL)
        buf_adds(out, "true or false");
    else
        buf_adds(out, row->expected);
}

/* As a string in double quotes, which libconfuse reads back to the same bytes. */
static void add_quoted(struct buf *out, const char *text)
{
    buf_addc(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            buf_addc(out, '\\');
        buf_addc(out, *text);
    }
    buf_addc(out, '"');
}

static void add_list(struct buf *out, const struct strlist *list)
{
    buf_adds(out, "{ ");
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            buf_adds(out, ", ");
        add_quoted(out, list->items[i]);
    }
    buf_adds(out, list->count > 0 ? " }" : "}");
}

void conf_value_format(const struct conf_row *row, const struct conf *conf,
                       struct buf *out)
{
    const void *field = (const char *)conf + row->offset;

    switch (row->type) {
    case CONF_STRING:
        add_quoted(out, *(const char *const *)field);
        break;
    case CONF_LIST:
        add_list(out, field);
        break;
    case CONF_BOOL:
        buf_adds(out, *(const bool *)field ? "true" : "false");
        break;
    case CONF_WORD:
        add_quoted(out, names_name(row->words, *(const int *)field));
        break;
    case CONF_OCTAL:
        buf_addf(out, "\"%04o\"", (unsigned)*(const int *)field);
        break;
    }
}

void conf_where(const struct conf *conf, const char *block, const char *name,
                struct buf *out)
{
    const struct conf_row *row = conf_row_find(block, name);
    const int line = row != NULL ? conf->lines[row - conf_table] : 0;

    if (conf->path[0] != '\0')
        buf_adds(out, conf->path);
    if (line != 0)
        buf_addf(out, ":%d", line);
    buf_addf(out, "%s%s%s%s: ", conf->path[0] != '\0' ? ": " : "",
             block != NULL ? block : "", block != NULL ? "." : "", name);
}

/* The default as it would be written in the file. */
static void add_initial(const struct conf_row *row, struct buf *out)
{
    if (row->type == CONF_BOOL)
        buf_adds(out, row->initial);
    else if (row->type == CONF_LIST)
        buf_addf(out, "{ \"%s\" }", row->initial);
    else
        add_quoted(out, row->initial);
}

void conf_table_print(struct buf *out)
{
    for (const struct conf_row *row = conf_table; row->name != NULL; row++) {
        if (row->block != NULL)
            buf_addf(out, "%s.", row->block);
        buf_addf(out, "%s = ", row->name);
        add_initial(row, out);
        buf_addf(out, "\n    %s%s\n    allowed: ", row->description,
                 row->change == CONF_AT_START ? " (a change needs a restart)" : "");
        conf_allowed_format(row, out);
        buf_addc(out, '\n');
    }
}

void conf_print(const struct conf *conf, struct buf *out)
{
    const char *block = NULL;

    for (const struct conf_row *row = conf_table; row->name != NULL; row++) {
        if (!same_block(row->block, block)) {
            if (block != NULL)
                buf_adds(out, "}\n");
            if (row->block != NULL)
                buf_addf(out, "%s {\n", row->block);
            block = row->block;
        }
        buf_addf(out, "%s%s = ", block != NULL ? "    " : "", row->name);
        conf_value_format(row, conf, out);
        buf_addc(out, '\n');
    }
    if (block != NULL)
        buf_adds(out, "}\n");
}

/* --- comparing --- */

static bool same_list(const struct strlist *a, const struct strlist *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (strcmp(a->items[i], b->items[i]) != 0)
            return false;
    }
    return true;
}

static bool same_value(const struct conf_row *row, const struct conf *a,
                       const struct conf *b)
{
    const void *x = (const char *)a + row->offset;
    const void *y = (const char *)b + row->offset;

    switch (row->type) {
    case CONF_STRING:
        return strcmp(*(const char *const *)x, *(const char *const *)y) == 0;
    case CONF_LIST:
        return same_list(x, y);
    case CONF_BOOL:
        return *(const bool *)x == *(const bool *)y;
    case CONF_WORD:
    case CONF_OCTAL:
        return *(const int *)x == *(const int *)y;
    }
    return false;
}

bool conf_restart_needed(const struct conf *running, const struct conf *loaded,
                         struct buf *out)
{
    bool needed = false;

    for (const struct conf_row *row = conf_table; row->name != NULL; row++) {
        if (row->change != CONF_AT_START || same_value(row, running, loaded))
            continue;
        buf_addf(out, "%s%s", needed ? ", " : "", row->name);
        needed = true;
    }
    return needed;
}
