/* generations - the most recent completions, for GET /generation. */
#ifndef STANDIN_GENERATIONS_H
#define STANDIN_GENERATIONS_H
#include "answer.h"

#define GENERATIONS_MAX 256

struct generation {
    char                id[ANSWER_ID_SIZE];
    const struct model *facts;
    unsigned            prompt_tokens, tokens, reasoning_tokens;
    double              cost;
    int64_t             created;
    unsigned            ms;
    bool                is_stream, is_cancelled;
};

struct generations {
    struct generation kept[GENERATIONS_MAX];
    size_t            next;
};

void    generations_add(struct generations *g, const struct answer *a, unsigned ms, bool is_stream,
                        bool is_cancelled);
json_t *generations_json(const struct generations *g, struct str id); /* NULL: unknown */

#endif
