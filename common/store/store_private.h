/* SPDX-License-Identifier: BSD-2-Clause */
/* store_private.h - the open grants file, for the files of this folder alone. */
#ifndef SENDAS_STORE_STORE_PRIVATE_H
#define SENDAS_STORE_STORE_PRIVATE_H

#include <sqlite3.h>

#include "store/store.h"
#include "store/store_file.h"

struct store {
    struct store_file file;
    sqlite3_stmt *grant; /* prepared at first use, kept for the thousands that follow */
    sqlite3_stmt *revoke;
};

#endif
