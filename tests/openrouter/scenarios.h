/* scenarios - what can happen to a request, by the name of the model: standin/NAME.
 *
 * A scenario either refuses before anything is sent (a status and an error
 * body), or it is a list of beats, one for a stream and one for a plain
 * answer.  A beat is one thing that goes over the wire, or one thing that
 * happens to the connection.  All of them stand in scenarios.def. */
#ifndef STANDIN_SCENARIOS_H
#define STANDIN_SCENARIOS_H
#include "answer.h"

enum beat_kind {
    BEAT_END = 0, /* the body ends as it should */

    /* of a stream */
    BEAT_COMMENTS,         /* n of them; 0: as many as the knob says */
    BEAT_COMMENTS_FOREVER, /* one each delay, or each 100 ms */
    BEAT_ROLE,             /* a delta without content */
    BEAT_WORDS,            /* the rest of the text, a chunk per word */
    BEAT_SOME_WORDS,       /* n words of it; 0: as many as the knob `after` says */
    BEAT_WORDS_AND_FINISH, /* the rest; the last word carries the finish */
    BEAT_REASONING,        /* text as reasoning, a chunk per word */
    BEAT_FINISH,           /* text is the reason, more the provider's own word for it */
    BEAT_USAGE,            /* in the shape that the knob says */
    BEAT_DONE,             /* data: [DONE] */
    BEAT_CHUNK,            /* text: choices; more: members before, last: members after */
    BEAT_CHUNK_USAGE,      /* the same with usage at the end */
    BEAT_HUGE,             /* a chunk with `size` bytes of content */

    /* of a plain answer */
    BEAT_PADS, /* as many as the knob says */
    BEAT_PADS_FOREVER,
    BEAT_RESULT,      /* the text in one JSON object */
    BEAT_RESULT_OF,   /* text: choices; n: tokens in the usage */
    BEAT_HALF_RESULT, /* the first half of its bytes */

    /* of both */
    BEAT_BYTES, /* text, as it is */
    BEAT_HANG,  /* nothing more, for ever */
    BEAT_CUT,   /* the connection closes; the body has no end */
    BEAT_RESET, /* the same by RST */
};

struct beat {
    enum beat_kind kind;
    unsigned       n;
    const char    *text, *more, *last;
};

struct scenario {
    const char *name, *doc;
    const char *knobs; /* its own defaults, as a test would write them */

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
    const struct beat *events, *body; /* NULL: as of a good answer */
    bool               as_json;       /* the body, even when a stream was asked for */
    bool               echo;          /* the text is the question */
    struct framing     framing;
};

const struct scenario *scenario_find(struct str name); /* NULL: unknown */
const struct scenario *scenario_ok(void);
const struct beat     *scenario_beats(const struct scenario *s, bool stream);

/* The text of every good answer: has 2, 3 and 4 byte characters. */
extern const char scenario_text[];

void scenarios_print(void); /* the table of the README */

#endif
