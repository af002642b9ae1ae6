/* SPDX-License-Identifier: BSD-2-Clause */
/* sendas-milter: options, start, end. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <libmilter/mfapi.h>

#include "base/buf.h"
#include "conf/conf.h"
#include "conf/conf_table.h"
#include "conf/endpoint.h"
#include "milter/callbacks.h"
#include "milter/readahead.h"
#include "milter/remote.h"
#include "milter/runtime.h"
#include "milter/service.h"
#include "prog/daemon.h"
#include "prog/identity.h"
#include "prog/listen.h"
#include "prog/log.h"
#include "prog/notify.h"
#include "prog/pidfile.h"
#include "prog/program.h"
#include "prog/reload.h"
#include "prog/signals.h"

enum {
    DRAIN_MS = 20000, /* how long messages in flight may take after SIGTERM */
    BACKLOG = 512,    /* connections that may wait to be accepted */
    /* The largest packet of the milter protocol; libmilter drops the connection at a
     * larger one, and Postfix sends header fields of up to 102400 bytes. */
    PACKET_MAX = 1048576
};

static const struct program milter = {
    .name = "sendas-milter",
    .summary = "Lets whoever logs in to the mail server send only as the addresses "
               "that are theirs.",
    .signals = "SIGHUP reads the configuration anew; SIGTERM ends when the messages in "
               "flight are decided.",
    .manuals = "sendas-milter(8) and sendas.conf(5)",
    .default_config = SYSCONFDIR "/sendas/sendas.conf",
};

/* What the end and the reload need; complete before there are threads. */
static struct {
    const char *config;
    struct identity identity;
    struct listener *listener;
    struct pidfile *pidfile;
    struct control *control;
} program;

/* --- signals --- */

static void *create(struct conf_head *conf, struct buf *error_r)
{
    return runtime_create((struct conf *)conf, error_r);
}

static const struct conf_head *conf_of(const void *runtime)
{
    return &((const struct runtime *)runtime)->conf->head;
}

static void log_format_set(const struct conf *conf)
{
    log_set_json(conf->log_format == LOG_FORMAT_JSON);
}

static void reload(void)
{
    static const struct reload_class class = {&conf_kind_milter, create,
                                              runtime_destroy, conf_of};
    struct snapshot_ref *ref;

    reload_run(&class, program.config, service_snapshot());
    ref = service_acquire();
    log_format_set(((const struct runtime *)snapshot_object(ref))->conf);
    snapshot_release(ref);
}

static void finish(void)
{
    unsigned left;

    notify_stopping();
    log_line(EVENT_INFO, NULL, "ending, no new messages");
    left = service_drain(DRAIN_MS);
    control_destroy(program.control);
    listen_destroy(program.listener);
    pidfile_destroy(program.pidfile);
    if (left != 0)
        log_line(EVENT_WARNING, NULL, "ended with %u messages undecided", left);
    else
        log_line(EVENT_INFO, NULL, "ended");
    /* Not exit(3): libmilter's threads still run and must not see the end of what they
     * use. Everything that matters is on disk or with the MTA. */
    _exit(EXIT_SUCCESS);
}

static const struct signals_handlers handlers = {reload, finish};

/* --- start --- */

/* Lets libmilter open the socket that listen_prepare() has made way for. */
static bool open_socket(const struct conf *conf, const struct endpoint *endpoint,
                        struct buf *error)
{
    gid_t group = (gid_t)-1;
    struct buf conn = BUF_INIT;
    bool ok = true;

    if (conf->socket_group[0] != '\0' &&
        !identity_group(conf->socket_group, &group, error))
        return false;
    program.listener = listen_prepare(endpoint, &program.identity, error);
    if (program.listener == NULL)
        return false;
    endpoint_format(endpoint, &conn);
    if (conn.failed || smfi_setconn(conn.data) != MI_SUCCESS ||
        smfi_register(callbacks_table) != MI_SUCCESS ||
        smfi_setmaxdatasize(PACKET_MAX) == 0 ||
        smfi_setbacklog(BACKLOG) != MI_SUCCESS ||
        smfi_opensocket(false) != MI_SUCCESS) {
        buf_addf(error, "cannot listen on %s", buf_str(&conn));
        ok = false;
    }
    buf_finish(&conn);
    return ok &&
           listen_opened(program.listener, (mode_t)conf->socket_mode, group, error);
}

/* The socket for sendasctl, if there is to be one. */
static bool open_control(const struct conf *conf, struct buf *error)
{
    struct buf why = BUF_INIT;

    if (conf->control[0] == '\0')
        return true;
    program.control =
        control_open(conf->control, &program.identity, remote_commands, &why);
    if (program.control == NULL) {
        conf_where(&conf->head, NULL, "control", error);
        buf_adds(error, buf_str(&why));
    }
    buf_finish(&why);
    return program.control != NULL;
}

/* Everything from a loaded configuration to the moment before smfi_main(). */
static bool start(struct conf *conf, bool daemon, struct buf *error)
{
    struct endpoint endpoint;
    struct runtime *runtime;
    bool ok;

    signals_hold();
    ok = endpoint_parse(conf->listen, &conf->head.arena, &endpoint, error) &&
         identity_find(conf->user, &program.identity, error) &&
         open_socket(conf, &endpoint, error) && open_control(conf, error);
    if (ok && daemon && conf->pid_file[0] != '\0') {
        program.pidfile = pidfile_create(conf->pid_file, error);
        ok = program.pidfile != NULL;
    }
    ok = ok && runtime_prepare(conf, &program.identity, error) &&
         identity_assume(&program.identity, error);
    if (!ok) {
        conf_destroy(conf);
        return false;
    }
    runtime = runtime_create(conf, error);
    if (runtime == NULL)
        return false;
    if (!service_start(runtime, endpoint.kind != ENDPOINT_UNIX)) {
        buf_adds(error, "out of memory");
        return false;
    }
    /* First, for finish() ends it; the signals are held in all threads. */
    return (program.control == NULL || control_start(program.control, error)) &&
           signals_start(&handlers, error);
}

static int run(struct program_options *options)
{
    struct buf error = BUF_INIT;
    struct conf *conf = conf_load(options->config, &error);

    if (conf == NULL) {
        log_lines(EVENT_ERROR, NULL, buf_str(&error));
        buf_finish(&error);
        return EXIT_USAGE;
    }
    log_format_set(conf);
    if (!program_begin(&milter, options, (enum log_to)conf->log_to,
                       conf->log_facility)) {
        conf_destroy(conf);
        return EXIT_FAILURE;
    }
    program.config = options->config;
    if (!start(conf, options->daemon, &error)) {
        program_complain(&milter, options, &error);
        buf_finish(&error);
        control_destroy(program.control);
        listen_destroy(program.listener);
        pidfile_destroy(program.pidfile);
        return EXIT_FAILURE;
    }
    buf_finish(&error);
    readahead_start();
    log_line(EVENT_INFO, NULL, "started, version " PACKAGE_VERSION);
    daemon_ready();
    notify_ready();
    if (smfi_main() != MI_SUCCESS)
        log_line(EVENT_ERROR, NULL, "libmilter gave up, see its own messages");
    control_destroy(program.control);
    listen_destroy(program.listener);
    pidfile_destroy(program.pidfile);
    return EXIT_FAILURE; /* an orderly end is in finish() */
}

int main(int argc, char **argv)
{
    struct program_options options;
    int status;

    log_set_ident(milter.name);
    status = program_options(&milter, argc, argv, &options);
    return status >= 0 ? status : run(&options);
}
