/* Values in the order of the declarations. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "args.h"

void args_init(struct args *a)
{
    a->count = a->keys = 0;
}

static unsigned place(struct args *a, enum arg_kind kind)
{
    must(a->count < ARGS_MAX);
    a->kind[a->count] = kind;
    return a->count++;
}

static void add_bytes(struct args *a, struct str bytes)
{
    a->value[place(a, ARG_BYTES)] = bytes;
}

/* Words are written out in the args. */
static void add_word(struct args *a, enum arg_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void add_word(struct args *a, enum arg_kind kind, const char *format, ...)
{
    unsigned at = place(a, kind);
    va_list  list;

    va_start(list, format);
    vsnprintf(a->words[at], sizeof a->words[at], format, list);
    va_end(list);
    a->value[at] = str_of(a->words[at]);
}

void args_add_key(struct args *a, struct key key)
{
    must(key.text[0] && a->keys == a->count && a->keys < COUNT_OF(a->key));
    struct key *kept = &a->key[a->keys++];

    *kept = key;
    add_bytes(a, str_of(kept->text));
}

void args_add_uuid(struct args *a, struct param_uuid p)
{
    must(p.is_set);
    add_word(a, p.value.text[0] ? ARG_WORD : ARG_NULL, "%s", p.value.text);
}

void args_add_text(struct args *a, struct param_text p)
{
    must(p.is_set);
    add_bytes(a, p.value);
}

void args_add_bytes(struct args *a, struct param_bytes p)
{
    must(p.is_set);
    add_bytes(a, p.value);
}

void args_add_u64(struct args *a, struct param_u64 p)
{
    must(p.is_set);
    add_word(a, ARG_WORD, "%" PRIu64, p.value);
}

void args_add_f64(struct args *a, struct param_f64 p)
{
    must(p.is_set);
    add_word(a, ARG_WORD, "%.17g", p.value);
}

void args_add_flag(struct args *a, struct param_flag p)
{
    must(p.is_set);
    add_word(a, ARG_WORD, "%d", p.value);
}
