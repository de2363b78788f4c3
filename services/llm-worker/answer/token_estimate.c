/* A moving mean for each model. */
#include "answer/token_estimate.h"

#define PER_BYTE_INITIAL 0.25
#define PER_BYTE_MIN     0.125 /* no language is denser than that */
#define PER_BYTE_MAX     1.0   /* a token is rarely shorter than a byte */
#define SMOOTHING        8     /* each answer moves the mean by an eighth of the difference */
#define SAMPLE_MIN       200   /* bytes; less is too imprecise */

struct entry {
    struct model_table_key key; /* first */
    double                 per_byte;
};

void token_estimate_init(struct token_estimate *t)
{
    model_table_init(&t->models, sizeof(struct entry));
}

void token_estimate_fini(struct token_estimate *t)
{
    model_table_fini(&t->models);
}

double token_estimate_per_byte(struct token_estimate *t, struct str model)
{
    const struct entry *e = model_table_find(&t->models, model);
    return e ? e->per_byte : PER_BYTE_INITIAL;
}

static double bounded(double per_byte)
{
    if (per_byte < PER_BYTE_MIN)
        return PER_BYTE_MIN;
    return per_byte > PER_BYTE_MAX ? PER_BYTE_MAX : per_byte;
}

void token_estimate_learn(struct token_estimate *t, struct str model, uint64_t bytes,
                          uint64_t messages, uint64_t counted)
{
    uint64_t overhead = messages * TOKEN_ESTIMATE_PER_MESSAGE;

    if (bytes < SAMPLE_MIN || !counted || !model.len)
        return;
    double        seen = counted > overhead ? (double)(counted - overhead) / (double)bytes : 0;
    double        before = token_estimate_per_byte(t, model);
    struct entry *e = model_table_need(&t->models, model);
    e->per_byte = before + (bounded(seen) - before) / SMOOTHING;
}
