/* SPDX-License-Identifier: BSD-2-Clause */
/* source_csv.c - comma separated values, RFC 4180. */
#include "config.h"

#include <string.h>

#include "ctl/source.h"

const struct name_row source_fields[] = {
    {"login", FIELD_LOGIN},       {"password", FIELD_PASSWORD},
    {"verifier", FIELD_VERIFIER}, {"disabled", FIELD_DISABLED},
    {"aliases", FIELD_ALIASES},   {NULL, 0},
};

enum { COLUMNS_MAX = FIELD_COUNT };

/* A walk over the file. */
struct csv {
    char *at;
    unsigned line;
    bool ended; /* the last record has been read */
    enum source_field columns[COLUMNS_MAX];
    size_t column_count;
};

/* One record: its values, unquoted in place. */
struct record {
    unsigned line;
    char *values[COLUMNS_MAX];
    size_t count; /* may be more than there is room for */
    const char *wrong;
};

/* Passes by the end of the line, if we stand at it. */
static bool line_end(struct csv *csv)
{
    char *at = csv->at;

    if (*at == '\r' && (at[1] == '\n' || at[1] == '\0'))
        at++;
    if (*at != '\n' && *at != '\0')
        return false;
    csv->ended = *at == '\0';
    csv->line++;
    csv->at = csv->ended ? at : at + 1;
    return true;
}

/* Reads what stands behind an opening quote up to the closing one; "" is a quote. */
static char *quoted_read(struct csv *csv, const char **wrong_r)
{
    char *value = csv->at, *out = csv->at;

    for (; *csv->at != '\0'; csv->at++) {
        if (*csv->at == '"' && csv->at[1] != '"')
            break;
        if (*csv->at == '"')
            csv->at++;
        csv->line += *csv->at == '\n';
        *out++ = *csv->at;
    }
    if (*csv->at == '\0')
        *wrong_r = "a quote is not closed";
    else
        csv->at++;
    *out = '\0';
    return value;
}

/*
 * Reads one record. What ends a value is looked at before a NUL is put there, so that
 * the walk goes on behind it.
 */
static void record_read(struct csv *csv, struct record *record_r)
{
    *record_r = (struct record){.line = csv->line};
    for (;;) {
        bool quoted = *csv->at == '"';
        char *value, *end;
        bool last;

        csv->at += quoted;
        value = csv->at;
        if (quoted) {
            value = quoted_read(csv, &record_r->wrong);
        } else {
            csv->at += strcspn(csv->at, ",\"\r\n");
            while (*csv->at == '\r' && csv->at[1] != '\n' && csv->at[1] != '\0')
                csv->at += 1 + strcspn(csv->at + 1, ",\"\r\n");
        }
        end = csv->at;
        last = *csv->at != ',' && line_end(csv);
        if (!last && *csv->at != ',') {
            if (record_r->wrong == NULL)
                record_r->wrong = quoted ? "something stands behind a closing quote"
                                         : "a quote stands inside of a value";
            csv->at += strcspn(csv->at, "\n");
            last = line_end(csv);
        }
        if (!last)
            csv->at++;
        if (!quoted)
            *end = '\0';
        if (record_r->count < COLUMNS_MAX)
            record_r->values[record_r->count] = value;
        record_r->count++;
        if (last)
            return;
    }
}

/* Reads the header. false: *error_r says what is wrong with it. */
static bool header_read(struct csv *csv, struct buf *error_r)
{
    static const char mark[] = "\xef\xbb\xbf"; /* of UTF-8, as spreadsheets write it */
    unsigned seen = 0;
    struct record header;

    if (strncmp(csv->at, mark, strlen(mark)) == 0)
        csv->at += strlen(mark);
    record_read(csv, &header);
    for (size_t i = 0; i < header.count && header.wrong == NULL; i++) {
        int field;

        if (i == COLUMNS_MAX || !names_value(source_fields, header.values[i], &field)) {
            buf_addf(error_r, "1: unknown column \"%.100s\"; expected ",
                     i == COLUMNS_MAX ? "..." : header.values[i]);
            names_list(source_fields, error_r);
            return false;
        }
        if ((seen & 1U << field) != 0)
            header.wrong = "a column is there twice";
        seen |= 1U << field;
        csv->columns[i] = (enum source_field)field;
    }
    if (header.wrong == NULL && (seen & 1U << FIELD_LOGIN) == 0)
        header.wrong = "there is no column \"login\" in the header";
    else if (header.wrong == NULL &&
             (seen & (1U << FIELD_PASSWORD | 1U << FIELD_VERIFIER)) == 0)
        header.wrong = "there is no column \"password\" or \"verifier\" in the header";
    if (header.wrong != NULL)
        buf_addf(error_r, "1: %s", header.wrong);
    csv->column_count = header.count;
    return header.wrong == NULL;
}

bool source_csv(struct source *source, struct buf *error_r)
{
    struct csv csv = {.at = source->text, .line = 1};

    if (!header_read(&csv, error_r))
        return false;
    while (!csv.ended && *csv.at != '\0') {
        struct record record;
        struct source_row row;

        record_read(&csv, &record);
        if (record.count == 1 && record.values[0][0] == '\0' && record.wrong == NULL)
            continue; /* an empty line */
        row = (struct source_row){.line = record.line, .wrong = record.wrong};
        if (row.wrong == NULL && record.count != csv.column_count)
            row.wrong = "expected as many values as the header has columns";
        for (size_t i = 0; i < csv.column_count && row.wrong == NULL; i++)
            row.fields[csv.columns[i]] = record.values[i];
        if (!source->visit(&row, source->arg))
            return false;
    }
    return true;
}
