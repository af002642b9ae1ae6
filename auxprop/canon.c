/* SPDX-License-Identifier: BSD-2-Clause */
/* The one canonical name of whoever logs in, as sendas-authd knows it. */
#include "config.h"

#include <string.h>

#include "plugin.h"

enum { MEMORY_SECONDS = 2 };

/* --- the memory of the last answer --- */

static bool memory_fresh(const struct canon_memory *memory)
{
    struct timespec now;
    time_t age;

    clock_gettime(CLOCK_MONOTONIC, &now);
    age = now.tv_sec - memory->at.tv_sec;
    return memory->filled && age >= 0 &&
           (age < MEMORY_SECONDS ||
            (age == MEMORY_SECONDS && now.tv_nsec < memory->at.tv_nsec));
}

static bool same(const char *a, size_t a_len, const char *b, size_t b_len)
{
    return a_len == b_len && memcmp(a, b, a_len) == 0;
}

/* libsasl asks for what was typed and then, now and then, for the answer to that. */
static bool memory_knows(const struct canon_memory *memory, const char *typed,
                         size_t len, const char *realm, size_t realm_len)
{
    return memory_fresh(memory) &&
           same(memory->realm, memory->realm_len, realm, realm_len) &&
           (same(memory->typed, memory->typed_len, typed, len) ||
            same(memory->login, memory->login_len, typed, len));
}

static void memory_fill(struct canon_memory *memory, const char *typed, size_t len,
                        const char *realm, size_t realm_len,
                        const struct wire_field *login)
{
    memory->filled = len <= sizeof(memory->typed) &&
                     realm_len <= sizeof(memory->realm) &&
                     login->len <= sizeof(memory->login);
    if (!memory->filled)
        return;
    memcpy(memory->typed, typed, len);
    memcpy(memory->realm, realm, realm_len);
    memcpy(memory->login, login->bytes, login->len);
    memory->typed_len = len;
    memory->realm_len = realm_len;
    memory->login_len = login->len;
    clock_gettime(CLOCK_MONOTONIC, &memory->at);
}

/* --- the server's side --- */

/* `out` may be where the typed login lies. */
static int login_write(const char *login, size_t len, char *out, unsigned out_max,
                       unsigned *out_len)
{
    if (len >= out_max)
        return SASL_BUFOVER;
    memmove(out, login, len);
    out[len] = '\0';
    *out_len = (unsigned)len;
    return SASL_OK;
}

static int canon_ask(struct plugin *plugin, const sasl_utils_t *utils,
                     struct session *session, const char *typed, size_t len,
                     const char *realm, size_t realm_len)
{
    struct wire_message question = {.kind = WIRE_CANON};
    struct wire_message reply;
    const struct wire_field *login;
    int code;

    question_add(&question, WIRE_LOGIN, typed, len);
    if (realm_len != 0)
        question_add(&question, WIRE_REALM, realm, realm_len);
    code = plugin_ask(plugin, utils, session, ASKER_CANON, &question, &reply);
    if (code != SASL_OK)
        return code;
    login = wire_find(&reply, WIRE_LOGIN);
    if (login == NULL || login->len == 0 || login->len > PLUGIN_LOGIN_MAX ||
        memchr(login->bytes, '\0', login->len) != NULL)
        return plugin_bad_answer(plugin, utils, session);
    memory_fill(&session->memory, typed, len, realm, realm_len, login);
    return SASL_OK;
}

int plugin_canon_server(void *glob_context, sasl_server_params_t *sparams,
                        const char *user, unsigned len, unsigned flags, char *out,
                        unsigned out_max, unsigned *out_len)
{
    struct plugin *plugin = glob_context;
    const char *realm;
    size_t typed_len, realm_len;
    struct session *session;
    int code = SASL_OK;

    (void)flags; /* one name, whatever it is for */
    if (plugin == NULL || sparams == NULL || user == NULL || out == NULL ||
        out_len == NULL)
        return SASL_BADPARAM;
    realm = sparams->user_realm != NULL ? sparams->user_realm : "";
    realm_len = strlen(realm);
    typed_len = len != 0 ? len : strlen(user);
    session = session_take(plugin);
    if (session == NULL)
        return SASL_NOMEM;
    if (!memory_knows(&session->memory, user, typed_len, realm, realm_len)) {
        session->memory.filled = false;
        code = canon_ask(plugin, sparams->utils, session, user, typed_len, realm,
                         realm_len);
        if (code == SASL_OK && !session->memory.filled)
            code = SASL_BUFOVER; /* longer than libsasl itself allows */
    }
    if (code == SASL_OK)
        code = login_write(session->memory.login, session->memory.login_len, out,
                           out_max, out_len);
    session_give(plugin, session);
    return code;
}

/* --- the client's side: what libsasl does by itself --- */

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

int plugin_canon_client(void *glob_context, sasl_client_params_t *cparams,
                        const char *user, unsigned len, unsigned flags, char *out,
                        unsigned out_max, unsigned *out_len)
{
    size_t n;

    (void)glob_context;
    (void)flags;
    if (cparams == NULL || user == NULL || out == NULL || out_len == NULL)
        return SASL_BADPARAM;
    n = len != 0 ? len : strlen(user);
    while (n != 0 && is_blank(user[0])) {
        user++;
        n--;
    }
    while (n != 0 && is_blank(user[n - 1]))
        n--;
    if (n == 0) {
        cparams->utils->seterror(cparams->utils->conn, 0, "All-whitespace username.");
        return SASL_FAIL;
    }
    return login_write(user, n, out, out_max, out_len);
}
