/* Reading a file: its declarations, and the text behind them. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generate.h"

void generate_fail(const char *path, unsigned line, const char *format, ...)
{
    struct buf what = {0};
    va_list    args;

    va_start(args, format);
    buf_vprint(&what, format, args);
    va_end(args);
    if (line)
        fprintf(stderr, "%s:%u: %s\n", path, line, what.p);
    else
        fprintf(stderr, "%s: %s\n", path, what.p);
    buf_fini(&what);
    exit(1);
}

const char *generate_upper(char *to, size_t size, const char *prefix, const char *name)
{
    must(str_format(to, size, "%s_%s", prefix, name));
    for (char *p = to; *p; p++)
        *p = (char)toupper((unsigned char)*p);
    return to;
}

static char *read_file(const char *path)
{
    struct buf text = {0};
    char       chunk[4096];
    FILE      *file = fopen(path, "r");

    if (!file)
        generate_fail(path, 0, "cannot be read");
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, file)) > 0;)
        buf_add(&text, chunk, n);
    fclose(file);
    buf_str(&text, STR("")); /* an empty file is empty text */
    return buf_take(&text);
}

/* Takes a word off the front of a line. */
static struct str take_word(struct str *line)
{
    *line = str_trim(*line);
    struct str word = {line->p, 0};

    while (word.len < line->len && !isspace((unsigned char)line->p[word.len]))
        word.len++;
    *line = str_trim((struct str){line->p + word.len, line->len - word.len});
    return word;
}

static struct field *add_field(struct source *s, struct field *fields, unsigned *n)
{
    if (*n == FIELDS_MAX)
        generate_fail(s->path, s->line, "more than %d declarations of this kind", FIELDS_MAX);
    return &fields[(*n)++];
}

/* Where a declaration of this kind goes. */
static struct field *place_of(struct source *s, struct str kind)
{
    if (s->language == IN_SQL && str_is(kind, s->is_shared ? "arg" : "param"))
        return add_field(s, s->param, &s->params);
    if (s->language == IN_SQL && !s->is_shared && str_is(kind, "column"))
        return add_field(s, s->column, &s->columns);
    if (s->language == IN_LUA && str_is(kind, "key") && s->keys == s->params) {
        s->keys++;
        return add_field(s, s->param, &s->params);
    }
    if (s->language == IN_LUA && str_is(kind, "arg"))
        return add_field(s, s->param, &s->params);
    s->has_rows = str_is(kind, "row");
    if (s->language == IN_LUA && (s->has_rows || str_is(kind, "result")))
        return add_field(s, s->column, &s->columns);
    generate_fail(s->path, s->line, "unknown declaration \"@%.*s\"", (int)kind.len, kind.p);
}

static void check_name(const struct source *s, const struct field *f)
{
    unsigned same = 0;

    for (unsigned i = 0; i < s->params; i++)
        same +=
            f >= s->param && f < s->param + FIELDS_MAX && strcmp(s->param[i].name, f->name) == 0;
    for (unsigned i = 0; i < s->columns; i++)
        same +=
            f >= s->column && f < s->column + FIELDS_MAX && strcmp(s->column[i].name, f->name) == 0;
    if (same != 1)
        generate_fail(s->path, s->line, "%s is declared twice", f->name);
}

static void read_declaration(struct source *s, struct str line)
{
    struct str    kind = take_word(&line), name = take_word(&line);
    struct field *f = place_of(s, kind);

    if (!name.len || name.len >= sizeof f->name)
        generate_fail(s->path, s->line, "a declaration without a name, or the name is too long");
    str_format(f->name, sizeof f->name, "%.*s", (int)name.len, name.p);
    check_name(s, f);
    if (s->is_shared)
        return;
    struct str type = str_is(kind, "key") ? STR("key") : take_word(&line);
    bool       is_param = f >= s->param && f < s->param + FIELDS_MAX;
    f->type = generate_find_type(type, s->language);
    if (!f->type || (is_param && !f->type->param && !str_is(kind, "key")))
        generate_fail(s->path, s->line, "unknown type \"%.*s\"", (int)type.len, type.p);
    f->doc = line;
}

/* The comment that a file begins with; what is indented belongs to the line before. */
static void read_comment(struct source *s, struct str line)
{
    struct str said = str_trim((struct str){line.p + 2, line.len - 2});

    if (said.len && said.p[0] == '@')
        read_declaration(s, (struct str){said.p + 1, said.len - 1});
    else if (!s->params && !s->columns && said.len) {
        if (s->doc.len)
            buf_str(&s->doc, STR("\n * "));
        buf_str(&s->doc, said);
    }
}

static void set_name(struct source *s)
{
    const char *slash = strrchr(s->path, '/'), *start = slash ? slash + 1 : s->path;
    const char *dot = strrchr(start, '.');

    if (!dot || !str_format(s->name, sizeof s->name, "%.*s", (int)(dot - start), start))
        generate_fail(s->path, 0, "the file has no name");
    s->is_shared = s->language == IN_SQL ? strstr(s->path, "/fragments/") != NULL
                                         : strcmp(s->name, "common") == 0;
}

void source_read(struct source *s, const char *path, unsigned language)
{
    s->path = path;
    s->language = language;
    set_name(s);
    s->text = read_file(path);
    const char *at = s->text;
    while (strncmp(at, "--", 2) == 0) {
        size_t len = strcspn(at, "\n");
        s->line++;
        read_comment(s, (struct str){at, len});
        at += len + (at[len] != '\0');
    }
    s->line++;
    s->body = str_trim(str_of(at));
    if (s->is_shared && language == IN_LUA)
        s->body = str_trim(str_of(s->text));
}

void source_fini(struct source *s)
{
    free(s->text);
    buf_fini(&s->doc);
}
