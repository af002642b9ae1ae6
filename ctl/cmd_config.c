/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/escape.h"
#include "base/strlist.h"
#include "conf/conf_table.h"
#include "conf/conf_titled.h"
#include "conf/endpoint.h"
#include "ctl/auth_site.h"
#include "ctl/authd_inspect.h"
#include "ctl/command.h"
#include "ctl/file_inspect.h"
#include "ctl/json.h"
#include "ctl/output.h"
#include "ctl/policy_inspect.h"
#include "ctl/site.h"
#include "policy/rules.h"
#include "prog/identity.h"

/* --- config check --- */

/* One look at a configuration, and what was found. */
struct inspection {
    struct site site;
    struct strlist problems;     /* in the site's arena */
    struct strlist map_problems; /* what maps said, without where they stand */
    struct identity reader;      /* the user that the milter will be */
    bool reader_known;
};

/* Adds what may be several lines, each a problem. */
static void problems_add(struct inspection *inspection, const char *lines)
{
    struct arena *arena = &inspection->site.arena;

    while (*lines != '\0') {
        size_t len = strcspn(lines, "\n");

        if (len != 0)
            strlist_addn(&inspection->problems, arena, lines, len);
        lines += len;
        lines += *lines == '\n';
    }
}

/* A problem that the value of a setting brings; empties `error`. */
static void setting_problem_add(struct inspection *inspection, const char *block,
                                const char *name, struct buf *error)
{
    struct buf text = BUF_INIT;

    conf_where(&inspection->site.conf->head, block, name, &text);
    buf_adds(&text, buf_str(error));
    problems_add(inspection, buf_str(&text));
    buf_finish(&text);
    buf_clear(error);
}

/* The file that a map is in, once for all the settings that name it. */
static void map_file_inspect(struct inspection *inspection, const char *spec,
                             struct strlist *files, struct buf *found)
{
    const bool builtin = strcmp(spec, "builtin") == 0;
    const char *colon = strchr(spec, ':');
    const char *path = builtin         ? inspection->site.conf->store
                       : colon != NULL ? colon + 1
                                       : "";

    if (path[0] != '/' || strlist_has(files, path))
        return;
    strlist_add(files, &inspection->site.arena, path);
    file_inspect(path, builtin ? PRIVATE : OPEN,
                 inspection->reader_known ? &inspection->reader : NULL, found);
}

static void files_inspect(struct inspection *inspection)
{
    const struct conf *conf = inspection->site.conf;
    const struct identity *reader =
        inspection->reader_known ? &inspection->reader : NULL;
    struct strlist files = {0};
    struct buf found = BUF_INIT;

    if (conf->head.path != NULL)
        file_inspect(conf->head.path, OPEN, reader, &found);
    if (conf->received.hash_key_file[0] != '\0')
        file_inspect(conf->received.hash_key_file, SECRET, reader, &found);
    for (const struct owner_maps_row *row = owner_maps_rows; row->setting != NULL;
         row++) {
        const struct strlist *specs = owner_maps_specs(row, conf);

        for (size_t i = 0; i < specs->count; i++)
            map_file_inspect(inspection, specs->items[i], &files, &found);
    }
    problems_add(inspection, buf_str(&found));
    buf_finish(&found);
}

/* The directory of the control socket is there, or can be made. */
static bool control_inspect(const char *path, struct buf *error_r)
{
    char *directory = strdup(path);
    struct stat st;
    bool ok = directory != NULL;

    for (int level = 0; ok && level < 2; level++) {
        *strrchr(directory, '/') = '\0';
        if (stat(directory[0] != '\0' ? directory : "/", &st) == 0) {
            ok = S_ISDIR(st.st_mode);
            if (!ok)
                buf_addf(error_r, "%s: expected a directory", directory);
            break;
        }
        ok = level == 0 && directory[0] != '\0';
        if (!ok)
            buf_addf(error_r, "%s: %s", directory, strerror(errno));
    }
    if (directory == NULL)
        buf_adds(error_r, "out of memory");
    free(directory);
    return ok;
}

/* The user, the group and the directory that the milter needs when it starts. */
static void system_inspect(struct inspection *inspection)
{
    const struct conf *conf = inspection->site.conf;
    struct endpoint endpoint;
    struct buf error = BUF_INIT;
    gid_t gid;

    inspection->reader_known = identity_find(conf->user, &inspection->reader, &error);
    if (!inspection->reader_known)
        setting_problem_add(inspection, NULL, "user", &error);
    if (conf->socket_group[0] != '\0' &&
        !identity_group(conf->socket_group, &gid, &error))
        setting_problem_add(inspection, NULL, "socket_group", &error);
    if (!endpoint_parse(conf->listen, &inspection->site.arena, &endpoint, &error))
        setting_problem_add(inspection, NULL, "listen", &error);
    if (conf->control[0] != '\0' && !control_inspect(conf->control, &error))
        setting_problem_add(inspection, NULL, "control", &error);
    buf_finish(&error);
}

/* What a map says of itself when it is opened or asked. */
static void map_problem_add(void *arg, enum event_level level, const char *line)
{
    (void)level;
    problems_add(arg, line);
}

/* Opens each map and asks it for something that it need not have. */
static void map_inspect(struct inspection *inspection, const struct owner_maps_row *row,
                        const char *spec)
{
    const char *key = row->use == MAP_GROUPS          ? "postmaster"
                      : row->use == MAP_ALIAS_DOMAINS ? "example.invalid"
                                                      : "postmaster@example.invalid";
    struct site *site = &inspection->site;
    struct strlist values = {0};
    struct buf error = BUF_INIT;
    struct map *map;

    map = map_open(spec, row->use, &site->map_site, &error);
    if (map == NULL ||
        map_lookup(map, key, &site->arena, &values, &error) == ANSWER_UNKNOWN) {
        /* One grants file serves five settings: what is wrong with it is told once. */
        if (!strlist_has(&inspection->map_problems, buf_str(&error))) {
            strlist_add(&inspection->map_problems, &site->arena, buf_str(&error));
            setting_problem_add(inspection, NULL, row->setting, &error);
        }
    }
    map_close(map);
    buf_finish(&error);
}

static void maps_inspect(struct inspection *inspection)
{
    struct site *site = &inspection->site;
    struct buf error = BUF_INIT;

    if (!owner_set_cache_check(site->conf, &error))
        setting_problem_add(inspection, "cache", "maps", &error);
    buf_finish(&error);
    site->map_site.notice = map_problem_add;
    site->map_site.notice_arg = inspection;
    for (const struct owner_maps_row *row = owner_maps_rows; row->setting != NULL;
         row++) {
        const struct strlist *specs = owner_maps_specs(row, site->conf);

        for (size_t i = 0; i < specs->count; i++)
            map_inspect(inspection, row, specs->items[i]);
    }
}

/* Is the group empty, as far as all maps of groups can tell? */
static bool group_empty(struct inspection *inspection, const struct owner_maps *maps,
                        const char *name)
{
    struct buf error = BUF_INIT;
    bool empty = true;

    for (size_t i = 0; i < maps->count && empty; i++) {
        struct strlist values = {0};

        empty = map_lookup(maps->maps[i], name, &inspection->site.arena, &values,
                           &error) == ANSWER_NO;
    }
    buf_finish(&error);
    return empty;
}

/* A rule for a group without members is one for nobody: its name may be misspelt. */
static void rule_groups_inspect(struct inspection *inspection)
{
    const struct conf *conf = inspection->site.conf;
    struct buf problem = BUF_INIT;
    struct owner_set *owners = owner_set_create(conf, &problem);

    /* What keeps the maps from being opened is told already. */
    for (size_t n = 0; n < conf->rule_count && owners != NULL; n++) {
        const struct conf_rule *rule = &conf->rules[n];

        for (size_t i = 0; i < rule->logins.count; i++) {
            const char *name =
                owner_group_name(rule->logins.items[i], &inspection->site.arena);

            if (name == NULL || !group_empty(inspection, &owners->site.groups, name))
                continue;
            buf_clear(&problem);
            conf_titled_where(&conf->head, rule, "logins", &problem);
            buf_adds(&problem, "no map of groups has a member of the group \"");
            escape_text(&problem, name, strlen(name), SHOWN_MAX);
            buf_addc(&problem, '"');
            problems_add(inspection, buf_str(&problem));
        }
    }
    owner_set_destroy(owners);
    buf_finish(&problem);
}

/* What the rules and the settings of the policy say, without looking at anything else.
 */
static void rules_inspect(struct inspection *inspection)
{
    const struct conf *conf = inspection->site.conf;
    struct buf found = BUF_INIT;
    struct rules *rules = rules_create(conf, &found);

    problems_add(inspection, buf_str(&found));
    rules_destroy(rules);
    buf_clear(&found);
    policy_inspect(conf, &found);
    problems_add(inspection, buf_str(&found));
    buf_finish(&found);
}

/* From here on, root is the milter's user: what that one cannot read is a problem. */
static void reader_become(struct inspection *inspection)
{
    struct buf error = BUF_INIT;

    if (inspection->reader_known && !identity_assume(&inspection->reader, &error))
        setting_problem_add(inspection, NULL, "user", &error);
    buf_finish(&error);
}

/* sendas-authd has a configuration of its own, where it is used. */
static void authd_look(struct inspection *inspection, const struct options *options,
                       const char *path)
{
    struct buf found = BUF_INIT;

    if (path != NULL || (options->given & OPTIONS_ACCOUNTS) != 0)
        authd_inspect(options, &found);
    problems_add(inspection, buf_str(&found));
    buf_finish(&found);
}

static int problems_print_json(const struct strlist *problems)
{
    json_t *list = json_array();

    for (size_t i = 0; i < problems->count; i++) {
        if (json_array_append_new(list, json_text(problems->items[i])) != 0) {
            json_decref(list);
            list = NULL;
            break;
        }
    }
    if (!json_print(
            json_pack("{s:b, s:o}", "ok", problems->count == 0, "problems", list)))
        return EXIT_FAILED;
    return problems->count == 0 ? EXIT_DONE : EXIT_WRONG;
}

static int problems_print(struct inspection *inspection, const char *path,
                          const char *authd_path)
{
    for (size_t i = 0; i < inspection->problems.count; i++)
        complain("%s", inspection->problems.items[i]);
    if (inspection->problems.count != 0)
        return EXIT_WRONG;
    printf("%s: no problem found\n",
           path != NULL ? shown(&inspection->site.arena, path, SHOWN_MAX)
                        : "the default configuration");
    if (authd_path != NULL)
        printf("%s: no problem found\n",
               shown(&inspection->site.arena, authd_path, SHOWN_MAX));
    return EXIT_DONE;
}

int cmd_config_check(const struct options *options, int count, char **words)
{
    struct options named = *options;
    struct inspection inspection = {.reader_known = false};
    struct buf error = BUF_INIT;
    const char *authd_path = auth_site_conf_path(options);
    const char *path;
    int status;

    if (count != 0 && options_has(options, OPTION_CONFIG)) {
        complain("name the file once: as --config or as argument");
        return EXIT_WRONG;
    }
    if (count != 0) {
        named.given |= OPTION_BIT(OPTION_CONFIG);
        named.value[OPTION_CONFIG] = words[0];
    }
    path = site_conf_path(&named);
    if (site_load(&inspection.site, &named, &error)) {
        rules_inspect(&inspection);
        system_inspect(&inspection);
        files_inspect(&inspection);
        authd_look(&inspection, options, authd_path);
        reader_become(&inspection);
        maps_inspect(&inspection);
        rule_groups_inspect(&inspection);
    } else {
        problems_add(&inspection, buf_str(&error));
        authd_look(&inspection, options, authd_path);
    }
    if (inspection.site.arena.failed)
        complain("out of memory");
    status = options_has(options, OPTION_JSON)
                 ? problems_print_json(&inspection.problems)
                 : problems_print(&inspection, path, authd_path);
    if (inspection.site.arena.failed)
        status = EXIT_FAILED;
    buf_finish(&error);
    site_finish(&inspection.site);
    return status;
}

/* --- config options --- */

static json_t *option_json(const struct conf_row *row)
{
    struct buf allowed = BUF_INIT;
    json_t *value;

    conf_allowed_format(row, &allowed);
    value = json_pack("{s:o, s:s, s:s, s:s, s:s, s:b, s:b}", "block",
                      json_text(row->block), "name", row->name, "default", row->initial,
                      "allowed", buf_str(&allowed), "description", row->description,
                      "reloadable", row->change == CONF_AT_RELOAD, "in_rules",
                      conf_row_titled(&conf_kind_milter, row) ||
                          conf_row_shared(&conf_kind_milter, row));
    buf_finish(&allowed);
    return value;
}

static int options_print_json(void)
{
    json_t *list = json_array();

    for (const struct conf_row *row = conf_kind_milter.rows; row->name != NULL; row++) {
        if (json_array_append_new(list, option_json(row)) != 0) {
            json_decref(list);
            list = NULL;
            break;
        }
    }
    return json_print(list) ? EXIT_DONE : EXIT_FAILED;
}

int cmd_config_options(const struct options *options, int count, char **words)
{
    struct buf text = BUF_INIT;
    int status = EXIT_DONE;

    (void)count;
    (void)words;
    if (options_has(options, OPTION_JSON))
        return options_print_json();
    conf_table_print(&conf_kind_milter, &text);
    if (text.failed) {
        complain("out of memory");
        status = EXIT_FAILED;
    }
    fputs(buf_str(&text), stdout);
    buf_finish(&text);
    return status;
}
