/* SPDX-License-Identifier: BSD-2-Clause */
/* The address reader of libetpan (the protocol library of Claws Mail and MailCore). */
#include "config.h"

#include <libetpan/libetpan.h>

#include "frame.h"

static void address_print(const struct mailimf_address *address)
{
    if (address->ad_type == MAILIMF_ADDRESS_MAILBOX) {
        frame_address(address->ad_data.ad_mailbox->mb_addr_spec, NULL, NULL);
    } else if (address->ad_data.ad_group->grp_mb_list) {
        const clist *list = address->ad_data.ad_group->grp_mb_list->mb_list;
        for (clistiter *cell = clist_begin(list); cell; cell = clist_next(cell))
            frame_address(((struct mailimf_mailbox *)clist_content(cell))->mb_addr_spec,
                          NULL, NULL);
    }
}

int main(void)
{
    size_t len;
    char *value;
    while ((value = frame_read(&len))) {
        size_t at = 0;
        struct mailimf_address_list *list = NULL;
        if (mailimf_address_list_parse(value, len, &at, &list) == MAILIMF_NO_ERROR) {
            for (clistiter *cell = clist_begin(list->ad_list); cell;
                 cell = clist_next(cell))
                address_print(clist_content(cell));
            mailimf_address_list_free(list);
        }
        frame_end();
        free(value);
    }
    return 0;
}
