/* SPDX-License-Identifier: BSD-2-Clause */
/* callbacks.h - the table of callbacks that libmilter runs. */
#ifndef SENDAS_MILTER_CALLBACKS_H
#define SENDAS_MILTER_CALLBACKS_H

#include <libmilter/mfapi.h>

/* For smfi_register(). */
extern const struct smfiDesc callbacks_table;

#endif
