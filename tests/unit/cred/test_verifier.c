/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of cred/verifier.c: verifiers that other programs made, and hostile ones.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "cred/scheme.h"

/* A copy of exactly its size, so that a checker sees reading past the end. */
static char *exact(const char *text, size_t len)
{
    char *copy = malloc(len != 0 ? len : 1);

    assert_non_null(copy);
    memcpy(copy, text, len);
    return copy;
}

struct known {
    const char *stored;
    const char *password;
    const char *scheme;
    unsigned cost;
    const char *formatted; /* NULL: as stored */
};

static const struct known known[] = {
    /* RFC 5802 5, RFC 7677 3 (their keys), and the same salt for SHA-512 */
    {"SCRAM-SHA-1$4096:QSXCR+Q6sek8bf92$6dlGYMOdZcOPutkcNY8U2g7vK9Y=:"
     "D+CSWLOshSulAsxiupA+qs2/fTE=",
     "pencil", "SCRAM-SHA-1", 4096, NULL},
    {"SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmt"
     "bsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
     "pencil", "SCRAM-SHA-256", 4096, NULL},
    {"SCRAM-SHA-512$4096:W22ZaJ0SNY7soEsUEjb6gQ==$6AAub3065EYRmyFpM2RNwqK+eGnrkYuEWbXn1"
     "9LsEmBqzu8QaCXNc1FwpnX9NhH2hK/60dzj9DoO5DvVkOHbvg==:jZHbYjC1aHh0/hKbxyBuGFjDrgjgK"
     "TT1esA7awWiKcRZ0o/0b1yWEebBeSVkkCFewf91nLDfKF24mvD5nmE6rA==",
     "pencil", "SCRAM-SHA-512", 4096, NULL},
    /* RFC 5803 allows blanks; a prefix that is not needed does no harm */
    {"SCRAM-SHA-1$ 4096:QSXCR+Q6sek8bf92 $ 6dlGYMOdZcOPutkcNY8U2g7vK9Y=:"
     "D+CSWLOshSulAsxiupA+qs2/fTE= ",
     "pencil", "SCRAM-SHA-1", 4096,
     "SCRAM-SHA-1$4096:QSXCR+Q6sek8bf92$6dlGYMOdZcOPutkcNY8U2g7vK9Y=:"
     "D+CSWLOshSulAsxiupA+qs2/fTE="},
    {"{SCRAM-SHA-1}SCRAM-SHA-1$4096:QSXCR+Q6sek8bf92$6dlGYMOdZcOPutkcNY8U2g7vK9Y=:"
     "D+CSWLOshSulAsxiupA+qs2/fTE=",
     "pencil", "SCRAM-SHA-1", 4096,
     "SCRAM-SHA-1$4096:QSXCR+Q6sek8bf92$6dlGYMOdZcOPutkcNY8U2g7vK9Y=:"
     "D+CSWLOshSulAsxiupA+qs2/fTE="},
    /* SASLprep: the key of "IX"; and one made without it */
    {"SCRAM-SHA-256$4096:c2FsdHNhbHQ=$9Z0EoeLxUdxgC/gc+oQWy0nrlhFRRqlula1RZqLyxcU=:"
     "gyPiwH2XQbiRcj3JfNlV662mptqvMlH86zYOF1BccXw=",
     "I\u00adX", "SCRAM-SHA-256", 4096, NULL},
    {"SCRAM-SHA-256$4096:c2FsdHNhbHQ=$fXAU9NsEGXEvMDFCLJzxZ8IeSycQ1IJRw13r8tnOBNE=:"
     "+Aw9tRYu1PWsaUZooDBjwKKmKwUVgzaveGQTL6f23eA=",
     "I\u00adX", "SCRAM-SHA-256", 4096, NULL},

    /* doveadm pw -s SCHEME -p secret, Dovecot 2.3.19 */
    {"{SCRAM-SHA-1}4096,ZMwEJvIqGnLQJjLGzNmeSA==,o5JR/jFciE5sxmyOsJsmo9OFn7I=,"
     "Tk5DNFuuQVzfNGksIo0DaMnmAAc=",
     "secret", "SCRAM-SHA-1", 4096,
     "SCRAM-SHA-1$4096:ZMwEJvIqGnLQJjLGzNmeSA==$o5JR/jFciE5sxmyOsJsmo9OFn7I=:"
     "Tk5DNFuuQVzfNGksIo0DaMnmAAc="},
    {"{SCRAM-SHA-256}4096,v3q9CHVdfR5N2VRTBYJ0RA==,+hserEQhI15/RqkJsIEfnU8m7MB4Q4oA8jRZ"
     "s9iwP5s=,vuUxbhDVMb0l78hqii7PO80fpdJEbFCYIhfG9+3tcA0=",
     "secret", "SCRAM-SHA-256", 4096,
     "SCRAM-SHA-256$4096:v3q9CHVdfR5N2VRTBYJ0RA==$+hserEQhI15/RqkJsIEfnU8m7MB4Q4oA8jRZ"
     "s9iwP5s=:vuUxbhDVMb0l78hqii7PO80fpdJEbFCYIhfG9+3tcA0="},
    {"{SSHA}itJ7QJOKtpbkQpA0FLHonyPwSnxqY81g", "secret", "SSHA", 0, NULL},
    {"{SSHA256}/EdFb9J7zYfI4z0CLWBkFQX+bhH0FJTGRLvtxFdnDoqmk4eL", "secret", "SSHA256",
     0, NULL},
    {"{SSHA512}M9Y8bdQ49bttPI+9W1as82m1crvtSRgyBf7oQf2Ta4VLSYIdwlNMP3xTlabMkHsYzy58d0pt"
     "imhwfyJerZS8c8zrHSo=",
     "secret", "SSHA512", 0, NULL},
    {"{SMD5}QL5mSb9B8tRKPjyv2jaZP1wtzSs=", "secret", "SMD5", 0, NULL},
    {"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "secret", "SHA", 0, NULL},
    {"{SHA1}5en6G6MezRroT3XKqkdPOmY/BfQ=", "secret", "SHA", 0,
     "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="},
    {"{SHA256}K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=", "secret", "SHA256", 0,
     NULL},
    {"{SHA512}vSsar3708Jvp9Szi2NWZZ02Bqp1qRCFpbcTZPdBhnWgs5WtNZKnvCXdhztmeD2cmW192CF5bD"
     "ufKRpayrW/isg==",
     "secret", "SHA512", 0, NULL},
    {"{LDAP-MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ==", "secret", "LDAP-MD5", 0, NULL},
    {"{PLAIN-MD5}5ebe2294ecd0e0f08eab7690d2a6ee69", "secret", "LDAP-MD5", 0,
     "{LDAP-MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ=="},
    {"{MD5}$1$YQsTezNx$v5ECRn3i3oE7S98lvWWc20", "secret", "MD5-CRYPT", 0,
     "{MD5-CRYPT}$1$YQsTezNx$v5ECRn3i3oE7S98lvWWc20"},
    {"{MD5-CRYPT}$1$ufZKgYtr$Ly9XyMODoch8FuWL41uyL/", "secret", "MD5-CRYPT", 0, NULL},
    {"{PBKDF2}$1$PjTMY5X288JU1.sf$5000$9aae24f4a9ffd4bf8393a3c64585e99b11c6feca",
     "secret", "PBKDF2-SHA1", 5000,
     "{PBKDF2-SHA1}5000$UGpUTVk1WDI4OEpVMS5zZg$mq4k9Kn/1L.Dk6PGRYXpmxHG/so"},
    {"{CRAM-MD5}cd3ba7deaad6e5ca23448ba42e379747a9e0f7f1fbc00c8a81bbaac395731b56",
     "secret", "CRAM-MD5", 0, NULL},
    {"{HMAC-MD5}CD3BA7DEAAD6E5CA23448BA42E379747A9E0F7F1FBC00C8A81BBAAC395731B56",
     "secret", "CRAM-MD5", 0,
     "{CRAM-MD5}cd3ba7deaad6e5ca23448ba42e379747a9e0f7f1fbc00c8a81bbaac395731b56"},
    {"{ARGON2I}$argon2i$v=19$m=32768,t=4,p=1$krO6R2AglQfkz9dbflOvow$xuKTIOggfKVMzJDLxeN"
     "5ViwLxP1J/OFBJDc139y9xjs",
     "secret", "ARGON2I", 131072, NULL},
    {"{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$CWsH4J8czld9TgL1MW+3/A$tLUrHSgQLT98/osaf"
     "rGHTsU13eZQJWtHAtBq1En0zQo",
     "secret", "ARGON2ID", 196608, NULL},
    {"{BLF-CRYPT}$2y$05$ETrIZDXcSOwnVglA5F/N7.UxzA.xTj76So3MyLxLM8f9lh4voL/2i",
     "secret", "BLF-CRYPT", 5, NULL},
    {"{SHA256-CRYPT}$5$1f56ZhpnXLoEdqbC$gSlKg1jo26DhYQnUaOqt3yPlqJAaj4PhKWwxyT3h8hA",
     "secret", "SHA256-CRYPT", 5000, NULL},
    {"{SHA512-CRYPT}$6$hX7SN7CMFYXHEaMx$UIFCznLLZHsG5sQ."
     "GnIAPSpFntLyrlJ6cx4vXmidxxE9HvC6"
     "O6p7DvImkMmcaDwdzFr1Y3D9NnghoRRfUOoDf1",
     "secret", "SHA512-CRYPT", 5000, NULL},
    {"{DES-CRYPT}3CU3PEt78/1m.", "secret", "DES-CRYPT", 0, NULL},
    {"{CRYPT}$2y$05$7lTgJHn/0mTPWfFEr.IC4umR8uVRML7pm58Z5Gjp2hjfkIEOwy4Pa", "secret",
     "BLF-CRYPT", 5,
     "{BLF-CRYPT}$2y$05$7lTgJHn/0mTPWfFEr.IC4umR8uVRML7pm58Z5Gjp2hjfkIEOwy4Pa"},
    {"{SSHA.HEX}0df2f131b08928632170a37ba335b7e4cca115faa3fe05f6", "secret", "SSHA", 0,
     "{SSHA}DfLxMbCJKGMhcKN7ozW35MyhFfqj/gX2"},
    {"{SSHA256.B64}3oR3V8koici7QsHCZFZEb2RKuCf1Yflmel4ETruTl8uZtJt2", "secret",
     "SSHA256", 0, "{SSHA256}3oR3V8koici7QsHCZFZEb2RKuCf1Yflmel4ETruTl8uZtJt2"},
    {"{SHA.HEX}e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4", "secret", "SHA", 0,
     "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="},
    {"{SHA}e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4", "secret", "SHA", 0,
     "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="},
    {"{CRAM-MD5.B64}zTun3qrW5cojRIukLjeXR6ng9/H7wAyKgbuqw5VzG1Y=", "secret", "CRAM-MD5",
     0, "{CRAM-MD5}cd3ba7deaad6e5ca23448ba42e379747a9e0f7f1fbc00c8a81bbaac395731b56"},
    {"{PLAIN-MD5.B64}Xr4ilOzQ4PCOq3aQ0qbuaQ==", "secret", "LDAP-MD5", 0,
     "{LDAP-MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ=="},
    {"{SMD5.hex}3b1c6615c5d6dc92fb4318e241ff4209472f598c", "secret", "SMD5", 0,
     "{SMD5}OxxmFcXW3JL7QxjiQf9CCUcvWYw="},

    /* slappasswd -h SCHEME -s secret, OpenLDAP 2.5.13 with its contributed modules */
    {"{SSHA}+Hpj6LKYspDpvihQOfUkAdKRCkysdYzv", "secret", "SSHA", 0, NULL},
    {"{SMD5}QupDYc9khgTZPwmET19d5ILIJuc=", "secret", "SMD5", 0, NULL},
    {"{MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ==", "secret", "LDAP-MD5", 0,
     "{LDAP-MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ=="},
    {"{CRYPT}sdJueKJNHORFs", "secret", "DES-CRYPT", 0, "{DES-CRYPT}sdJueKJNHORFs"},
    {"{ARGON2}$argon2i$v=19$m=4096,t=3,p=1$DiZjh1XiI27NV3+8Dud5nQ$/g56w3YRT8wfSMQR3N9ag"
     "ONLK59k3V74SyLySmWeM4U",
     "secret", "ARGON2I", 12288,
     "{ARGON2I}$argon2i$v=19$m=4096,t=3,p=1$DiZjh1XiI27NV3+8Dud5nQ$/"
     "g56w3YRT8wfSMQR3N9ag"
     "ONLK59k3V74SyLySmWeM4U"},
    {"{SSHA256}Nrc6znqdw25Br30kddBzYWNdPv5EwHhvFrgKp9tzBOLRndpFBroUUA==", "secret",
     "SSHA256", 0, NULL},
    {"{SSHA512}KFxggVF6/LeB2KedRVVgZUlI6nJV/WfRwdQ0vutYnbh1DG5oGeV0dI9dPeTWZ6lJIB1k+jNS"
     "lnqEaBwO6Rb/AqsUnlo2ndRo",
     "secret", "SSHA512", 0, NULL},
    {"{PBKDF2}10000$9iJAEx.1gBwHyobab70nzA$3npGsHhefLOFF6sCIezyDYIpuIs", "secret",
     "PBKDF2-SHA1", 10000,
     "{PBKDF2-SHA1}10000$9iJAEx.1gBwHyobab70nzA$3npGsHhefLOFF6sCIezyDYIpuIs"},
    {"{PBKDF2-SHA256}10000$NgFIntuyZok5iZeCkE3uuA$X4rR18cquPhqJ8zjSX5VnbJXA19uK7xqP7Pp1"
     "fTQxQ4",
     "secret", "PBKDF2-SHA256", 10000, NULL},
    {"{PBKDF2-SHA512}10000$M5No.iYzyG97LG6dNucG4g$ltYzRaIoUbnqSjk/H4OHFGZ8lFtWnJQ18L6vP"
     "9Nqy0OnGkKIsI8qU4n00ozfLk.Ss1vO/FJhSaZHcK856M.N8w",
     "secret", "PBKDF2-SHA512", 10000, NULL},

    /* RFC 6070's third, and as passlib writes it */
    {"{PBKDF2-SHA1}4096$c2FsdA$SwB5AbdlSJq.rUnZJvch0GWkKcE", "password", "PBKDF2-SHA1",
     4096, NULL},
    {"$pbkdf2$4096$c2FsdA$SwB5AbdlSJq.rUnZJvch0GWkKcE", "password", "PBKDF2-SHA1", 4096,
     "{PBKDF2-SHA1}4096$c2FsdA$SwB5AbdlSJq.rUnZJvch0GWkKcE"},
    {"$pbkdf2-sha256$1000$././././././././$uKzofh8e5U1dOlrR0ZdKkWgAAdFI28U5iyZK7wZddCQ",
     "secret", "PBKDF2-SHA256", 1000,
     "{PBKDF2-SHA256}1000$././././././././"
     "$uKzofh8e5U1dOlrR0ZdKkWgAAdFI28U5iyZK7wZddCQ"},
    {"$pbkdf2-sha512$4096$c2FsdA$0Zexsz2wFD4BixLz0dFHnmzevcyXxcD4f2kC4HL0V7UUPzBgJkGz1V"
     "zTNZiMs2uEN2Bg7NUy4Dm3QqI5Q0ry1Q",
     "password", "PBKDF2-SHA512", 4096,
     "{PBKDF2-SHA512}4096$c2FsdA$0Zexsz2wFD4BixLz0dFHnmzevcyXxcD4f2kC4HL0V7UUPzBgJkGz1V"
     "zTNZiMs2uEN2Bg7NUy4Dm3QqI5Q0ry1Q"},

    /* crypt(3) of libxcrypt 4.4, each of its methods that we read */
    {"$y$j9T$F5Jx5fExrKuPp53xLKQ..1$GmcwIgvdUC9qLWcKCi6gklUa1dM3ziD43YxYNURLKy0",
     "secret", "YESCRYPT", 5,
     "{YESCRYPT}$y$j9T$F5Jx5fExrKuPp53xLKQ..1$GmcwIgvdUC9qLWcKCi6gklUa1dM3ziD43YxYNURLK"
     "y0"},
    {"{CRYPT}$y$j75$abcd$4kXmLgaKDvIX6kdRHPMTHEFMzZbz3KU11lQ0dx6AKZ3", "secret",
     "YESCRYPT", 1,
     "{YESCRYPT}$y$j75$abcd$4kXmLgaKDvIX6kdRHPMTHEFMzZbz3KU11lQ0dx6AKZ3"},
    /* the largest r and the least N of a single digit */
    {"{YESCRYPT}$y$j0j$abcd$ZpUXZOOIazdei3BNA2j9MDwQVS06duo9AO9AXrI0/LC", "secret",
     "YESCRYPT", 1, NULL},
    {"{YESCRYPT}$y$j/5$abcd$DOVMNmq3KQ/jbqi6LpCfRbMielwoLlNdUMUz30wSi02", "secret",
     "YESCRYPT", 1, NULL},
    {"{YESCRYPT}$y$j75$a1$j1cwr.U2W20HTcYhJA2f3.yCOohPkxFhpgL1XByHuOB", "secret",
     "YESCRYPT", 1, NULL},
    {"{YESCRYPT}$y$j75$abD$cpsjI.4DP0T4TXFmctVyCPPMgfcfkS2PBEgvfuJFaY2", "secret",
     "YESCRYPT", 1, NULL},
    {"$gy$j9T$abcdefgh$Fi3mUfLMwr2ZyDlmydp6rw5RwzYJnsb1LquZlQ2CYq0", "secret",
     "GOST-YESCRYPT", 5,
     "{GOST-YESCRYPT}$gy$j9T$abcdefgh$Fi3mUfLMwr2ZyDlmydp6rw5RwzYJnsb1LquZlQ2CYq0"},
    {"$7$CU..../....abcdefgh$XWs9HxtpA2.6U5CDBBbcW.h3o9pYlC.MIIb8JqMgZx6", "secret",
     "SCRYPT", 7,
     "{SCRYPT}$7$CU..../....abcdefgh$XWs9HxtpA2.6U5CDBBbcW.h3o9pYlC.MIIb8JqMgZx6"},
    {"$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW", "secret",
     "BLF-CRYPT", 4,
     "{BLF-CRYPT}$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"},
    {"$6$$2M9DchxW4txWyTYoZrH9D3VvAAQxBpEezYsLY6Cao.jwzEXpyL9xwip9hiUZX7GqTqe/E/"
     "z6iKvZqXUuqniQH.",
     "secret", "SHA512-CRYPT", 5000,
     "{SHA512-CRYPT}$6$$2M9DchxW4txWyTYoZrH9D3VvAAQxBpEezYsLY6Cao."
     "jwzEXpyL9xwip9hiUZX7GqT"
     "qe/E/z6iKvZqXUuqniQH."},
    {"$6$rounds=1000$roundstoolow$MeVKYy05sBtwGM.4HIUVk8vIjgUjXpV/"
     "ChMGL89KNa8RRMfB0rp0ws"
     "3ty/zRJWlLgOA0UIXn1/MRF91HJw7.V1",
     "secret", "SHA512-CRYPT", 1000,
     "{SHA512-CRYPT}$6$rounds=1000$roundstoolow$MeVKYy05sBtwGM.4HIUVk8vIjgUjXpV/"
     "ChMGL89K"
     "Na8RRMfB0rp0ws3ty/zRJWlLgOA0UIXn1/MRF91HJw7.V1"},
    {"$6$saltstring$CSTM8ggie.dU5m6eoS07/LZ2D/"
     "r4hrX.jxMSo1fYZexnehwOFJu1o2u1p.BZSnrxIhER"
     "rHnuxI8ONbt/kSPvF0",
     "p\u00e4ssword", "SHA512-CRYPT", 5000,
     "{SHA512-CRYPT}$6$saltstring$CSTM8ggie.dU5m6eoS07/LZ2D/"
     "r4hrX.jxMSo1fYZexnehwOFJu1o2u"
     "1p.BZSnrxIhERrHnuxI8ONbt/kSPvF0"},
    {"$5$rounds=1000$s$1G5532wclKO2DGU0xcX3Rd6BmCQw9FWjZAp9VdiPyK3", "secret",
     "SHA256-CRYPT", 1000,
     "{SHA256-CRYPT}$5$rounds=1000$s$1G5532wclKO2DGU0xcX3Rd6BmCQw9FWjZAp9VdiPyK3"},
    {"$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1", "secret", "MD5-CRYPT", 0,
     "{MD5-CRYPT}$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1"},

    /* the tests of libargon2, with "v=" and without */
    {"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/"
     "uIPnA4rEsF5h7TKyQwu9U1bMCHGi"
     "/4",
     "password", "ARGON2ID", 512,
     "{ARGON2ID}$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/"
     "uIPnA4rEsF5h7TKyQwu"
     "9U1bMCHGi/4"},
    {"$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/"
     "5U52iv1cD"
     "c",
     "password", "ARGON2ID", 512,
     "{ARGON2ID}$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/"
     "0ttZwg2f"
     "/5U52iv1cDc"},
    {"$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ",
     "password", "ARGON2I", 131072,
     "{ARGON2I}$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$"
     "9sTbSlTio3Biev89thdrlKKiCaYsjjYV"
     "JxGAL3swxpQ"},
};

#define DEAR 20000

/* A slow machine, such as valgrind's, need not compute the dearest hashes of a scheme:
 * others of it take the same way. */
static bool check_password(const struct verifier *verifier)
{
    return verifier->cost < DEAR || getenv("SENDAS_TEST_SLOW_MACHINE") == NULL;
}

static void test_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        const struct known *row = &known[i];
        size_t len = strlen(row->stored);
        char *stored = exact(row->stored, len);
        struct buf error = BUF_INIT, out = BUF_INIT, wrong = BUF_INIT;
        struct verifier verifier, again;

        if (!verifier_parse(stored, len, &verifier, &error))
            fail_msg("%s: %s", row->stored, buf_str(&error));
        assert_string_equal(scheme_name(verifier.scheme), row->scheme);
        assert_int_equal(verifier.cost, row->cost);
        buf_addf(&wrong, "%s!", row->password);
        if (check_password(&verifier)) {
            assert_int_equal(
                verifier_check(&verifier, row->password, strlen(row->password)),
                ANSWER_YES);
            assert_int_equal(verifier_check(&verifier, wrong.data, wrong.len),
                             ANSWER_NO);
        }

        verifier_format(&verifier, &out);
        assert_string_equal(buf_str(&out),
                            row->formatted != NULL ? row->formatted : row->stored);
        /* What was written is read as the same, and written as the same. */
        assert_true(verifier_parse(out.data, out.len, &again, &error));
        assert_ptr_equal(again.scheme, verifier.scheme);
        assert_int_equal(again.cost, verifier.cost);
        if (row->formatted != NULL && check_password(&verifier))
            assert_int_equal(
                verifier_check(&again, row->password, strlen(row->password)),
                ANSWER_YES);
        buf_clear(&wrong);
        verifier_format(&again, &wrong);
        assert_string_equal(wrong.data, out.data);
        free(stored);
        buf_finish(&error);
        buf_finish(&out);
        buf_finish(&wrong);
    }
}

/* A hash of which one character is another fits no more; cut, it is read or refused.
 * In SCRAM's end is the server's key, which has no part in this. */
static void test_changed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        const struct known *row = &known[i];
        size_t len = strlen(row->stored);
        struct buf error = BUF_INIT;
        struct verifier verifier;
        char *changed = exact(row->stored, len);

        for (size_t back = 8; back <= 12; back += 4) {
            char *c = &changed[len - back];
            char was = *c;

            *c = was == '1' ? '2' : '1';
            if (verifier_parse(changed, len, &verifier, &error) &&
                verifier.cost < DEAR &&
                strncmp(scheme_name(verifier.scheme), "SCRAM", 5) != 0)
                assert_int_equal(
                    verifier_check(&verifier, row->password, strlen(row->password)),
                    ANSWER_NO);
            *c = was;
        }
        free(changed);
        for (size_t cut = 0; cut < len; cut++) {
            changed = exact(row->stored, cut);
            if (verifier_parse(changed, cut, &verifier, &error))
                assert_int_not_equal(scheme_uses(verifier.scheme), 0);
            free(changed);
        }
        buf_finish(&error);
    }
}

#define SCRAM_END                                                                      \
    "W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"           \
    "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
#define ARGON2_END "$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
#define HASH43 "C3o4O1TC6aRHF4FI.QSZMXtHbaj2gSXr4sUc/3NcUi."
#define BCRYPT53 "abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"
#define NO_SCHEME "expected {SCHEME} at the start"
#define NO_NAME "expected a scheme's name and }"

/* What must be refused, and what is said of it. */
static const struct {
    const char *stored, *error;
} malformed[] = {
    {"", NO_SCHEME},
    {"secret", NO_SCHEME},
    {"abNANd1rDfiNc", NO_SCHEME},
    {"$", NO_SCHEME},
    {"$3$$8846f7eaee8fb117ad06bdd830b7586c", NO_SCHEME},
    {"$apr1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1", NO_SCHEME},
    {"{", NO_NAME},
    {"{}", NO_NAME},
    {"{SSHA", NO_NAME},
    {"{SS HA}x", NO_NAME},
    {"{SS\nHA}x", NO_NAME},
    {"{SS\xc3\xa9}x", NO_NAME},
    {"{0123456789012345678901234567890123456789}x", NO_NAME},
    {"{ROT13}frperg", "unknown scheme {ROT13}"},
    {"{.HEX}00", "unknown scheme {}"},
    {"{SSHA.ROT13}00", "{SSHA}: cannot read the encoding \"ROT13\""},
    {"{SHA512-CRYPT.HEX}00", "{SHA512-CRYPT}: cannot read the encoding \"HEX\""},
    {"{PLAIN.b64}c2VjcmV0", "{PLAIN}: cannot read the encoding \"b64\""},

    {"SCRAM-SHA-256", NO_SCHEME},
    {"scram-sha-256$4096:" SCRAM_END, NO_SCHEME},
    {"SCRAM-SHA-256$", "SCRAM-SHA-256: expected ITERATIONS:SALT$STOREDKEY:SERVERKEY"},
    {"SCRAM-SHA-256$4096", "expected ITERATIONS"},
    {"SCRAM-SHA-256$4096:", "expected ITERATIONS"},
    {"SCRAM-SHA-256$0:" SCRAM_END, "expected ITERATIONS"},
    {"SCRAM-SHA-256$-1:" SCRAM_END, "expected ITERATIONS"},
    {"SCRAM-SHA-256$04096:" SCRAM_END, "expected ITERATIONS"},
    {"SCRAM-SHA-256$10000001:" SCRAM_END,
     "10000001 iterations, expected at most 10000000"},
    {"SCRAM-SHA-256$99999999999:" SCRAM_END, "expected ITERATIONS"},
    {"SCRAM-SHA-1$4096:" SCRAM_END, "the keys of 20"},
    {"SCRAM-SHA-512$4096:" SCRAM_END, "the keys of 64"},
    {"SCRAM-SHA-256$4096:" SCRAM_END "x", "expected ITERATIONS"},
    {"SCRAM-SHA-256$4096:" SCRAM_END ":" SCRAM_END, "expected ITERATIONS"},
    {"SCRAM-SHA-256$4096:$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
     "wfPLwcE6nTWhTAmQ7"
     "tl2KeoiWGPlZqQxSrmfPwDl2dU=",
     "the salt of 1 to 64 bytes"},
    {"{SCRAM-SHA-256}4096:" SCRAM_END "=", "expected ITERATIONS"},
    {"{SCRAM-SHA-256}4096,W22ZaJ0SNY7soEsUEjb6gQ==,WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLm"
     "tbsT4qY=",
     "expected ITERATIONS"},

    {"$argon2d$v=19$m=256,t=2,p=1" ARGON2_END, NO_SCHEME},
    {"{ARGON2ID}secret", "ARGON2ID: expected $argon2id$v=19$m=KIB,t=PASSES,p=LANES"},
    {"$argon2id$", "expected $argon2id$v=19"},
    {"$argon2id$v=19$m=256,t=2,p=1", "expected $argon2id$v=19"},
    {"$argon2id$v=18$m=256,t=2,p=1" ARGON2_END, "expected $argon2id$v=19"},
    {"$argon2id$v=19$t=2,m=256,p=1" ARGON2_END, "expected $argon2id$v=19"},
    {"$argon2id$v=19$m=256,t=2,p=1,keyid=x" ARGON2_END, "expected $argon2id$v=19"},
    {"$argon2id$v=19$m=256,t=2,p=1$c2FsdA$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
     "the salt of 8 to 64 bytes"},
    {"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQM", "the hash of 16 to 64"},
    {"$argon2id$v=19$m=1048577,t=1,p=1" ARGON2_END,
     "m=1048577,t=1,p=1, expected 1 to 64 lanes, at least 8 KiB a lane, at most "
     "1048576 "
     "KiB, and 4194304 KiB times passes"},
    {"$argon2id$v=19$m=4294967295,t=1,p=1" ARGON2_END, "expected $argon2id$v=19"},
    {"$argon2id$v=19$m=1048576,t=5,p=1" ARGON2_END, "m=1048576,t=5,p=1, expected"},
    {"$argon2id$v=19$m=8,t=524289,p=1" ARGON2_END, "m=8,t=524289,p=1, expected"},
    {"$argon2id$v=19$m=256,t=0,p=1" ARGON2_END, "m=256,t=0,p=1, expected"},
    {"$argon2id$v=19$m=0,t=1,p=1" ARGON2_END, "m=0,t=1,p=1, expected"},
    {"$argon2id$v=19$m=256,t=1,p=0" ARGON2_END, "m=256,t=1,p=0, expected"},
    {"$argon2id$v=19$m=15,t=1,p=2" ARGON2_END, "m=15,t=1,p=2, expected"},
    {"$argon2id$v=19$m=1024,t=1,p=65" ARGON2_END, "m=1024,t=1,p=65, expected"},
    {"$argon2id$v=19$m=1024,t=1,p=2147483647" ARGON2_END, "p=2147483647, expected"},

    {"$y$", "YESCRYPT: expected $y$j, N and r of at most 1 GiB (cost 11)"},
    {"$y$jGT$salt$" HASH43, "at most 1 GiB"}, /* N = 2^19 */
    {"$y$jFj$salt$" HASH43, "at most 1 GiB"}, /* r = 48 */
    {"$y$j0k$salt$" HASH43, "expected $y$j"}, /* a number of several digits */
    {"$y$j.5$salt$" HASH43, "expected $y$j"}, /* N = 2 */
    {"$gy$j4v$abcd$" HASH43, "GOST-YESCRYPT: expected $gy$j"},
    {"$y$.9T$salt$" HASH43, "expected $y$j"},
    {"$y$j9T.$salt$" HASH43, "expected $y$j"}, /* further parameters */
    {"$y$j9T$salt$short", "expected $y$j"},
    {"$y$j9T$" HASH43, "expected $y$j"},
    {"$y$j9T$sa lt$" HASH43, "expected $y$j"},
    {"$y$j9T$sa:lt$" HASH43, "expected $y$j"},
    {"$y$j75$abc=d$" HASH43, "expected $y$j"}, /* salts that stand for no bytes */
    {"$y$j75$abcda$" HASH43, "expected $y$j"},
    {"$y$j75$a2$" HASH43, "expected $y$j"},
    {"$y$j75$abE$" HASH43, "expected $y$j"},
    {"$y$j9T$s$lt$" HASH43, "expected $y$j"},
    {"$gy$j9T$salt$short", "GOST-YESCRYPT: expected $gy$j"},
    {"$7$", "SCRYPT: expected $7$, N, r and p"},
    {"$7$HU..../....salt$" HASH43, "at most 1 GiB"},
    {"$7$CUzzzz/....salt$" HASH43, "at most 1 GiB"},
    {"$7$CU....zzzzzsalt$" HASH43, "at most 1 GiB"},
    {"$7$CU..........salt$" HASH43, "at most 1 GiB"}, /* p = 0 */
    {"$2b$17$" BCRYPT53, "BLF-CRYPT: expected $2a$, $2b$, $2x$ or $2y$, a cost of 04"},
    {"$2b$31$" BCRYPT53, "a cost of 04 to 16"},
    {"$2b$03$" BCRYPT53, "a cost of 04 to 16"},
    {"$2b$4$" BCRYPT53, "a cost of 04 to 16"},
    {"$2$04$" BCRYPT53, "expected $2a$"},
    {"$2z$04$" BCRYPT53, "expected $2a$"},
    {"$2b$04$" BCRYPT53 "x", "expected $2a$"},
    {"$2b$04$", "expected $2a$"},
    {"$6$salt$short", "SHA512-CRYPT: expected $6$"},
    {"$5$rounds=10000001$salt$" HASH43,
     "SHA256-CRYPT: expected $5$, maybe rounds=1000"},
    {"$5$rounds=999999999$salt$" HASH43, "maybe rounds=1000 to 10000000"},
    {"$5$rounds=999$salt$" HASH43, "maybe rounds=1000 to 10000000"},
    {"$5$rounds=$salt$" HASH43, "maybe rounds=1000 to 10000000"},
    {"$5$rounds=01000$salt$" HASH43, "maybe rounds=1000 to 10000000"},
    {"$5$longerthan16chars$" HASH43, "a salt of up to 16"},
    {"$5$salt$" HASH43 "x", "expected $5$"},
    {"$5$sa*lt$" HASH43, "expected $5$"},
    {"$5$salt$C3o4O1TC6aRHF4FI.QSZMXtHbaj2gSXr4sUc/3NcU!.", "expected $5$"},
    {"$1$longer9ch$cHJi5PXp/ki/ktXzqlk6I1", "MD5-CRYPT: expected $1$"},
    {"{CRYPT}", "DES-CRYPT: expected a hash that crypt(5) knows"},
    {"{CRYPT}*", "expected a hash that crypt(5) knows"},
    {"{CRYPT}!", "expected a hash that crypt(5) knows"},
    {"{CRYPT}x", "expected a hash that crypt(5) knows"},
    {"{CRYPT}_J9..rasmBYk8r9AiWNc", "expected a hash that crypt(5) knows"},
    {"{SHA512-CRYPT}abNANd1rDfiNc", "SHA512-CRYPT: expected $6$"},

    {"{SSHA}", "SSHA: expected a hash of 20 bytes and a salt of up to 64"},
    {"{SSHA}5en6G6MezRroT3XKqkdPOmY/Bf", "in base64"},
    {"{SSHA}not base64", "in base64"},
    {"{SSHA.HEX}0df2f131b08928632170a37ba335b7e4cca115", "in hex"},
    {"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQA",
     "SHA: expected a hash of 20 bytes, in base64"},
    {"{SHA256}5en6G6MezRroT3XKqkdPOmY/BfQ=", "a hash of 32 bytes"},
    {"{SHA}zze9fa1ba31ecd1ae84f75caaa474f3a663f05f4", "a hash of 20 bytes"},

    {"{PBKDF2-SHA256}", "PBKDF2-SHA256: expected ITERATIONS$SALT$HASH"},
    {"{PBKDF2-SHA1}0$c2FsdA$SwB5AbdlSJq.rUnZJvch0GWkKcE", "expected ITERATIONS"},
    {"{PBKDF2-SHA1}10000001$c2FsdA$SwB5AbdlSJq.rUnZJvch0GWkKcE",
     "10000001 iterations, expected at most 10000000"},
    {"{PBKDF2-SHA1}4096$$SwB5AbdlSJq.rUnZJvch0GWkKcE", "the salt of 1 to 64 bytes"},
    {"{PBKDF2-SHA1}4096$c2FsdA$SwB5AbdlSJq.rUnZJvch0GWkK", "the hash of 20"},
    {"{PBKDF2-SHA256}4096$c2FsdA$SwB5AbdlSJq.rUnZJvch0GWkKcE", "the hash of 32"},
    {"{PBKDF2-SHA1}4096$c2FsdA$SwB5AbdlSJq.rUnZJvch0GWkKcE$", "expected ITERATIONS"},
    {"{PBKDF2}$1$", "expected ITERATIONS"},
    {"{PBKDF2}$1$salt$5000$", "expected ITERATIONS"},
    {"{PBKDF2}$1$salt$10000001$9aae24f4a9ffd4bf8393a3c64585e99b11c6feca",
     "10000001 iterations"},
    {"{PBKDF2}$1$salt$5000$9aae24f4a9ffd4bf8393a3c64585e99b11c6fe", "the hash of 20"},

    {"{CRAM-MD5}", "CRAM-MD5: expected 32 bytes in hex"},
    {"{CRAM-MD5}cd3ba7deaad6e5ca23448ba42e379747", "expected 32 bytes in hex"},
    {"{CRAM-MD5.B64}zTun3qrW5cojRIukLjeXR6ng9/H7wAyKgbuqw5VzGw==",
     "expected 32 bytes in base64"},
    {"{DIGEST-MD5}cd3ba7deaad6e5ca23448ba42e379747a9e0f7f1fbc00c8a81bbaac395731b56",
     "DIGEST-MD5: expected 16 bytes in hex"},
};

static void test_malformed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(malformed) / sizeof(*malformed); i++) {
        size_t len = strlen(malformed[i].stored);
        char *stored = exact(malformed[i].stored, len);
        struct buf error = BUF_INIT;
        struct verifier verifier;

        if (verifier_parse(stored, len, &verifier, &error) ||
            strstr(buf_str(&error), malformed[i].error) == NULL)
            fail_msg("%s: %s", malformed[i].stored, buf_str(&error));
        assert_null(strchr(buf_str(&error), '\n'));
        free(stored);
        buf_finish(&error);
    }
}

/* Bounds of the whole, and bytes that are no text. */
static void test_bytes(void **state)
{
    static const char nul[] = "{SSHA}itJ7QJOKtpbkQpA0FLHonyPwSnxqY81g\0";
    static const char inner[] = "$5$sa\0t$" HASH43;
    struct buf stored = BUF_INIT, error = BUF_INIT;
    struct verifier verifier;

    (void)state;
    assert_false(verifier_parse(nul, sizeof(nul) - 1, &verifier, &error));
    assert_false(verifier_parse(inner, sizeof(inner) - 1, &verifier, &error));
    assert_false(verifier_parse("{SS\0HA}x", 8, &verifier, &error));
    buf_adds(&stored, "{PLAIN}");
    while (stored.len < VERIFIER_MAX)
        buf_addc(&stored, 'x');
    assert_true(verifier_parse(stored.data, stored.len, &verifier, &error));
    assert_int_equal(verifier.len, VERIFIER_MAX - 7);
    buf_addc(&stored, 'x');
    buf_clear(&error);
    assert_false(verifier_parse(stored.data, stored.len, &verifier, &error));
    assert_string_equal(buf_str(&error),
                        "a verifier of 1025 bytes, expected at most 1024");
    buf_finish(&stored);
    buf_finish(&error);
}

/* Imports read these; nothing is ever checked against them. */
static void test_clear(void **state)
{
    static const char *const stored[] = {"{PLAIN}$6$ecret", "{CLEAR}$6$ecret",
                                         "{cleartext}$6$ecret"};
    struct buf error = BUF_INIT;
    struct verifier verifier;

    (void)state;
    for (size_t i = 0; i < sizeof(stored) / sizeof(*stored); i++) {
        assert_true(verifier_parse(stored[i], strlen(stored[i]), &verifier, &error));
        assert_int_equal(scheme_uses(verifier.scheme), SCHEME_CLEAR);
        assert_int_equal(verifier.len, 8);
        assert_memory_equal(verifier.text, "$6$ecret", 8);
        assert_int_equal(verifier_check(&verifier, "$6$ecret", 8), ANSWER_UNKNOWN);
        assert_true(verifier_outdated(&verifier, &scheme_costs_default));
    }
    buf_finish(&error);
}

/* Schemes that are only read are out of date in themselves. */
static void test_outdated(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        struct buf error = BUF_INIT;
        struct verifier verifier;

        assert_true(verifier_parse(known[i].stored, strlen(known[i].stored), &verifier,
                                   &error));
        if (!scheme_makes(verifier.scheme))
            assert_true(verifier_outdated(&verifier, &scheme_costs_default));
        buf_finish(&error);
    }
}

/* Clients that do not send UTF-8 still fit hashes of the bytes that they send. */
static void test_typed_bytes(void **state)
{
    /* printf 'caf\351' | openssl dgst -sha1 -binary | base64 */
    static const char stored[] = "{SHA}0vUrxEBomPxyLAtOMU+bRvyFzeQ=";
    struct buf error = BUF_INIT;
    struct verifier verifier;

    (void)state;
    assert_true(verifier_parse(stored, strlen(stored), &verifier, &error));
    assert_int_equal(verifier_check(&verifier, "caf\xe9", 4), ANSWER_YES);
    assert_int_equal(verifier_check(&verifier, "caf\u00e9", 5), ANSWER_NO);
    assert_int_equal(verifier_check(&verifier, "caf\xe9\0", 5), ANSWER_NO);
    buf_finish(&error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),       cmocka_unit_test(test_changed),
        cmocka_unit_test(test_malformed),   cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_clear),       cmocka_unit_test(test_outdated),
        cmocka_unit_test(test_typed_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
