/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/sendmail_cf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char blanks[] = " \t\r\n";

/* The text from `start` to before `end`, without blanks around it. */
static const char *trimmed(struct arena *arena, const char *start, const char *end)
{
    while (start < end && strchr(blanks, *start) != NULL)
        start++;
    while (end > start && strchr(blanks, end[-1]) != NULL)
        end--;
    return arena_strndup(arena, start, (size_t)(end - start));
}

/* The value of NAME=value in a list parted by commas, by the name or its first letter
 * as sendmail has it; NULL: it is not there. */
static const char *equate(struct arena *arena, const char *list, const char *name)
{
    while (*list != '\0') {
        const char *end = list + strcspn(list, ",");
        const char *equals = memchr(list, '=', (size_t)(end - list));
        const char *word;

        if (equals != NULL) {
            word = trimmed(arena, list, equals);
            if (word != NULL && strcasecmp(word, name) == 0)
                return trimmed(arena, equals + 1, end);
        }
        list = *end != '\0' ? end + 1 : end;
    }
    return NULL;
}

static const char *equate_or_empty(struct arena *arena, const char *list,
                                   const char *name)
{
    const char *value = equate(arena, list, name);

    return value != NULL ? value : "";
}

static void filter_add(struct sendmail_cf *cf, const char *line)
{
    const char *rest = line + strcspn(line, ",");
    struct sendmail_filter *filter;

    if (cf->filter_count == SENDMAIL_FILTERS_MAX)
        return;
    filter = &cf->filters[cf->filter_count++];
    filter->name = trimmed(cf->arena, line, rest);
    filter->address = equate_or_empty(cf->arena, rest, "S");
    filter->flags = equate_or_empty(cf->arena, rest, "F");
}

/* sendmail knows each of these words by its first letter. */
static void daemon_add(struct sendmail_cf *cf, const char *options)
{
    struct sendmail_daemon *daemon;
    const char *name = equate(cf->arena, options, "Name");

    if (cf->daemon_count == SENDMAIL_DAEMONS_MAX)
        return;
    daemon = &cf->daemons[cf->daemon_count++];
    daemon->name = name != NULL ? name : equate_or_empty(cf->arena, options, "N");
    daemon->modifiers = equate(cf->arena, options, "Modify");
    if (daemon->modifiers == NULL)
        daemon->modifiers = equate_or_empty(cf->arena, options, "M");
    daemon->filters = equate(cf->arena, options, "InputFilters");
    if (daemon->filters == NULL)
        daemon->filters = equate(cf->arena, options, "I");
}

static void option_read(struct sendmail_cf *cf, const char *line)
{
    const char *equals = strchr(line, '=');
    const char *name, *value;

    if (equals == NULL)
        return;
    name = trimmed(cf->arena, line, equals);
    value = trimmed(cf->arena, equals + 1, line + strlen(line));
    if (name == NULL || value == NULL)
        return;
    if (strcasecmp(name, "DaemonPortOptions") == 0)
        daemon_add(cf, value);
    else if (strcasecmp(name, "InputMailFilters") == 0)
        cf->input_filters = value;
    else if (strcasecmp(name, "AuthOptions") == 0)
        cf->auth_options = value;
}

static void line_read(struct sendmail_cf *cf, const char *line)
{
    if (line[0] == 'X')
        filter_add(cf, line + 1);
    else if (line[0] == 'O' && line[1] == ' ')
        option_read(cf, line + 2);
    else if (line[0] == 'D' && line[1] == 'Z')
        cf->version = trimmed(cf->arena, line + 2, line + strlen(line));
}

/* Lines that begin with a blank go on with the one before. */
static void lines_read(struct sendmail_cf *cf, FILE *file)
{
    struct buf whole = BUF_INIT;
    char *line = NULL;
    size_t size = 0;

    while (getline(&line, &size, file) >= 0) {
        if (line[0] != ' ' && line[0] != '\t') {
            line_read(cf, buf_str(&whole));
            buf_clear(&whole);
        }
        buf_adds(&whole, line);
    }
    line_read(cf, buf_str(&whole));
    if (whole.failed)
        cf->arena->failed = true;
    buf_finish(&whole);
    free(line);
}

bool sendmail_cf_read(struct sendmail_cf *cf, const char *path, struct buf *error_r)
{
    FILE *file = fopen(path, "re");
    bool good;

    if (file == NULL) {
        buf_addf(error_r, "%.200s: %s", path, strerror(errno));
        return false;
    }
    lines_read(cf, file);
    good = ferror(file) == 0;
    if (!good)
        buf_addf(error_r, "%.200s: %s", path, strerror(errno));
    fclose(file);
    if (cf->daemon_count == 0)
        daemon_add(cf, "Name=MTA");
    return good;
}

const char *sendmail_filter_next(const struct sendmail_cf *cf, const char **list)
{
    static const char between[] = ",; \t";
    const char *start = *list + strspn(*list, between);
    const char *end = start + strcspn(start, between);

    *list = end;
    return end != start ? arena_strndup(cf->arena, start, (size_t)(end - start)) : NULL;
}

const struct sendmail_filter *sendmail_filter_find(const struct sendmail_cf *cf,
                                                   const char *name)
{
    for (size_t i = 0; i < cf->filter_count; i++) {
        if (cf->filters[i].name != NULL && strcmp(cf->filters[i].name, name) == 0)
            return &cf->filters[i];
    }
    return NULL;
}
