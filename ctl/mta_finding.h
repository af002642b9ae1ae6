/* SPDX-License-Identifier: BSD-2-Clause */
/* mta_finding.h - what is told of the settings of an MTA. */
#ifndef SENDAS_CTL_MTA_FINDING_H
#define SENDAS_CTL_MTA_FINDING_H

#include <stddef.h>

enum mta_severity { MTA_WARNING, MTA_NOTE };

/* All text but `name` and `why` may hold bytes of the MTA's configuration: escape it.
 */
struct mta_finding {
    const char *name; /* of the check; stable, for JSON */
    enum mta_severity severity;
    const char *service; /* NULL: all of the MTA */
    const char *found;
    const char *advice; /* NULL: nothing to do */
    const char *why;
};

enum { MTA_FINDINGS_MAX = 1000 };

struct mta_findings {
    struct mta_finding items[MTA_FINDINGS_MAX];
    size_t count;
    size_t warnings;
};

#endif
