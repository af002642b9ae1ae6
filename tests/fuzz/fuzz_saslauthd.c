/* SPDX-License-Identifier: BSD-2-Clause */
/* A request of the saslauthd protocol lies within its bytes, and comes out the same in
 * whatever pieces it comes in. */
#include "config.h"

#include "authd/saslauthd.h"
#include "fuzz.h"

static void check_inside(const struct saslauthd_string *string, const uint8_t *data,
                         size_t size)
{
    const uint8_t *bytes = (const uint8_t *)string->bytes;

    MUST(bytes >= data && bytes <= data + size);
    MUST(string->len <= (size_t)(data + size - bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct saslauthd_request request;
    const long taken = saslauthd_read(data, size, &request);
    const size_t step = size / 50 + 1; /* not all pieces of a long one */

    MUST(taken >= -1 && taken <= SASLAUTHD_REQUEST_MAX && taken <= (long)size);
    if (taken > 0) {
        check_inside(&request.login, data, (size_t)taken);
        check_inside(&request.password, data, (size_t)taken);
        check_inside(&request.service, data, (size_t)taken);
        check_inside(&request.realm, data, (size_t)taken);
        MUST(request.login.len + request.password.len + request.service.len +
                 request.realm.len + 8 ==
             (size_t)taken);
    }
    for (size_t len = 0; len < size; len += step) {
        const long part = saslauthd_read(data, len, &request);

        MUST(part == 0 || part == taken);
        MUST(taken <= 0 || part == 0 || len >= (size_t)taken);
    }
    return 0;
}
