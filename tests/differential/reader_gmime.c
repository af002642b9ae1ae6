/* SPDX-License-Identifier: BSD-2-Clause */
/* The address reader of GMime (notmuch, Balsa, Geary, Pan). Argument: loose or strict.
 */
#include "config.h"

#include <gmime/gmime.h>

#include "frame.h"

static void list_print(InternetAddressList *list)
{
    for (int i = 0; i < internet_address_list_length(list); i++) {
        InternetAddress *address = internet_address_list_get_address(list, i);
        if (INTERNET_ADDRESS_IS_GROUP(address))
            list_print(
                internet_address_group_get_members(INTERNET_ADDRESS_GROUP(address)));
        else
            frame_address(
                internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(address)),
                NULL, NULL);
    }
}

int main(int argc, char **argv)
{
    g_mime_init();
    GMimeParserOptions *options = g_mime_parser_options_new();
    g_mime_parser_options_set_address_compliance_mode(
        options, argc > 1 && strcmp(argv[1], "strict") == 0
                     ? GMIME_RFC_COMPLIANCE_STRICT
                     : GMIME_RFC_COMPLIANCE_LOOSE);
    size_t len;
    char *value;
    while ((value = frame_read(&len))) {
        InternetAddressList *list = internet_address_list_parse(options, value);
        if (list) {
            list_print(list);
            g_object_unref(list);
        }
        frame_end();
        free(value);
    }
    g_mime_parser_options_free(options);
    return 0;
}
