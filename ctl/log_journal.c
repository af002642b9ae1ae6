/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/log_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "ctl/log_prefix.h"

extern char **environ;

/* --- the program --- */

static int journal_spawn(struct log_journal *journal, char *const *argv, int out)
{
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);

    if (error != 0)
        return error;
    if ((error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                                  O_RDONLY, 0)) == 0 &&
        (error = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO)) == 0)
        error = posix_spawnp(&journal->pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

bool log_journal_open(struct log_journal *journal, int64_t since, int64_t until,
                      struct buf *error_r)
{
    char name[] = "journalctl", pager[] = "--no-pager", quiet[] = "--quiet",
         all[] = "--all", output[] = "--output=json",
         fields[] = "--output-fields=MESSAGE,_UID,SYSLOG_IDENTIFIER",
         program[] = "SYSLOG_IDENTIFIER=" LOG_PROGRAM, from[40], to[40];
    char *argv[] = {name, pager, quiet, all, output, fields, program, NULL, NULL, NULL};
    size_t count = 7;
    int out[2] = {-1, -1}, error;

    snprintf(from, sizeof from, "--since=@%" PRId64, since);
    snprintf(to, sizeof to, "--until=@%" PRId64, until);
    if (since != 0)
        argv[count++] = from;
    if (until != 0)
        argv[count] = to;
    *journal = (struct log_journal){.pid = -1, .fd = -1};
    if (pipe2(out, O_CLOEXEC) != 0) {
        buf_addf(error_r, "journalctl: %s", strerror(errno));
        return false;
    }
    error = journal_spawn(journal, argv, out[1]);
    close(out[1]);
    journal->fd = out[0];
    if (error == 0)
        return true;
    close(out[0]);
    buf_addf(error_r, "journalctl cannot be run: %s (is systemd installed?)",
             strerror(error));
    return false;
}

bool log_journal_close(struct log_journal *journal, struct buf *error_r)
{
    int status = 0;

    close(journal->fd);
    while (waitpid(journal->pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    if (WIFSIGNALED(status))
        buf_addf(error_r, "journalctl: ended by signal %d", WTERMSIG(status));
    else
        buf_addf(error_r, "journalctl: failed with status %d", WEXITSTATUS(status));
    return false;
}

/* --- its lines --- */

/* A number that stands as a string, as all do. */
static bool number_read(json_t *object, const char *key, long long *number_r)
{
    const char *text = json_string_value(json_object_get(object, key));
    char *end;

    if (text == NULL || *text < '0' || *text > '9')
        return false;
    errno = 0;
    *number_r = strtoll(text, &end, 10);
    return errno == 0 && *end == '\0';
}

/* A text that is not UTF-8 is printed as the numbers of its bytes. */
static bool bytes_read(json_t *list, struct arena *arena, struct journal_line *line)
{
    const size_t count = json_array_size(list);
    char *text = arena_alloc(arena, count + 1);

    if (text == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        text[i] = (char)json_integer_value(json_array_get(list, i));
    line->message = text;
    line->len = count;
    return true;
}

static bool object_read(json_t *object, struct arena *arena, struct journal_line *line)
{
    json_t *message = json_object_get(object, "MESSAGE");
    const char *program =
        json_string_value(json_object_get(object, "SYSLOG_IDENTIFIER"));
    long long number;

    if (!number_read(object, "__REALTIME_TIMESTAMP", &number) || program == NULL ||
        strcmp(program, LOG_PROGRAM) != 0)
        return false;
    line->seconds = number / 1000000;
    line->user_known = number_read(object, "_UID", &number);
    line->user = (uid_t)number;
    if (json_is_array(message))
        return bytes_read(message, arena, line);
    line->message = arena_strdup(arena, json_string_value(message));
    line->len = line->message != NULL ? strlen(line->message) : 0;
    return line->message != NULL;
}

bool log_journal_read(const char *text, size_t len, struct arena *arena,
                      struct journal_line *line_r)
{
    json_t *object = json_loadb(text, len, 0, NULL);
    bool done = object != NULL && object_read(object, arena, line_r);

    json_decref(object);
    return done;
}
