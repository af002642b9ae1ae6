/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <confuse.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/strlist.h"
#include "conf/conf_scan.h"
#include "conf/conf_table.h"
#include "conf/conf_titled.h"

enum {
    FILE_MAX =
        1024 * 1024, /* bytes; a bound against a wrong file, not a limit to meet */
    VALUE_SHOWN = 80
};

struct load {
    struct conf_head *conf;
    cfg_t *root; /* libconfuse's */
    struct buf *errors;
    bool ok;
};

/*
 * libconfuse's lexer is one for the whole process, and its callbacks carry nothing of
 * ours: both belong to whoever holds the lock.
 */
static pthread_mutex_t parser_lock = PTHREAD_MUTEX_INITIALIZER;
static struct load *parser_load;

/* --- one value --- */

static bool set_word(const struct conf_row *row, const char *text, int *value_r)
{
    return names_value(row->words, text, value_r);
}

static bool set_bool(const char *text, bool *value_r)
{
    static const struct name_row words[] = {
        {"true", true}, {"false", false}, {"yes", true}, {"no", false},
        {"on", true},   {"off", false},   {NULL, 0}};
    int value;

    if (!names_value(words, text, &value))
        return false;
    *value_r = value != 0;
    return true;
}

/* Digits only; strtol() would take a sign and blanks. */
static bool set_octal(const char *text, int *value_r)
{
    const size_t len = strlen(text);
    int value = 0;

    if (len == 0 || len > 4 || strspn(text, "01234567") != len)
        return false;
    for (; *text != '\0'; text++)
        value = value * 8 + (*text - '0');
    *value_r = value;
    return value <= 0777;
}

/* Digits and nothing else, and no more than fits. */
static bool read_number(const char *text, size_t len, long *value_r)
{
    *value_r = 0;
    if (len == 0 || len > 9 || strspn(text, "0123456789") < len)
        return false;
    for (size_t i = 0; i < len; i++)
        *value_r = *value_r * 10 + (text[i] - '0');
    return true;
}

static bool set_number(const struct conf_row *row, const char *text, int *value_r)
{
    long value;

    if (!read_number(text, strlen(text), &value) || value < row->min ||
        value > row->max)
        return false;
    *value_r = (int)value;
    return true;
}

/* A plain number is seconds. */
static bool set_time(const struct conf_row *row, const char *text, int *value_r)
{
    static const struct name_row units[] = {{"", 1},     {"s", 1},     {"m", 60},
                                            {"h", 3600}, {"d", 86400}, {NULL, 0}};
    const size_t digits = strspn(text, "0123456789");
    long value;
    int unit;

    if (!read_number(text, digits, &value) || !names_value(units, text + digits, &unit))
        return false;
    if (value > row->max / unit || value * unit < row->min)
        return false;
    *value_r = (int)value * unit;
    return true;
}

/* Puts the text of one value (one more item of a list) into its field. */
static bool value_set(struct conf_head *conf, const struct conf_row *row, void *field,
                      const char *text, struct buf *why_r)
{
    if (row->check != NULL && !row->check(text, why_r))
        return false;
    switch (row->type) {
    case CONF_STRING:
        *(const char **)field = arena_strdup(&conf->arena, text);
        return true;
    case CONF_LIST:
        return strlist_add(field, &conf->arena, text);
    case CONF_BOOL:
        return set_bool(text, field);
    case CONF_WORD:
        return set_word(row, text, field);
    case CONF_OCTAL:
        return set_octal(text, field);
    case CONF_NUMBER:
        return set_number(row, text, field);
    case CONF_TIME:
        return set_time(row, text, field);
    }
    return false;
}

static void load_complain(struct load *load, const cfg_t *cfg)
{
    if (!load->ok)
        buf_addc(load->errors, '\n');
    load->ok = false;
    buf_addf(load->errors, "%s:%d: ", load->conf->path, cfg != NULL ? cfg->line : 0);
}

/* libconfuse's own complaints: conf_scan() leaves it none that we know of. */
static void __attribute__((format(printf, 2, 0)))
on_error(cfg_t *cfg, const char *format, va_list ap)
{
    if (parser_load == NULL)
        return;
    load_complain(parser_load, cfg);
    buf_addv(parser_load->errors, format, ap);
}

/* A value of the file, and where it belongs. */
struct value {
    const struct conf_row *row;
    void *field;
    const char *block; /* NULL: top level */
    const void *item;  /* of a titled block, else NULL */
};

/* Finds that, and notes the line where the setting begins. */
static struct value value_find(struct load *load, const cfg_t *cfg, const char *name)
{
    struct conf_head *conf = load->conf;
    const struct conf_kind *kind = conf->kind;
    /* The name of libconfuse's root is its own choice; only a block has a parent. */
    const char *block = conf_block_known(kind, cfg->name) ? cfg->name : NULL;
    struct value value = {conf_row_find(kind, block, name), NULL, block, NULL};

    if (value.row == NULL)
        return value;
    if (conf_block_titled(kind, block)) {
        /* libconfuse has just added the block that it reads. */
        const size_t n = cfg_size(load->root, block) - 1;

        value.item = conf_titled_item(conf, n);
        value.field = (void *)(uintptr_t)conf_titled_field(kind, value.row, value.item);
        conf_titled_note(conf, n, value.row, cfg->line);
        return value;
    }
    value.field = (char *)conf + value.row->offset;
    if (conf->lines[value.row - kind->rows] == 0)
        conf->lines[value.row - kind->rows] = cfg->line;
    return value;
}

/* For each value: converts it, goes on after an error so that all of them are told. */
static int on_value(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *result)
{
    struct load *load = parser_load;
    const struct value value = value_find(load, cfg, opt->name);
    const struct conf_row *row = value.row;
    struct buf why = BUF_INIT;

    *(const char **)result = text;
    if (row == NULL || value_set(load->conf, row, value.field, text, &why)) {
        buf_finish(&why);
        return 0;
    }
    load_complain(load, cfg);
    if (value.item != NULL) {
        conf_titled_name(load->conf, value.item, load->errors);
        buf_adds(load->errors, ": ");
    } else if (value.block != NULL) {
        buf_addf(load->errors, "%s.", value.block);
    }
    buf_addf(load->errors, "%s = \"", row->name);
    escape_text(load->errors, text, strlen(text), VALUE_SHOWN);
    buf_adds(load->errors, "\": ");
    if (why.len > 0) {
        buf_add(load->errors, why.data, why.len);
    } else {
        buf_adds(load->errors, "expected ");
        conf_allowed_format(row, load->errors);
    }
    buf_finish(&why);
    return 0;
}

/* --- the table as libconfuse wants it --- */

static size_t table_size(const struct conf_kind *kind)
{
    size_t n = 0;

    while (kind->rows[n].name != NULL)
        n++;
    return n;
}

/* Appends what the rows of one block (NULL: the top level) come to; returns the end. */
static cfg_opt_t *options_add(const struct conf_kind *kind, cfg_opt_t *out,
                              const char *block)
{
    const cfg_opt_t end = CFG_END();
    const bool titled = conf_block_titled(kind, block);

    for (const struct conf_row *row = kind->rows; row->name != NULL; row++) {
        const cfg_opt_t one = CFG_STR_CB(row->name, NULL, CFGF_NODEFAULT, on_value);
        const cfg_opt_t list =
            CFG_STR_LIST_CB(row->name, NULL, CFGF_NODEFAULT, on_value);

        if (row->block == block ||
            (block != NULL && row->block != NULL && strcmp(row->block, block) == 0) ||
            (titled && conf_row_shared(kind, row)))
            *out++ = row->type == CONF_LIST ? list : one;
    }
    *out++ = end;
    return out;
}

/*
 * All options in one block of memory: those of each named block, then those of the top
 * level, where the result begins. libconfuse copies them. *memory_r is to be freed.
 */
static cfg_opt_t *options_create(const struct conf_kind *kind, cfg_opt_t **memory_r)
{
    const cfg_opt_t end = CFG_END();
    /* Each row may make one option, one more in a titled block, one block and one end.
     */
    cfg_opt_t *options = calloc(4 * table_size(kind) + 2, sizeof *options);
    cfg_opt_t *out = options;
    cfg_opt_t *top;
    const cfg_opt_t *blocks[CONF_ROWS_MAX];
    const char *names[CONF_ROWS_MAX];
    size_t count = 0;

    *memory_r = options;
    if (options == NULL)
        return NULL;
    for (const struct conf_row *row = kind->rows; row->name != NULL; row++) {
        if (row->block == NULL ||
            (count > 0 && strcmp(names[count - 1], row->block) == 0))
            continue; /* the rows of one block stand together */
        names[count] = row->block;
        blocks[count++] = out;
        out = options_add(kind, out, row->block);
    }
    top = out;
    out = options_add(kind, out, NULL) - 1; /* go on over the end mark */
    for (size_t i = 0; i < count; i++) {
        const cfg_opt_t block =
            CFG_SEC(names[i], (cfg_opt_t *)(uintptr_t)blocks[i],
                    conf_block_titled(kind, names[i]) ? CFGF_MULTI | CFGF_TITLE
                                                      : CFGF_NODEFAULT);

        *out++ = block;
    }
    *out = end;
    return top;
}

/* --- a whole file --- */

/* The file's text and a NUL behind it, or NULL and one line in *error_r. */
static char *file_read(const char *path, size_t *len_r, struct buf *error_r)
{
    FILE *file = fopen(path, "re");
    char *text = malloc(FILE_MAX + 1);

    *len_r = 0;
    if (file != NULL && text != NULL) {
        *len_r = fread(text, 1, FILE_MAX + 1, file);
        if (!ferror(file) && *len_r <= FILE_MAX) {
            text[*len_r] = '\0';
            fclose(file);
            return text;
        }
    }
    if (*len_r > FILE_MAX)
        buf_addf(error_r, "%s: expected a file of at most %d bytes", path, FILE_MAX);
    else
        buf_addf(error_r, "%s: cannot be read: %s", path, strerror(errno));
    if (file != NULL)
        fclose(file);
    free(text);
    return NULL;
}

/* Runs libconfuse over the text, which conf_scan() has let pass. */
static bool text_parse(struct load *load, char *text, size_t len)
{
    cfg_opt_t *memory;
    cfg_opt_t *options = options_create(load->conf->kind, &memory);
    cfg_t *cfg = options != NULL ? cfg_init(options, CFGF_NONE) : NULL;
    FILE *stream = cfg != NULL ? fmemopen(text, len, "r") : NULL;

    if (stream == NULL) {
        buf_addf(load->errors, "%s: out of memory", load->conf->path);
        load->ok = false;
    } else {
        load->root = cfg;
        cfg_set_error_function(cfg, on_error);
        if (cfg_parse_fp(cfg, stream) != CFG_SUCCESS && load->ok) {
            load_complain(load, cfg);
            buf_adds(load->errors, "cannot be read");
        }
        fclose(stream);
    }
    if (cfg != NULL)
        cfg_free(cfg);
    free(memory);
    return load->ok;
}

/* Blank text parses to nothing, and fmemopen() takes no empty one. */
static bool text_load(struct conf_head *conf, char *text, size_t len,
                      struct buf *error_r)
{
    struct load load = {.conf = conf, .errors = error_r, .ok = true};
    struct conf_titles titles;

    if (!conf_scan(conf->kind, conf->path, text, len, &conf->arena, &titles, error_r) ||
        !conf_titled_create(conf, &titles))
        return false;
    if (len == 0)
        return true;
    pthread_mutex_lock(&parser_lock);
    parser_load = &load;
    text_parse(&load, text, len);
    parser_load = NULL;
    pthread_mutex_unlock(&parser_lock);
    return load.ok;
}

/* A list gets its default last, when the file has given it no items. */
static bool defaults_set(struct conf_head *conf, bool lists)
{
    struct buf why = BUF_INIT;
    bool ok = true;

    for (const struct conf_row *row = conf->kind->rows; row->name != NULL; row++) {
        void *field = (char *)conf + row->offset;
        const struct strlist *list = field;

        if (conf_row_titled(conf->kind, row) || (row->type == CONF_LIST) != lists ||
            (lists && list->count > 0))
            continue;
        if (!lists || row->initial[0] != '\0')
            ok = value_set(conf, row, field, row->initial, &why) && ok;
    }
    buf_finish(&why);
    return ok;
}

struct conf_head *conf_kind_load(const struct conf_kind *kind, const char *path,
                                 struct buf *error_r)
{
    struct conf_head *conf = calloc(1, kind->size);
    char *text = NULL;
    size_t len = 0;
    bool ok = conf != NULL;

    buf_clear(error_r);
    if (ok) {
        conf->kind = kind;
        conf->path = arena_strdup(&conf->arena, path != NULL ? path : "");
        ok = conf->path != NULL && defaults_set(conf, false);
    }
    if (ok && path != NULL) {
        text = file_read(path, &len, error_r);
        ok = text != NULL && text_load(conf, text, len, error_r);
    }
    ok = ok && defaults_set(conf, true);
    if (ok)
        conf_titled_inherit(conf);
    ok = ok && !conf->arena.failed;
    free(text);
    if (ok)
        return conf;
    if (error_r->len == 0)
        buf_adds(error_r, "the configuration cannot be loaded: out of memory");
    conf_head_destroy(conf);
    return NULL;
}

void conf_head_destroy(struct conf_head *conf)
{
    if (conf == NULL)
        return;
    arena_finish(&conf->arena);
    free(conf);
}
