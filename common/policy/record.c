/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "policy/record.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "mail/address.h"
#include "mail/display_name.h"
#include "mail/mailbox_list.h"

/* Addresses are kept as they were typed, however this site compares them. */
static const struct address_rules exact_rules = {.case_sensitive_local_part = true,
                                                 .delimiters = ""};

/* The places that header fields are read into, in the order of a canonical header. */
static const enum place header_places[] = {PLACE_RESENT_FROM, PLACE_RESENT_SENDER,
                                           PLACE_FROM, PLACE_SENDER, PLACE_REPLY_TO};
enum { HEADER_PLACES = sizeof(header_places) / sizeof(header_places[0]) };

static const char *const header_names[PLACE_COUNT] = {
    [PLACE_FROM] = "From",
    [PLACE_SENDER] = "Sender",
    [PLACE_RESENT_FROM] = "Resent-From",
    [PLACE_RESENT_SENDER] = "Resent-Sender",
    [PLACE_REPLY_TO] = "Reply-To",
};

void record_decision(enum action action, enum action would,
                     char out[RECORD_DECISION_MAX])
{
    snprintf(out, RECORD_DECISION_MAX, "%s%s", action != would ? "would-" : "",
             names_name(action_names, (int)would));
}

/* --- writing --- */

struct writer {
    struct arena *arena;
    struct record_texts *texts;
    struct buf cut;
};

static void cut_add(struct writer *writer, const char *key)
{
    buf_addf(&writer->cut, "%s%s", writer->cut.len != 0 ? "," : "", key);
}

/* Notes the key of a value that the line will cut. */
static void length_check(struct writer *writer, const char *key, const char *value)
{
    if (value != NULL && strlen(value) > EVENT_VALUE_MAX)
        cut_add(writer, key);
}

static void text_add(struct writer *writer, const char *key, const char *value)
{
    struct record_texts *texts = writer->texts;

    texts->fields[texts->count++] = (struct event_field){key, value};
    length_check(writer, key, value);
}

/* The path without its brackets; "<>" for the null sender. */
static const char *path_text(const char *path, struct arena *arena)
{
    size_t len;

    if (path == NULL)
        return NULL;
    len = strlen(path);
    if (len == 0 || strcmp(path, "<>") == 0)
        return "<>";
    if (len >= 2 && path[0] == '<' && path[len - 1] == '>')
        return arena_strndup(arena, path + 1, len - 2);
    return path;
}

/* Can the local part stand without quotes? In a list, readers must find none. */
static bool is_bare(const char *local)
{
    return local[0] != '\0' && strpbrk(local, " \t()<>[]:;@\\,\"") == NULL;
}

static void address_add(const struct address *address, struct buf *out)
{
    if (address->text[0] == '"' && is_bare(address->local))
        buf_addf(out, "%s@%s", address->local, address->domain);
    else
        buf_adds(out, address->text);
}

/* Adds what a name or comment shows. false: that cannot be told exactly. */
static bool names_add(const char *name, size_t len, struct arena *arena,
                      struct buf *out)
{
    struct name_addresses found;

    if (len == 0)
        return true;
    if (display_name_find(name, len, &exact_rules, arena, &found) != REASON_NONE)
        return false;
    /* Those of a divided name are mailboxes of the list already. */
    for (size_t i = 0; !found.divided && i < found.count; i++) {
        if (!found.items[i].parsed)
            return false;
        buf_addc(out, '(');
        address_add(&found.items[i].address, out);
        buf_addc(out, ')');
    }
    return true;
}

/* Adds one field; false: not all of it. */
static bool field_add(const struct facts_field *field, struct arena *arena,
                      struct buf *out)
{
    struct mailbox_list list;
    bool exact = true;

    if (field->known != REASON_NONE) {
        buf_addf(out, "<%s>", reason_name(field->known));
        return true;
    }
    if (mailbox_list_parse(field->value, field->value_len, &exact_rules, arena,
                           &list) != REASON_NONE) {
        buf_addf(out, "<%s>", reason_name(list.reason));
        return true;
    }
    if (list.count == 0)
        buf_adds(out, "<>");
    for (size_t i = 0; i < list.count && out->len <= EVENT_VALUE_MAX; i++) {
        const struct mailbox *mailbox = &list.mailboxes[i];

        if (mailbox->in_name) {
            buf_adds(out, "(<");
            address_add(&mailbox->address, out);
            buf_adds(out, ">)");
            continue;
        }
        exact &= names_add(mailbox->name, mailbox->name_len, arena, out) &&
                 names_add(mailbox->comment, mailbox->comment_len, arena, out);
        address_add(&mailbox->address, out);
        buf_adds(out, i + 1 < list.count ? "," : "");
    }
    return exact;
}

/* The fields of a place as one value, NULL if there are none. */
static const char *place_text(struct writer *writer, const struct facts *facts,
                              enum place place)
{
    struct buf out = BUF_INIT;
    const char *text = NULL;
    bool any = false, exact = true;

    for (size_t i = 0; i < facts->field_count && out.len <= EVENT_VALUE_MAX; i++) {
        enum place found;
        bool plain;

        if (!facts_field_place(facts->fields[i].name, &found, &plain) || found != place)
            continue;
        if (any)
            buf_addc(&out, ';');
        any = true;
        if (plain)
            exact &= field_add(&facts->fields[i], writer->arena, &out);
        else
            buf_addf(&out, "<%s>", reason_name(REASON_ODD_FIELD_NAME));
    }
    if (any)
        text = arena_strdup(writer->arena, buf_str(&out));
    writer->arena->failed |= out.failed;
    if (!exact && out.len <= EVENT_VALUE_MAX)
        cut_add(writer, names_name(place_names, (int)place));
    buf_finish(&out);
    return text;
}

/* Resent fields come in blocks, so that their order counts; told where it is not that
 * of one block. */
static const char *order_text(const struct facts *facts, struct arena *arena)
{
    char order[FACTS_FIELDS_MAX + 1];
    size_t count = 0;

    for (size_t i = 0; i < facts->field_count && count < FACTS_FIELDS_MAX; i++) {
        enum place place;
        bool plain;

        if (facts_field_place(facts->fields[i].name, &place, &plain) &&
            (place == PLACE_RESENT_FROM || place == PLACE_RESENT_SENDER))
            order[count++] = place == PLACE_RESENT_FROM ? 'F' : 'S';
    }
    order[count] = '\0';
    return count < 2 || strcmp(order, "FS") == 0 ? NULL : arena_strdup(arena, order);
}

static void header_write(struct writer *writer, const struct facts *facts)
{
    for (size_t i = 0; i < HEADER_PLACES; i++) {
        const enum place place = header_places[i];

        if (place != PLACE_FROM)
            text_add(writer, names_name(place_names, (int)place),
                     place_text(writer, facts, place));
    }
    text_add(writer, "order", order_text(facts, writer->arena));
    text_add(writer, "dropped", facts->fields_dropped ? "yes" : NULL);
}

/* Who it was, where that is not what the line's field "login" says. */
static void login_write(struct writer *writer, const struct facts *facts,
                        const struct verdict *verdict)
{
    const char *shown = verdict->login;
    const bool same =
        facts->login == NULL || shown == NULL || strcmp(facts->login, shown) == 0;

    text_add(writer, "authen", same ? NULL : facts->login);
    text_add(writer, "identity", verdict->identified ? verdict->login : NULL);
    length_check(writer, "login", shown != NULL ? shown : facts->login);
}

static void mail_addr_write(struct writer *writer, const struct facts *facts)
{
    const char *typed = writer->texts->mail_from;
    const char *resolved = facts->mail_addr;

    if (resolved != NULL && (resolved[0] == '\0' || strcmp(resolved, typed) == 0))
        resolved = NULL;
    text_add(writer, "mail_addr", resolved);
}

void record_write(const struct facts *facts, const struct verdict *verdict,
                  bool at_mail, struct arena *arena, struct record_texts *texts_r)
{
    struct writer writer = {arena, texts_r, BUF_INIT};

    *texts_r = (struct record_texts){.count = 0};
    texts_r->mail_from = path_text(facts->mail_from, arena);
    if (texts_r->mail_from == NULL)
        texts_r->mail_from = "<>";
    length_check(&writer, "mail_from", texts_r->mail_from);
    texts_r->from = place_text(&writer, facts, PLACE_FROM);
    length_check(&writer, "from", texts_r->from);
    login_write(&writer, facts, verdict);
    text_add(&writer, "client_name", facts->client_name);
    text_add(&writer, "daemon", facts->daemon);
    text_add(&writer, "mech", facts->mechanism);
    text_add(&writer, "tls", facts->tls_version);
    text_add(&writer, "cert", facts->cert_subject);
    text_add(&writer, "issuer", facts->cert_issuer);
    mail_addr_write(&writer, facts);
    text_add(&writer, "auth_param", facts->auth_param);
    text_add(&writer, "smtputf8", facts->smtputf8 ? "yes" : NULL);
    header_write(&writer, facts);
    text_add(&writer, "stage", at_mail ? "mail" : NULL);
    texts_r->fields[texts_r->count++] = (struct event_field){
        "cut", writer.cut.len != 0 ? arena_strdup(arena, buf_str(&writer.cut)) : NULL};
    texts_r->fields[texts_r->count++] = (struct event_field){"v", RECORD_VERSION};
    arena->failed |= writer.cut.failed;
    buf_finish(&writer.cut);
}

/* --- reading --- */

struct reader {
    const struct event_field *fields;
    size_t count;
    struct arena *arena;
    struct facts_field *made; /* FACTS_FIELDS_MAX of them */
    size_t made_count;
};

static const char *field_find(const struct reader *reader, const char *key)
{
    for (size_t i = 0; i < reader->count; i++) {
        if (strcmp(reader->fields[i].key, key) == 0)
            return reader->fields[i].value;
    }
    return NULL;
}

/* The length of the text up to one of the stops that stands in no quotes. */
static size_t span_len(const char *text, const char *stops)
{
    size_t i = 0;
    bool quoted = false;

    for (; text[i] != '\0'; i++) {
        if (quoted && text[i] == '\\' && text[i + 1] != '\0')
            i++;
        else if (text[i] == '"')
            quoted = !quoted;
        else if (!quoted && strchr(stops, text[i]) != NULL)
            break;
    }
    return i;
}

/* Puts the text into a quoted string that has been begun. */
static void quoted_add(struct buf *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"' || text[i] == '\\')
            buf_addc(out, '\\');
        buf_addc(out, text[i]);
    }
}

/* One mailbox, `(shown)address`, as it stands in a header. */
static void mailbox_make(const char *text, size_t len, struct buf *out)
{
    const char *end = text + len;
    bool named = false;

    while (text < end && *text == '(') {
        size_t shown = span_len(text + 1, ")");

        if (text + 1 + shown >= end)
            break;
        buf_adds(out, named ? " " : "\"");
        named = true;
        quoted_add(out, text + 1, shown);
        text += shown + 2;
    }
    /* Without brackets where they are not needed: some addresses are read only so. */
    buf_addf(out, named ? "\" <%.*s>" : "%.*s", (int)(end - text), text);
}

static enum reason reason_find(const char *name, size_t len)
{
    for (int reason = REASON_NONE + 1; reason < REASON_COUNT; reason++) {
        const char *known = reason_name((enum reason)reason);

        if (strlen(known) == len && memcmp(known, name, len) == 0)
            return (enum reason)reason;
    }
    return REASON_NONE;
}

/* Makes one field of a place. false: that is not what we write. */
static bool field_make(struct reader *reader, enum place place, const char *text,
                       size_t len)
{
    struct facts_field *field = &reader->made[reader->made_count];
    struct buf value = BUF_INIT;
    bool known = len != 0;

    if (reader->made_count == FACTS_FIELDS_MAX)
        return false;
    field->name = header_names[place];
    if (len > 2 && text[0] == '<' && text[len - 1] == '>') {
        field->known = reason_find(text + 1, len - 2);
        known = field->known != REASON_NONE;
        if (field->known == REASON_ODD_FIELD_NAME) {
            field->name = arena_printf(reader->arena, "%s ", header_names[place]);
            field->known = REASON_NONE;
        }
    } else if (len != 2 || memcmp(text, "<>", 2) != 0) {
        for (size_t at = 0, part; at < len; at += part + 1) {
            part = span_len(text + at, ",;");
            buf_adds(&value, at != 0 ? ", " : "");
            mailbox_make(text + at, part, &value);
        }
    }
    field->value = arena_strdup(reader->arena, buf_str(&value));
    field->value_len = value.len;
    reader->arena->failed |= value.failed;
    buf_finish(&value);
    reader->made_count++;
    return known;
}

/* The next field of a place: moves on in its value. */
static bool field_next(struct reader *reader, enum place place, const char **text)
{
    size_t len = span_len(*text, ";");
    bool made = field_make(reader, place, *text, len);

    *text += len;
    *text += **text == ';';
    return made;
}

static bool place_read(struct reader *reader, enum place place, const char **text)
{
    while (*text != NULL && **text != '\0') {
        if (!field_next(reader, place, text))
            return false;
    }
    return true;
}

static bool header_read(struct reader *reader)
{
    const char *order = field_find(reader, "order");
    const char *texts[PLACE_COUNT] = {NULL};

    for (size_t i = 0; i < HEADER_PLACES; i++)
        texts[header_places[i]] =
            field_find(reader, names_name(place_names, (int)header_places[i]));
    for (; order != NULL && *order != '\0'; order++) {
        const enum place place =
            *order == 'F' ? PLACE_RESENT_FROM : PLACE_RESENT_SENDER;

        if (texts[place] == NULL || *texts[place] == '\0' ||
            !field_next(reader, place, &texts[place]))
            return false;
    }
    for (size_t i = 0; i < HEADER_PLACES; i++) {
        if (!place_read(reader, header_places[i], &texts[header_places[i]]))
            return false;
    }
    return true;
}

/* The path as libmilter hands it over. */
static const char *path_read(const char *text, struct arena *arena)
{
    if (text == NULL || strcmp(text, "<>") == 0)
        return "<>";
    return arena_printf(arena, "<%s>", text);
}

static const char *login_find(const struct reader *reader)
{
    const char *authen = field_find(reader, "authen");

    if (authen != NULL)
        return authen;
    return field_find(reader, "identity") != NULL ? NULL : field_find(reader, "login");
}

bool record_read(const struct event_field *fields, size_t count, struct arena *arena,
                 struct record *record_r)
{
    struct reader reader = {.fields = fields, .count = count, .arena = arena};
    const char *version = field_find(&reader, "v");
    const char *stage = field_find(&reader, "stage");

    *record_r = (struct record){.at_mail = stage != NULL};
    reader.made = arena_alloc(arena, FACTS_FIELDS_MAX * sizeof(*reader.made));
    if (version == NULL || strcmp(version, RECORD_VERSION) != 0 || reader.made == NULL)
        return false;
    record_r->cut = field_find(&reader, "cut");
    if (!header_read(&reader) && record_r->cut == NULL)
        return false;
    record_r->facts = (struct facts){
        .login = login_find(&reader),
        .client = field_find(&reader, "client"),
        .client_name = field_find(&reader, "client_name"),
        .daemon = field_find(&reader, "daemon"),
        .mechanism = field_find(&reader, "mech"),
        .tls_version = field_find(&reader, "tls"),
        .cert_subject = field_find(&reader, "cert"),
        .cert_issuer = field_find(&reader, "issuer"),
        .auth_param = field_find(&reader, "auth_param"),
        .smtputf8 = field_find(&reader, "smtputf8") != NULL,
        .mail_from = path_read(field_find(&reader, "mail_from"), arena),
        .mail_addr = field_find(&reader, "mail_addr"),
        .fields = reader.made,
        .field_count = reader.made_count,
        .fields_dropped = field_find(&reader, "dropped") != NULL,
    };
    return !arena->failed;
}
