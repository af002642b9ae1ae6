/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "store/store_error.h"

#include <string.h>

#include <sqlite3.h>

void store_error(struct sqlite3 *db, const char *path, struct buf *error_r)
{
    int code = sqlite3_errcode(db) & 0xff;
    int error = sqlite3_system_errno(db);

    buf_addf(error_r, "%s: %s", path, sqlite3_errmsg(db));
    if ((code == SQLITE_CANTOPEN || code == SQLITE_IOERR) && error != 0)
        buf_addf(error_r, ": %s", strerror(error));
}
