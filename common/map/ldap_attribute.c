/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "map/ldap_attribute.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

enum ldap_relation ldap_attribute_relation(const char *first, const char *second)
{
    while (*first != '\0' && lower(*first) == lower(*second)) {
        first++;
        second++;
    }
    if (*first == '\0' && *second == '\0')
        return LDAP_SAME;
    if (*first == '\0' && *second == ';')
        return LDAP_SUBTYPE;
    return *second == '\0' && *first == ';' ? LDAP_SUPERTYPE : LDAP_OTHER;
}
