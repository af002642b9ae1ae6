/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "map/ldap_name.h"

#include <string.h>

#include "ldap/dn.h"
#include "ldap/filter.h"

/* Two keys of which every part differs, and with all the parts that a template may ask
 * for. */
static const char name_key_a[] = "a@a.a.a.a.a.a.a.a.a";
static const char name_key_b[] = "b@b.b.b.b.b.b.b.b.b";

void ldap_name_format(const struct map_template *template, const char *key,
                      struct buf *out)
{
    map_template_expand(template, key, NULL, filter_escape_dn, out);
}

static bool name_parse(const struct map_template *template, const char *key,
                       struct arena *arena, struct dn *dn_r)
{
    struct buf text = BUF_INIT;
    bool ok;

    ldap_name_format(template, key, &text);
    if (text.failed)
        arena->failed = true;
    ok = !text.failed && memchr(buf_str(&text), '\0', text.len) == NULL &&
         dn_parse(buf_str(&text), arena, dn_r);
    buf_finish(&text);
    return ok;
}

struct ldap_name *ldap_name_create(const struct map_template *template,
                                   struct arena *arena)
{
    struct ldap_name *name = arena_alloc(arena, sizeof(*name));
    struct dn a, b;

    if (name == NULL || !name_parse(template, name_key_a, arena, &a) ||
        !name_parse(template, name_key_b, arena, &b) || a.count != b.count)
        return NULL;
    *name = (struct ldap_name){.template = template, .count = a.count, .rdns = a.rdns};
    name->expanded = arena_alloc(arena, a.count + 1);
    for (size_t i = 0; name->expanded != NULL && i < a.count; i++) {
        if (strcmp(a.avas[i].type, b.avas[i].type) != 0)
            return NULL;
        name->expanded[i] = strcmp(a.avas[i].value, b.avas[i].value) != 0;
    }
    return name->expanded != NULL ? name : NULL;
}

/* Has one of the values in that relative name of the directory's what is wanted? */
static bool rdn_has(const struct dn *dn, const struct dn_ava *wanted,
                    ldap_name_same *same, void *arg)
{
    for (size_t i = 0; i < dn->count; i++) {
        if (dn->avas[i].rdn == wanted->rdn &&
            same(wanted->value, dn->avas[i].value, dn->avas[i].len, arg))
            return true;
    }
    return false;
}

bool ldap_name_matches(const struct ldap_name *name, const char *key, const char *dn,
                       bool below, ldap_name_same *same, void *arg, struct arena *arena)
{
    struct dn wanted, found;

    if (!name_parse(name->template, key, arena, &wanted) ||
        !dn_parse(dn, arena, &found) || wanted.count != name->count ||
        (below ? found.rdns < wanted.rdns : found.rdns != wanted.rdns))
        return false;
    for (size_t i = 0; i < wanted.count; i++) {
        if (name->expanded[i] && !rdn_has(&found, &wanted.avas[i], same, arg))
            return false;
    }
    return true;
}
