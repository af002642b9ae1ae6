/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "mail/alike.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

static bool counts(ucs4_t uc)
{
    return !uc_is_property_white_space(uc) &&
           !uc_is_property_default_ignorable_code_point(uc) &&
           !uc_is_general_category_withtable(uc, UC_CATEGORY_MASK_M);
}

/* What is left once all is gone that does not count; NULL: not UTF-8, or no memory. To
 * be freed. */
static uint8_t *loosen(const char *text, size_t len, size_t *len_r)
{
    size_t folded_len = 0, out = 0;
    uint8_t *folded;

    if (u8_check((const uint8_t *)text, len) != NULL)
        return NULL;
    folded =
        u8_casefold((const uint8_t *)text, len, NULL, UNINORM_NFKD, NULL, &folded_len);
    for (size_t i = 0; folded != NULL && i < folded_len;) {
        ucs4_t uc;
        size_t n = (size_t)u8_mbtouc(&uc, folded + i, folded_len - i);

        if (counts(uc)) {
            memmove(folded + out, folded + i, n);
            out += n;
        }
        i += n;
    }
    *len_r = out;
    return folded;
}

bool alike(const char *a, size_t a_len, const char *b, size_t b_len)
{
    uint8_t *loose_a = loosen(a, a_len, &a_len);
    uint8_t *loose_b = loosen(b, b_len, &b_len);
    bool same = loose_a != NULL && loose_b != NULL && a_len == b_len &&
                memcmp(loose_a, loose_b, a_len) == 0;

    free(loose_a);
    free(loose_b);
    return same;
}
