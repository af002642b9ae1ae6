/* SPDX-License-Identifier: BSD-2-Clause */
/* map_domains.h - the "domain" parameter: for which domains a table is asked at all. */
#ifndef SENDAS_MAP_MAP_DOMAINS_H
#define SENDAS_MAP_MAP_DOMAINS_H

#include "base/answer.h"
#include "base/arena.h"
#include "base/buf.h"
#include "map/map.h"

struct map_domains;

/*
 * Reads a list as in Postfix: domains, names of files with more of them ("/file", read
 * now), tables ("type:name") that have the domain as a key, parted by commas or blanks;
 * "!" before one takes out instead. An empty list gives NULL with nothing in *error_r.
 * NULL with "what is wrong" in *error_r otherwise. The site must outlive the result.
 */
struct map_domains *map_domains_open(const char *list, const struct map_site *site,
                                     struct buf *error_r);
void map_domains_close(struct map_domains *domains);

/*
 * Is the key an address in one of the domains? The first entry that fits decides. Bare
 * local parts and "@domain" are not. ANSWER_UNKNOWN with a line in *error_r: a table of
 * the list could not tell.
 */
enum answer map_domains_match(const struct map_domains *domains, const char *key,
                              struct arena *arena, struct buf *error_r);

#endif
