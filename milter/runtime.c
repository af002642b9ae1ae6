/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "milter/runtime.h"

#include <stdlib.h>

#include <openssl/crypto.h>

#include "conf/conf_table.h"
#include "prog/keyfile.h"
#include "prog/log.h"

/* Is there a key to read? */
static bool runtime_wants_key(const struct conf *conf)
{
    return conf->received.add && conf->received.login == SHOW_LOGIN_HASHED;
}

static void key_finish(struct buf *key)
{
    if (key->data != NULL)
        OPENSSL_cleanse(key->data, key->cap);
    buf_finish(key);
}

bool runtime_prepare(const struct conf *conf, const struct identity *owner,
                     struct buf *error_r)
{
    struct buf key = BUF_INIT;
    bool ok;

    if (!runtime_wants_key(conf))
        return true;
    ok = keyfile_load(conf->received.hash_key_file, owner, &key, error_r);
    key_finish(&key);
    return ok;
}

static void runtime_log_map(void *arg, enum event_level level, const char *line)
{
    (void)arg;
    log_line(level, "map", "%s", line);
}

struct runtime *runtime_create(struct conf *conf, struct buf *error_r)
{
    struct runtime *runtime = calloc(1, sizeof(*runtime));
    struct buf error = BUF_INIT;
    bool ok;

    if (runtime == NULL) {
        conf_destroy(conf);
        buf_adds(error_r, "out of memory");
        return NULL;
    }
    runtime->conf = conf;
    runtime->loaded = time(NULL);
    if (runtime_wants_key(conf) && !keyfile_load(conf->received.hash_key_file, NULL,
                                                 &runtime->hash_key, error_r)) {
        runtime_destroy(runtime);
        return NULL;
    }
    runtime->policy = policy_create(conf, &error);
    if (runtime->policy == NULL) {
        buf_adds(error_r, buf_str(&error));
        buf_finish(&error);
        runtime_destroy(runtime);
        return NULL;
    }
    owner_set_listen(policy_owners(runtime->policy), runtime_log_map, NULL);
    ok = owner_set_cache(policy_owners(runtime->policy), conf, &error);
    if (!ok) {
        conf_where(&conf->head, "cache", "maps", error_r);
        buf_adds(error_r, buf_str(&error));
        runtime_destroy(runtime);
    }
    buf_finish(&error);
    return ok ? runtime : NULL;
}

void runtime_destroy(void *object)
{
    struct runtime *runtime = object;

    if (runtime == NULL)
        return;
    policy_destroy(runtime->policy);
    key_finish(&runtime->hash_key);
    conf_destroy(runtime->conf);
    free(runtime);
}
