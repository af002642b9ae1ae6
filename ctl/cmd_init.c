/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"
#include "ctl/auth_site.h"
#include "ctl/command.h"
#include "ctl/output.h"
#include "ctl/site.h"
#include "prog/identity.h"
#include "prog/keyfile.h"

/* --- both --- */

/*
 * The daemon's user, to whom root gives what it makes. NULL: nobody is to be given
 * anything, since we are not root or that user does not exist (after a complaint).
 */
static const struct identity *reader_find(const char *user, struct identity *reader_r)
{
    struct buf error = BUF_INIT;
    bool found;

    if (geteuid() != 0)
        return NULL;
    found = identity_find(user, reader_r, &error);
    if (!found)
        complain("what is made will belong to root alone: %s", buf_str(&error));
    buf_finish(&error);
    return found ? reader_r : NULL;
}

/* Makes the directory of the file, not those above it, if it is not there. */
static bool directory_make(const char *path, mode_t mode, const struct identity *reader,
                           struct arena *arena)
{
    const char *slash = strrchr(path, '/');
    const char *dir;

    if (slash == NULL || slash == path)
        return true;
    dir = arena_strndup(arena, path, (size_t)(slash - path));
    if (dir == NULL) {
        complain("out of memory");
        return false;
    }
    if (mkdir(dir, mode) != 0) {
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

/* What becomes of a new file. */
enum gift { GIFT_GROUP, GIFT_ALL };

/* Gives one file, or its group, to the reader; one that is not there needs nothing. */
static bool file_give(const char *path, enum gift gift, const struct identity *reader)
{
    uid_t owner = gift == GIFT_ALL ? reader->uid : (uid_t)-1;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    bool done;

    if (fd < 0 && errno == ENOENT)
        return true;
    done =
        fd >= 0 && fstat(fd, &st) == 0 &&
        (st.st_uid == reader->uid || (gift == GIFT_GROUP && st.st_gid == reader->gid) ||
         fchown(fd, owner, reader->gid) == 0);
    if (!done)
        complain("%s: its %s cannot be set: %s", path,
                 gift == GIFT_ALL ? "owner" : "group", strerror(errno));
    if (fd >= 0)
        close(fd);
    return done;
}

/* SQLite's two companions of the file must be readable wherever the file is. */
static bool database_give(const char *database, enum gift gift,
                          const struct identity *reader, struct arena *arena)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        const char *path = arena_printf(arena, "%s%s", database, suffixes[i]);

        if (path == NULL || !file_give(path, gift, reader))
            return false;
    }
    return true;
}

/* Says what became of a file; true. */
static bool file_tell(const char *path, bool there, struct arena *arena)
{
    printf("%s %s\n", shown(arena, path, SHOWN_MAX),
           there ? "is there already" : "made");
    return true;
}

/* Makes a file with a key that is not there yet. */
static bool key_make(const char *path, const struct identity *owner,
                     struct arena *arena)
{
    struct buf key = BUF_INIT;
    struct buf error = BUF_INIT;
    bool made = keyfile_load(path, owner, &key, &error);

    if (made)
        file_tell(path, false, arena);
    else
        complain("%s", buf_str(&error));
    secret_finish(&key);
    buf_finish(&error);
    return made;
}

/* --- the milter's side --- */

/* A file that is there already keeps its owner and group: the admin may have set them.
 */
static bool store_make(struct site *site, const struct identity *reader)
{
    const char *path = site->conf->store;
    struct store *store;
    struct stat st;
    bool there = stat(path, &st) == 0;

    if (!there && !directory_make(path, 0750, reader, &site->arena))
        return false;
    store = site_store_open(site, STORE_CREATE);
    if (store == NULL)
        return false;
    store_close(store);
    if (!there && reader != NULL &&
        !database_give(path, GIFT_GROUP, reader, &site->arena))
        return false;
    return file_tell(path, there, &site->arena);
}

/*
 * Makes the key of the hashed logins where the configuration wants one: the daemon
 * cannot, when it never was root and the directory is not its own.
 */
static bool hash_key_make(struct site *site, const struct identity *reader)
{
    const struct conf_received *received = &site->conf->received;

    if (!received->add || received->login != SHOW_LOGIN_HASHED ||
        access(received->hash_key_file, F_OK) == 0)
        return true;
    return key_make(received->hash_key_file, reader, &site->arena);
}

static int grants_init(const struct options *options)
{
    struct site site;
    struct identity identity;
    const struct identity *reader;
    int status = EXIT_WRONG;

    if (site_init(&site, options)) {
        reader = reader_find(site.conf->user, &identity);
        status = store_make(&site, reader) && hash_key_make(&site, reader)
                     ? EXIT_DONE
                     : EXIT_FAILED;
    }
    site_finish(&site);
    return status;
}

/* --- sendas-authd's side --- */

static bool accounts_make(struct auth_site *site, const struct identity *owner)
{
    const char *path = site->conf->accounts;
    struct stat st;
    bool there = stat(path, &st) == 0;

    if (!there && !directory_make(path, 0700, owner, &site->arena))
        return false;
    if (!auth_site_open(site, STORE_CREATE))
        return false;
    if (!there && owner != NULL && !database_give(path, GIFT_ALL, owner, &site->arena))
        return false;
    return file_tell(path, there, &site->arena);
}

static bool authd_key_make(struct auth_site *site, const struct identity *owner)
{
    const char *path = site->conf->key_file;

    return access(path, F_OK) == 0 ||
           (directory_make(path, 0700, owner, &site->arena) &&
            key_make(path, owner, &site->arena));
}

static int accounts_init(const struct options *options)
{
    struct auth_site site;
    struct identity identity;
    const struct identity *owner;
    int status = EXIT_WRONG;

    if (auth_site_init(&site, options)) {
        owner = reader_find(site.conf->user, &identity);
        status = accounts_make(&site, owner) && authd_key_make(&site, owner)
                     ? EXIT_DONE
                     : EXIT_FAILED;
    }
    auth_site_finish(&site);
    return status;
}

/*
 * Is sendas-authd meant to run here? Whoever has just the filter needs no accounts, and
 * no complaint that their owner is missing: as root the owner is there, or authd.conf
 * is.
 */
static bool accounts_wanted(const struct options *options)
{
    struct buf error = BUF_INIT;
    struct identity identity;
    struct auth_site site;
    bool wanted = true;

    if (geteuid() == 0 && auth_site_conf_path(options) == NULL) {
        wanted = auth_site_load(&site, options, &error) &&
                 identity_find(site.conf->user, &identity, &error);
        auth_site_finish(&site);
        buf_finish(&error);
    }
    if (!wanted)
        puts("no accounts are made: there is no user for sendas-authd, and no "
             "authd.conf");
    return wanted;
}

int cmd_init(const struct options *options, int count, char **words)
{
    const uint64_t grants = OPTION_BIT(OPTION_CONFIG) | OPTION_BIT(OPTION_STORE);
    bool grants_named = (options->given & grants) != 0;
    bool accounts_named = (options->given & OPTIONS_ACCOUNTS) != 0;
    int status = EXIT_DONE;

    (void)count;
    (void)words;
    if (grants_named || !accounts_named)
        status = grants_init(options);
    if (status == EXIT_DONE &&
        (accounts_named || (!grants_named && accounts_wanted(options))))
        status = accounts_init(options);
    return status;
}
