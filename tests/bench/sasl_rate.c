/* SPDX-License-Identifier: BSD-2-Clause */
/* sasl_rate - how many logins a second libsasl gets through, in so many processes.
 *
 * usage: sasl_rate CONF-DIRECTORY KIND FORMAT ACCOUNTS SECONDS PROCESSES [PASSWORD]
 *
 * The directory holds rate.conf, libsasl's settings. FORMAT with a number in it is a
 * login
 * ("user%u@example.org"), drawn at random from so many. KIND is what is done with it:
 *   scram   the first step of SCRAM-SHA-256, which looks the verifier up
 *   plain   sasl_checkpass() of PASSWORD, which must be right
 *   check   the saslauthd protocol alone: CONF-DIRECTORY is the socket's path, and each
 *           question a connection, as libsasl has it
 * Prints "RATE logins/s, CPU us of CPU each". */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sasl/sasl.h>

enum kind { KIND_SCRAM, KIND_PLAIN, KIND_CHECK };

struct task {
    enum kind kind;
    const char *format;
    unsigned accounts;
    double seconds;
    const char *password;
};

static const char *conf_directory;

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu(int who)
{
    struct rusage usage;

    getrusage(who, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static int get_confpath(void *context, char **path)
{
    (void)context;
    *path = strdup(conf_directory);
    return *path != NULL ? SASL_OK : SASL_NOMEM;
}

static int no_log(void *context, int level, const char *message)
{
    (void)context;
    if (level <= SASL_LOG_ERR)
        fprintf(stderr, "sasl_rate: %s\n", message);
    return SASL_OK;
}

/* As smtpd: one sasl_conn_t a login. */
static bool log_in(const struct task *task, const char *login)
{
    sasl_conn_t *conn = NULL;
    const char *out;
    unsigned out_len;
    char first[600];
    int result;

    if (sasl_server_new("smtp", "mail.example.org", "example.org", "127.0.0.1;25",
                        "192.0.2.7;4711", NULL, 0, &conn) != SASL_OK)
        return false;
    if (task->kind == KIND_PLAIN) {
        result = sasl_checkpass(conn, login, (unsigned)strlen(login), task->password,
                                (unsigned)strlen(task->password));
    } else {
        snprintf(first, sizeof first, "n,,n=%s,r=rOprNGfwEbeRWgbNEkqO", login);
        result = sasl_server_start(conn, "SCRAM-SHA-256", first,
                                   (unsigned)strlen(first), &out, &out_len);
    }
    if (result != (task->kind == KIND_PLAIN ? SASL_OK : SASL_CONTINUE))
        fprintf(stderr, "sasl_rate: %s: %s\n", login, sasl_errdetail(conn));
    sasl_dispose(&conn);
    return result == (task->kind == KIND_PLAIN ? SASL_OK : SASL_CONTINUE);
}

static size_t put_string(unsigned char *at, const char *text)
{
    const size_t len = strlen(text);

    at[0] = (unsigned char)(len >> 8);
    at[1] = (unsigned char)len;
    memcpy(at + 2, text, len);
    return len + 2;
}

/* One check over the saslauthd socket, libsasl left out. */
static bool ask(const struct task *task, const char *login)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    unsigned char question[1024], reply[4] = {0};
    size_t len, got = 0;
    ssize_t n = 1;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    bool ok;

    snprintf(address.sun_path, sizeof address.sun_path, "%s", conf_directory);
    len = put_string(question, login);
    len += put_string(question + len, task->password);
    len += put_string(question + len, "smtp");
    len += put_string(question + len, "");
    ok = fd != -1 &&
         connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
         write(fd, question, len) == (ssize_t)len;
    while (ok && got < sizeof reply && n > 0) {
        n = read(fd, reply + got, sizeof reply - got);
        got += n > 0 ? (size_t)n : 0;
    }
    if (fd != -1)
        close(fd);
    ok = ok && got == sizeof reply && memcmp(reply, "\0\2OK", 4) == 0;
    if (!ok)
        fprintf(stderr, "sasl_rate: %s: the check failed\n", login);
    return ok;
}

/* The logins that one process got through; -1: it failed. */
static long work(const struct task *task)
{
    static const sasl_callback_t callbacks[] = {
        {SASL_CB_GETCONFPATH, (int (*)(void))(void (*)(void))get_confpath, NULL},
        {SASL_CB_LOG, (int (*)(void))(void (*)(void))no_log, NULL},
        {SASL_CB_LIST_END, NULL, NULL},
    };
    double end;
    long done = 0;

    srandom((unsigned)getpid());
    if (task->kind != KIND_CHECK && sasl_server_init(callbacks, "rate") != SASL_OK)
        return -1;
    end = now() + task->seconds;
    do {
        char login[300];

        /* The format is the operator's own. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(login, sizeof login, task->format,
                 (unsigned)random() % task->accounts);
#pragma GCC diagnostic pop
        if (!(task->kind == KIND_CHECK ? ask : log_in)(task, login))
            return -1;
        done++;
    } while (now() < end);
    return done;
}

static bool run(const struct task *task, unsigned processes)
{
    long *done = mmap(NULL, processes * sizeof *done, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    double began = now();
    double took;
    long sum = 0;

    if (done == MAP_FAILED)
        return false;
    for (unsigned i = 0; i < processes; i++) {
        if (fork() == 0) {
            done[i] = work(task);
            _exit(0);
        }
    }
    while (wait(NULL) > 0)
        ;
    took = now() - began;
    for (unsigned i = 0; i < processes; i++) {
        if (done[i] <= 0)
            return false;
        sum += done[i];
    }
    printf("%.0f logins/s, %.1f us of CPU each\n", (double)sum / took,
           cpu(RUSAGE_CHILDREN) * 1e6 / (double)sum);
    return true;
}

int main(int argc, char **argv)
{
    struct task task;

    if (argc < 7) {
        fputs(
            "usage: sasl_rate CONF-DIRECTORY scram|plain|check FORMAT ACCOUNTS SECONDS "
            "PROCESSES [PASSWORD]\n",
            stderr);
        return 2;
    }
    conf_directory = argv[1];
    task = (struct task){.kind = strcmp(argv[2], "plain") == 0   ? KIND_PLAIN
                                 : strcmp(argv[2], "check") == 0 ? KIND_CHECK
                                                                 : KIND_SCRAM,
                         .format = argv[3],
                         .accounts = (unsigned)atoi(argv[4]),
                         .seconds = atof(argv[5]),
                         .password = argc > 7 ? argv[7] : ""};
    return run(&task, (unsigned)atoi(argv[6])) ? 0 : 1;
}
