/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "store/store.h"

#include <stdlib.h>

#include "store/store_private.h"
#include "store/store_schema.h"

struct store *store_open(const char *path, enum store_mode mode, struct buf *error_r)
{
    struct store *store = calloc(1, sizeof(*store));

    if (store == NULL) {
        buf_addf(error_r, "%s: out of memory", path);
        return NULL;
    }
    if (!store_file_open(&store->file, path, mode, STORE_BUSY_MS, &store_schema,
                         error_r)) {
        free(store);
        return NULL;
    }
    return store;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    sqlite3_finalize(store->grant);
    sqlite3_finalize(store->revoke);
    store_file_close(&store->file);
    free(store);
}

bool store_begin(struct store *store, struct buf *error_r)
{
    return store_file_begin(&store->file, error_r);
}

bool store_commit(struct store *store, struct buf *error_r)
{
    return store_file_commit(&store->file, error_r);
}

void store_rollback(struct store *store)
{
    store_file_rollback(&store->file);
}
