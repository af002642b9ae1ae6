/* SPDX-License-Identifier: BSD-2-Clause */
/* alike.h - would a directory or a reader take one text for the other? */
#ifndef SENDAS_MAIL_ALIKE_H
#define SENDAS_MAIL_ALIKE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Are the texts the same but for case, accents, blanks, characters that are not seen,
 * and forms of one letter (full width, ligatures)? That says why something was found,
 * never that it is the right one. false also for what is not UTF-8, and when memory ran
 * out.
 */
bool alike(const char *a, size_t a_len, const char *b, size_t b_len);

#endif
