/* job - one answer, from the upstream's first byte to our last piece, as pure state.
 *
 * In go what happened and when: the reply's head, its bytes, its end, the time.
 * Out come pieces to send on and, once, how it ended.  No socket, no clock, no
 * bus is touched here, so every case runs in a unit test.
 *
 * Three clocks watch the model, and only what it says winds them: comments and
 * blanks that merely keep the line open do not.
 *   first  until the first word, thought or tool call
 *   idle   between two events; stands still while our own reader is slow
 *   total  for everything
 *
 * Whoever runs a job asks job_state after every call: when it is no longer
 * JOB_RUNS the upstream is not needed any more (JOB_DONE with ended set: its
 * reply is whole, the connection can be kept), but pieces may still wait to be
 * taken, and the end is told after the last one. */
#ifndef LLM_WORKER_JOB_H
#define LLM_WORKER_JOB_H
#include "openrouter/chunk.h"
#include "openrouter/failure.h"
#include "openrouter/sse.h"
#include "openrouter/text.h"
#include "wire/messages.h"

struct job_limits {
    uint64_t first_ms, idle_ms, total_ms;
};

enum job_state { JOB_RUNS, JOB_DONE, JOB_FAILED };

struct job {
    enum job_state state;
    struct failure failure; /* of JOB_FAILED */
    bool           ended;   /* JOB_DONE: the stream said itself that it is over */

    struct job_limits limits;
    uint64_t          began, last; /* last: event of the model, or end of a hold */
    uint64_t          first_ms;    /* from the beginning to the first sign */
    bool              has_sign, held;

    struct reply_head head;
    enum { BODY_EVENTS, BODY_WHOLE } body_kind;
    struct sse  sse;
    struct buf  body; /* BODY_WHOLE */
    unsigned    bad_events;
    struct text said, thought; /* cut characters of either */

    struct buf   text, reasoning;         /* not taken yet */
    size_t       text_len, reasoning_len; /* of all so far */
    struct buf   piece;                   /* backs the piece handed out last */
    bool         model_told;
    struct usage usage;
    char model[LIMIT_MODEL + 1], generation[LIMIT_GENERATION + 1], finish[LIMIT_FINISH_REASON + 1],
        native[LIMIT_FINISH_REASON + 1];
};

void job_init(struct job *j, const struct job_limits *limits, uint64_t now);
void job_fini(struct job *j);

/* wall: milliseconds since 1970, for "not before" times. */
void job_take_head(struct job *j, const struct reply_head *head);
void job_take_bytes(struct job *j, struct str bytes, uint64_t now, uint64_t wall);
void job_take_end(struct job *j, enum reply_end end, uint64_t now, uint64_t wall);

/* Time passed: ends it if one of its clocks has run down. */
void     job_take_time(struct job *j, uint64_t now, uint64_t wall);
uint64_t job_next_time(const struct job *j); /* when to call job_take_time next */

/* The reader is slow (true) or has caught up (false). */
void job_hold(struct job *j, bool held, uint64_t now);

/* The next piece; false: none waits.  Views are valid until the next call. */
bool job_take_piece(struct job *j, struct llm_chunk *piece);
bool job_has_piece(const struct job *j);
bool job_is_over(const struct job *j);    /* ended, and every piece taken */
bool job_has_spoken(const struct job *j); /* a word or a thought came in its stream */

/* The end of a JOB_DONE that is over; points into j. */
void job_say(const struct job *j, struct llm_answer_reply *say);

#endif
