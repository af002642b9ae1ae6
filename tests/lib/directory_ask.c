/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * directory_ask - asks a directory (common/ldap), for tests.
 *
 *   directory_ask SETTINGS
 *
 * SETTINGS and the lines of standard input are JSON objects. Each line is a question,
 * and each gets a line of JSON: {"search": FILTER, "base": "", "attributes": [],
 * "limit": 0} or
 * {"check": DN, "password": ""}; with "threads" and "rounds" it is asked so often from
 * so many threads at once, and the answers are counted. Notices are lines of their own.
 */
#include "config.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/strlist.h"
#include "ldap/directory.h"

enum { THREADS_MAX = 64, ATTRIBUTES_MAX = 16 };

static const char *const answer_names[] = {"unknown", "no", "yes"};
static const char *const verdict_names[] = {"right",   "wrong",       "locked",
                                            "expired", "must-change", "refused"};

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static const char *text_of(json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}

static json_int_t number_of(json_t *object, const char *key, json_int_t otherwise)
{
    json_t *value = json_object_get(object, key);

    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

/* A whole line at once: the notices come from any thread. */
static void print_line(json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);

    printf("%s\n", text);
    fflush(stdout);
    free(text);
    json_decref(object);
}

static void print_notice(void *arg, enum event_level level, const char *line)
{
    (void)arg;
    print_line(json_pack("{s:s, s:i}", "notice", line, "level", (int)level));
}

struct question {
    struct directory *directory;
    json_t *json;
    unsigned long rounds;
    unsigned long answers[3]; /* by enum answer + 1 */
    double slowest;
    json_t *reply; /* to the last one, owned */
};

static json_t *entries_json(const struct directory_entries *entries)
{
    json_t *list = json_array();

    for (size_t i = 0; i < entries->count; i++) {
        const struct directory_entry *entry = &entries->items[i];
        json_t *object = json_pack("{s:s}", "dn", entry->dn);

        for (size_t j = 0; j < entry->count; j++) {
            json_t *values = json_array();

            for (size_t k = 0; k < entry->attributes[j].count; k++) {
                const struct directory_value *value = &entry->attributes[j].values[k];

                json_array_append_new(values, json_stringn(value->bytes, value->len));
            }
            json_object_set_new(object, entry->attributes[j].name, values);
        }
        json_array_append_new(list, object);
    }
    return list;
}

static enum answer ask_search(struct question *question, struct arena *arena,
                              struct buf *error)
{
    const char *attributes[ATTRIBUTES_MAX + 1] = {NULL};
    json_t *names = json_object_get(question->json, "attributes");
    struct directory_query query = {
        .base = text_of(question->json, "base"),
        .scope =
            (enum directory_scope)number_of(question->json, "scope", DIRECTORY_SUB),
        .filter = text_of(question->json, "search"),
        .attributes = attributes,
        .size_limit = (int)number_of(question->json, "limit", 0),
        .timeout_ms = (unsigned)number_of(question->json, "timeout_ms", 0)};
    struct directory_entries entries;
    enum answer answer;

    for (size_t i = 0; i < json_array_size(names) && i < ATTRIBUTES_MAX; i++)
        attributes[i] = json_string_value(json_array_get(names, i));
    answer = directory_search(question->directory, &query, arena, &entries, error);
    question->reply = json_pack("{s:s}", "answer", answer_names[answer + 1]);
    if (answer != ANSWER_UNKNOWN) {
        json_object_set_new(question->reply, "entries", entries_json(&entries));
        json_object_set_new(question->reply, "server", json_string(entries.server));
    }
    return answer;
}

static enum answer ask_check(struct question *question, struct buf *error)
{
    json_t *password = json_object_get(question->json, "password");
    enum directory_verdict verdict = DIRECTORY_WRONG;
    enum answer answer = directory_check(
        question->directory, text_of(question->json, "check"),
        json_string_value(password), json_string_length(password), &verdict, error);

    question->reply = json_pack("{s:s}", "answer", answer_names[answer + 1]);
    if (answer != ANSWER_UNKNOWN)
        json_object_set_new(question->reply, "verdict",
                            json_string(verdict_names[verdict]));
    return answer;
}

static void *question_run(void *arg)
{
    struct question *question = arg;
    struct arena arena = {0};
    struct buf error = BUF_INIT;

    for (unsigned long i = 0; i < question->rounds; i++) {
        double start = seconds();
        double took;
        enum answer answer;

        arena_reset(&arena);
        buf_clear(&error);
        json_decref(question->reply);
        answer = json_object_get(question->json, "search") != NULL
                     ? ask_search(question, &arena, &error)
                     : ask_check(question, &error);
        took = seconds() - start;
        question->answers[answer + 1]++;
        if (took > question->slowest)
            question->slowest = took;
        json_object_set_new(question->reply, "seconds", json_real(took));
        if (answer == ANSWER_UNKNOWN)
            json_object_set_new(question->reply, "error", json_string(buf_str(&error)));
    }
    buf_finish(&error);
    arena_finish(&arena);
    return NULL;
}

static void ask(struct directory *directory, json_t *json)
{
    struct question questions[THREADS_MAX];
    pthread_t threads[THREADS_MAX];
    size_t count = (size_t)number_of(json, "threads", 1);
    struct question sum = {0};
    double start = seconds();

    if (count > THREADS_MAX)
        count = THREADS_MAX;
    for (size_t i = 0; i < count; i++) {
        questions[i] =
            (struct question){.directory = directory,
                              .json = json,
                              .rounds = (unsigned long)number_of(json, "rounds", 1)};
        pthread_create(&threads[i], NULL, question_run, &questions[i]);
    }
    for (size_t i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
        for (int j = 0; j < 3; j++)
            sum.answers[j] += questions[i].answers[j];
        if (questions[i].slowest > sum.slowest)
            sum.slowest = questions[i].slowest;
        if (i + 1 < count)
            json_decref(questions[i].reply);
        else
            sum.reply = questions[i].reply;
    }
    json_object_update_new(
        sum.reply,
        json_pack("{s:I, s:I, s:I, s:f, s:f}", "yes", (json_int_t)sum.answers[2], "no",
                  (json_int_t)sum.answers[1], "unknown", (json_int_t)sum.answers[0],
                  "slowest", sum.slowest, "took", seconds() - start));
    print_line(sum.reply);
}

static struct directory_settings settings_of(json_t *json, struct strlist *uris,
                                             struct arena *arena)
{
    json_t *list = json_object_get(json, "uris");

    for (size_t i = 0; i < json_array_size(list); i++)
        strlist_add(uris, arena, json_string_value(json_array_get(list, i)));
    return (struct directory_settings){
        .uris = uris,
        .timeout_ms = (unsigned)number_of(json, "timeout_ms", 3000),
        .version = (int)number_of(json, "version", 3),
        .start_tls = json_is_true(json_object_get(json, "start_tls")),
        .require_cert = !json_is_false(json_object_get(json, "require_cert")),
        .ca_file = text_of(json, "ca_file"),
        .ca_dir = text_of(json, "ca_dir"),
        .cert = text_of(json, "cert"),
        .key = text_of(json, "key"),
        .ciphers = text_of(json, "ciphers"),
        .bind = (enum directory_bind)number_of(json, "bind", DIRECTORY_ANONYMOUS),
        .bind_dn = text_of(json, "bind_dn"),
        .bind_pw = text_of(json, "bind_pw"),
        .bind_pw_file = text_of(json, "bind_pw_file"),
        .sasl_mechs = text_of(json, "sasl_mechs"),
        .sasl_realm = text_of(json, "sasl_realm"),
        .sasl_authz_id = text_of(json, "sasl_authz_id"),
        .sasl_minssf = (int)number_of(json, "sasl_minssf", 0),
        .dereference = (int)number_of(json, "dereference", 0),
        .chase_referrals = json_is_true(json_object_get(json, "chase_referrals")),
        .connections = (size_t)number_of(json, "connections", 2),
        .checks = (size_t)number_of(json, "checks", 4),
        .notice = print_notice};
}

static void ask_lines(struct directory *directory)
{
    char *line = NULL;
    size_t cap = 0;

    while (getline(&line, &cap, stdin) > 0) {
        json_t *question = json_loads(line, JSON_ALLOW_NUL, NULL);

        if (question == NULL)
            exit(2);
        ask(directory, question);
        json_decref(question);
    }
    free(line);
}

/* Has a child ask, and waits for it. false: it has not ended well. */
static bool ask_forked(struct directory *directory)
{
    const pid_t pid = fork();
    int status = 1;

    if (pid == 0) {
        ask_lines(directory);
        return true;
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

int main(int argc, char **argv)
{
    json_t *json = argc == 2 ? json_loads(argv[1], 0, NULL) : NULL;
    struct arena arena = {0};
    struct strlist uris = {0};
    struct buf error = BUF_INIT;
    struct directory_settings settings;
    struct directory *directory;
    bool ok;

    if (json == NULL)
        return 2;
    settings = settings_of(json, &uris, &arena);
    directory = directory_create(&settings, &error);
    if (directory == NULL)
        fprintf(stderr, "directory_ask: %s\n", buf_str(&error));
    ok = directory != NULL;
    if (ok && json_is_true(json_object_get(json, "fork")))
        ok = ask_forked(directory);
    else if (ok)
        ask_lines(directory);
    directory_destroy(directory);
    buf_finish(&error);
    arena_finish(&arena);
    json_decref(json);
    return ok ? 0 : 1;
}
