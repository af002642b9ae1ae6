/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/format.h"
#include "ctl/output.h"
#include "ctl/site.h"
#include "ctl/when.h"

/* The entry that is being made: all before its logins; "" before the first. */
struct export
{
    bool plain; /* as a Postfix table, which knows logins that may send, and no more */
    struct buf entry;
    struct buf next;
    size_t left_out;
    bool failed;
};

/* The beginning of an entry: the address, quoted where the line would else be read as a
 * comment or as one of ours, and a blank. */
static void key_add(struct buf *out, const char *address)
{
    const char *at = strrchr(address, '@');

    if ((address[0] == '#' || address[0] == '!') && at != NULL)
        buf_addf(out, "\"%.*s\"%s ", (int)(at - address), address, at);
    else
        buf_addf(out, "%s ", address);
}

/* What no key of Postfix begins with: the right, and when it ends. */
static void marks_add(struct buf *out, const struct store_grant *grant)
{
    char when[WHEN_MAX];

    if (grant->right == STORE_SEND_AS && grant->expires == 0)
        return;
    buf_addf(out, "!%s", names_name(store_right_names, (int)grant->right));
    if (grant->expires != 0) {
        when_format_utc(grant->expires, when, sizeof when);
        buf_addf(out, ",until=%s", when);
    }
    buf_addc(out, ' ');
}

/* Could the words be read back? `grant' and `import' let no other into the file. */
static bool words_writable(const char *key, const char *login)
{
    for (const char *p = key; *p != '\0'; p++) {
        if ((unsigned char)*p < ' ')
            return false;
    }
    for (const char *p = login; *p != '\0'; p++) {
        if ((unsigned char)*p <= ' ' || *p == ',')
            return false;
    }
    return *key != '\0' && *login != '\0';
}

/* Adds a login to the entry that begins with `next`, which may be the one before. */
static bool login_export(struct export *export, const char *key, const char *login)
{
    if (!words_writable(key, login)) {
        complain("a table cannot hold the grant of %.200s to %.200s", key, login);
        export->failed = true;
        return false;
    }
    if (export->next.failed || export->entry.failed) {
        complain("out of memory");
        export->failed = true;
        return false;
    }
    if (strcmp(buf_str(&export->entry), buf_str(&export->next)) == 0) {
        printf(",%s", login);
        return !ferror(stdout);
    }
    printf("%s%s%s", export->entry.len != 0 ? "\n" : "", buf_str(&export->next), login);
    buf_clear(&export->entry);
    buf_adds(&export->entry, buf_str(&export->next));
    return !ferror(stdout);
}

/* A store_grant_visit: rows come in order of address and right. */
static bool row_export(const struct store_grant *grant, void *arg)
{
    struct export *export = arg;

    if (export->plain && (grant->right != STORE_SEND_AS || grant->expires != 0 ||
                          strncmp(grant->login, "group:", 6) == 0)) {
        export->left_out++;
        return true;
    }
    buf_clear(&export->next);
    marks_add(&export->next, grant);
    key_add(&export->next, grant->address);
    return login_export(export, grant->address, grant->login);
}

/* A store_member_visit. */
static bool member_export(const struct store_member *member, void *arg)
{
    struct export *export = arg;

    buf_clear(&export->next);
    buf_addf(&export->next, "!group %s ", member->group);
    return login_export(export, member->group, member->member);
}

static int rows_export(struct site *site, bool plain)
{
    struct store *store = site_store_open(site, STORE_READ);
    struct export export = {.plain = plain};
    struct buf error = BUF_INIT;
    bool done =
        store != NULL && store_visit(store, NULL, NULL, row_export, &export, &error);

    if (done && !plain && !export.failed && !ferror(stdout))
        done = store_members_visit(store, NULL, NULL, member_export, &export, &error);
    complain_lines(buf_str(&error));
    if (export.entry.len != 0)
        putchar('\n');
    if (export.left_out != 0)
        complain("left out: %zu grants that Postfix knows no form of (other rights, an "
                 "end, groups)",
                 export.left_out);
    buf_finish(&error);
    buf_finish(&export.entry);
    buf_finish(&export.next);
    store_close(store);
    return done && !export.failed ? EXIT_DONE : EXIT_FAILED;
}

int cmd_export(const struct options *options, int count, char **words)
{
    const char *to =
        options_has(options, OPTION_TO) ? options->value[OPTION_TO] : "sendas";
    struct site site;
    int status = EXIT_WRONG;

    (void)count;
    (void)words;
    if (format_find(to, true) == NULL)
        return EXIT_WRONG;
    if (site_init(&site, options))
        status = rows_export(&site, strcmp(to, "postfix") == 0);
    site_finish(&site);
    return status;
}
