/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "map/map_template.h"

#include <string.h>

#include "base/escape.h"

enum { TEMPLATE_SHOWN = 100 };

/* A stretch of a string. */
struct part {
    const char *at;
    size_t len;
};

static struct part part_of(const char *s)
{
    return (struct part){s, strlen(s)};
}

/* What stands before the last "@"; all of it if there is none. */
static struct part part_user(const char *address)
{
    const char *at = strrchr(address, '@');

    return at != NULL ? (struct part){address, (size_t)(at - address)}
                      : part_of(address);
}

/* What stands behind the last "@"; empty if there is none. */
static struct part part_domain(const char *address)
{
    const char *at = strrchr(address, '@');

    return part_of(at != NULL ? at + 1 : "");
}

/* The label `number` of the domain, the last one being 1; empty if there are not so
 * many. Several dots in a row part like one. */
static struct part part_label(const char *address, unsigned number)
{
    struct part domain = part_domain(address);
    const char *end = domain.at + domain.len;

    for (;;) {
        const char *start;

        while (end > domain.at && end[-1] == '.')
            end--;
        for (start = end; start > domain.at && start[-1] != '.'; start--)
            ;
        if (--number == 0 || start == end)
            return (struct part){start, (size_t)(end - start)};
        end = start;
    }
}

/* Notes what an expansion needs. false: there is no such expansion. */
static bool template_need(char kind, enum map_template_use use,
                          struct map_template_needs *needs)
{
    bool of_value = use == MAP_TEMPLATE_RESULT;

    if (kind >= '1' && kind <= '9') {
        unsigned labels = (unsigned)(kind - '0');

        needs->key_domain = true;
        if (needs->labels < labels)
            needs->labels = labels;
        return true;
    }
    switch (kind) {
    case 's':
    case 'S':
        return true;
    case 'u':
        *(of_value ? &needs->value_user : &needs->key_user) = true;
        return true;
    case 'd':
        *(of_value ? &needs->value_domain : &needs->key_domain) = true;
        return true;
    case 'U':
        needs->key_user = true;
        return true;
    case 'D':
        needs->key_domain = true;
        return true;
    default:
        return false;
    }
}

static bool template_fail(const char *text, size_t len, const char *at,
                          struct buf *error_r)
{
    size_t left = (size_t)(text + len - at);

    buf_adds(error_r, "unknown expansion \"");
    escape_text(error_r, at, left < 2 ? left : 2, TEMPLATE_SHOWN);
    buf_adds(error_r, "\", expected %s, %u, %d, %S, %U, %D, %1 to %9 or %%");
    return false;
}

bool map_template_parse(struct map_template *template_r, const char *text, size_t len,
                        enum map_template_use use, struct map_template_needs *needs,
                        struct arena *arena, struct buf *error_r)
{
    const char *end = text + len;
    const char *p = text;
    size_t most = 1;

    for (const char *q = text; q < end; q++)
        most += *q == '%' ? 2 : 0;
    *template_r = (struct map_template){.fixed = true};
    text = arena_strndup(arena, text, len);
    template_r->pieces = arena_alloc(arena, most * sizeof(*template_r->pieces));
    if (text == NULL || template_r->pieces == NULL) {
        buf_adds(error_r, "out of memory");
        return false;
    }
    end = text + len;
    for (p = text; p < end;) {
        struct map_template_piece *piece = &template_r->pieces[template_r->count++];

        if (*p != '%') {
            const char *percent = memchr(p, '%', (size_t)(end - p));

            piece->text = p;
            piece->len = (size_t)((percent != NULL ? percent : end) - p);
            p += piece->len;
            continue;
        }
        if (end - p >= 2 && p[1] == '%') {
            piece->text = p;
            piece->len = 1;
        } else if (end - p >= 2 && template_need(p[1], use, needs)) {
            piece->kind = p[1];
            template_r->fixed = false;
        } else {
            return template_fail(text, len, p, error_r);
        }
        p += 2;
    }
    return true;
}

bool map_template_takes_key(const struct map_template_needs *needs, const char *key)
{
    if (*key == '\0')
        return false;
    if (needs->key_user && part_user(key).len == 0)
        return false;
    if (needs->key_domain && part_domain(key).len == 0)
        return false;
    return needs->labels == 0 || part_label(key, needs->labels).len != 0;
}

bool map_template_takes_value(const struct map_template_needs *needs, const char *value)
{
    if (*value == '\0')
        return false;
    if (needs->value_user && part_user(value).len == 0)
        return false;
    return !needs->value_domain || part_domain(value).len != 0;
}

/* What a piece stands for. */
static struct part template_part(const struct map_template_piece *piece,
                                 const char *key, const char *value)
{
    const char *subject = value != NULL ? value : key;

    switch (piece->kind) {
    case '\0':
        return (struct part){piece->text, piece->len};
    case 's':
        return part_of(subject);
    case 'u':
        return part_user(subject);
    case 'd':
        return part_domain(subject);
    case 'S':
        return part_of(key);
    case 'U':
        return part_user(key);
    case 'D':
        return part_domain(key);
    default:
        return part_label(key, (unsigned)(piece->kind - '0'));
    }
}

void map_template_expand(const struct map_template *template, const char *key,
                         const char *value, map_template_quote *quote, struct buf *out)
{
    for (size_t i = 0; i < template->count; i++) {
        const struct map_template_piece *piece = &template->pieces[i];
        struct part part = template_part(piece, key, value);

        if (piece->kind != '\0' && quote != NULL)
            quote(out, part.at, part.len);
        else
            buf_add(out, part.at, part.len);
    }
}
