/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/file_inspect.h"

#include <sys/stat.h>
#include <unistd.h>

void file_inspect(const char *path, enum secrecy secrecy, const struct identity *user,
                  struct buf *problems)
{
    struct stat st;
    unsigned mode;

    if (stat(path, &st) != 0)
        return;
    mode = (unsigned)st.st_mode & 07777;
    if ((st.st_mode & S_IWOTH) != 0)
        buf_addf(problems, "%s: everybody may write it (mode %04o)\n", path, mode);
    if (secrecy != OPEN && (st.st_mode & S_IROTH) != 0)
        buf_addf(problems, "%s: everybody may read it (mode %04o, expected %s)\n", path,
                 mode, secrecy == SECRET ? "0600" : "0640");
    else if (secrecy == SECRET && (st.st_mode & S_IRGRP) != 0)
        buf_addf(problems, "%s: a group may read it (mode %04o, expected 0600)\n", path,
                 mode);
    if (st.st_uid != 0 && st.st_uid != geteuid() &&
        !(user != NULL && st.st_uid == user->uid))
        buf_addf(problems, "%s: it belongs to user %lu, who may change it\n", path,
                 (unsigned long)st.st_uid);
}
