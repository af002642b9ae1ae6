/* SPDX-License-Identifier: BSD-2-Clause */
/* sendas-milter: options, start, end. */
#include "config.h"

#include <getopt.h>
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
#include "milter/runtime.h"
#include "milter/service.h"
#include "milter/signals.h"
#include "prog/daemon.h"
#include "prog/identity.h"
#include "prog/listen.h"
#include "prog/log.h"
#include "prog/notify.h"
#include "prog/pidfile.h"

enum { EXIT_USAGE = 2 }; /* wrong usage or configuration */

enum {
    DRAIN_MS = 20000, /* how long messages in flight may take after SIGTERM */
    BACKLOG = 512,    /* connections that may wait to be accepted */
    /* The largest packet of the milter protocol; libmilter drops the connection at a
     * larger one, and Postfix sends header fields of up to 102400 bytes. */
    PACKET_MAX = 1048576
};

static const char default_config[] = SYSCONFDIR "/sendas/sendas.conf";

/* What the end and the reload need; complete before there are threads. */
static struct {
    const char *config;
    struct identity identity;
    struct listener *listener;
    struct pidfile *pidfile;
} program;

static void print_help(void)
{
    printf(
        "Usage: sendas-milter [-c FILE] [-d]\n"
        "Lets whoever logs in to the mail server send only as the addresses that are "
        "theirs.\n\n"
        "  -c, --config=FILE  the configuration (default: %s)\n"
        "  -d, --daemon       run in the background\n"
        "  -V, --version      print the version\n"
        "  -h, --help         print this text\n\n"
        "SIGHUP reads the configuration anew; SIGTERM ends when the messages in flight "
        "are decided.\n"
        "See sendas-milter(8) and sendas.conf(5).\n",
        default_config);
}

struct options {
    const char *config;
    bool daemon;
};

/* Returns -1 to go on, or the exit status. */
static int parse_options(int argc, char **argv, struct options *options)
{
    static const struct option longs[] = {
        {"config", required_argument, NULL, 'c'},
        {"daemon", no_argument, NULL, 'd'},
        {"version", no_argument, NULL, 'V'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "c:dVh", longs, NULL)) != -1) {
        switch (option) {
        case 'c':
            options->config = optarg;
            break;
        case 'd':
            options->daemon = true;
            break;
        case 'V':
            puts("sendas-milter " PACKAGE_VERSION);
            return EXIT_SUCCESS;
        case 'h':
            print_help();
            return EXIT_SUCCESS;
        default:
            fputs("Try 'sendas-milter --help'.\n", stderr);
            return EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "sendas-milter: unexpected argument '%s'\n", argv[optind]);
        return EXIT_USAGE;
    }
    return -1;
}

/* --- signals --- */

/* Tells which changed settings the reload leaves as they are. */
static void report_restart(const struct conf *loaded)
{
    struct snapshot_ref *ref = service_acquire();
    const struct runtime *running = snapshot_object(ref);
    struct buf names = BUF_INIT;

    if (conf_restart_needed(&running->conf->head, &loaded->head, &names))
        log_line(EVENT_WARNING, "reload",
                 "changed, but counts after a restart only: %s", buf_str(&names));
    buf_finish(&names);
    snapshot_release(ref);
}

static void reload(void)
{
    struct buf error = BUF_INIT;
    struct conf *conf;
    struct runtime *runtime = NULL;

    notify_reloading();
    conf = conf_load(program.config, &error);
    if (conf != NULL)
        runtime = runtime_create(conf, &error);
    if (runtime != NULL)
        report_restart(runtime->conf);
    if (runtime != NULL && !service_reload(runtime)) {
        runtime_destroy(runtime);
        runtime = NULL;
        buf_adds(&error, "out of memory");
    }
    if (runtime != NULL) {
        log_line(EVENT_INFO, "reload", "configuration loaded");
    } else {
        log_lines(EVENT_ERROR, "reload", buf_str(&error));
        log_line(EVENT_ERROR, "reload", "the old configuration stays in force");
    }
    buf_finish(&error);
    notify_ready();
}

static void finish(void)
{
    unsigned left;

    notify_stopping();
    log_line(EVENT_INFO, NULL, "ending, no new messages");
    left = service_drain(DRAIN_MS);
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

/* Everything from a loaded configuration to the moment before smfi_main(). */
static bool start(struct conf *conf, bool daemon, struct buf *error)
{
    struct endpoint endpoint;
    struct runtime *runtime;
    bool ok;

    signals_hold();
    ok = endpoint_parse(conf->listen, &conf->head.arena, &endpoint, error) &&
         identity_find(conf->user, &program.identity, error) &&
         open_socket(conf, &endpoint, error);
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
    return signals_start(&handlers, error);
}

/* The file by a name that is good in any directory: a daemon goes to the root. */
static const char *config_path(const char *path)
{
    char *directory = path[0] != '/' ? getcwd(NULL, 0) : NULL;
    char *absolute = NULL;

    if (directory != NULL && asprintf(&absolute, "%s/%s", directory, path) == -1)
        absolute = NULL;
    free(directory);
    return absolute != NULL ? absolute : path; /* kept until the end */
}

static int run(const struct options *options)
{
    struct buf error = BUF_INIT;
    struct conf *conf = conf_load(options->config, &error);

    if (conf == NULL) {
        log_lines(EVENT_ERROR, NULL, buf_str(&error));
        buf_finish(&error);
        return EXIT_USAGE;
    }
    program.config = config_path(options->config);
    if (options->daemon && !daemon_start(&error)) {
        fprintf(stderr, "sendas-milter: %s\n", buf_str(&error));
        buf_finish(&error);
        conf_destroy(conf);
        return EXIT_FAILURE;
    }
    log_open("sendas-milter", (enum log_to)conf->log_to, conf->log_facility,
             options->daemon);
    if (!start(conf, options->daemon, &error)) {
        /* Also to whoever waits at a terminal for the daemon to be ready. */
        if (options->daemon)
            fprintf(stderr, "sendas-milter: %s\n", buf_str(&error));
        log_line(EVENT_ERROR, NULL, "%s", buf_str(&error));
        buf_finish(&error);
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
    listen_destroy(program.listener);
    pidfile_destroy(program.pidfile);
    return EXIT_FAILURE; /* an orderly end is in finish() */
}

int main(int argc, char **argv)
{
    struct options options = {.config = default_config};
    int status;

    log_set_ident("sendas-milter");
    status = parse_options(argc, argv, &options);
    return status >= 0 ? status : run(&options);
}
