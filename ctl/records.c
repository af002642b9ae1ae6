/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/records.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/secret.h"
#include "cred/prepare.h"
#include "cred/scheme.h"
#include "ctl/account_login.h"
#include "ctl/output.h"

static const char without_password[] = "without a password";

void records_finish(struct records *records)
{
    secret_finish(&records->passwords);
    hash_finish(&records->by_login);
    arena_finish(&records->arena);
}

void records_wrong(struct records *records, unsigned line, const char *subject,
                   const char *why)
{
    if (records->wrong++ < RECORDS_WRONG_SHOWN || records->skip)
        complain("%s%u: %s%s%.200s%s", records->where, line, why,
                 subject != NULL ? ": \"" : "", subject != NULL ? subject : "",
                 subject != NULL ? "\"" : "");
}

void record_drop(struct records *records, struct record *record, const char *why)
{
    records_wrong(records, record->line, record->login, why);
    record->gone = true;
    records->count--;
}

static void left_out_count(struct records *records, const char *what)
{
    size_t i = 0;

    while (i + 1 < LEFT_OUT_KINDS && records->left_out[i].what != NULL &&
           strcmp(records->left_out[i].what, what) != 0)
        i++;
    records->left_out[i].what = what;
    records->left_out[i].count++;
}

/* Takes a password: kept apart from all else, where it can be wiped. */
static const char *password_take(struct records *records, struct record *record,
                                 const char *password, size_t len)
{
    struct buf prepared = BUF_INIT;
    enum prepared result = prepare_password(PREPARE_OPAQUE, password, len, &prepared);

    secret_finish(&prepared);
    if (result != PREPARED)
        return arena_printf(&records->arena, "a password %s",
                            prepared_sentence(result));
    if (record->password_len != 0)
        return "expected one password, not two";
    record->password = records->passwords.len;
    record->password_len = len;
    secret_add(&records->passwords, password, len);
    return records->passwords.failed ? "out of memory" : NULL;
}

bool records_scheme_there(const struct strlist *verifiers, const struct scheme *scheme)
{
    struct buf ignored = BUF_INIT;
    bool there = false;

    for (size_t i = 0; i < verifiers->count && !there; i++) {
        struct verifier verifier;

        there = verifier_parse(verifiers->items[i], strlen(verifiers->items[i]),
                               &verifier, &ignored) &&
                verifier.scheme == scheme;
    }
    buf_finish(&ignored);
    return there;
}

/* Takes one verifier, or the password that it is. */
static const char *verifier_take(struct records *records, struct record *record,
                                 const char *text, size_t len)
{
    struct arena *arena = &records->arena;
    struct buf stored = BUF_INIT;
    const char *why = NULL;
    struct verifier verifier;

    if (!verifier_parse(text, len, &verifier, &stored)) {
        why = arena_strdup(arena, buf_str(&stored));
    } else if ((scheme_uses(verifier.scheme) & SCHEME_CLEAR) != 0) {
        why = password_take(records, record, verifier.text, verifier.len);
    } else if (records_scheme_there(&record->verifiers, verifier.scheme)) {
        why = "two verifiers of one scheme";
    } else {
        verifier_format(&verifier, &stored);
        if (stored.failed || !strlist_add(&record->verifiers, arena, buf_str(&stored)))
            why = "out of memory";
    }
    secret_finish(&stored);
    return why;
}

static const char *verifiers_take(struct records *records, struct record *record,
                                  const char *text)
{
    const char *why = NULL;

    while (text != NULL && *text != '\0' && why == NULL) {
        size_t len = strcspn(text, "\r\n");

        if (len != 0)
            why = verifier_take(records, record, text, len);
        text += len;
        text += strspn(text, "\r\n");
    }
    return why;
}

static const char *disabled_take(struct record *record, const char *text)
{
    static const struct name_row words[] = {
        {"", false},      {"0", false},   {"n", false}, {"no", false}, {"f", false},
        {"false", false}, {"off", false}, {"1", true},  {"y", true},   {"yes", true},
        {"t", true},      {"true", true}, {"on", true}, {NULL, 0},
    };

    if (text == NULL)
        return NULL;
    for (const struct name_row *row = words; row->name != NULL; row++) {
        if (strcasecmp(row->name, text) == 0) {
            record->disabled = row->value != 0;
            record->disabled_known = true;
            return NULL;
        }
    }
    return "disabled: expected yes or no";
}

static const char *login_take(struct records *records, const char *text,
                              const char **login_r)
{
    const char *why = NULL;

    *login_r = account_login(text, records->login_domain, records->fold_case,
                             &records->arena, &why);
    return *login_r != NULL ? NULL : why;
}

static const char *aliases_take(struct records *records, struct record *record,
                                const char *text)
{
    static const char separators[] = ", \t\r\n";
    const char *why = NULL;

    while (text != NULL && *text != '\0' && why == NULL) {
        const char *word, *alias;
        size_t len;

        text += strspn(text, separators);
        len = strcspn(text, separators);
        if (len == 0)
            break;
        word = arena_strndup(&records->arena, text, len);
        text += len;
        if (word == NULL)
            return "out of memory";
        if ((why = login_take(records, word, &alias)) == NULL &&
            !strlist_has(&record->aliases, alias) &&
            !strlist_add(&record->aliases, &records->arena, alias))
            why = "out of memory";
    }
    return why;
}

/* Fills the record; NULL, or what is wrong with the row. */
static const char *record_fill(struct records *records, const struct source_row *row,
                               struct record *record)
{
    const char *password = row->fields[FIELD_PASSWORD];
    const char *why = login_take(records, row->fields[FIELD_LOGIN], &record->login);

    if (why == NULL && password != NULL && password[0] != '\0')
        why = password_take(records, record, password, strlen(password));
    if (why == NULL)
        why = verifiers_take(records, record, row->fields[FIELD_VERIFIER]);
    if (why == NULL)
        why = disabled_take(record, row->fields[FIELD_DISABLED]);
    if (why == NULL)
        why = aliases_take(records, record, row->fields[FIELD_ALIASES]);
    return why;
}

/* NULL, or what is wrong: the login stands in the file already. */
static const char *record_add(struct records *records, struct record *record)
{
    void **slot = hash_slot(&records->by_login, record->login);
    const struct record *before = slot != NULL ? *slot : NULL;

    if (slot == NULL) {
        records->failed = true;
        return NULL;
    }
    if (before != NULL)
        return arena_printf(&records->arena, "the login is there twice, first at %u",
                            before->line);
    *slot = record;
    if (records->last != NULL)
        records->last->next = record;
    else
        records->first = record;
    records->last = record;
    records->count++;
    return NULL;
}

bool records_take(const struct source_row *row, void *arg)
{
    struct records *records = arg;
    const char *login = row->fields[FIELD_LOGIN];
    struct record *record;
    const char *why = row->wrong;

    if (why == NULL && row->left_out != NULL) {
        left_out_count(records, row->left_out);
        return true;
    }
    record = arena_alloc(&records->arena, sizeof(*record));
    if (record == NULL) {
        records->failed = true;
        return false;
    }
    record->line = row->line;
    if (why == NULL && login == NULL)
        why = "there is no login";
    if (why == NULL)
        why = record_fill(records, row, record);
    if (why == NULL && record->verifiers.count == 0 && record->password_len == 0)
        left_out_count(records, without_password);
    else if (why == NULL)
        why = record_add(records, record);
    if (records->arena.failed || records->passwords.failed)
        records->failed = true;
    else if (why != NULL)
        records_wrong(records, row->line, login, why);
    return !records->failed;
}
