/* SPDX-License-Identifier: BSD-2-Clause */
/* json.h - what sendasctl adds to jansson: hostile strings, and printing. */
#ifndef SENDAS_CTL_JSON_H
#define SENDAS_CTL_JSON_H

#include <stdbool.h>

#include <jansson.h>

/*
 * A string from outside as a JSON string: as it is when it is valid UTF-8 (jansson
 * escapes its controls), else escaped first (base/escape.h), because JSON cannot hold
 * other bytes. JSON's null for NULL. A new reference; NULL when memory ran out.
 */
json_t *json_text(const char *text);

/*
 * Prints the value, in ASCII alone so that it is harmless on a terminal, and a line
 * end, and gives its reference away. false, after a complaint, for NULL (memory ran out
 * while it was made) and when it cannot be printed.
 */
bool json_print(json_t *value);

/* The same on one line, behind `before`; no line end. */
bool json_print_line(const char *before, json_t *value);

/*
 * Gives `value` to the list. When either is NULL or memory runs out, the list is freed
 * and becomes NULL.
 */
void json_list_add(json_t **list, json_t *value);

#endif
