/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "conf/conf_diff.h"

#include <string.h>

#include "conf/conf_titled.h"

struct diff {
    const struct conf_head *old, *new;
    void (*tell)(void *arg, const struct conf_difference *difference);
    void *arg;
    struct buf old_text, new_text;
    bool failed;
};

static void diff_tell(struct diff *diff, const struct conf_row *row, const char *title,
                      bool in_old, bool in_new)
{
    const struct conf_difference difference = {
        row, title, in_old ? buf_str(&diff->old_text) : NULL,
        in_new ? buf_str(&diff->new_text) : NULL};

    diff->failed = diff->failed || diff->old_text.failed || diff->new_text.failed;
    diff->tell(diff->arg, &difference);
}

static void settings_compare(struct diff *diff)
{
    const struct conf_kind *kind = diff->new->kind;

    for (const struct conf_row *row = kind->rows; row->name != NULL; row++) {
        if (conf_row_titled(kind, row))
            continue;
        buf_clear(&diff->old_text);
        buf_clear(&diff->new_text);
        conf_value_format(row, diff->old, &diff->old_text);
        conf_value_format(row, diff->new, &diff->new_text);
        if (strcmp(buf_str(&diff->old_text), buf_str(&diff->new_text)) != 0)
            diff_tell(diff, row, NULL, true, true);
    }
}

/* The block of that title, or NULL. */
static const void *titled_find(const struct conf_head *conf, const char *title)
{
    const size_t count = conf_titled_count(conf);

    for (size_t i = 0; i < count; i++) {
        const void *item = conf_titled_item(conf, i);

        if (strcmp(conf_titled_title(conf, item), title) == 0)
            return item;
    }
    return NULL;
}

/* How the block has the setting. false: it has not. */
static bool titled_value(const struct conf_head *conf, const void *item,
                         const struct conf_row *row, struct buf *out)
{
    buf_clear(out);
    if (item == NULL || conf_titled_line(conf, item, row->name) == 0)
        return false;
    conf_field_format(row, conf_titled_field(conf->kind, row, item), out);
    return true;
}

/* One block; NULL where it does not stand. */
static void titled_compare(struct diff *diff, const char *title, const void *old,
                           const void *new)
{
    const struct conf_kind *kind = diff->new->kind;

    if (old == NULL || new == NULL) {
        buf_clear(&diff->old_text);
        buf_clear(&diff->new_text);
        conf_quoted_format(title, &diff->old_text);
        conf_quoted_format(title, &diff->new_text);
        diff_tell(diff, NULL, title, old != NULL, new != NULL);
    }
    for (const struct conf_row *row = kind->rows; row->name != NULL; row++) {
        bool in_old, in_new;

        if (!conf_row_titled(kind, row) && !conf_row_shared(kind, row))
            continue;
        in_old = titled_value(diff->old, old, row, &diff->old_text);
        in_new = titled_value(diff->new, new, row, &diff->new_text);
        if (in_old != in_new ||
            strcmp(buf_str(&diff->old_text), buf_str(&diff->new_text)) != 0)
            diff_tell(diff, row, title, in_old, in_new);
    }
}

/* Appends the titles, in order, of the blocks that the other has, too. */
static void order_add(const struct conf_head *conf, const struct conf_head *other,
                      struct buf *out)
{
    const size_t count = conf_titled_count(conf);

    buf_clear(out);
    for (size_t i = 0; i < count; i++) {
        const char *title = conf_titled_title(conf, conf_titled_item(conf, i));

        if (titled_find(other, title) == NULL)
            continue;
        if (out->len != 0)
            buf_adds(out, ", ");
        conf_quoted_format(title, out);
    }
}

bool conf_diff(const struct conf_head *old, const struct conf_head *new,
               void (*tell)(void *arg, const struct conf_difference *difference),
               void *arg)
{
    struct diff diff = {old, new, tell, arg, BUF_INIT, BUF_INIT, false};
    const size_t old_count = conf_titled_count(old);
    const size_t new_count = conf_titled_count(new);

    settings_compare(&diff);
    order_add(old, new, &diff.old_text);
    order_add(new, old, &diff.new_text);
    if (strcmp(buf_str(&diff.old_text), buf_str(&diff.new_text)) != 0)
        diff_tell(&diff, NULL, NULL, true, true);
    for (size_t i = 0; i < new_count; i++) {
        const void *item = conf_titled_item(new, i);
        const char *title = conf_titled_title(new, item);

        titled_compare(&diff, title, titled_find(old, title), item);
    }
    for (size_t i = 0; i < old_count; i++) {
        const void *item = conf_titled_item(old, i);
        const char *title = conf_titled_title(old, item);

        if (titled_find(new, title) == NULL)
            titled_compare(&diff, title, item, NULL);
    }
    buf_finish(&diff.old_text);
    buf_finish(&diff.new_text);
    return !diff.failed;
}
