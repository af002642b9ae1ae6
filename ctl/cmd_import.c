/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl/command.h"
#include "ctl/format.h"
#include "ctl/output.h"

int cmd_import(const struct options *options, int count, char **words)
{
    const uint64_t optional = OPTIONS_ACCOUNTS | OPTION_BIT(OPTION_UPDATE) |
                              OPTION_BIT(OPTION_SKIP) | OPTION_BIT(OPTION_DRY_RUN);
    const struct format *format;

    (void)count;
    if (!options_has(options, OPTION_FROM)) {
        complain("option --from is missing, such as --from postfix");
        return EXIT_WRONG;
    }
    format = format_find(options->value[OPTION_FROM], false);
    if (format == NULL)
        return EXIT_WRONG;
    for (int id = 0; id < OPTION_COUNT; id++) {
        if ((options->given & optional & ~format->options & OPTION_BIT(id)) != 0) {
            complain("import --from %s takes no option --%s", format->name,
                     option_rows[id].name);
            return EXIT_WRONG;
        }
    }
    return format->import(options, format, words[0]);
}
