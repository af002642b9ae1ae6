/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "authd/runtime.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "conf/conf_table.h"
#include "cred/cred_conf.h"
#include "prog/keyfile.h"
#include "prog/log.h"

enum {
    PROFILE_MS = 1000,     /* as old may be what made-up accounts look like */
    VERIFIERS_WAITING = 16 /* threads that may wait for a directory */
};

/* Is a source asked over a network? Who waits for it needs no processor. */
static bool blocks(const struct conf_authd *conf)
{
    for (size_t i = 0; i < conf->credentials.count; i++) {
        if (cred_spec_blocks(conf->credentials.items[i]))
            return true;
    }
    return false;
}

size_t runtime_verifiers(const struct conf_authd *conf)
{
    long count = conf->verify_workers;

    if (count == 0) {
        count = sysconf(_SC_NPROCESSORS_ONLN);
        if (count < VERIFIERS_WAITING && blocks(conf))
            count = VERIFIERS_WAITING;
    }
    return count > 0 ? (size_t)count : 1;
}

bool runtime_prepare(const struct conf_authd *conf, const struct identity *owner,
                     struct buf *error_r)
{
    struct buf key = BUF_INIT;
    const bool ok = keyfile_load(conf->key_file, owner, &key, error_r);

    secret_finish(&key);
    return ok;
}

/* One line about a setting: where it stands, then what `text` says is wrong with it. */
static bool refuse(const struct conf_authd *conf, const char *name, struct buf *text,
                   struct buf *error_r)
{
    conf_where(&conf->head, NULL, name, error_r);
    buf_adds(error_r, buf_str(text));
    buf_finish(text);
    return false;
}

static bool peers_find(struct runtime *runtime, struct buf *error_r)
{
    const struct strlist *names = &runtime->conf->peers;

    if (names->count == 0)
        return true;
    runtime->peers = calloc(names->count, sizeof *runtime->peers);
    if (runtime->peers == NULL) {
        buf_adds(error_r, "out of memory");
        return false;
    }
    for (; runtime->peer_count < names->count; runtime->peer_count++) {
        struct buf why = BUF_INIT;

        if (!identity_user(names->items[runtime->peer_count],
                           &runtime->peers[runtime->peer_count], &why))
            return refuse(runtime->conf, "peers", &why, error_r);
        buf_finish(&why);
    }
    return true;
}

/* That they can be made is seen before they are needed. */
static bool schemes_check(const struct conf_authd *conf, struct buf *error_r)
{
    struct arena arena = {0};
    struct buf why = BUF_INIT;
    size_t count;
    bool ok = cred_conf_schemes(conf, &arena, &count, &why) != NULL;

    arena_finish(&arena);
    return ok || refuse(conf, "schemes", &why, error_r);
}

static bool costs_set(struct runtime *runtime, struct buf *error_r)
{
    struct buf why = BUF_INIT;

    if (cred_conf_costs(runtime->conf, &runtime->site.costs, &why))
        return true;
    buf_addf(error_r, "%s: %s", runtime->conf->head.path, buf_str(&why));
    buf_finish(&why);
    return false;
}

/* What the sources have to say. */
static void notice(void *arg, enum event_level level, const char *line)
{
    (void)arg;
    log_line(level, "credentials", "%s", line);
}

static bool cred_set(struct runtime *runtime, struct buf *error_r)
{
    const struct conf_authd *conf = runtime->conf;
    struct cred_site *site = &runtime->site;
    struct buf why = BUF_INIT;

    site->accounts = conf->accounts;
    site->credentials = &conf->credentials;
    site->login_domain = conf->login_domain;
    site->lower_case = !conf->case_sensitive_login;
    site->schemes = &conf->schemes;
    site->upgrade = conf->upgrade;
    site->challenge = conf->challenge_mechanisms;
    site->key = &runtime->key;
    /* One each for the workers and the loop. */
    site->connections = (size_t)conf->lookup_workers + runtime_verifiers(conf) + 1;
    site->profile_ms = PROFILE_MS;
    /* Who waited in vain can still say so in time. */
    site->busy_ms = (unsigned)conf->request_timeout * 750U;
    site->checks = runtime_verifiers(conf);
    site->request_ms = (unsigned)conf->request_timeout * 1000U;
    site->notice = notice;
    runtime->cred = cred_create(site, &why);
    if (runtime->cred != NULL) {
        buf_finish(&why);
        return true;
    }
    return refuse(conf, "credentials", &why, error_r);
}

struct runtime *runtime_create(struct conf_authd *conf, struct buf *error_r)
{
    struct runtime *runtime = calloc(1, sizeof *runtime);

    if (runtime == NULL) {
        conf_authd_destroy(conf);
        buf_adds(error_r, "out of memory");
        return NULL;
    }
    runtime->conf = conf;
    if (keyfile_load(conf->key_file, NULL, &runtime->key, error_r) &&
        schemes_check(conf, error_r) && costs_set(runtime, error_r) &&
        peers_find(runtime, error_r) && cred_set(runtime, error_r))
        return runtime;
    runtime_destroy(runtime);
    return NULL;
}

void runtime_destroy(void *object)
{
    struct runtime *runtime = object;

    if (runtime == NULL)
        return;
    cred_destroy(runtime->cred);
    secret_finish(&runtime->key);
    free(runtime->peers);
    conf_authd_destroy(runtime->conf);
    free(runtime);
}

static void *create(struct conf_head *conf, struct buf *error_r)
{
    return runtime_create((struct conf_authd *)conf, error_r);
}

static const struct conf_head *conf_of(const void *runtime)
{
    return &((const struct runtime *)runtime)->conf->head;
}

const struct reload_class runtime_class = {&conf_kind_authd, create, runtime_destroy,
                                           conf_of};
