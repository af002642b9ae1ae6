/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "prog/program.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "prog/daemon.h"
#include "prog/log.h"

static void print_help(const struct program *program)
{
    printf("Usage: %s [-c FILE] [-d]\n"
           "%s\n\n"
           "  -c, --config=FILE  the configuration (default: %s)\n"
           "  -d, --daemon       run in the background\n"
           "  -V, --version      print the version\n"
           "  -h, --help         print this text\n\n"
           "%s\n"
           "See %s.\n",
           program->name, program->summary, program->default_config, program->signals,
           program->manuals);
}

int program_options(const struct program *program, int argc, char **argv,
                    struct program_options *options_r)
{
    static const struct option longs[] = {
        {"config", required_argument, NULL, 'c'},
        {"daemon", no_argument, NULL, 'd'},
        {"version", no_argument, NULL, 'V'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;

    *options_r = (struct program_options){.config = program->default_config};
    while ((option = getopt_long(argc, argv, "c:dVh", longs, NULL)) != -1) {
        switch (option) {
        case 'c':
            options_r->config = optarg;
            break;
        case 'd':
            options_r->daemon = true;
            break;
        case 'V':
            printf("%s " PACKAGE_VERSION "\n", program->name);
            return EXIT_SUCCESS;
        case 'h':
            print_help(program);
            return EXIT_SUCCESS;
        default:
            fprintf(stderr, "Try '%s --help'.\n", program->name);
            return EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "%s: unexpected argument '%s'\n", program->name, argv[optind]);
        return EXIT_USAGE;
    }
    return -1;
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

bool program_begin(const struct program *program, struct program_options *options,
                   enum log_to log_to, int log_facility)
{
    struct buf error = BUF_INIT;

    options->config = config_path(options->config);
    if (options->daemon && !daemon_start(&error)) {
        fprintf(stderr, "%s: %s\n", program->name, buf_str(&error));
        buf_finish(&error);
        return false;
    }
    log_open(program->name, log_to, log_facility, options->daemon);
    return true;
}

void program_complain(const struct program *program,
                      const struct program_options *options, const struct buf *error)
{
    if (options->daemon)
        fprintf(stderr, "%s: %s\n", program->name, buf_str(error));
    log_line(EVENT_ERROR, NULL, "%s", buf_str(error));
}
