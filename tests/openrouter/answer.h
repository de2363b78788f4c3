/* answer - writes the bytes of one completion as OpenRouter does.
 *
 * A stream consists of comments and data events.  Each event is one JSON object on one line; each
 * repeats id, created, model and provider, and each delta repeats the role.  A plain answer is
 * padding followed by one JSON object. */
#ifndef STANDIN_ANSWER_H
#define STANDIN_ANSWER_H
#include <jansson.h>
#include <stdint.h>

#include "models.h"

#define ANSWER_ID_SIZE 36

struct framing {
    const char *eol;        /* NULL: "\n" */
    bool        old_order;  /* keys as before 2026-03, and logprobs in each choice */
    bool        no_space;   /* "data:{" */
    bool        many_lines; /* one event over several data lines */
};

struct answer {
    char                id[ANSWER_ID_SIZE]; /* gen-<unix seconds>-<20 letters and digits> */
    int64_t             created;            /* seconds since 1970 */
    char               *model;              /* owned; the name in the answer */
    const struct model *facts;
    struct framing      framing;
    char               *head; /* owned; the members repeated in every chunk */
    unsigned            prompt_tokens, tokens, reasoning_tokens;
};

void answer_init(struct answer *a, const struct model *facts, struct str name,
                 struct framing framing);
void answer_fini(struct answer *a);

/* of a stream */
void answer_comment(const struct answer *a, struct buf *out);
void answer_content(const struct answer *a, struct buf *out, struct str text, const char *finish);
void answer_reasoning(const struct answer *a, struct buf *out, struct str text);
void answer_finish(const struct answer *a, struct buf *out, const char *reason, const char *native);
void answer_usage(const struct answer *a, struct buf *out, unsigned shape);
void answer_done(const struct answer *a, struct buf *out);

/* A chunk with these choices (JSON text); before and after are members around them, or NULL. */
void answer_chunk(const struct answer *a, struct buf *out, const char *before, const char *choices,
                  const char *after);
/* The same, with the usage as the last member. */
void answer_chunk_usage(const struct answer *a, struct buf *out, const char *before,
                        const char *choices);

/* of a plain answer */
void answer_padding(struct buf *out);
void answer_result(const struct answer *a, struct buf *out, struct str text);
void answer_result_of(const struct answer *a, struct buf *out, const char *choices);

double answer_cost(const struct answer *a); /* USD */

#endif
