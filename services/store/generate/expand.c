/* The text of a statement or a script as it is sent.  A parameter that it does not use is an error.
 *
 * In SQL, {name} is a parameter, which becomes "$2::uuid", or a fragment, which becomes its text;
 * {name(a, b)} is a fragment with arguments, in which {argument} becomes what was given.  What is
 * given may have braces itself, and is expanded first. */
#include <ctype.h>
#include <string.h>

#include "generate.h"

#define DEPTH_MAX 16

/* What a name in braces may mean. */
struct scope {
    const struct source *statement, *all;
    unsigned             count, depth;
    const struct source *fragment; /* whose text is expanded; NULL: that of the statement */
    struct buf          *values;   /* of its arguments, expanded */
};

static void expand(struct buf *to, struct str text, const struct scope *scope);

static _Noreturn void fail(const struct scope *scope, struct str name, const char *what)
{
    struct buf text = {0};

    buf_print(&text, "{%.*s}: %s", (int)name.len, name.p, what);
    generate_fail((scope->fragment ? scope->fragment : scope->statement)->path, 0, "%s", text.p);
}

static int find_field(const struct source *s, struct str name)
{
    for (unsigned i = 0; i < s->params; i++)
        if (str_is(name, s->param[i].name))
            return (int)i;
    return -1;
}

static const struct source *find_fragment(const struct scope *scope, struct str name)
{
    for (unsigned i = 0; i < scope->count; i++)
        if (scope->all[i].is_shared && str_is(name, scope->all[i].name))
            return &scope->all[i];
    return NULL;
}

/* Takes the next argument: up to a comma that is not within brackets or quotes. */
static struct str take_argument(struct str *rest)
{
    unsigned depth = 0;
    bool     quoted = false;
    size_t   n = 0;

    for (; n < rest->len; n++) {
        char c = rest->p[n];
        if (c == '\'')
            quoted = !quoted;
        else if (!quoted && (c == '(' || c == '{'))
            depth++;
        else if (!quoted && (c == ')' || c == '}'))
            depth--;
        else if (!quoted && c == ',' && !depth)
            break;
    }
    struct str argument = str_trim((struct str){rest->p, n});
    size_t     taken = n < rest->len ? n + 1 : n;
    *rest = (struct str){rest->p + taken, rest->len - taken};
    return argument;
}

static void expand_fragment(struct buf *to, struct str name, struct str arguments,
                            const struct scope *scope)
{
    const struct source *fragment = find_fragment(scope, name);
    struct buf           values[FIELDS_MAX] = {0};
    unsigned             n = 0;

    if (!fragment)
        fail(scope, name, "neither a parameter nor a fragment");
    if (scope->depth == DEPTH_MAX)
        fail(scope, name, "a fragment within itself");
    for (; n < fragment->params && arguments.len; n++)
        expand(&values[n], take_argument(&arguments), scope);
    if (n < fragment->params || arguments.len)
        fail(scope, name, "another number of arguments than the fragment declares");
    struct scope inner = *scope;
    inner.fragment = fragment;
    inner.values = values;
    inner.depth++;
    expand(to, fragment->body, &inner);
    for (unsigned i = 0; i < n; i++)
        buf_fini(&values[i]);
}

static void expand_name(struct buf *to, struct str inside, const struct scope *scope)
{
    const char *open = inside.len ? memchr(inside.p, '(', inside.len) : NULL;
    struct str  name = {inside.p, open ? (size_t)(open - inside.p) : inside.len};
    int         at = scope->fragment && !open ? find_field(scope->fragment, name) : -1;

    if (at >= 0) {
        buf_str(to, buf_view(&scope->values[at]));
        return;
    }
    at = open ? -1 : find_field(scope->statement, name);
    if (at >= 0) {
        buf_print(to, "$%d::%s", at + 1, scope->statement->param[at].type->name);
        return;
    }
    struct str arguments = {0};
    if (open && inside.p[inside.len - 1] == ')')
        arguments = (struct str){open + 1, inside.len - name.len - 2};
    expand_fragment(to, name, arguments, scope);
}

/* The length of what stands in braces, which begin before it. */
static size_t length_inside(struct str text, const struct scope *scope)
{
    unsigned depth = 1;

    for (size_t n = 0; n < text.len; n++) {
        depth += text.p[n] == '{';
        depth -= text.p[n] == '}';
        if (!depth)
            return n;
    }
    fail(scope, str_cut(text, 20), "a brace that is not closed");
}

static void expand(struct buf *to, struct str text, const struct scope *scope)
{
    while (text.len) {
        const char *brace = memchr(text.p, '{', text.len);
        size_t      before = brace ? (size_t)(brace - text.p) : text.len;
        buf_str(to, (struct str){text.p, before});
        if (!brace)
            return;
        text = (struct str){brace + 1, text.len - before - 1};
        size_t len = length_inside(text, scope);
        expand_name(to, (struct str){text.p, len}, scope);
        text = (struct str){text.p + len + 1, text.len - len - 1};
    }
}

/* ---- unused parameters ---- */

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Whether the word stands in the text, which is terminated. */
static bool has_word(const char *text, const char *word)
{
    for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
        if ((at == text || !is_word(at[-1])) && !is_word(at[strlen(word)]))
            return true;
    return false;
}

static void check_used(const struct source *s, const char *text, const char *word, const char *name)
{
    struct buf fault = {0};

    if (has_word(text, word))
        return;
    buf_print(&fault, "%s is declared, but not used", name);
    generate_fail(s->path, 0, "%s", fault.p);
}

void generate_expand_sql(struct buf *to, const struct source *s, const struct source *all,
                         unsigned count)
{
    struct scope scope = {.statement = s, .all = all, .count = count};
    char         placeholder[12];

    expand(to, s->body, &scope);
    for (unsigned i = 0; i < s->params; i++) {
        str_format(placeholder, sizeof placeholder, "$%u", i + 1);
        check_used(s, to->p, placeholder, s->param[i].name);
    }
}

/* ---- Lua ---- */

static void declare_locals(struct buf *to, const struct source *s)
{
    for (unsigned i = 0; i < s->params; i++) {
        const struct field *f = &s->param[i];
        if (i < s->keys)
            buf_print(to, "local %s = KEYS[%u]\n", f->name, i + 1);
        else if (str_is(STR("number"), f->type->name))
            buf_print(to, "local %s = tonumber(ARGV[%u])\n", f->name, i - s->keys + 1);
        else if (str_is(STR("flag"), f->type->name))
            buf_print(to, "local %s = ARGV[%u] == '1'\n", f->name, i - s->keys + 1);
        else
            buf_print(to, "local %s = ARGV[%u]\n", f->name, i - s->keys + 1);
    }
}

void generate_expand_lua(struct buf *to, const struct source *s, const struct source *all,
                         unsigned count)
{
    if (has_word(s->body.p, "KEYS") || has_word(s->body.p, "ARGV"))
        generate_fail(s->path, 0, "KEYS and ARGV are read by the declared names");
    for (unsigned i = 0; i < s->params; i++)
        check_used(s, s->body.p, s->param[i].name, s->param[i].name);
    for (unsigned i = 0; i < count; i++)
        if (all[i].is_shared)
            buf_print(to, "%.*s\n", (int)all[i].body.len, all[i].body.p);
    declare_locals(to, s);
    buf_str(to, s->body);
    buf_str(to, STR("\n"));
}
