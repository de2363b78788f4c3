/* A moving mean for each model. */
#include "tokens.h"

#define START 0.25
#define LEAST 0.125 /* no language is denser than that */
#define MOST  1.0   /* no token is shorter than a byte, apart from oddities */
#define SLOW  8     /* each answer moves it by an eighth of the difference */
#define SHORT 200   /* bytes; less says too little */

struct entry {
    struct recent_name name; /* first */
    double             per_byte;
};

void tokens_init(struct tokens *t)
{
    recent_init(&t->models, sizeof(struct entry));
}

void tokens_fini(struct tokens *t)
{
    recent_fini(&t->models);
}

double tokens_per_byte(struct tokens *t, struct str model)
{
    const struct entry *e = recent_find(&t->models, model);
    return e ? e->per_byte : START;
}

static double bounded(double per_byte)
{
    if (per_byte < LEAST)
        return LEAST;
    return per_byte > MOST ? MOST : per_byte;
}

void tokens_learn(struct tokens *t, struct str model, uint64_t bytes, uint64_t messages,
                  uint64_t counted)
{
    uint64_t around = messages * TOKENS_PER_MESSAGE;

    if (bytes < SHORT || !counted || !model.len)
        return;
    double        seen = counted > around ? (double)(counted - around) / (double)bytes : 0;
    double        before = tokens_per_byte(t, model);
    struct entry *e = recent_need(&t->models, model);
    e->per_byte = before + (bounded(seen) - before) / SLOW;
}
