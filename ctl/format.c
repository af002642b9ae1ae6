/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/format.h"

#include <string.h>

#include "ctl/output.h"

bool format_check(const char *name)
{
    if (strcmp(name, "postfix") == 0)
        return true;
    complain("unknown format %s; expected postfix", name);
    return false;
}
