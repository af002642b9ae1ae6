/* SPDX-License-Identifier: BSD-2-Clause */
/* output.h - what sendasctl says: answers on standard output, complaints on standard
 * error. */
#ifndef SENDAS_CTL_OUTPUT_H
#define SENDAS_CTL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

/*
 * One line on standard error, "sendasctl: ...". Whatever the text holds, it stays one
 * line and harmless on a terminal.
 */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A complaint for each line of the text that another room gave as its error. */
void complain_lines(const char *text);

/*
 * A string from outside as it may be printed (base/escape.h), cut after `max` bytes;
 * lives in the arena. Never NULL: "?" when memory ran out.
 */
const char *shown(struct arena *arena, const char *text, size_t max);
enum { SHOWN_MAX = 1000 };

/*
 * Appends the text, which was made printable already or holds nothing but words of
 * ours, with every byte made harmless that still is not; backslashes stay as they are.
 */
void harmless_add(struct buf *out, const char *text);

/*
 * Writes out what was printed. false, after a complaint, when any of it could not be
 * written: a full disk, a pipe that nobody reads any more.
 */
bool output_finish(void);

#endif
