/* SPDX-License-Identifier: BSD-2-Clause */
/* ldap_attribute.h - the names of attributes, with their options: "mail;lang-de". */
#ifndef SENDAS_MAP_LDAP_ATTRIBUTE_H
#define SENDAS_MAP_LDAP_ATTRIBUTE_H

enum ldap_relation {
    LDAP_OTHER,   /* other attributes, or other options of the same */
    LDAP_SAME,    /* the same in all */
    LDAP_SUBTYPE, /* the second has options and the first none */
    LDAP_SUPERTYPE
};

/* How two names go together (RFC 4512 2.5); case does not count. */
enum ldap_relation ldap_attribute_relation(const char *first, const char *second);

#endif
