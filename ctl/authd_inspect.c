/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/authd_inspect.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conf/conf_table.h"
#include "cred/cred.h"
#include "ctl/auth_site.h"
#include "ctl/file_inspect.h"
#include "prog/identity.h"
#include "prog/keyfile.h"

enum { BUSY_MS = 2000 };

/* One look at it. */
struct inspection {
    struct auth_site site;
    struct identity user; /* the user that the daemon will be */
    bool user_known;
    struct buf *problems;
};

/* A problem that the value of a setting brings; empties `why`. */
static void setting_blame(struct inspection *inspection, const char *name,
                          struct buf *why)
{
    conf_where(&inspection->site.conf->head, NULL, name, inspection->problems);
    buf_addf(inspection->problems, "%s\n", buf_str(why));
    buf_clear(why);
}

static void system_inspect(struct inspection *inspection)
{
    const struct conf_authd *conf = inspection->site.conf;
    struct buf why = BUF_INIT;
    gid_t gid;

    inspection->user_known = identity_find(conf->user, &inspection->user, &why);
    if (!inspection->user_known)
        setting_blame(inspection, "user", &why);
    if (conf->socket_group[0] != '\0' &&
        !identity_group(conf->socket_group, &gid, &why))
        setting_blame(inspection, "socket_group", &why);
    buf_finish(&why);
}

static void files_inspect(struct inspection *inspection)
{
    const struct conf_authd *conf = inspection->site.conf;
    const struct identity *user = inspection->user_known ? &inspection->user : NULL;
    struct buf *problems = inspection->problems;

    if (conf->head.path != NULL && conf->head.path[0] != '\0')
        file_inspect(conf->head.path, OPEN, NULL, problems);
    file_inspect(conf->key_file, SECRET, user, problems);
    for (size_t i = 0; i < conf->credentials.count; i++) {
        const char *spec = conf->credentials.items[i];
        const char *name = strchr(spec, ':');

        if (strcmp(spec, "builtin") == 0)
            file_inspect(conf->accounts, SECRET, user, problems);
        else if (name != NULL && name[1] == '/')
            file_inspect(name + 1, OPEN, user, problems);
    }
}

/* What a source has to say of its own accord. */
static void source_notice(void *arg, enum event_level level, const char *line)
{
    struct inspection *inspection = arg;
    struct buf why = BUF_INIT;

    if (level > EVENT_WARNING)
        return;
    buf_adds(&why, line);
    setting_blame(inspection, "credentials", &why);
    buf_finish(&why);
}

/* Opens one source and asks it for a login that it need not have. */
static void source_ask(struct inspection *inspection, const char *spec,
                       const struct buf *key)
{
    const struct conf_authd *conf = inspection->site.conf;
    const char *items[] = {spec};
    const struct strlist sources = {.items = items, .count = 1};
    const struct cred_site site = {.accounts = conf->accounts,
                                   .credentials = &sources,
                                   .login_domain = conf->login_domain,
                                   .lower_case = !conf->case_sensitive_login,
                                   .schemes = &conf->schemes,
                                   .costs = inspection->site.costs,
                                   .key = key,
                                   .connections = 1,
                                   .busy_ms = BUSY_MS,
                                   .request_ms =
                                       (unsigned)conf->request_timeout * 1000U,
                                   .notice = source_notice,
                                   .notice_arg = inspection};
    const struct cred_login nobody = {.name = "postmaster@example.invalid"};
    struct cred_value *values;
    size_t count;
    bool known;
    struct buf why = BUF_INIT;
    struct cred *cred = cred_create(&site, &why);

    if (cred == NULL ||
        cred_values(cred, &nobody, "authPassword", &inspection->site.arena, &values,
                    &count, &known, &why) == ANSWER_UNKNOWN)
        setting_blame(inspection, "credentials", &why);
    cred_destroy(cred);
    buf_finish(&why);
}

/* A key that is not there yet is made by the daemon: any serves to look. */
static void sources_inspect(struct inspection *inspection)
{
    const struct conf_authd *conf = inspection->site.conf;
    struct buf key = BUF_INIT, why = BUF_INIT;

    if (access(conf->key_file, F_OK) != 0 && errno == ENOENT)
        buf_adds(&key, "any key will do as long as it is long enough");
    else if (!keyfile_load(conf->key_file, NULL, &key, &why))
        setting_blame(inspection, "key_file", &why);
    for (size_t i = 0; i < conf->credentials.count && key.len != 0; i++)
        source_ask(inspection, conf->credentials.items[i], &key);
    buf_finish(&key);
    buf_finish(&why);
}

/* In a child that is the daemon's user: its problems go into the pipe. */
static void child_run(struct inspection *inspection, int out)
{
    struct buf why = BUF_INIT;
    const struct buf *problems = inspection->problems;

    buf_clear(inspection->problems);
    if (identity_assume(&inspection->user, &why))
        sources_inspect(inspection);
    else
        setting_blame(inspection, "user", &why);
    for (size_t done = 0; done < problems->len;) {
        ssize_t wrote = write(out, problems->data + done, problems->len - done);

        if (wrote < 0 && errno != EINTR)
            _exit(1);
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    _exit(problems->failed);
}

/* Takes what the child finds. false: it did not come to its end. */
static bool child_read(struct inspection *inspection, pid_t child, int in)
{
    char bytes[4096];
    int status = 0;
    ssize_t got;

    while ((got = read(in, bytes, sizeof bytes)) != 0) {
        if (got > 0)
            buf_add(inspection->problems, bytes, (size_t)got);
        else if (errno != EINTR)
            break;
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return got == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Root looks through the eyes of the daemon's user, and stays root. */
static void sources_inspect_as_user(struct inspection *inspection)
{
    int fds[2];
    pid_t child;
    bool done = false;

    if (pipe(fds) == 0) {
        child = fork();
        if (child == 0) {
            close(fds[0]);
            child_run(inspection, fds[1]);
        }
        close(fds[1]);
        done = child > 0 && child_read(inspection, child, fds[0]);
        close(fds[0]);
    }
    if (!done)
        buf_adds(inspection->problems, "the sources of accounts could not be asked\n");
}

void authd_inspect(const struct options *options, struct buf *problems)
{
    struct inspection inspection = {.problems = problems};

    if (auth_site_load(&inspection.site, options, problems)) {
        system_inspect(&inspection);
        files_inspect(&inspection);
        if (geteuid() != 0)
            sources_inspect(&inspection);
        else if (inspection.user_known)
            sources_inspect_as_user(&inspection);
    } else {
        buf_addc(problems, '\n');
    }
    auth_site_finish(&inspection.site);
}
