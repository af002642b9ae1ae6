/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/command.h"
#include "ctl/output.h"
#include "ctl/site.h"
#include "prog/identity.h"
#include "prog/keyfile.h"

/*
 * The milter's user, to whom root gives what it makes. NULL: nobody is to be given
 * anything, since we are not root or that user does not exist (after a complaint).
 */
static const struct identity *reader_find(const struct conf *conf,
                                          struct identity *reader_r)
{
    struct buf error = BUF_INIT;
    bool found;

    if (geteuid() != 0)
        return NULL;
    found = identity_find(conf->user, reader_r, &error);
    if (!found)
        complain("what is made will belong to root alone: %s", buf_str(&error));
    buf_finish(&error);
    return found ? reader_r : NULL;
}

/* Makes the directory of the file, not those above it, if it is not there. */
static bool directory_make(struct site *site, const struct identity *reader)
{
    const char *path = site->conf->store;
    const char *slash = strrchr(path, '/');
    const char *dir;

    if (slash == NULL || slash == path)
        return true;
    dir = arena_strndup(&site->arena, path, (size_t)(slash - path));
    if (dir == NULL) {
        complain("out of memory");
        return false;
    }
    if (mkdir(dir, 0750) != 0) {
        if (errno == EEXIST)
            return true;
        complain("%s: the directory cannot be made: %s", dir, strerror(errno));
        return false;
    }
    /*
     * The reader's own: SQLite's companions of a file in WAL mode have to be made by
     * whoever comes first, and a reader that cannot make them is slow and, when another
     * program has tidied them away, blind.
     */
    if (reader == NULL || chown(dir, reader->uid, reader->gid) == 0)
        return true;
    complain("%s: its owner cannot be set: %s", dir, strerror(errno));
    return false;
}

/* Gives one file to the reader's group; a file that is not there needs nothing. */
static bool file_share(const char *path, const struct identity *reader)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    bool done;

    if (fd < 0 && errno == ENOENT)
        return true;
    done = fd >= 0 && fstat(fd, &st) == 0 &&
           (st.st_uid == reader->uid || st.st_gid == reader->gid ||
            fchown(fd, (uid_t)-1, reader->gid) == 0);
    if (!done)
        complain("%s: its group cannot be set: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return done;
}

/* SQLite's two companions of the file must be readable wherever the file is. */
static bool store_share(struct site *site, const struct identity *reader)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        const char *path =
            arena_printf(&site->arena, "%s%s", site->conf->store, suffixes[i]);

        if (path == NULL || !file_share(path, reader))
            return false;
    }
    return true;
}

/* A file that is there already keeps its owner and group: the admin may have set them.
 */
static int store_make(struct site *site, const struct identity *reader)
{
    struct store *store;
    struct stat st;
    bool there = stat(site->conf->store, &st) == 0;

    if (!there && !directory_make(site, reader))
        return EXIT_FAILED;
    store = site_store_open(site, STORE_CREATE);
    if (store == NULL)
        return EXIT_FAILED;
    store_close(store);
    if (!there && reader != NULL && !store_share(site, reader))
        return EXIT_FAILED;
    printf("%s %s\n", shown(&site->arena, site->conf->store, SHOWN_MAX),
           there ? "is there already" : "made");
    return EXIT_DONE;
}

/*
 * Makes the key of the hashed logins where the configuration wants one: the daemon
 * cannot, when it never was root and the directory is not its own.
 */
static int key_make(struct site *site, const struct identity *reader)
{
    const struct conf_received *received = &site->conf->received;
    struct buf key = BUF_INIT;
    struct buf error = BUF_INIT;
    bool made;

    if (!received->add || received->login != SHOW_LOGIN_HASHED ||
        access(received->hash_key_file, F_OK) == 0)
        return EXIT_DONE;
    made = keyfile_load(received->hash_key_file, reader, &key, &error);
    if (made)
        printf("%s made\n", shown(&site->arena, received->hash_key_file, SHOWN_MAX));
    else
        complain("%s", buf_str(&error));
    if (key.data != NULL)
        explicit_bzero(key.data, key.cap);
    buf_finish(&key);
    buf_finish(&error);
    return made ? EXIT_DONE : EXIT_FAILED;
}

int cmd_init(const struct options *options, int count, char **words)
{
    struct site site;
    struct identity identity;
    const struct identity *reader;
    int status = EXIT_WRONG;

    (void)count;
    (void)words;
    if (site_init(&site, options)) {
        reader = reader_find(site.conf, &identity);
        status = store_make(&site, reader);
        if (status == EXIT_DONE)
            status = key_make(&site, reader);
    }
    site_finish(&site);
    return status;
}
