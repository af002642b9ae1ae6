/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/password_read.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/secret.h"
#include "cred/prepare.h"
#include "ctl/output.h"

/* The signals that end or stop a program at a terminal, and when. */
static const int signals[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,
                              SIGTSTP, SIGTTIN, SIGTTOU};
enum { SIGNALS = sizeof(signals) / sizeof(signals[0]) };

/* The last of them that came while echo was off, 0 for none. */
static volatile sig_atomic_t came;

static void signal_note(int signal)
{
    came = signal;
}

/* A terminal whose echo is off, and how it was before. */
struct quiet {
    int fd;
    bool changed;
    struct termios before;
    struct sigaction actions[SIGNALS];
};

static void quiet_begin(struct quiet *quiet)
{
    struct sigaction action = {.sa_handler = signal_note}; /* no SA_RESTART */
    struct termios mute;

    sigemptyset(&action.sa_mask);
    came = 0;
    for (size_t i = 0; i < SIGNALS; i++) {
        sigaction(signals[i], NULL, &quiet->actions[i]);
        if (quiet->actions[i].sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    }
    quiet->changed = tcgetattr(quiet->fd, &quiet->before) == 0;
    if (!quiet->changed)
        return;
    mute = quiet->before;
    mute.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
    mute.c_lflag |= ICANON;
    quiet->changed = tcsetattr(quiet->fd, TCSAFLUSH, &mute) == 0;
}

/* Puts everything back, then lets the signal do what it came for. */
static void quiet_end(struct quiet *quiet)
{
    if (quiet->changed) {
        while (tcsetattr(quiet->fd, TCSAFLUSH, &quiet->before) != 0 && errno == EINTR)
            ;
    }
    for (size_t i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &quiet->actions[i], NULL);
    if (came != 0)
        kill(getpid(), came);
}

/* How the reading of a line ended. */
enum line { LINE_READ, LINE_NONE, LINE_TOO_LONG, LINE_NUL, LINE_SIGNAL, LINE_FAILED };

/*
 * Reads byte by byte: what follows the line in a pipe belongs to somebody else. A line
 * that is wrong is read to its end nevertheless, so that the rest of what was typed is
 * not taken for a command.
 */
static enum line line_read(int fd, struct buf *line_r)
{
    enum line result = LINE_READ;
    char c;

    for (;;) {
        ssize_t got = read(fd, &c, 1);

        if (got < 0 && errno == EINTR && came == 0)
            continue;
        if (got < 0)
            return errno == EINTR ? LINE_SIGNAL : LINE_FAILED;
        if (got == 0)
            return line_r->len == 0 && result == LINE_READ ? LINE_NONE : result;
        if (c == '\n')
            break;
        if (c == '\0')
            result = LINE_NUL;
        else if (line_r->len == PASSWORD_MAX)
            result = LINE_TOO_LONG;
        else
            secret_add(line_r, &c, 1);
    }
    secret_wipe(&c, 1);
    return result;
}

static void prompt_write(int fd, const char *prompt)
{
    struct buf text = BUF_INIT;

    harmless_add(&text, prompt);
    if (write(fd, buf_str(&text), text.len) < 0)
        complain("the terminal cannot be written: %s", strerror(errno));
    buf_finish(&text);
}

/* The terminal that somebody sits at: that of the session, else standard input. */
static int terminal_open(void)
{
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

    return fd >= 0 ? fd : STDIN_FILENO;
}

static enum line terminal_read(const char *prompt, struct buf *line_r)
{
    struct quiet quiet = {.fd = terminal_open()};
    int out = quiet.fd == STDIN_FILENO ? STDERR_FILENO : quiet.fd;
    enum line line;

    /* After a stop the terminal may have been used by others: ask again. */
    do {
        secret_finish(line_r);
        quiet_begin(&quiet);
        prompt_write(out, prompt);
        line = line_read(quiet.fd, line_r);
        prompt_write(out, "\n");
        quiet_end(&quiet);
    } while (line == LINE_SIGNAL);
    if (quiet.fd != STDIN_FILENO)
        close(quiet.fd);
    return line;
}

bool password_from_terminal(void)
{
    return isatty(STDIN_FILENO);
}

bool password_read(const char *prompt, struct buf *password_r)
{
    enum line line = password_from_terminal() ? terminal_read(prompt, password_r)
                                              : line_read(STDIN_FILENO, password_r);

    if (line == LINE_READ && !password_r->failed)
        return true;
    switch (line) {
    case LINE_NONE:
        complain("there is no password: standard input is at its end");
        break;
    case LINE_TOO_LONG:
        complain("a password has at most %d bytes", PASSWORD_MAX);
        break;
    case LINE_NUL:
        complain("a password holds no NUL byte");
        break;
    case LINE_READ:
        complain("out of memory");
        break;
    case LINE_SIGNAL:
    case LINE_FAILED:
        complain("the password cannot be read: %s", strerror(errno));
        break;
    }
    return false;
}
