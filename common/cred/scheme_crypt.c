/* SPDX-License-Identifier: BSD-2-Clause */
/* scheme_crypt.c - the hashes of crypt(5), by libxcrypt. */
#include "config.h"

#include <crypt.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "cred/encoding.h"
#include "cred/scheme_family.h"

static const char itoa64[] =
    "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/* The costs of a method as crypt_gensalt(3) takes them. */
struct method {
    const char *magic; /* of the scheme's row: which method it is */
    size_t hash_len;   /* characters at the end */
    unsigned least;    /* of the costs that crypt_gensalt() takes; 0, 0: none */
    unsigned most;
    bool (*read_cost)(const char **text_io, const char *end, unsigned *cost_r);
    const char *form;
};

/* The value of one of crypt's digits, or -1. */
static int digit(const char *p, const char *end)
{
    const char *found = p < end && *p != '\0' ? strchr(itoa64, *p) : NULL;

    return found != NULL ? (int)(found - itoa64) : -1;
}

static unsigned log2_of(uint64_t n)
{
    unsigned log = 0;

    while (n >>= 1)
        log++;
    return log;
}

/*
 * A cost as yescrypt's crypt_gensalt() counts it, of a memory of 128 * N * r bytes. The
 * bound is YESCRYPT_COST_MAX's.
 */
static bool memory_cost(int log_n, uint64_t r_p, unsigned *cost_r)
{
    uint64_t units;

    if (log_n < 1 || log_n > 30 || r_p == 0 || r_p > UINT32_MAX)
        return false;
    units = r_p << log_n;
    if (units > UINT64_C(1) << (YESCRYPT_COST_MAX + 12))
        return false;
    *cost_r = log2_of(units) > 12 ? log2_of(units) - 12 : 1;
    return true;
}

/* A number of yescrypt's: a digit up to 47; what is more takes several, and nobody
 * makes it. */
static int yescrypt_digit(const char *p, const char *end)
{
    int value = digit(p, end);

    return value < 48 ? value : -1;
}

/* "jNR$": the plain flavour, N and r, as crypt_gensalt() makes them; N is 4 at least.
 */
static bool yescrypt_cost(const char **text_io, const char *end, unsigned *cost_r)
{
    const char *p = *text_io;

    if (end - p < 4 || p[0] != 'j' || yescrypt_digit(p + 1, end) < 1 ||
        yescrypt_digit(p + 2, end) < 0 || p[3] != '$')
        return false;
    *text_io = p + 4;
    return memory_cost(digit(p + 1, end) + 1, (uint64_t)digit(p + 2, end) + 1, cost_r);
}

/* 30 bits, the least significant digit first. */
static bool scrypt_number(const char *p, const char *end, uint64_t *number_r)
{
    *number_r = 0;
    for (unsigned i = 0; i < 5; i++) {
        int value = digit(p + i, end);

        if (value < 0)
            return false;
        *number_r |= (uint64_t)value << (6 * i);
    }
    return true;
}

/* "N", then five digits for r and five for p, without a "$". */
static bool scrypt_cost(const char **text_io, const char *end, unsigned *cost_r)
{
    const char *p = *text_io;
    uint64_t r, passes;

    if (end - p < 11 || digit(p, end) < 0 || !scrypt_number(p + 1, end, &r) ||
        !scrypt_number(p + 6, end, &passes))
        return false;
    *text_io = p + 11;
    return memory_cost(digit(p, end), r * passes, cost_r);
}

/* "NN$" */
static bool bcrypt_cost(const char **text_io, const char *end, unsigned *cost_r)
{
    const char *p = *text_io;

    if (end - p < 3 || p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9' ||
        p[2] != '$')
        return false;
    *cost_r = (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
    *text_io = p + 3;
    return *cost_r >= BCRYPT_COST_MIN && *cost_r <= BCRYPT_COST_MAX;
}

/* "rounds=N$" or nothing, which means 5000. */
static bool sha_cost(const char **text_io, const char *end, unsigned *cost_r)
{
    static const char word[] = "rounds=";
    const char *p = *text_io;

    *cost_r = 5000;
    if ((size_t)(end - p) < strlen(word) || memcmp(p, word, strlen(word)) != 0)
        return true;
    p += strlen(word);
    if (!encoding_number_read(&p, end, ITERATIONS_MAX, cost_r) || p == end ||
        *p != '$' || *cost_r < SHA_CRYPT_ROUNDS_MIN)
        return false;
    *text_io = p + 1;
    return true;
}

#define COST_MAX "of at most 1 GiB (cost 11)"

static const struct method methods[] = {
    {"$y$", 43, 1, YESCRYPT_COST_MAX, yescrypt_cost,
     "$y$j, N and r " COST_MAX ", $, a salt, $, a hash of 43 characters"},
    {"$gy$", 43, 1, YESCRYPT_COST_MAX, yescrypt_cost,
     "$gy$j, N and r " COST_MAX ", $, a salt, $, a hash of 43 characters"},
    {"$7$", 43, 6, YESCRYPT_COST_MAX, scrypt_cost,
     "$7$, N, r and p " COST_MAX ", a salt, $, a hash of 43 characters"},
    {"$2", 31, BCRYPT_COST_MIN, BCRYPT_COST_MAX, bcrypt_cost,
     "$2a$, $2b$, $2x$ or $2y$, a cost of 04 to 16, $, 53 characters"},
    {"$6$", 86, SHA_CRYPT_ROUNDS_MIN, ITERATIONS_MAX, sha_cost,
     "$6$, maybe rounds=1000 to 10000000 and $, a salt of up to 16 characters, $, a "
     "hash of 86"},
    {"$5$", 43, SHA_CRYPT_ROUNDS_MIN, ITERATIONS_MAX, sha_cost,
     "$5$, maybe rounds=1000 to 10000000 and $, a salt of up to 16 characters, $, a "
     "hash of 43"},
    {"$1$", 22, 0, 0, NULL,
     "$1$, a salt of up to 8 characters, $, a hash of 22 characters"},
    {"", 11, 0, 0, NULL, "a hash that crypt(5) knows"},
};

static const struct method *find_method(const struct scheme *scheme)
{
    const char *magic = scheme->magic != NULL ? scheme->magic : "";
    size_t i = 0;

    while (strcmp(methods[i].magic, magic) != 0)
        i++;
    return &methods[i];
}

static bool all_digits(const char *p, const char *end)
{
    while (p < end && digit(p, end) >= 0)
        p++;
    return p == end;
}

/* Characters that libxcrypt takes in a salt. */
static bool is_salt(const char *p, const char *end)
{
    while (p<end && * p> ' ' && *p < 0x7f && strchr("$!*:;\\", *p) == NULL)
        p++;
    return p == end;
}

/*
 * yescrypt's salt is bytes, 24 bits in four characters, the least bits first: a last
 * group must have a byte at least, and no stray bits.
 */
static bool is_salt_of_bytes(const char *p, const char *end)
{
    size_t over = (size_t)(end - p) % 4;

    if (!all_digits(p, end) || over == 1)
        return false;
    return over == 0 || digit(end - 1, end) < (over == 2 ? 4 : 16);
}

/* Behind the costs: a salt of up to `most`, "$", the hash; those of 2 and DES have no
 * "$" between. */
static bool read_rest(const struct method *method, const char *p, const char *end)
{
    const char *hash = end - method->hash_len;
    size_t most = 86;

    if ((size_t)(end - p) < method->hash_len || !all_digits(hash, end))
        return false;
    switch (method->hash_len) {
    case 31: /* bcrypt */
        return hash - p == 22 && all_digits(p, hash);
    case 11: /* DES */
        return hash - p == 2 && all_digits(p, hash);
    case 22: /* MD5 */
        most = 8;
        break;
    default:
        if (method->read_cost == sha_cost)
            most = 16;
    }
    return hash > p && hash[-1] == '$' && (size_t)(hash - 1 - p) <= most &&
           (method->read_cost == yescrypt_cost ? is_salt_of_bytes : is_salt)(p,
                                                                             hash - 1);
}

/* "$2b$" and its kin: the magic, and which of them. */
static bool read_magic(const struct method *method, const char **text_io,
                       const char *end)
{
    const char *p = *text_io;
    size_t len = strlen(method->magic);

    if ((size_t)(end - p) < len || memcmp(p, method->magic, len) != 0)
        return false;
    p += len;
    if (method->read_cost == bcrypt_cost) {
        if (end - p < 2 || *p == '\0' || strchr("abxy", *p) == NULL || p[1] != '$')
            return false;
        p += 2;
    }
    *text_io = p;
    return true;
}

static bool crypt_parse(struct verifier *verifier, struct buf *error_r)
{
    const struct method *method = find_method(verifier->scheme);
    const char *p = verifier->text;
    const char *end = p + verifier->len;

    verifier->cost = 0;
    if (verifier->len < CRYPT_OUTPUT_SIZE && read_magic(method, &p, end) &&
        (method->read_cost == NULL || method->read_cost(&p, end, &verifier->cost)) &&
        read_rest(method, p, end))
        return true;
    buf_addf(error_r, "expected %s", method->form);
    return false;
}

/* Runs crypt(3); the result, within *data, or NULL. */
static const char *run_crypt(const char *password, size_t len, const char *setting,
                             struct crypt_data *data)
{
    char cut[CRYPT_MAX_PASSPHRASE_SIZE];
    const char *hash;

    /* A longer one than libxcrypt takes is cut, so that it costs the same. */
    if (len >= sizeof(cut))
        len = sizeof(cut) - 1;
    memcpy(cut, password, len);
    cut[len] = '\0';
    hash = crypt_rn(cut, setting, data, (int)sizeof(*data));
    secret_wipe(cut, sizeof(cut));
    return hash != NULL && hash[0] != '*' ? hash : NULL;
}

static enum answer crypt_check(const struct verifier *verifier, const char *password,
                               size_t len)
{
    struct crypt_data *data = calloc(1, sizeof(*data));
    char setting[CRYPT_OUTPUT_SIZE];
    enum answer answer = ANSWER_UNKNOWN;
    const char *hash;

    if (data == NULL)
        return ANSWER_UNKNOWN;
    memcpy(setting, verifier->text, verifier->len);
    setting[verifier->len] = '\0';
    hash = run_crypt(password, len, setting, data);
    if (hash != NULL)
        answer = strlen(hash) == verifier->len && len < CRYPT_MAX_PASSPHRASE_SIZE &&
                         secret_equal(hash, setting, verifier->len)
                     ? ANSWER_YES
                     : ANSWER_NO;
    secret_wipe(data, sizeof(*data));
    secret_wipe(setting, sizeof(setting));
    free(data);
    return answer;
}

/* The cost that a new verifier of the method has. */
static unsigned cost_of(const struct method *method, const struct scheme_costs *costs)
{
    if (method->read_cost == bcrypt_cost)
        return costs->bcrypt_cost;
    if (method->read_cost == sha_cost)
        return costs->sha_crypt_rounds;
    return costs->yescrypt_cost;
}

/* A setting of the method in `setting` (CRYPT_GENSALT_OUTPUT_SIZE bytes). */
static bool gensalt(const struct method *method, unsigned cost,
                    const unsigned char *random, char *setting)
{
    const char *prefix = method->read_cost == bcrypt_cost ? "$2b$" : method->magic;

    return crypt_gensalt_rn(prefix, cost, (const char *)random, SALT_MADE, setting,
                            CRYPT_GENSALT_OUTPUT_SIZE) != NULL;
}

static bool crypt_make(const struct scheme *scheme, const struct scheme_costs *costs,
                       const char *login, const char *password, size_t len,
                       struct buf *text_r, struct buf *error_r)
{
    const struct method *method = find_method(scheme);
    size_t most = method->read_cost == bcrypt_cost ? 72 : CRYPT_MAX_PASSPHRASE_SIZE - 1;
    unsigned char random[SALT_MADE];
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    struct crypt_data *data;
    const char *hash = NULL;

    (void)login;
    if (len > most) {
        buf_addf(error_r,
                 "a password of over %zu bytes, of which the scheme would "
                 "leave out the rest",
                 most);
        return false;
    }
    data = calloc(1, sizeof(*data));
    if (data == NULL) {
        buf_adds(error_r, "out of memory");
        return false;
    }
    if (scheme_random(random, sizeof(random), error_r)) {
        if (gensalt(method, cost_of(method, costs), random, setting))
            hash = run_crypt(password, len, setting, data);
        if (hash != NULL)
            buf_adds(text_r, hash);
        else
            buf_adds(error_r, "libcrypt cannot compute it");
    }
    secret_wipe(data, sizeof(*data));
    free(data);
    return hash != NULL;
}

static bool crypt_current(const struct verifier *verifier,
                          const struct scheme_costs *costs)
{
    return verifier->cost == cost_of(find_method(verifier->scheme), costs);
}

static bool crypt_make_up(const struct scheme *scheme, unsigned cost,
                          const unsigned char *bytes, struct buf *text_r)
{
    const struct method *method = find_method(scheme);
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];

    if (cost < method->least)
        cost = method->least;
    if (cost > method->most)
        cost = method->most;
    if (!gensalt(method, cost, bytes, setting))
        return false;
    buf_adds(text_r, setting);
    /* gensalt leaves out the "$" before the hash, but for bcrypt and DES, that have
     * none. */
    if (method->hash_len != 31 && method->hash_len != 11 &&
        text_r->data[text_r->len - 1] != '$')
        buf_addc(text_r, '$');
    for (size_t i = 0; i < method->hash_len; i++)
        buf_addc(text_r, itoa64[bytes[SALT_MADE + i] & 63]);
    return true;
}

const struct scheme_family scheme_crypt_family = {
    .parse = crypt_parse,
    .check = crypt_check,
    .make = crypt_make,
    .current = crypt_current,
    .make_up = crypt_make_up,
};
