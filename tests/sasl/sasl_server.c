/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A server that logs people in through libsasl2, and its client in the same process. It
 * reads commands from standard input, a line each with fields between tabs, and answers
 * each with one line "= CODE FIELD..." (codes of sasl.h), after a line "log LEVEL TEXT"
 * for everything that libsasl logged meanwhile.
 *
 *   usage: sasl_server [KEY=VALUE | client:KEY=VALUE]...    (the SASL configuration)
 *
 *   auth MECHANISM LOGIN PASSWORD [AUTHZID [REALM]]   -> user name as the server has it
 *   checkpass LOGIN PASSWORD                          -> user name
 *   lookup LOGIN PROPERTY...                          -> PROPERTY=hex of value,...
 *   setpass LOGIN [PASSWORD]
 *   direct FLAGS LOGIN PROPERTY[=VALUE]...            -> the plugin's own lookup
 *   repeat N COMMAND...          fork COMMAND...          threads N TIMES LOGIN
 * PASSWORD remote ADDRESS;PORT          realm REALM closefds    resources (descriptors
 * and resident pages)
 */
#include "config.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sasl/sasl.h>
/* needs sasl.h */
#include <sasl/saslplug.h>

enum { FIELDS_MAX = 80, OPTIONS_MAX = 32 };

struct option {
    bool client;
    char *key, *value;
};

static struct option options[OPTIONS_MAX];
static int option_count;
static bool looking_up; /* libsasl crashes when it asks saslauthd without a password */
static char remote[80] = "192.0.2.7;40000";
static char realm_of_server[80];
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;

/* --- callbacks of libsasl --- */

static int get_option(void *context, const char *plugin, const char *key,
                      const char **value_r, unsigned *len_r)
{
    const bool client = context != NULL;

    (void)plugin;
    if (looking_up && strcmp(key, "pwcheck_method") == 0) {
        *value_r = "auxprop";
        return SASL_OK;
    }
    for (int i = 0; i < option_count; i++) {
        if (options[i].client == client && strcmp(options[i].key, key) == 0) {
            *value_r = options[i].value;
            if (len_r != NULL)
                *len_r = (unsigned)strlen(*value_r);
            return SASL_OK;
        }
    }
    return SASL_FAIL;
}

static int print_log(void *context, int level, const char *text)
{
    (void)context;
    if (level <= SASL_LOG_WARN && level != SASL_LOG_NONE) {
        pthread_mutex_lock(&log_lock);
        printf("log %d %s\n", level, text);
        pthread_mutex_unlock(&log_lock);
    }
    return SASL_OK;
}

/* What the client side says when it is asked. */
struct person {
    const char *login, *authzid, *realm;
    sasl_secret_t *secret;
};

static int get_simple(void *context, int id, const char **result_r, unsigned *len_r)
{
    const struct person *person = context;

    *result_r = id == SASL_CB_USER ? person->authzid : person->login;
    if (len_r != NULL)
        *len_r = (unsigned)strlen(*result_r);
    return SASL_OK;
}

static int get_secret(sasl_conn_t *conn, void *context, int id,
                      sasl_secret_t **secret_r)
{
    const struct person *person = context;

    (void)conn;
    (void)id;
    *secret_r = person->secret;
    return SASL_OK;
}

static int get_realm(void *context, int id, const char **available,
                     const char **result_r)
{
    const struct person *person = context;

    (void)id;
    *result_r = person->realm != NULL                       ? person->realm
                : available != NULL && available[0] != NULL ? available[0]
                                                            : "";
    return SASL_OK;
}

/* libsasl stores functions of all types as one. */
#define CALLBACK(function) ((int (*)(void))(void (*)(void))(function))

static char client_side;
static const sasl_callback_t server_callbacks[] = {
    {SASL_CB_GETOPT, CALLBACK(get_option), NULL},
    {SASL_CB_LOG, CALLBACK(print_log), NULL},
    {SASL_CB_LIST_END, NULL, NULL},
};
static const sasl_callback_t client_callbacks[] = {
    {SASL_CB_GETOPT, CALLBACK(get_option), &client_side},
    {SASL_CB_LOG, CALLBACK(print_log), NULL},
    {SASL_CB_LIST_END, NULL, NULL},
};

/* --- one login --- */

static sasl_conn_t *server_new(void)
{
    sasl_conn_t *conn = NULL;
    const int code = sasl_server_new(
        "smtp", "mail.example.org", realm_of_server[0] != '\0' ? realm_of_server : NULL,
        "192.0.2.1;25", remote[0] != '\0' ? remote : NULL, NULL, 0, &conn);

    if (code != SASL_OK) {
        printf("sasl_server_new: %d\n", code);
        exit(EXIT_FAILURE);
    }
    return conn;
}

static int converse(sasl_conn_t *server, sasl_conn_t *client, const char *mechanism,
                    int *client_code_r)
{
    const char *said = NULL, *heard = NULL, *chosen;
    unsigned said_len = 0, heard_len = 0;
    int code;

    *client_code_r =
        sasl_client_start(client, mechanism, NULL, &said, &said_len, &chosen);
    if (*client_code_r != SASL_OK && *client_code_r != SASL_CONTINUE)
        return SASL_NOTDONE;
    code = sasl_server_start(server, mechanism, said, said_len, &heard, &heard_len);
    while (code == SASL_CONTINUE) {
        *client_code_r =
            sasl_client_step(client, heard, heard_len, NULL, &said, &said_len);
        if (*client_code_r != SASL_OK && *client_code_r != SASL_CONTINUE)
            return SASL_NOTDONE;
        code = sasl_server_step(server, said, said_len, &heard, &heard_len);
    }
    return code;
}

static const char *server_user(sasl_conn_t *conn)
{
    const void *user = NULL;

    if (sasl_getprop(conn, SASL_USERNAME, &user) != SASL_OK || user == NULL)
        return "";
    return user;
}

static int do_auth(char **field, int count, bool quiet)
{
    const char *password = count > 3 ? field[3] : "";
    struct person person = {.login = field[2],
                            .authzid = count > 4 ? field[4] : "",
                            .realm = count > 5 ? field[5] : NULL};
    const sasl_callback_t callbacks[] = {
        {SASL_CB_GETOPT, CALLBACK(get_option), &client_side},
        {SASL_CB_USER, CALLBACK(get_simple), &person},
        {SASL_CB_AUTHNAME, CALLBACK(get_simple), &person},
        {SASL_CB_PASS, CALLBACK(get_secret), &person},
        {SASL_CB_GETREALM, CALLBACK(get_realm), &person},
        {SASL_CB_LIST_END, NULL, NULL},
    };
    sasl_conn_t *server = server_new();
    sasl_conn_t *client = NULL;
    int code, client_code = SASL_FAIL;

    person.secret = calloc(1, sizeof(*person.secret) + strlen(password) + 1);
    if (person.secret == NULL)
        exit(EXIT_FAILURE);
    person.secret->len = strlen(password);
    memcpy(person.secret->data, password, strlen(password));
    code = sasl_client_new("smtp", "mail.example.org", "192.0.2.7;40000",
                           "192.0.2.1;25", callbacks, 0, &client);
    if (code == SASL_OK)
        code = converse(server, client, field[1], &client_code);
    if (!quiet)
        printf("= %d\t%s\t%d\n", code, server_user(server), client_code);
    sasl_dispose(&client);
    sasl_dispose(&server);
    free(person.secret);
    return code;
}

static int do_checkpass(char **field, bool quiet)
{
    sasl_conn_t *conn = server_new();
    const int code = sasl_checkpass(conn, field[1], (unsigned)strlen(field[1]),
                                    field[2], (unsigned)strlen(field[2]));

    if (!quiet)
        printf("= %d\t%s\n", code, server_user(conn));
    sasl_dispose(&conn);
    return code;
}

static void print_properties(const struct propval *at)
{
    for (; at != NULL && at->name != NULL; at++) {
        printf("\t%s=", at->name);
        for (unsigned i = 0; at->values != NULL && at->values[i] != NULL; i++) {
            /* Of several values the lengths are not known: they are texts. */
            const size_t len = at->nvalues == 1 ? at->valsize : strlen(at->values[i]);

            printf("%s", i != 0 ? "," : "");
            for (size_t j = 0; j < len; j++)
                printf("%02x", (unsigned char)at->values[i][j]);
        }
    }
}

/* sasl_user_exists() looks properties up without a password. */
static int do_lookup(char **field, int count, bool quiet)
{
    sasl_conn_t *conn = server_new();
    const char *names[FIELDS_MAX];
    int code;

    for (int i = 2; i < count; i++)
        names[i - 2] = field[i];
    names[count - 2] = NULL;
    code = sasl_auxprop_request(conn, names);
    looking_up = true;
    if (code == SASL_OK)
        code = sasl_user_exists(conn, "smtp", NULL, field[1]);
    looking_up = false;
    if (!quiet) {
        printf("= %d", code);
        print_properties(prop_get(sasl_auxprop_getctx(conn)));
        printf("\n");
    }
    sasl_dispose(&conn);
    return code;
}

static int do_setpass(char **field, int count)
{
    sasl_conn_t *conn = server_new();
    const char *password = count > 2 ? field[2] : NULL;
    const int code = sasl_setpass(
        conn, field[1], password, password != NULL ? (unsigned)strlen(password) : 0,
        NULL, 0, password != NULL ? SASL_SET_CREATE : SASL_SET_DISABLE);

    printf("= %d\n", code);
    sasl_dispose(&conn);
    return code;
}

/* --- the plugin without libsasl around it --- */

static void direct_log(sasl_conn_t *conn, int level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void direct_log(sasl_conn_t *conn, int level, const char *format, ...)
{
    va_list args;

    (void)conn;
    va_start(args, format);
    printf("log %d ", level);
    vprintf(format, args);
    printf("\n");
    va_end(args);
}

static void *allocate(size_t size)
{
    return malloc(size);
}

static int do_direct(char **field, int count)
{
    sasl_utils_t utils = {.getopt = get_option,
                          .malloc = allocate,
                          .free = free,
                          .log = direct_log,
                          .prop_get = prop_get,
                          .prop_set = prop_set,
                          .prop_erase = prop_erase};
    sasl_server_params_t sparams = {.utils = &utils, .service = "smtp"};
    void *library = dlopen(getenv("SENDAS_PLUGIN"), RTLD_NOW | RTLD_LOCAL);
    sasl_auxprop_init_t *init = NULL;
    sasl_auxprop_plug_t *plug = NULL;
    char *value[FIELDS_MAX];
    int version = 0, code;

    if (library != NULL)
        *(void **)&init = dlsym(library, "sasl_auxprop_plug_init");
    if (init == NULL) {
        printf("%s\n", dlerror());
        exit(EXIT_FAILURE);
    }
    sparams.propctx = prop_new(0);
    /* All requests first: one more drops the values there are. */
    for (int i = 3; i < count; i++) {
        const char *name[2] = {field[i], NULL};

        value[i] = strchr(field[i], '=');
        if (value[i] != NULL)
            *value[i]++ = '\0';
        prop_request(sparams.propctx, name);
    }
    for (int i = 3; i < count; i++) {
        if (value[i] != NULL)
            prop_set(sparams.propctx, field[i], value[i], 0);
    }
    code = init(&utils, SASL_AUXPROP_PLUG_VERSION, &version, &plug, NULL);
    if (code == SASL_OK)
        code =
            plug->auxprop_lookup(plug->glob_context, &sparams, (unsigned)atoi(field[1]),
                                 field[2], (unsigned)strlen(field[2]));
    printf("= %d", code);
    print_properties(prop_get(sparams.propctx));
    printf("\n");
    if (plug != NULL)
        plug->auxprop_free(plug->glob_context, &utils);
    prop_dispose(&sparams.propctx);
    dlclose(library);
    return code;
}

/* --- what may happen to a process --- */

static int descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = -3; /* ".", ".." and the folder itself */

    while (folder != NULL && readdir(folder) != NULL)
        count++;
    if (folder != NULL)
        closedir(folder);
    return count;
}

static void do_resources(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long size = 0, resident = 0;

    if (file == NULL || fscanf(file, "%ld %ld", &size, &resident) != 2)
        resident = -1;
    if (file != NULL)
        fclose(file);
    printf("= 0\t%d\t%ld\n", descriptors(), resident);
}

/*
 * As daemons do: closes every descriptor, then opens files of its own, which get the
 * numbers of what was closed. They are checked to be still there by "checkfds".
 */
static ino_t own_inode[32];

static void do_closefds(void)
{
    for (int fd = 3; fd < 32; fd++)
        close(fd);
    for (int fd = 3; fd < 32; fd++) {
        FILE *file = tmpfile();
        struct stat st;

        if (file != NULL && fstat(fileno(file), &st) == 0 && fileno(file) < 32)
            own_inode[fileno(file)] = st.st_ino;
    }
    printf("= 0\n");
}

static void do_checkfds(void)
{
    int lost = 0;
    off_t written = 0;

    for (int fd = 3; fd < 32; fd++) {
        struct stat st;

        if (own_inode[fd] != 0 && (fstat(fd, &st) == -1 || st.st_ino != own_inode[fd]))
            lost++;
        else if (own_inode[fd] != 0)
            written += st.st_size;
    }
    printf("= 0\t%d\t%ld\n", lost, (long)written);
}

struct crowd {
    char **field;
    int times, failed;
};

static void *crowd_run(void *argument)
{
    struct crowd *crowd = argument;
    char *field[] = {NULL, crowd->field[3], crowd->field[4]};

    for (int i = 0; i < crowd->times; i++)
        crowd->failed += do_checkpass(field, true) != SASL_OK;
    return NULL;
}

static void do_threads(char **field)
{
    const int count = atoi(field[1]);
    pthread_t *threads = calloc((size_t)count, sizeof(*threads));
    struct crowd *crowds = calloc((size_t)count, sizeof(*crowds));
    int failed = 0;

    if (threads == NULL || crowds == NULL)
        exit(EXIT_FAILURE);
    for (int i = 0; i < count; i++) {
        crowds[i] = (struct crowd){.field = field, .times = atoi(field[2])};
        if (pthread_create(&threads[i], NULL, crowd_run, &crowds[i]) != 0)
            exit(EXIT_FAILURE);
    }
    for (int i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
        failed += crowds[i].failed;
    }
    free(threads);
    free(crowds);
    printf("= 0\t%d\n", failed);
}

static bool is(char **field, int count, const char *name, int least)
{
    return strcmp(field[0], name) == 0 && count >= least;
}

static int run(char **field, int count, bool quiet);

static void do_repeat(char **field, int count)
{
    int failed = 0;

    for (int i = atoi(field[1]); i > 0; i--)
        failed += run(field + 2, count - 2, true) != SASL_OK;
    printf("= 0\t%d\n", failed);
}

static void do_fork(char **field, int count)
{
    fflush(stdout);
    const pid_t child = fork();

    if (child == 0) {
        run(field + 1, count - 1, false);
        sasl_done();
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

static int run(char **field, int count, bool quiet)
{
    if (is(field, count, "auth", 4))
        return do_auth(field, count, quiet);
    if (is(field, count, "checkpass", 3))
        return do_checkpass(field, quiet);
    if (is(field, count, "lookup", 2))
        return do_lookup(field, count, quiet);
    if (is(field, count, "setpass", 2))
        return do_setpass(field, count);
    if (is(field, count, "direct", 3))
        return do_direct(field, count);
    if (is(field, count, "repeat", 3))
        do_repeat(field, count);
    else if (is(field, count, "fork", 2))
        do_fork(field, count);
    else if (is(field, count, "threads", 5))
        do_threads(field);
    else if (is(field, count, "resources", 1))
        do_resources();
    else if (is(field, count, "closefds", 1))
        do_closefds();
    else if (is(field, count, "checkfds", 1))
        do_checkfds();
    else if (is(field, count, "remote", 2))
        printf("= %d\n", snprintf(remote, sizeof(remote), "%s", field[1]) < 0);
    else if (is(field, count, "realm", 2))
        printf("= %d\n",
               snprintf(realm_of_server, sizeof(realm_of_server), "%s", field[1]) < 0);
    else
        printf("unknown command %s\n", field[0]);
    return SASL_OK;
}

static int split(char *line, char **field)
{
    int count = 0;

    line[strcspn(line, "\n")] = '\0';
    while (line != NULL && count < FIELDS_MAX)
        field[count++] = strsep(&line, "\t");
    return count;
}

static void read_options(int argc, char **argv)
{
    for (int i = 1; i < argc && option_count < OPTIONS_MAX; i++) {
        struct option *option = &options[option_count++];
        char *text = argv[i];

        option->client = strncmp(text, "client:", 7) == 0;
        option->key = text + (option->client ? 7 : 0);
        option->value = strchr(text, '=');
        if (option->value == NULL)
            exit(EXIT_FAILURE);
        *option->value++ = '\0';
    }
}

int main(int argc, char **argv)
{
    char *line = NULL, *field[FIELDS_MAX];
    size_t size = 0;
    int code;

    setlocale(LC_ALL, "");
    read_options(argc, argv);
    code = sasl_server_init(server_callbacks, "sendas-test");
    if (code == SASL_OK)
        code = sasl_client_init(client_callbacks);
    printf("= %d\n", code);
    fflush(stdout);
    while (code == SASL_OK && getline(&line, &size, stdin) != -1) {
        run(field, split(line, field), false);
        fflush(stdout);
    }
    free(line);
    sasl_done();
    return code == SASL_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
