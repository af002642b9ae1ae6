/* SPDX-License-Identifier: BSD-2-Clause */
/* conf_checks.h - words and checks of values that several files' settings share. */
#ifndef SENDAS_CONF_CONF_CHECKS_H
#define SENDAS_CONF_CONF_CHECKS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/names.h"

/* The words of log_to and log_facility; the default stands first. */
extern const struct name_row conf_log_to_words[];
extern const struct name_row conf_log_facility_words[];

/* What the checks below let pass, for a row's `expected`. */
#define CONF_PATH_EXPECTED "an absolute path"
#define CONF_DOMAIN_EXPECTED "a domain such as example.org, or \"\" for none"

/* Each is a row's `check`. */
bool conf_check_not_empty(const char *text, struct buf *why_r);
bool conf_check_path(const char *text, struct buf *why_r);
bool conf_check_path_or_empty(const char *text, struct buf *why_r);
bool conf_check_domain_or_empty(const char *text, struct buf *why_r);

#endif
