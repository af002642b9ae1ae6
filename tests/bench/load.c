/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * load - a load generator that speaks the milter protocol as Postfix does.
 *
 * It keeps N connections busy, each with one message after the other, for many logins,
 * a share of the messages spoofed, and checks the verdict of every one. It negotiates
 * first and leaves out what the filter declined; events that want no reply travel in
 * one write with the next one that does, as from Postfix's buffer. Prints one line of
 * figures.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <libmilter/mfdef.h>

enum { OUT_MAX = 8192, IN_MAX = 8192, SYMLISTS = 7, SYMLIST_MAX = 512 };

/* What a run is to do. */
static struct {
    const char *socket;
    long connections;
    long messages; /* all connections together */
    long reopen;   /* messages a connection carries before it is opened anew */
    long logins;
    long spoofed; /* percent */
    bool expect_rejects;
    unsigned seed;
} options = {NULL, 16, 10000, 100, 50000, 10, true, 1};

/* Steps of a connection, in the order of the protocol. */
enum step {
    STEP_NEGOTIATE,
    STEP_CONNECT,
    STEP_HELO,
    STEP_MAIL,
    STEP_RCPT,
    STEP_DATA,
    STEP_HEADER,
    STEP_EOH,
    STEP_BODY,
    STEP_EOM
};

/* How a message lies about its sender; all of them are seen at the end of the message.
 */
enum lie { LIE_NONE, LIE_FROM, LIE_SENDER, LIE_NULL_ENVELOPE, LIE_COUNT };

struct connection {
    int fd;
    enum step step; /* the event whose reply is awaited */
    uint32_t protocol;
    char symlist[SYMLISTS][SYMLIST_MAX]; /* " name name " asked for a stage, or "" */
    uint64_t symlists;                   /* bit set: the filter gave a list */
    unsigned char out[OUT_MAX];
    size_t out_len;
    unsigned char in[IN_MAX];
    size_t in_len;
    long carried; /* messages on this connection so far */
    bool in_message;
    long login; /* of the message under way */
    int variant;
    enum lie lie;
    bool inserted; /* the filter added a field */
    uint64_t begun;
};

static struct {
    long begun, done, rejected, inserted, wrong;
    uint32_t *latency; /* microseconds, one a message */
    unsigned random;
} run;

static uint64_t now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000U + (uint64_t)ts.tv_nsec / 1000U;
}

static void die(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static unsigned next_random(void)
{
    run.random = run.random * 1103515245U + 12345U;
    return run.random >> 8;
}

/* --- packets out --- */

static void put_packet(struct connection *c, char command, const void *data, size_t len)
{
    uint32_t size = htonl((uint32_t)len + 1);

    if (c->out_len + len + 5 > sizeof(c->out)) {
        errno = ENOBUFS;
        die("packet");
    }
    memcpy(c->out + c->out_len, &size, 4);
    c->out[c->out_len + 4] = (unsigned char)command;
    memcpy(c->out + c->out_len + 5, data, len);
    c->out_len += len + 5;
}

/* The same from strings, each with its NUL; ends with NULL. */
static size_t join(char *buf, size_t size, const char *const *strings)
{
    size_t used = 0;

    for (; *strings != NULL; strings++) {
        size_t len = strlen(*strings) + 1;

        if (used + len > size) {
            errno = ENOBUFS;
            die("strings");
        }
        memcpy(buf + used, *strings, len);
        used += len;
    }
    return used;
}

enum { MACRO_MAX = 20 };

struct macro {
    const char *name;
    const char *value;
    enum step since; /* the MTA has a value from this step on */
};

/* What Postfix sends to a filter that asks for nothing, and the numbers of the stages.
 */
enum {
    STAGE_CONNECT,
    STAGE_HELO,
    STAGE_MAIL,
    STAGE_RCPT,
    STAGE_DATA,
    STAGE_EOM,
    STAGE_EOH
};
static const char connect_defaults[] = " j {daemon_name} v _ ";
static const char helo_defaults[] = " {tls_version} {cipher} {cipher_bits} ";
static const char mail_defaults[] =
    " i {auth_type} {auth_authen} {mail_addr} {mail_host} {mail_mailer} ";
static const char rcpt_defaults[] = " i {rcpt_addr} {rcpt_host} {rcpt_mailer} ";
static const char later_defaults[] = " i ";

/* Sends the macros of a stage: those asked for among what is known, or the defaults. */
static void put_macros(struct connection *c, char command, int stage,
                       const struct macro *known, const char *defaults)
{
    char data[2048];
    const char *wanted = (c->symlists >> stage & 1) != 0 ? c->symlist[stage] : defaults;
    size_t used = 1;

    data[0] = command;
    for (; known->name != NULL; known++) {
        char word[64];

        snprintf(word, sizeof(word), " %s ", known->name);
        if (strstr(wanted, word) == NULL)
            continue;
        used += join(data + used, sizeof(data) - used,
                     (const char *const[]){known->name, known->value, NULL});
    }
    put_packet(c, SMFIC_MACRO, data, used); /* even when there is none */
}

/* --- one message --- */

/* The addresses of login number n: its own and an alias; see bench.py, which grants
 * them. */
static void address_of(char *buf, size_t size, long login, int variant)
{
    static const struct {
        const char *before, *after;
    } shapes[] = {{"user", "@example.org"},
                  {"alias", "@example.net"},
                  {"user", "+tag@example.org"}};

    snprintf(buf, size, "%s%ld%s", shapes[variant].before, login,
             shapes[variant].after);
}

struct message_text {
    char login[64];
    char own[64];
    char other[64];
    char queue_id[24];
};

static void describe_message(const struct connection *c, struct message_text *text)
{
    address_of(text->login, sizeof(text->login), c->login, 0);
    address_of(text->own, sizeof(text->own), c->login, c->variant);
    address_of(text->other, sizeof(text->other), (c->login + 1) % options.logins, 0);
    snprintf(text->queue_id, sizeof(text->queue_id), "4Tk%09lX", run.begun);
}

/* What the MTA knows at a step; `known` has room for MACRO_MAX. */
static void list_macros(const struct connection *c, const struct message_text *text,
                        enum step step, struct macro *known)
{
    const struct macro all[] = {
        {"j", "mail.example.org", STEP_CONNECT},
        {"_", "client.example.net [192.0.2.7]", STEP_CONNECT},
        {"{client_addr}", "192.0.2.7", STEP_CONNECT},
        {"{client_name}", "client.example.net", STEP_CONNECT},
        {"{daemon_name}", "submission", STEP_CONNECT},
        {"{tls_version}", "TLSv1.3", STEP_HELO},
        {"{cipher}", "TLS_AES_256_GCM_SHA384", STEP_HELO},
        {"{cipher_bits}", "256", STEP_HELO},
        {"{auth_type}", "PLAIN", STEP_MAIL},
        {"{auth_authen}", text->login, STEP_MAIL},
        {"{mail_addr}", c->lie == LIE_NULL_ENVELOPE ? "" : text->own, STEP_MAIL},
        {"{mail_host}", "example.net", STEP_MAIL},
        {"{mail_mailer}", "smtp", STEP_MAIL},
        {"{rcpt_addr}", "bob@example.com", STEP_RCPT},
        {"{rcpt_host}", "example.com", STEP_RCPT},
        {"{rcpt_mailer}", "smtp", STEP_RCPT},
        {"i", text->queue_id, STEP_DATA},
        {NULL, NULL, STEP_NEGOTIATE}};

    _Static_assert(sizeof(all) / sizeof(all[0]) <= MACRO_MAX, "room for all macros");
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (all[i].since <= step)
            *known++ = all[i];
}

static void put_event(struct connection *c, char command, const char *const *strings)
{
    char data[1024];

    put_packet(c, command, data, join(data, sizeof(data), strings));
}

static void put_field(struct connection *c, const struct macro *known, const char *name,
                      const char *value)
{
    char spaced[512];
    bool leading = (c->protocol & SMFIP_HDR_LEADSPC) != 0;

    put_macros(c, SMFIC_HEADER, STAGE_EOH, known, later_defaults);
    snprintf(spaced, sizeof(spaced), "%s%s", leading ? " " : "", value);
    put_event(c, SMFIC_HEADER, (const char *const[]){name, spaced, NULL});
}

/* Queues the fields of a usual message (a filter that answers each one is not for us).
 */
static void put_header(struct connection *c, const struct macro *known,
                       const struct message_text *text)
{
    char from[160], sender[160], id[160];

    snprintf(from, sizeof(from), "\"Doe, Jane\" <%s>",
             c->lie == LIE_FROM || c->lie == LIE_NULL_ENVELOPE ? text->other
                                                               : text->own);
    snprintf(sender, sizeof(sender), "%s", text->other);
    snprintf(id, sizeof(id), "<%s.%ld@example.org>", text->queue_id, c->login);
    put_field(c, known, "Message-ID", id);
    put_field(c, known, "Date", "Sat, 21 Nov 2026 10:00:00 +0000");
    put_field(c, known, "MIME-Version", "1.0");
    put_field(c, known, "User-Agent", "Mozilla Thunderbird");
    put_field(c, known, "Subject", "Re: The minutes of yesterday's meeting");
    put_field(c, known, "Content-Language", "en-US");
    put_field(c, known, "To", "Bob Example <bob@example.com>,\n\tcarol@example.com");
    put_field(c, known, "References", "<20261120.1234@mail.example.com>");
    put_field(c, known, "From", from);
    if (c->lie == LIE_SENDER)
        put_field(c, known, "Sender", sender);
    put_field(c, known, "In-Reply-To", "<20261120.1234@mail.example.com>");
    put_field(c, known, "Content-Type", "text/plain; charset=UTF-8; format=flowed");
    put_field(c, known, "Content-Transfer-Encoding", "8bit");
}

/* Chooses who sends the next message and how honestly. */
static void begin_message(struct connection *c)
{
    c->login = (long)(next_random() % (unsigned long)options.logins);
    c->variant = (int)(next_random() % 3);
    c->lie = LIE_NONE;
    if ((long)(next_random() % 100) < options.spoofed)
        c->lie = (enum lie)(1 + next_random() % (LIE_COUNT - 1));
    c->inserted = false;
    c->in_message = true;
    c->begun = now_us();
    run.begun++;
}

/* Did the filter say that it wants neither the event nor, if it does, to answer it? */
static bool declined(const struct connection *c, uint32_t bit)
{
    return (c->protocol & bit) != 0;
}

/*
 * Queues one event with its macros (which go out even when the event is declined, as
 * from Postfix). Returns true if a reply is to be awaited.
 */
static bool put_step(struct connection *c, enum step step)
{
    struct message_text text;
    struct macro known[MACRO_MAX];
    char path[80];
    static const char helo[] = "client.example.net";
    static const char connect[] = "client.example.net\0"
                                  "4\xc8\x22"
                                  "192.0.2.7";
    static const char body[] = "Hello,\r\n\r\nthe minutes are attached.\r\n";

    describe_message(c, &text);
    snprintf(path, sizeof(path), "<%s>", c->lie == LIE_NULL_ENVELOPE ? "" : text.own);
    list_macros(c, &text, step, known);
    switch (step) {
    case STEP_NEGOTIATE:
        return false;
    case STEP_CONNECT:
        put_macros(c, SMFIC_CONNECT, STAGE_CONNECT, known, connect_defaults);
        if (declined(c, SMFIP_NOCONNECT))
            return false;
        put_packet(c, SMFIC_CONNECT, connect, sizeof(connect));
        return !declined(c, SMFIP_NR_CONN);
    case STEP_HELO:
        put_macros(c, SMFIC_HELO, STAGE_HELO, known, helo_defaults);
        if (declined(c, SMFIP_NOHELO))
            return false;
        put_packet(c, SMFIC_HELO, helo, sizeof(helo));
        return !declined(c, SMFIP_NR_HELO);
    case STEP_MAIL:
        put_macros(c, SMFIC_MAIL, STAGE_MAIL, known, mail_defaults);
        if (declined(c, SMFIP_NOMAIL))
            return false;
        put_event(c, SMFIC_MAIL, (const char *const[]){path, "SIZE=1024", NULL});
        return !declined(c, SMFIP_NR_MAIL);
    case STEP_RCPT:
        put_macros(c, SMFIC_RCPT, STAGE_RCPT, known, rcpt_defaults);
        if (declined(c, SMFIP_NORCPT))
            return false;
        put_event(c, SMFIC_RCPT, (const char *const[]){"<bob@example.com>", NULL});
        return !declined(c, SMFIP_NR_RCPT);
    case STEP_DATA:
        put_macros(c, SMFIC_DATA, STAGE_DATA, known, later_defaults);
        if (declined(c, SMFIP_NODATA))
            return false;
        put_packet(c, SMFIC_DATA, "", 0);
        return !declined(c, SMFIP_NR_DATA);
    case STEP_HEADER:
        if (declined(c, SMFIP_NOHDRS))
            return false;
        put_header(c, known, &text);
        if (!declined(c, SMFIP_NR_HDR)) {
            errno = EPROTO;
            die("the filter wants to answer header fields");
        }
        return false;
    case STEP_EOH:
        if (declined(c, SMFIP_NOEOH))
            return false;
        put_macros(c, SMFIC_EOH, STAGE_EOH, known, later_defaults);
        put_packet(c, SMFIC_EOH, "", 0);
        return !declined(c, SMFIP_NR_EOH);
    case STEP_BODY:
        if (declined(c, SMFIP_NOBODY))
            return false;
        put_macros(c, SMFIC_BODY, STAGE_EOH, known, later_defaults);
        put_packet(c, SMFIC_BODY, body, sizeof(body) - 1);
        return !declined(c, SMFIP_NR_BODY);
    case STEP_EOM:
        put_macros(c, SMFIC_BODYEOB, STAGE_EOM, known, later_defaults);
        put_packet(c, SMFIC_BODYEOB, "", 0);
        return true;
    }
    return false;
}

static void flush(struct connection *c)
{
    size_t done = 0;

    while (done < c->out_len) {
        ssize_t n = write(c->fd, c->out + done, c->out_len - done);

        if (n < 0 && errno == EAGAIN)
            continue; /* a few kilobytes: the socket takes them in a moment */
        if (n < 0)
            die("write");
        done += (size_t)n;
    }
    c->out_len = 0;
}

/* --- connections --- */

static int open_socket(const char *spec)
{
    int fd;

    if (strncmp(spec, "unix:", 5) == 0) {
        struct sockaddr_un sun = {.sun_family = AF_UNIX};

        snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", spec + 5);
        fd = socket(AF_UNIX, SOCK_STREAM, 0);
        if (fd < 0 || connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) < 0)
            die(spec);
    } else {
        struct sockaddr_in sin = {.sin_family = AF_INET};

        sin.sin_port = htons((uint16_t)strtol(spec + strcspn(spec, ":") + 1, NULL, 10));
        sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        fd = socket(AF_INET, SOCK_STREAM, 0);
        if (fd < 0 || connect(fd, (const struct sockaddr *)&sin, sizeof(sin)) < 0)
            die(spec);
    }
    if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
        die("fcntl");
    return fd;
}

static void open_connection(struct connection *c, int poll_fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    const uint32_t offer[3] = {htonl(6), htonl(SMFI_CURR_ACTS), htonl(SMFI_CURR_PROT)};

    c->fd = open_socket(options.socket);
    c->step = STEP_NEGOTIATE;
    c->in_len = c->out_len = 0;
    c->carried = 0;
    c->in_message = false;
    c->symlists = 0;
    if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, c->fd, &event) < 0)
        die("epoll_ctl");
    put_packet(c, SMFIC_OPTNEG, offer, sizeof(offer));
    flush(c);
}

static void close_connection(struct connection *c)
{
    put_packet(c, SMFIC_QUIT, "", 0);
    flush(c);
    close(c->fd);
    c->fd = -1;
}

/* Goes on from the step just answered to the next one that wants an answer. */
static void advance(struct connection *c, int poll_fd)
{
    enum step step = (enum step)(c->step + 1);

    if (c->step == STEP_EOM) {
        c->in_message = false;
        if (run.begun >= options.messages) {
            close_connection(c);
            return;
        }
        if (++c->carried >= options.reopen) {
            close_connection(c);
            open_connection(c, poll_fd);
            return;
        }
        put_packet(c, SMFIC_ABORT, "", 0); /* as Postfix resets after each message */
        step = STEP_MAIL;
    }
    for (;; step = (enum step)(step + 1)) {
        if (step == STEP_MAIL)
            begin_message(c);
        if (put_step(c, step))
            break;
    }
    c->step = step;
    flush(c);
}

/* --- answers in --- */

static void read_negotiation(struct connection *c, const unsigned char *data,
                             size_t len)
{
    uint32_t word;

    if (len < 12) {
        errno = EPROTO;
        die("negotiation");
    }
    memcpy(&word, data + 8, 4);
    c->protocol = ntohl(word);
    for (size_t at = 12; at + 4 < len;) {
        memcpy(&word, data + at, 4);
        word = ntohl(word);
        if (word >= SYMLISTS)
            break;
        snprintf(c->symlist[word], SYMLIST_MAX, " %s ", (const char *)data + at + 4);
        c->symlists |= UINT64_C(1) << word;
        at += 4 + strlen((const char *)data + at + 4) + 1;
    }
}

static void end_message(struct connection *c, char command, const char *text)
{
    bool rejected = command == SMFIR_REPLYCODE && strncmp(text, "550 5.7.1", 9) == 0;
    bool accepted = command == SMFIR_CONTINUE || command == SMFIR_ACCEPT;
    bool expect_reject = options.expect_rejects && c->lie != LIE_NONE;

    if (expect_reject ? !rejected : !accepted) {
        if (run.wrong++ < 5)
            fprintf(stderr, "load: login %ld variant %d lie %d: got %c %s\n", c->login,
                    c->variant, (int)c->lie, command, text);
    }
    run.rejected += rejected;
    run.inserted += c->inserted;
    run.latency[run.done++] = (uint32_t)(now_us() - c->begun);
}

static void take_packet(struct connection *c, int poll_fd, char command,
                        const unsigned char *data, size_t len)
{
    bool verdict = strchr("acdrtyf4", command) != NULL;

    if (c->step == STEP_NEGOTIATE) {
        if (command != SMFIC_OPTNEG) {
            errno = EPROTO;
            die("negotiation");
        }
        read_negotiation(c, data, len);
        advance(c, poll_fd);
        return;
    }
    if (!verdict) {
        c->inserted |= command == SMFIR_INSHEADER || command == SMFIR_ADDHEADER;
        return;
    }
    if (c->step == STEP_EOM) {
        end_message(c, command, (const char *)data);
    } else if (command != SMFIR_CONTINUE) {
        fprintf(stderr, "load: step %d: got %c %.100s\n", (int)c->step, command, data);
        exit(1);
    }
    advance(c, poll_fd);
}

static void take_input(struct connection *c, int poll_fd)
{
    ssize_t n = read(c->fd, c->in + c->in_len, sizeof(c->in) - 1 - c->in_len);
    size_t at = 0;

    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        if (n == 0)
            errno = ECONNRESET;
        die("the filter hung up");
    }
    c->in_len += (size_t)n;
    while (c->in_len - at >= 5) {
        unsigned char *packet = c->in + at;
        uint32_t size;
        unsigned char after;

        memcpy(&size, packet, 4);
        size = ntohl(size);
        if (size > sizeof(c->in) - 5) {
            errno = EPROTO;
            die("packet");
        }
        if (c->in_len - at < size + 4)
            break;
        at += size + 4;
        after = c->in[at];
        c->in[at] = '\0';
        take_packet(c, poll_fd, (char)packet[4], packet + 5, size - 1);
        if (c->fd < 0 || c->step == STEP_NEGOTIATE)
            return; /* closed, and perhaps opened anew */
        c->in[at] = after;
    }
    memmove(c->in, c->in + at, c->in_len - at);
    c->in_len -= at;
}

/* --- the run --- */

static int compare_latency(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void print_figures(uint64_t elapsed)
{
    qsort(run.latency, (size_t)run.done, sizeof(*run.latency), compare_latency);
    printf("messages=%ld rate=%.1f p50=%u p99=%u rejected=%ld inserted=%ld wrong=%ld\n",
           run.done, (double)run.done * 1e6 / (double)elapsed,
           run.latency[run.done / 2], run.latency[run.done * 99 / 100], run.rejected,
           run.inserted, run.wrong);
}

static void usage(void)
{
    fprintf(stderr,
            "usage: load [-c CONNECTIONS] [-m MESSAGES] [-r MESSAGES-A-CONNECTION]\n"
            "            [-l LOGINS] [-s PERCENT-SPOOFED] [-S SEED] [-n] SOCKET\n"
            "-n: the filter does nothing, every message is to be accepted\n");
    exit(2);
}

static void read_options(int argc, char **argv)
{
    int opt;

    while ((opt = getopt(argc, argv, "c:m:r:l:s:S:n")) != -1) {
        long value = optarg != NULL ? strtol(optarg, NULL, 10) : 0;

        switch (opt) {
        case 'c':
            options.connections = value;
            break;
        case 'm':
            options.messages = value;
            break;
        case 'r':
            options.reopen = value;
            break;
        case 'l':
            options.logins = value;
            break;
        case 's':
            options.spoofed = value;
            break;
        case 'S':
            options.seed = (unsigned)value;
            break;
        case 'n':
            options.expect_rejects = false;
            break;
        default:
            usage();
        }
    }
    if (optind != argc - 1 || options.connections < 1 || options.messages < 1 ||
        options.reopen < 1 || options.logins < 2)
        usage();
    options.socket = argv[optind];
}

int main(int argc, char **argv)
{
    struct connection *connections;
    struct epoll_event events[64];
    uint64_t start;
    int poll_fd;

    read_options(argc, argv);
    run.random = options.seed;
    run.latency =
        calloc((size_t)(options.messages + options.connections), sizeof(*run.latency));
    connections = calloc((size_t)options.connections, sizeof(*connections));
    poll_fd = epoll_create1(0);
    if (run.latency == NULL || connections == NULL || poll_fd < 0)
        die("start");
    start = now_us();
    for (long i = 0; i < options.connections; i++)
        open_connection(&connections[i], poll_fd);
    while (run.done < options.messages || run.done < run.begun) {
        int n = epoll_wait(poll_fd, events, sizeof(events) / sizeof(events[0]), 60000);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            if (n == 0)
                errno = ETIMEDOUT;
            die("waiting for the filter");
        }
        for (int i = 0; i < n; i++)
            take_input(events[i].data.ptr, poll_fd);
    }
    print_figures(now_us() - start);
    free(run.latency);
    free(connections);
    close(poll_fd);
    return run.wrong == 0 ? 0 : 3;
}
