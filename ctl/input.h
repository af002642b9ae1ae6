/* SPDX-License-Identifier: BSD-2-Clause */
/* input.h - a file of the admin's, or standard input, read whole. */
#ifndef SENDAS_CTL_INPUT_H
#define SENDAS_CTL_INPUT_H

#include <stdbool.h>

#include "base/buf.h"

/* What complaints call the file: its path, or "(standard input)" for "-". */
const char *input_name(const char *path);

/*
 * Reads a text of at most 256 MiB without any NUL byte. It may hold secrets: the caller
 * ends it with secret_finish(). false after a complaint.
 */
bool input_read(const char *path, struct buf *text_r);

/* The same for what may be no text. */
bool input_read_bytes(const char *path, struct buf *bytes_r);

/* Is there no NUL byte in it? false after a complaint that names the line. */
bool input_check(const char *path, const struct buf *text);

#endif
