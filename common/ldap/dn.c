/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ldap/dn.h"

#include <ldap.h>

static bool dn_copy(LDAPDN names, struct arena *arena, struct dn *dn_r)
{
    size_t count = 0, rdns = 0;

    for (; names != NULL && names[rdns] != NULL; rdns++) {
        for (LDAPAVA **ava = names[rdns]; *ava != NULL; ava++)
            count++;
    }
    *dn_r = (struct dn){.rdns = rdns};
    dn_r->avas = arena_alloc(arena, (count + 1) * sizeof(*dn_r->avas));
    for (size_t i = 0; dn_r->avas != NULL && i < rdns; i++) {
        for (LDAPAVA **ava = names[i]; *ava != NULL; ava++)
            dn_r->avas[dn_r->count++] =
                (struct dn_ava){.type = arena_strndup(arena, (*ava)->la_attr.bv_val,
                                                      (*ava)->la_attr.bv_len),
                                .value = arena_strndup(arena, (*ava)->la_value.bv_val,
                                                       (*ava)->la_value.bv_len),
                                .len = (*ava)->la_value.bv_len,
                                .rdn = rdns - 1 - i};
    }
    return !arena->failed;
}

bool dn_parse(const char *text, struct arena *arena, struct dn *dn_r)
{
    LDAPDN names = NULL;
    bool ok;

    if (ldap_str2dn(text, &names, LDAP_DN_FORMAT_LDAPV3) != LDAP_SUCCESS)
        return false;
    ok = dn_copy(names, arena, dn_r);
    ldap_dnfree(names);
    return ok;
}
