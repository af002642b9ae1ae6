/* SPDX-License-Identifier: BSD-2-Clause */
/* scheme_costs.c - what new verifiers cost, and the bounds of that. */
#include "config.h"

#include "cred/scheme_family.h"

/*
 * All of these are of 15 to 60 ms of a core, since every login of every client spends
 * it: scram as much as bcrypt 8; argon2 what OWASP names; yescrypt what Debian's
 * login has.
 */
const struct scheme_costs scheme_costs_default = {
    .scram_iterations = 32768,
    .pbkdf2_iterations = 100000,
    .argon2_memory = 19 * 1024,
    .argon2_passes = 2,
    .argon2_lanes = 1,
    .bcrypt_cost = 10,
    .yescrypt_cost = 5,
    .sha_crypt_rounds = 50000,
};

static const struct {
    const char *name;
    size_t offset;
    unsigned least, most;
} rows[] = {
#define COST(name, least, most)                                                        \
    {                                                                                  \
#name, offsetof(struct scheme_costs, name), least, most                        \
    }
    COST(scram_iterations, SCRAM_ITERATIONS_MIN, ITERATIONS_MAX),
    COST(pbkdf2_iterations, 1000, ITERATIONS_MAX),
    COST(argon2_memory, 8, MEMORY_MAX),
    COST(argon2_passes, 1, 1000),
    COST(argon2_lanes, 1, ARGON2_LANES_MAX),
    COST(bcrypt_cost, BCRYPT_COST_MIN, BCRYPT_COST_MAX),
    COST(yescrypt_cost, 1, YESCRYPT_COST_MAX),
    COST(sha_crypt_rounds, SHA_CRYPT_ROUNDS_MIN, ITERATIONS_MAX),
#undef COST
};

bool scheme_costs_check(const struct scheme_costs *costs, struct buf *error_r)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        unsigned cost = *(const unsigned *)((const char *)costs + rows[i].offset);

        if (cost < rows[i].least || cost > rows[i].most) {
            buf_addf(error_r, "%s is %u, expected %u to %u", rows[i].name, cost,
                     rows[i].least, rows[i].most);
            return false;
        }
    }
    if (costs->argon2_memory < 8 * costs->argon2_lanes) {
        buf_addf(error_r,
                 "argon2_memory is %u, expected at least 8 KiB for each of the "
                 "%u argon2_lanes",
                 costs->argon2_memory, costs->argon2_lanes);
        return false;
    }
    if (costs->argon2_passes > ARGON2_WORK_MAX / costs->argon2_memory) {
        buf_addf(error_r,
                 "argon2_passes is %u, expected at most %u with an "
                 "argon2_memory of %u",
                 costs->argon2_passes, ARGON2_WORK_MAX / costs->argon2_memory,
                 costs->argon2_memory);
        return false;
    }
    return true;
}
