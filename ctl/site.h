/* SPDX-License-Identifier: BSD-2-Clause */
/* site.h - the configured site as a command needs it: settings, maps, grants file. */
#ifndef SENDAS_CTL_SITE_H
#define SENDAS_CTL_SITE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "conf/conf.h"
#include "ctl/options.h"
#include "mail/address.h"
#include "map/map.h"
#include "policy/owner_maps.h"
#include "store/store.h"

struct site {
    struct conf *conf;
    struct address_rules rules;
    struct map_site map_site;
    struct owner_set *owners; /* all maps, after site_maps_open() */
    struct arena arena;       /* for whatever the command keeps until its end */
};

/*
 * Loads the configuration that the options name: --config, or the default file, or the
 * defaults when that file does not exist; --store replaces its store. false after a
 * complaint. site_finish() is due in either case.
 */
bool site_init(struct site *site, const struct options *options);
void site_finish(struct site *site);

/* The same without a complaint: *error_r has a line for each thing that is wrong. */
bool site_load(struct site *site, const struct options *options, struct buf *error_r);

/* The configuration file that the options name, NULL for the built-in defaults. */
const char *site_conf_path(const struct options *options);

/* Opens the maps of the configuration. false after a complaint. */
bool site_maps_open(struct site *site);

/* Opens the grants file; the caller closes it. NULL after a complaint. */
struct store *site_store_open(const struct site *site, enum store_mode mode);

/*
 * A login, "*" included, as a grant or a question holds it; NULL after a complaint. The
 * result lives in the site's arena.
 */
const char *site_login(struct site *site, const char *word);

/* The same, or "group:NAME", as a grant holds it. */
const char *site_owner(struct site *site, const char *word);

/* The name of a group, without "group:". */
const char *site_group(struct site *site, const char *word);

/* A domain. */
const char *site_domain(struct site *site, const char *word);

/* An address or "@domain" likewise. */
const char *site_key(struct site *site, const char *word);

/*
 * The same without a complaint: *why_r says then what is wrong (static text).
 */
const char *login_read(const char *word, const struct conf *conf, struct arena *arena,
                       const char **why_r);
const char *owner_read(const char *word, const struct conf *conf, struct arena *arena,
                       const char **why_r);
const char *group_read(const char *word, struct arena *arena, const char **why_r);
const char *key_read(const char *word, const struct address_rules *rules,
                     struct arena *arena, const char **why_r);

#endif
