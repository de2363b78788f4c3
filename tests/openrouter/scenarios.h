/* scenarios - what happens to a request, chosen by the name of the model: standin/NAME.
 *
 * A scenario either refuses before anything is sent (a status and an error body), or has two lists
 * of steps, one for a stream and one for a plain answer.  A step sends something or does something
 * to the connection.  All scenarios are in scenarios.def. */
#ifndef STANDIN_SCENARIOS_H
#define STANDIN_SCENARIOS_H
#include "answer.h"

enum step_kind {
    STEP_END = 0, /* the body ends as it should */

    /* of a stream */
    STEP_COMMENTS,         /* n of them; 0: as many as the knob says */
    STEP_COMMENTS_FOREVER, /* one each delay, or each 100 ms */
    STEP_ROLE,             /* a delta without content */
    STEP_WORDS,            /* the rest of the text, a chunk per word */
    STEP_SOME_WORDS,       /* n words of it; 0: as many as the knob `after` says */
    STEP_WORDS_AND_FINISH, /* the rest; the last word carries the finish */
    STEP_REASONING,        /* text as reasoning, a chunk per word */
    STEP_FINISH,           /* text: finish_reason; more: native_finish_reason */
    STEP_USAGE,            /* in the shape that the knob says */
    STEP_DONE,             /* data: [DONE] */
    STEP_CHUNK,            /* text: choices; more: members before, last: members after */
    STEP_CHUNK_USAGE,      /* the same with usage at the end */
    STEP_HUGE,             /* a chunk with `size` bytes of content */

    /* of a plain answer */
    STEP_PADS, /* as many as the knob says */
    STEP_PADS_FOREVER,
    STEP_RESULT,      /* the text in one JSON object */
    STEP_RESULT_OF,   /* text: choices; n: tokens in the usage */
    STEP_HALF_RESULT, /* the first half of its bytes */

    /* of either */
    STEP_BYTES, /* text, as it is */
    STEP_HANG,  /* nothing more is sent */
    STEP_CUT,   /* the connection closes; the body has no end */
    STEP_RESET, /* the same by RST */
};

struct step {
    enum step_kind kind;
    unsigned       n;
    const char    *text, *more, *last;
};

struct scenario {
    const char *name, *doc;
    const char *knobs; /* its own defaults, in the form of a model name */

    /* a refusal: status is not 0 */
    unsigned    status;
    const char *message;        /* $model stands for the model's name */
    const char *metadata;       /* JSON object, or NULL */
    const char *availability;   /* JSON object, or NULL */
    bool        has_limits;     /* X-RateLimit-*, also inside the metadata */
    bool        has_retry;      /* Retry-After */
    const char *raw, *raw_type; /* this body instead, of this type */
    bool        no_reply;       /* the connection closes without a byte */

    /* an answer */
    const struct step *events, *body; /* NULL: those of a good answer */
    bool               as_json;       /* the body, even when a stream was asked for */
    bool               echo;          /* the text is the question */
    struct framing     framing;
};

const struct scenario *scenario_find(struct str name); /* NULL: unknown */
const struct scenario *scenario_ok(void);
const struct step     *scenario_steps(const struct scenario *s, bool stream);

/* The text of every good answer: has 2, 3 and 4 byte characters. */
extern const char scenario_text[];

void scenarios_print(void); /* the table of the README */

#endif
