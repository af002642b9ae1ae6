/* SPDX-License-Identifier: BSD-2-Clause */
/* frame.h - what the readers written in C share: records in, addresses out.
 *
 * A record on standard input is a length (4 bytes, big-endian) and that many bytes of a
 * field's value. The answer is one line: the addresses found, each in hex, parted by
 * blanks; an empty line when there is none. */
#ifndef DIFFERENTIAL_FRAME_H
#define DIFFERENTIAL_FRAME_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Reads the next record. Returns its bytes with a NUL behind them, for the caller to
 * free, or NULL at the end of input. A torn record or lack of memory ends the program.
 */
static inline char *frame_read(size_t *len_r)
{
    unsigned char head[4];
    size_t got = fread(head, 1, sizeof head, stdin);
    if (got == 0)
        return NULL;
    size_t len = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 |
                 (size_t)head[3];
    char *bytes = malloc(len + 1);
    if (got != sizeof head || !bytes || fread(bytes, 1, len, stdin) != len) {
        fputs("torn record\n", stderr);
        exit(1);
    }
    bytes[len] = '\0';
    *len_r = len;
    return bytes;
}

/* Takes out each line end that a blank or tab follows, in place (RFC 5322 2.2.3). */
static inline void frame_unfold(char *value)
{
    char *to = value;
    for (const char *from = value; *from; from++) {
        if (from[0] == '\r' && from[1] == '\n' && (from[2] == ' ' || from[2] == '\t'))
            from++;
        else if (from[0] != '\n' || (from[1] != ' ' && from[1] != '\t'))
            *to++ = *from;
    }
    *to = '\0';
}

/* Prints one address of the current record, made of parts; a NULL part is left out. */
static inline void frame_address(const char *local, const char *at, const char *domain)
{
    const char *parts[3] = {local, at, domain};
    for (size_t i = 0; i < 3; i++)
        for (const char *byte = parts[i]; byte && *byte; byte++)
            printf("%02x", (unsigned char)*byte);
    putchar(' ');
}

/* Ends the current record's line. */
static inline void frame_end(void)
{
    putchar('\n');
}

#endif
