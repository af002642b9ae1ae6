/* SPDX-License-Identifier: BSD-2-Clause */
/* tempdir.h - a directory of its own for each test, gone when the test is. */
#ifndef SENDAS_TESTS_TEMPDIR_H
#define SENDAS_TESTS_TEMPDIR_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct tempdir {
    char path[64];
    char file[192]; /* what tempdir_file() returned last */
};

/* cmocka's setup and teardown; *state is a struct tempdir. */
static inline int tempdir_setup(void **state)
{
    struct tempdir *dir = calloc(1, sizeof(*dir));

    *state = dir;
    if (dir == NULL)
        return -1;
    strcpy(dir->path, "/tmp/sendas-test-XXXXXX");
    return mkdtemp(dir->path) != NULL ? 0 : -1;
}

static inline int tempdir_teardown(void **state)
{
    struct tempdir *dir = *state;
    DIR *entries = opendir(dir->path);
    struct dirent *entry;

    while (entries != NULL && (entry = readdir(entries)) != NULL)
        unlinkat(dirfd(entries), entry->d_name, 0);
    if (entries != NULL)
        closedir(entries);
    rmdir(dir->path);
    free(dir);
    return 0;
}

/* The path of a file in the directory, valid until the next call. */
static inline const char *tempdir_file(struct tempdir *dir, const char *name)
{
    snprintf(dir->file, sizeof(dir->file), "%s/%s", dir->path, name);
    return dir->file;
}

#endif
