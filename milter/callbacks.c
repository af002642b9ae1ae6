/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "milter/callbacks.h"

#include <string.h>
#include <strings.h>

#include "mail/xtext.h"
#include "milter/apply.h"
#include "milter/macros.h"
#include "milter/reply.h"
#include "milter/report.h"
#include "milter/service.h"
#include "milter/session.h"
#include "milter/stamp.h"
#include "policy/policy.h"
#include "prog/log.h"

/*
 * Each callback stores, asks and translates; what is decided is decided in policy/.
 * None answers ACCEPT before the end of a message: the client may log in later, and a
 * filter that accepted a connection is not asked again.
 */

/* The steps that the MTA can spare itself, and those that need no answer from us. */
#define STEPS_NOT_WANTED (SMFIP_NORCPT | SMFIP_NOBODY | SMFIP_NOUNKNOWN)
#define STEPS_WITHOUT_REPLY                                                            \
    (SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_HDR | SMFIP_NR_EOH)

static struct session *session_of(SMFICTX *ctx)
{
    return smfi_getpriv(ctx);
}

/* The connection's session, made when it is not there yet. NULL: out of memory. */
static struct session *session_demand(SMFICTX *ctx)
{
    struct session *session = session_of(ctx);

    if (session == NULL) {
        session = session_create();
        if (session != NULL)
            smfi_setpriv(ctx, session);
    }
    return session;
}

/* What the configuration in force may do to messages. One that comes into force later
 * may need more than this connection has: its messages are put off then. */
static unsigned long actions_wanted(void)
{
    struct snapshot_ref *ref = service_acquire();
    const struct runtime *runtime = snapshot_object(ref);
    const unsigned long actions = apply_actions(runtime->policy);

    snapshot_release(ref);
    return actions;
}

static sfsistat cb_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps,
                             unsigned long more2, unsigned long more3,
                             unsigned long *actions_r, unsigned long *steps_r,
                             unsigned long *more2_r, unsigned long *more3_r)
{
    (void)more2;
    (void)more3;
    *actions_r = actions_wanted() & actions;
    *steps_r = (STEPS_NOT_WANTED | STEPS_WITHOUT_REPLY) & steps;
    /*
     * Over TCP the DATA step is kept though nothing happens there: the answer to it
     * spares each message a wait of 44 ms for a delayed acknowledgement. End of header
     * is then kept as well: libmilter ignores, and never answers, an end of message
     * that follows DATA with no header field in between.
     */
    if (!service_inet() && (steps & SMFIP_NODATA) != 0)
        *steps_r |= SMFIP_NODATA | (SMFIP_NOEOH & steps);
    *more2_r = *more3_r = 0;
    if ((actions & SMFIF_SETSYMLIST) != 0) {
        struct session *session = session_demand(ctx);

        *actions_r |= SMFIF_SETSYMLIST;
        if (session == NULL || macros_request(ctx) != MI_SUCCESS)
            return SMFIS_REJECT; /* no session comes of it; the MTA takes its default */
        session->macros_granted = true;
    }
    return SMFIS_CONTINUE;
}

static sfsistat cb_connect(SMFICTX *ctx, char *name, _SOCK_ADDR *addr)
{
    struct session *session = session_demand(ctx);

    if (session != NULL)
        session_set_client(session, name, addr);
    return SMFIS_NOREPLY;
}

static sfsistat cb_helo(SMFICTX *ctx, char *helo)
{
    struct session *session = session_demand(ctx);

    if (session != NULL)
        session_set_helo(session, helo);
    return SMFIS_NOREPLY;
}

/* Who logged in. NULL: nobody; "": somebody, but the MTA does not say who. sendmail
 * writes it as xtext (a+2Bb for a+b), Postfix as it is. */
static const char *read_login(SMFICTX *ctx, struct arena *arena)
{
    const char *authen = macros_get(ctx, MACRO_AUTH_AUTHEN);
    const char *type = macros_get(ctx, MACRO_AUTH_TYPE);
    const bool is_sendmail = macros_get(ctx, MACRO_PROTOCOL) != NULL;

    if (authen == NULL || authen[0] == '\0')
        return type != NULL && type[0] != '\0' ? "" : NULL;
    if (is_sendmail && strlen(authen) <= XTEXT_MAX)
        return xtext_decode(authen, arena);
    return arena_strdup(arena, authen);
}

/* The macro's value, NULL also where it is empty. */
static const char *read_macro(SMFICTX *ctx, struct arena *arena, enum macro macro)
{
    const char *value = macros_get(ctx, macro);

    return value != NULL && value[0] != '\0' ? arena_strdup(arena, value) : NULL;
}

/* The client's name as far as the MTA verified it. */
static const char *read_client_name(SMFICTX *ctx, struct arena *arena)
{
    const char *name = read_macro(ctx, arena, MACRO_CLIENT_NAME);

    return name == NULL || name[0] == '[' || strcmp(name, "unknown") == 0 ? NULL : name;
}

/*
 * A certificate that nobody verified proves nothing. Postfix names verified ones only
 * and has no {verify}; sendmail names all and says with {verify} which are verified, if
 * it lets us ask for that.
 */
static bool cert_is_verified(SMFICTX *ctx, const struct session *session)
{
    const char *verify = macros_get(ctx, MACRO_TLS_VERIFY);

    return verify != NULL ? strcmp(verify, "OK") == 0 : session->macros_granted;
}

/* The parameters of MAIL. */
static void read_parameters(struct session *session, char **words)
{
    struct facts *facts = &session->facts;

    for (; *words != NULL; words++) {
        if (strcasecmp(*words, "SMTPUTF8") == 0)
            facts->smtputf8 = true;
        else if (strncasecmp(*words, "AUTH=", strlen("AUTH=")) == 0)
            facts->auth_param =
                xtext_decode(*words + strlen("AUTH="), &session->verdict.arena);
    }
}

/* Copies all that the message needs, since libmilter's strings live for a callback. */
static void read_mail(SMFICTX *ctx, struct session *session, char **argv)
{
    struct arena *arena = &session->verdict.arena;
    const char *protocol = macros_get(ctx, MACRO_PROTOCOL);
    struct facts *facts = &session->facts;

    facts->login = read_login(ctx, arena);
    facts->client_name = read_client_name(ctx, arena);
    facts->daemon = read_macro(ctx, arena, MACRO_DAEMON);
    facts->mechanism = read_macro(ctx, arena, MACRO_AUTH_TYPE);
    facts->tls_version = read_macro(ctx, arena, MACRO_TLS_VERSION);
    if (cert_is_verified(ctx, session)) {
        facts->cert_subject = read_macro(ctx, arena, MACRO_CERT_SUBJECT);
        facts->cert_issuer = read_macro(ctx, arena, MACRO_CERT_ISSUER);
    }
    facts->host = read_macro(ctx, arena, MACRO_HOST);
    facts->mail_from = arena_strdup(arena, argv[0]);
    facts->mail_addr = arena_strdup(arena, macros_get(ctx, MACRO_MAIL_ADDR));
    session->tls_cipher = read_macro(ctx, arena, MACRO_TLS_CIPHER);
    /* Parameters are ESMTP; without any, Postfix does not let us tell HELO from EHLO.
     */
    session->esmtp = argv[1] != NULL || (protocol != NULL && *protocol == 'E');
    read_parameters(session, argv + 1);
}

/* Ends a message that is stopped: the log line, and the reply. */
static sfsistat stop_message(SMFICTX *ctx, struct session *session)
{
    sfsistat status;

    report_verdict(session);
    status = reply_verdict(ctx, &session->verdict);
    session_end_message(session);
    return status;
}

static bool verdict_stops(const struct verdict *verdict)
{
    return verdict->action == ACTION_DEFER || verdict->action == ACTION_REJECT;
}

static sfsistat cb_envfrom(SMFICTX *ctx, char **argv)
{
    struct session *session = session_demand(ctx);

    if (session == NULL)
        return SMFIS_TEMPFAIL;
    if (!session_begin_message(session))
        return reply_defer(ctx, "4.3.2", "the sender check is restarting, try again");
    read_mail(ctx, session, argv);
    if (session->verdict.arena.failed) {
        session_end_message(session);
        return SMFIS_TEMPFAIL;
    }
    policy_check_envelope(session->runtime->policy, &session->facts, &session->verdict);
    if (verdict_stops(&session->verdict))
        return stop_message(ctx, session);
    return SMFIS_CONTINUE;
}

static sfsistat cb_data(SMFICTX *ctx)
{
    (void)ctx;
    return SMFIS_CONTINUE;
}

static sfsistat cb_header(SMFICTX *ctx, char *name, char *value)
{
    struct session *session = session_of(ctx);

    if (session != NULL && session->in_message)
        session_add_field(session, name, value);
    return SMFIS_NOREPLY;
}

static sfsistat cb_eoh(SMFICTX *ctx)
{
    (void)ctx;
    return SMFIS_NOREPLY;
}

static sfsistat cb_eom(SMFICTX *ctx)
{
    struct session *session = session_of(ctx);
    bool discard;

    if (session == NULL || !session->in_message)
        return SMFIS_TEMPFAIL; /* nothing was checked, so nothing goes through */
    session->queue_id =
        arena_strdup(&session->verdict.arena, macros_get(ctx, MACRO_QUEUE_ID));
    session->header_seen = true;
    header_lend(&session->header, &session->facts);
    policy_check_header(session->runtime->policy, &session->facts, &session->verdict);
    if (verdict_stops(&session->verdict))
        return stop_message(ctx, session);
    discard = session->verdict.action == ACTION_DISCARD;
    if (!discard &&
        !(apply_verdict(ctx, &session->verdict) && stamp_message(ctx, session))) {
        log_line(EVENT_ERROR, session->queue_id,
                 "the MTA does not let the message be changed as it must be");
        session_end_message(session);
        return reply_defer(ctx, "4.3.0", "the message cannot be changed at the moment");
    }
    report_verdict(session);
    session_end_message(session);
    if (discard)
        return SMFIS_DISCARD;
    /* Not ACCEPT: the two mean the same here, and CONTINUE never outlives the message.
     */
    return SMFIS_CONTINUE;
}

static sfsistat cb_abort(SMFICTX *ctx)
{
    struct session *session = session_of(ctx);

    if (session != NULL)
        session_end_message(session);
    return SMFIS_CONTINUE;
}

static sfsistat cb_close(SMFICTX *ctx)
{
    session_destroy(session_of(ctx));
    smfi_setpriv(ctx, NULL);
    return SMFIS_CONTINUE;
}

static char filter_name[] = "sendas";

const struct smfiDesc callbacks_table = {
    .xxfi_name = filter_name,
    .xxfi_version = SMFI_VERSION,
    .xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_CHGFROM | SMFIF_QUARANTINE,
    .xxfi_connect = cb_connect,
    .xxfi_helo = cb_helo,
    .xxfi_envfrom = cb_envfrom,
    .xxfi_header = cb_header,
    .xxfi_eoh = cb_eoh,
    .xxfi_eom = cb_eom,
    .xxfi_abort = cb_abort,
    .xxfi_close = cb_close,
    .xxfi_data = cb_data,
    .xxfi_negotiate = cb_negotiate,
};
