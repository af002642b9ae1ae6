/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a fuzz target over files: those named as arguments, or all seeds of the target.
 * This is how `make check` runs the targets, without libFuzzer.
 */
#include "config.h"

#include <dirent.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "fuzz.h"

/* The content is copied to a block of its size, so that a checker sees reading past it.
 */
static bool run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct buf content = BUF_INIT;
    char piece[4096];
    size_t n;
    uint8_t *copy;

    if (file == NULL) {
        perror(path);
        return false;
    }
    while ((n = fread(piece, 1, sizeof(piece), file)) != 0)
        buf_add(&content, piece, n);
    fclose(file);
    copy = malloc(content.len != 0 ? content.len : 1);
    MUST(copy != NULL && !content.failed);
    memcpy(copy, buf_str(&content), content.len);
    LLVMFuzzerTestOneInput(copy, content.len);
    free(copy);
    buf_finish(&content);
    return true;
}

static int run_folder(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    int count = 0;

    if (folder == NULL) {
        perror(path);
        return EXIT_FAILURE;
    }
    while ((entry = readdir(folder)) != NULL) {
        char *file = malloc(strlen(path) + strlen(entry->d_name) + 2);

        MUST(file != NULL);
        sprintf(file, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.' && run_file(file))
            count++;
        free(file);
    }
    closedir(folder);
    printf("%s: %d inputs\n", path, count);
    return count != 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (!run_file(argv[i]))
            return EXIT_FAILURE;
    }
    return argc > 1 ? EXIT_SUCCESS : run_folder(FUZZ_SEEDS);
}
