/* Values in the order of a question's parameters. */
#include "args.h"

static unsigned place(struct args *a, enum arg_kind kind)
{
    must(a->count < ARGS_MAX);
    a->kind[a->count] = kind;
    return a->count++;
}

void args_key(struct args *a, struct key key)
{
    must(a->keys == a->count && a->keys < COUNT_OF(a->key));
    struct key *kept = &a->key[a->keys++];

    *kept = key;
    a->value[place(a, ARG_BYTES)] = str_of(kept->text);
}

void args_bytes(struct args *a, struct str bytes)
{
    a->value[place(a, ARG_BYTES)] = bytes;
}

void args_text(struct args *a, const char *text)
{
    args_bytes(a, str_of(text));
}

void args_id(struct args *a, const struct uuid *id)
{
    unsigned at = place(a, id->text[0] ? ARG_WORD : ARG_NULL);

    str_format(a->words[at], sizeof a->words[at], "%s", id->text);
    a->value[at] = str_of(a->words[at]);
}

void args_u64(struct args *a, uint64_t n)
{
    unsigned at = place(a, ARG_WORD);

    str_format(a->words[at], sizeof a->words[at], "%llu", (unsigned long long)n);
    a->value[at] = str_of(a->words[at]);
}

void args_f64(struct args *a, double x)
{
    unsigned at = place(a, ARG_WORD);

    str_format(a->words[at], sizeof a->words[at], "%.17g", x);
    a->value[at] = str_of(a->words[at]);
}
