/* SPDX-License-Identifier: BSD-2-Clause */
/* owner_maps.h - the maps that a configuration names, opened: who owns what at a site.
 */
#ifndef SENDAS_POLICY_OWNER_MAPS_H
#define SENDAS_POLICY_OWNER_MAPS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "conf/conf.h"
#include "map/map.h"
#include "policy/owner.h"

/* One setting that is a list of maps. */
struct owner_maps_row {
    const char *setting;
    enum map_use use;
    size_t conf_offset; /* of its struct strlist in struct conf */
    size_t site_offset; /* of its struct owner_maps in struct owner_site */
};

/* All of them; ends with a NULL setting. */
extern const struct owner_maps_row owner_maps_rows[];

/* What the configuration has for a row. */
const struct strlist *owner_maps_specs(const struct owner_maps_row *row,
                                       const struct conf *conf);

/* The maps of a site, those of each row one after the other. */
struct owner_set {
    struct owner_site site;
    struct map_site map_site; /* what they know of it */
    struct map **maps;
    const struct owner_maps_row **rows; /* of each map */
    size_t count;
};

/*
 * Opens all maps of the configuration, which is borrowed and must outlive the set. NULL
 * with one line in *error_r that begins with where the setting stands.
 */
struct owner_set *owner_set_create(const struct conf *conf, struct buf *error_r);
void owner_set_destroy(struct owner_set *set); /* NULL is allowed */

/* Whom the maps tell what happens to them, before other threads use them. */
void owner_set_listen(struct owner_set *set, map_notice *notice, void *arg);

/*
 * Does each item of the setting cache.maps stand for something? false with one line in
 * *error_r.
 */
bool owner_set_cache_check(const struct conf *conf, struct buf *error_r);

/* Puts caches before the maps that the configuration names, before other threads use
 * them. false with one line in *error_r. */
bool owner_set_cache(struct owner_set *set, const struct conf *conf,
                     struct buf *error_r);

/*
 * Makes the caches forget all they know, or (`address` not NULL: an address or @domain)
 * what decides whose that address is; of groups and alias domains it is all, then, too.
 * How many answers that were is in *count_r. false with one line in *error_r: that is
 * no address. Any thread.
 */
bool owner_set_flush(struct owner_set *set, const char *address, size_t *count_r,
                     struct buf *error_r);

#endif
