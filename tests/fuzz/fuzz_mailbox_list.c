/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is read from a field is written in one way and reads the same again; and
 * whatever stands beside it, an address that a list is given is found in it.
 */
#include "config.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "fuzz.h"
#include "mail/mailbox_list.h"

static const struct address_rules rules = {.delimiters = "+"};
static const char victim[] = "victim@victim.example";

static bool has(const struct mailbox_list *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->mailboxes[i].address.text, text) == 0)
            return true;
    }
    return false;
}

static bool is_inside(const char *span, size_t span_len, const char *bytes, size_t len)
{
    return span >= bytes && span_len <= len &&
           span - bytes <= (ptrdiff_t)(len - span_len);
}

static void check_mailbox(const struct mailbox *mailbox, const char *bytes, size_t len,
                          struct arena *arena)
{
    const char *text = mailbox->address.text;
    struct address again;

    for (const char *p = text; *p != '\0'; p++)
        MUST((unsigned char)*p >= ' ' && *p != 0x7f);
    MUST(address_parse(text, strlen(text), &rules, arena, &again, NULL) == REASON_NONE);
    MUST(strcmp(again.text, text) == 0);
    MUST(is_inside(mailbox->name, mailbox->name_len, bytes, len));
    MUST(is_inside(mailbox->comment, mailbox->comment_len, bytes, len));
}

/* The addresses, written as a list, are read as they were; but a list is refused that
 * has a local part in quotes. */
static void check_written(const struct mailbox_list *list, struct arena *arena)
{
    struct mailbox_list again;
    struct buf text = BUF_INIT;

    for (size_t i = 0; i < list->count; i++) {
        if (list->count > 1 && list->mailboxes[i].address.literal_only)
            return;
    }
    for (size_t i = 0; i < list->count; i++)
        buf_addf(&text, "%s%s", i != 0 ? ", " : "", list->mailboxes[i].address.text);
    MUST(!text.failed);
    if (text.len <= MAILBOX_FIELD_MAX) {
        MUST(mailbox_list_parse(text.data, text.len, &rules, arena, &again) ==
             REASON_NONE);
        MUST(again.count == list->count);
        for (size_t i = 0; i < list->count; i++)
            MUST(strcmp(again.mailboxes[i].address.text,
                        list->mailboxes[i].address.text) == 0);
    }
    buf_finish(&text);
}

/* `before` and `after` with the field between: refused, or the victim is found. */
static void check_beside(const char *before, const uint8_t *data, size_t size,
                         const char *after, struct arena *arena)
{
    struct mailbox_list list;
    struct buf text = BUF_INIT;

    buf_adds(&text, before);
    buf_add(&text, data, size);
    buf_adds(&text, after);
    MUST(!text.failed);
    if (mailbox_list_parse(text.data, text.len, &rules, arena, &list) == REASON_NONE)
        MUST(has(&list, victim));
    buf_finish(&text);
}

static void check_accepted(const struct mailbox_list *list, const uint8_t *data,
                           size_t size, struct arena *arena)
{
    struct mailbox_list again;

    MUST(list->empty == (list->count == 0));
    for (size_t i = 0; i < list->count; i++)
        check_mailbox(&list->mailboxes[i], (const char *)data, size, arena);
    if (list->count != 0)
        check_written(list, arena);
    mailbox_list_parse((const char *)data, size, &rules, arena, &again);
    MUST(again.reason == REASON_NONE && again.count == list->count);
    check_beside("", data, size, ", victim@victim.example", arena);
    check_beside("", data, size, ",\n <victim@victim.example>", arena);
    check_beside("\"V\" <victim@victim.example>,", data, size, "", arena);
    check_beside("victim@victim.example (V),", data, size, "", arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct mailbox_list list;
    enum reason reason =
        mailbox_list_parse((const char *)data, size, &rules, &arena, &list);

    MUST(!arena.failed && reason == list.reason);
    if (reason == REASON_NONE) {
        check_accepted(&list, data, size, &arena);
    } else {
        MUST(list.error_at <= size && list.expected != NULL && !list.empty);
    }
    arena_finish(&arena);
    return 0;
}
