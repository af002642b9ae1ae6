/* SPDX-License-Identifier: BSD-2-Clause */
/* sendas-authd: options, start, end. */
#include "config.h"

#include <stdlib.h>
#include <unistd.h>

#include "authd/server.h"
#include "conf/conf_authd.h"
#include "conf/endpoint.h"
#include "prog/daemon.h"
#include "prog/identity.h"
#include "prog/listen.h"
#include "prog/log.h"
#include "prog/notify.h"
#include "prog/pidfile.h"
#include "prog/program.h"
#include "prog/reload.h"
#include "prog/signals.h"

enum { BACKLOG = 1024 }; /* connections that may wait to be accepted */

static const struct program authd = {
    .name = "sendas-authd",
    .summary = "Checks who logs in to the mail server, for its SASL plugin and in the "
               "protocol of saslauthd.",
    .signals = "SIGHUP reads the configuration anew; SIGTERM ends when what was asked "
               "is answered.",
    .manuals = "sendas-authd(8) and sendas-authd.conf(5)",
    .default_config = SYSCONFDIR "/sendas/authd.conf",
};

/* What the end and the reload need; complete before there are threads. */
static struct {
    const char *config;
    struct identity identity;
    struct server_socket *sockets;
    size_t socket_count;
    struct pidfile *pidfile;
    struct authd authd;
    struct server *server;
} program;

/* --- signals; these run in a thread of their own --- */

static void reload(void)
{
    reload_run(&runtime_class, program.config, program.authd.current);
}

static void finish(void)
{
    notify_stopping();
    log_line(EVENT_INFO, NULL, "ending, no new requests");
    server_stop(program.server);
    /* The main thread ends the process; a reload would now come too late. */
    for (;;)
        pause();
}

static const struct signals_handlers handlers = {reload, finish};

/* --- start --- */

static bool socket_open(const struct conf_authd *conf, gid_t group,
                        enum protocol protocol, const char *path, struct buf *error)
{
    const struct endpoint endpoint = {.kind = ENDPOINT_UNIX, .path = path};
    struct server_socket *socket = &program.sockets[program.socket_count];

    socket->protocol = protocol;
    socket->listener = listen_open(&endpoint, &program.identity, BACKLOG,
                                   (mode_t)conf->socket_mode, group, error);
    program.socket_count += socket->listener != NULL;
    return socket->listener != NULL;
}

static bool sockets_open(const struct conf_authd *conf, struct buf *error)
{
    const struct {
        const struct strlist *paths;
        enum protocol protocol;
    } kinds[] = {{&conf->lookup_sockets, PROTOCOL_LOOKUP},
                 {&conf->saslauthd_sockets, PROTOCOL_SASLAUTHD}};
    gid_t group = (gid_t)-1;

    if (conf->socket_group[0] != '\0' &&
        !identity_group(conf->socket_group, &group, error))
        return false;
    program.sockets = calloc(conf->lookup_sockets.count + conf->saslauthd_sockets.count,
                             sizeof *program.sockets);
    if (program.sockets == NULL) {
        buf_adds(error, "out of memory");
        return false;
    }
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < kinds[i].paths->count; j++) {
            if (!socket_open(conf, group, kinds[i].protocol, kinds[i].paths->items[j],
                             error))
                return false;
        }
    }
    return true;
}

/* What all requests share; takes `conf` over. */
static bool authd_start(struct conf_authd *conf, struct buf *error)
{
    struct authd *shared = &program.authd;
    struct runtime *runtime = runtime_create(conf, error);

    if (runtime == NULL)
        return false;
    shared->throttle = throttle_create((size_t)conf->guessing.table);
    shared->peers = peers_create();
    shared->current = snapshot_create(runtime_destroy);
    if (shared->throttle == NULL || shared->peers == NULL || shared->current == NULL ||
        !snapshot_swap(shared->current, runtime)) {
        buf_adds(error, "out of memory");
        runtime_destroy(runtime);
        return false;
    }
    return true;
}

/* Everything from a loaded configuration, which it takes over, to the loop. */
static bool start(struct conf_authd *conf, bool daemon, struct buf *error)
{
    bool ok;

    signals_hold();
    ok = identity_find(conf->user, &program.identity, error) &&
         sockets_open(conf, error);
    if (ok && daemon && conf->pid_file[0] != '\0') {
        program.pidfile = pidfile_create(conf->pid_file, error);
        ok = program.pidfile != NULL;
    }
    ok = ok && runtime_prepare(conf, &program.identity, error) &&
         identity_assume(&program.identity, error);
    if (!ok) {
        conf_authd_destroy(conf);
        return false;
    }
    if (!authd_start(conf, error))
        return false;
    program.server =
        server_create(&program.authd, program.sockets, program.socket_count, error);
    return program.server != NULL && signals_start(&handlers, error);
}

/* --- end --- */

static void paths_remove(void)
{
    for (size_t i = 0; i < program.socket_count; i++)
        listen_destroy(program.sockets[i].listener);
    free(program.sockets);
    pidfile_destroy(program.pidfile);
}

static void end(void)
{
    const bool free_all = server_destroy(program.server);

    paths_remove();
    log_line(free_all ? EVENT_INFO : EVENT_WARNING, NULL,
             free_all ? "ended" : "ended with a worker that is stuck");
    /* A thread that hangs in a system call must not see the end of what it uses. */
    if (!free_all)
        _exit(EXIT_SUCCESS);
    snapshot_destroy(program.authd.current);
    throttle_destroy(program.authd.throttle);
    peers_destroy(program.authd.peers);
}

static int run(struct program_options *options)
{
    struct buf error = BUF_INIT;
    struct conf_authd *conf = conf_authd_load(options->config, &error);

    if (conf == NULL) {
        log_lines(EVENT_ERROR, NULL, buf_str(&error));
        buf_finish(&error);
        return EXIT_USAGE;
    }
    if (!program_begin(&authd, options, (enum log_to)conf->log_to,
                       conf->log_facility)) {
        conf_authd_destroy(conf);
        return EXIT_FAILURE;
    }
    program.config = options->config;
    if (!start(conf, options->daemon, &error)) {
        program_complain(&authd, options, &error);
        buf_finish(&error);
        paths_remove();
        return EXIT_FAILURE;
    }
    buf_finish(&error);
    log_line(EVENT_INFO, NULL, "started, version " PACKAGE_VERSION);
    daemon_ready();
    notify_ready();
    server_run(program.server);
    end();
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct program_options options;
    int status;

    log_set_ident(authd.name);
    status = program_options(&authd, argc, argv, &options);
    return status >= 0 ? status : run(&options);
}
