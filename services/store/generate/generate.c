/* generate - makes C of the statements in sql/ and of the scripts in redis/, while the store is
 * built.
 *
 *   generate sql OUT FILE.sql...     writes OUT.h and OUT.c
 *   generate lua OUT FILE.lua...
 *
 * A file begins with a comment that says what it does and declares its parameters and results, one
 * a line: "-- @param turn uuid".  For each file this writes a struct of its parameters and a
 * function that encodes it, a struct of a row of its result and a function that decodes it, and its
 * text.  The text is not parsed: {name} in SQL is replaced by the parameter or the fragment of that
 * name, and a script finds its keys and arguments in local variables. */
#include <stdio.h>
#include <string.h>

#include "generate.h"

static struct source sources[SOURCES_MAX];
static unsigned      count;

/* ---- types ---- */

static const struct type types[] = {
    /* in SQL */
    {"uuid", "uuid", "struct uuid ", "result_set_uuid", 2950, BOTH},
    {"uuid_text", NULL, "struct str ", "result_set_str", 2950, IN_SQL}, /* a view of it */
    {"text", "text", "struct str ", "result_set_str", 25, BOTH},
    {"bytea", "bytes", "struct str ", "result_set_str", 17, IN_SQL},
    {"bigint", "u64", "uint64_t ", "result_set_u64", 20, IN_SQL},
    {"int", "u64", "uint64_t ", "result_set_u64", 23, IN_SQL},
    {"smallint", "u64", "uint64_t ", "result_set_u64", 21, IN_SQL},
    {"float8", "f64", "double ", "result_set_f64", 701, IN_SQL},
    {"numeric", NULL, "uint64_t ", "result_set_u64", 1700, IN_SQL},
    {"timestamptz", NULL, "struct str ", "result_set_str", 1184, IN_SQL},
    /* in Lua */
    {"bytes", "bytes", "struct str ", "result_set_str", 0, IN_LUA},
    {"number", "u64", "uint64_t ", "result_set_u64", 0, IN_LUA},
    {"digits", "u64", "uint64_t ", "result_set_u64", 0, IN_LUA}, /* too long for a number of Lua */
    {"flag", "flag", "bool ", "result_set_flag", 0, IN_LUA},
    {"key", NULL, NULL, NULL, 0, IN_LUA},
};

const struct type *generate_find_type(struct str name, unsigned language)
{
    for (unsigned i = 0; i < COUNT_OF(types); i++)
        if (str_is(name, types[i].name) && (types[i].language & language))
            return &types[i];
    return NULL;
}

/* ---- the header ---- */

static void write_doc(FILE *to, const struct source *s)
{
    fprintf(to, "\n/* %s: %s */\n", s->path, s->doc.len ? s->doc.p : "");
}

static void write_member(FILE *to, const char *type, const struct field *f)
{
    fprintf(to, "    %s%s;%s%.*s%s\n", type, f->name, f->doc.len ? " /* " : "", (int)f->doc.len,
            f->doc.len ? f->doc.p : "", f->doc.len ? " */" : "");
}

static void write_parameters(FILE *to, const struct source *s, const char *prefix)
{
    char type[64];

    if (!s->params)
        return;
    fprintf(to, "struct %s_%s {\n", prefix, s->name);
    for (unsigned i = 0; i < s->params; i++) {
        if (s->param[i].type->param)
            str_format(type, sizeof type, "struct param_%s ", s->param[i].type->param);
        else
            str_format(type, sizeof type, "struct key ");
        write_member(to, type, &s->param[i]);
    }
    fprintf(to, "};\n");
}

static void write_encoder(FILE *to, const struct source *s, const char *prefix, const char *end)
{
    fprintf(to, "struct %s_call %s_%s(struct args *to", prefix, prefix, s->name);
    if (s->params)
        fprintf(to, ", const struct %s_%s *p", prefix, s->name);
    fprintf(to, ")%s\n", end);
}

static void write_decoder(FILE *to, const struct source *s, const char *prefix, const char *end)
{
    fprintf(to, "struct %s_%s_row %s_%s_row(const struct result_set *r, unsigned row)%s\n", prefix,
            s->name, prefix, s->name, end);
}

static void write_row(FILE *to, const struct source *s, const char *prefix)
{
    if (!s->columns)
        return;
    fprintf(to, "struct %s_%s_row {\n", prefix, s->name);
    for (unsigned i = 0; i < s->columns; i++)
        write_member(to, s->column[i].type->row, &s->column[i]);
    fprintf(to, "};\n");
}

static void write_enum(FILE *to, const char *prefix, const char *what)
{
    char upper[64];

    fprintf(to, "enum %s_%s {\n", prefix, what);
    for (unsigned i = 0; i < count; i++)
        if (!sources[i].is_shared)
            fprintf(to, "    %s,\n", generate_upper(upper, sizeof upper, prefix, sources[i].name));
    fprintf(to, "    %s\n};\n", generate_upper(upper, sizeof upper, prefix, "count"));
}

static void write_header(FILE *to, bool is_sql)
{
    const char *prefix = is_sql ? "sql" : "lua", *what = is_sql ? "statement" : "script";
    char        count_name[16], guard[32];

    generate_upper(guard, sizeof guard, "store", is_sql ? "statements_h" : "scripts_h");
    fprintf(to, "/* Made by services/store/generate; edit the files it is made of. */\n");
    fprintf(to, "#ifndef %s\n#define %s\n#include \"values/args.h\"\n", guard, guard);
    fprintf(to, "#include \"values/declaration.h\"\n#include \"values/result_set.h\"\n\n");
    write_enum(to, prefix, what);
    fprintf(to, "\n/* One of them with its parameters, ready to be sent. */\n");
    fprintf(to, "struct %s_call {\n    enum %s_%s %s;\n", prefix, prefix, what, what);
    fprintf(to, "    const struct args *args; /* borrowed */\n};\n\n");
    fprintf(to, "extern const struct declaration %s_declarations[%s];\n", prefix,
            generate_upper(count_name, sizeof count_name, prefix, "count"));
    for (unsigned i = 0; i < count; i++) {
        const struct source *s = &sources[i];
        if (s->is_shared)
            continue;
        write_doc(to, s);
        write_parameters(to, s, prefix);
        write_encoder(to, s, prefix, ";");
        write_row(to, s, prefix);
        if (s->columns)
            write_decoder(to, s, prefix, ";");
    }
    fprintf(to, "\n#endif\n");
}

/* ---- the source ---- */

static void write_fields(FILE *to, const struct source *s, const char *kind,
                         const struct field *fields, unsigned n)
{
    if (!n)
        return;
    fprintf(to, "static const struct declared_field %s_%s[] = {\n", s->name, kind);
    for (unsigned i = 0; i < n; i++)
        fprintf(to, "    {\"%s\", \"%s\", %u},\n", fields[i].name, fields[i].type->name,
                fields[i].type->oid);
    fprintf(to, "};\n");
}

static void write_functions(FILE *to, const struct source *s, bool is_sql)
{
    const char *prefix = is_sql ? "sql" : "lua";
    char        upper[64];

    write_encoder(to, s, prefix, "\n{");
    fprintf(to, "    args_init(to);\n");
    for (unsigned i = 0; i < s->params; i++)
        fprintf(to, "    args_add_%s(to, p->%s);\n",
                s->param[i].type->param ? s->param[i].type->param : "key", s->param[i].name);
    fprintf(to, "    return (struct %s_call){%s, to};\n}\n\n", prefix,
            generate_upper(upper, sizeof upper, prefix, s->name));
    if (!s->columns)
        return;
    write_decoder(to, s, prefix, "\n{");
    fprintf(to, "    return (struct %s_%s_row){\n", prefix, s->name);
    for (unsigned i = 0; i < s->columns; i++)
        fprintf(to, "        .%s = %s(r, row, %u),\n", s->column[i].name, s->column[i].type->read,
                i);
    fprintf(to, "    };\n}\n\n");
}

static void write_text(FILE *to, struct str text)
{
    fputs("    \"", to);
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] == '\n')
            fputs("\\n\"\n    \"", to);
        else if (text.p[i] == '"' || text.p[i] == '\\')
            fprintf(to, "\\%c", text.p[i]);
        else
            fputc(text.p[i], to);
    }
    fputs("\"", to);
}

static void write_declaration(FILE *to, const struct source *s, const char *prefix)
{
    struct buf text = {0};
    char       upper[64];

    if (s->language == IN_SQL)
        generate_expand_sql(&text, s, sources, count);
    else
        generate_expand_lua(&text, s, sources, count);
    fprintf(to, "    [%s] = {\"%s\",\n", generate_upper(upper, sizeof upper, prefix, s->name),
            s->name);
    write_text(to, buf_view(&text));
    fprintf(to, ",\n    %s%s, %u, %u, %s%s, %u, %d},\n", s->params ? s->name : "NULL",
            s->params ? "_params" : "", s->params, s->keys, s->columns ? s->name : "NULL",
            s->columns ? "_columns" : "", s->columns, s->has_rows);
    buf_fini(&text);
}

static void write_source(FILE *to, bool is_sql)
{
    const char *prefix = is_sql ? "sql" : "lua";

    fprintf(to, "/* Made by services/store/generate; edit the files it is made of. */\n");
    fprintf(to, "#include \"%s\"\n\n", is_sql ? "sql/statements.h" : "redis/scripts.h");
    for (unsigned i = 0; i < count; i++) {
        if (sources[i].is_shared)
            continue;
        write_fields(to, &sources[i], "params", sources[i].param, sources[i].params);
        write_fields(to, &sources[i], "columns", sources[i].column, sources[i].columns);
        write_functions(to, &sources[i], is_sql);
    }
    fprintf(to, "const struct declaration %s_declarations[] = {\n", prefix);
    for (unsigned i = 0; i < count; i++)
        if (!sources[i].is_shared)
            write_declaration(to, &sources[i], prefix);
    fprintf(to, "};\n");
}

/* ---- files ---- */

static FILE *open_output(const char *out, const char *end)
{
    char path[1024];

    FILE *file = str_format(path, sizeof path, "%s%s", out, end) ? fopen(path, "w") : NULL;
    if (!file)
        generate_fail(out, 0, "cannot be written");
    return file;
}

static void close_output(FILE *file, const char *out)
{
    if (ferror(file) || fclose(file) != 0)
        generate_fail(out, 0, "cannot be written");
}

int main(int argc, char **argv)
{
    if (argc < 4 || (strcmp(argv[1], "sql") != 0 && strcmp(argv[1], "lua") != 0)) {
        fprintf(stderr, "usage: generate sql|lua OUT FILE...\n");
        return 2;
    }
    bool is_sql = strcmp(argv[1], "sql") == 0;
    for (int i = 3; i < argc; i++) {
        if (count == SOURCES_MAX)
            generate_fail(argv[i], 0, "too many files");
        source_read(&sources[count++], argv[i], is_sql ? IN_SQL : IN_LUA);
    }
    FILE *header = open_output(argv[2], ".h"), *source = open_output(argv[2], ".c");
    write_header(header, is_sql);
    write_source(source, is_sql);
    close_output(header, argv[2]);
    close_output(source, argv[2]);
    for (unsigned i = 0; i < count; i++)
        source_fini(&sources[i]);
    return 0;
}
