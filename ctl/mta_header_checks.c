/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/mta_header_checks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINES_MAX = 100000 };

/* A rule that changes a field whose name it tells to be one of ours. */
static bool line_rewrites(const char *line)
{
    return (strcasestr(line, "replace") != NULL ||
            strcasestr(line, "prepend") != NULL || strcasestr(line, "ignore") != NULL ||
            strcasestr(line, "strip") != NULL) &&
           (strcasestr(line, "from") != NULL || strcasestr(line, "sender") != NULL);
}

/* Reads the table's text. *why_r stays NULL when it could be read. */
static bool file_rewrites(const char *path, const char **why_r)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    FILE *file = NULL;
    struct stat st;
    char line[4096];
    bool found = false;

    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
        (file = fdopen(fd, "r")) == NULL) {
        *why_r = fd < 0 ? strerror(errno) : "not a file that can be read";
        if (fd >= 0)
            close(fd);
        return false;
    }
    for (int i = 0; i < LINES_MAX && !found && fgets(line, sizeof line, file) != NULL;
         i++)
        found = line[0] != '#' && line_rewrites(line);
    fclose(file);
    return found;
}

/* One table, "type:path". */
static bool table_test(const char *name, const char *table, struct buf *found)
{
    const char *path = strchr(table, ':');
    const char *why = NULL;

    if (path == NULL || path[1] != '/')
        why = "its rules are not in a file";
    else if (file_rewrites(path + 1, &why))
        why = "it has a rule that changes a sender field";
    if (why != NULL)
        buf_addf(found, "%s = %.200s (%s)", name, table, why);
    return why != NULL;
}

bool mta_header_checks_test(const struct mta *mta,
                            const struct postconf_service *service, struct buf *found,
                            struct buf *advice)
{
    static const char *const names[] = {"header_checks", "milter_header_checks",
                                        "smtp_header_checks"};

    (void)service;
    (void)advice;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = postconf_value(mta->postconf, NULL, names[i]);
        char *text = arena_strdup(mta->arena, value != NULL ? value : "");
        char *rest = NULL;

        if (text == NULL)
            return false;
        for (char *table = strtok_r(text, " \t,", &rest); table != NULL;
             table = strtok_r(NULL, " \t,", &rest)) {
            if (table_test(names[i], table, found))
                return true;
        }
    }
    return false;
}
