/* answer_state - one answer as a pure state machine, from the upstream's first byte to our last
 * chunk.
 *
 * In go events with their time: the reply's head, its bytes, its end, a tick.  Out come chunks to
 * send on and, once, how it ended.  It touches no socket, clock or bus, so every case runs in a
 * unit test.
 *
 * Three timeouts watch the model, and only its own output restarts them; comments and blanks that
 * merely keep the connection open do not.
 *   first token  until the first text, reasoning or tool call
 *   idle         between two events; stands still while our own reader is slow
 *   total        for everything
 *
 * The caller looks at phase after every call.  Once it is not ANSWER_RUNNING, the upstream is no
 * longer needed (ANSWER_DONE with ended set: its reply is whole and the connection can be reused),
 * but chunks may still wait to be taken; the end is reported after the last one. */
#ifndef LLM_WORKER_ANSWER_ANSWER_STATE_H
#define LLM_WORKER_ANSWER_ANSWER_STATE_H
#include "openrouter/completion.h"
#include "openrouter/sse.h"
#include "openrouter/upstream_failure.h"
#include "openrouter/utf8_stream.h"
#include "wire/messages.h"

struct answer_timeouts {
    uint64_t first_token_ms, idle_ms, total_ms;
};

enum answer_phase { ANSWER_RUNNING, ANSWER_DONE, ANSWER_FAILED };

struct answer_state {
    enum answer_phase       phase;
    struct upstream_failure failure; /* of ANSWER_FAILED */
    bool                    ended;   /* ANSWER_DONE: the stream marked its own end */

    struct answer_timeouts timeouts;
    uint64_t               began, last;    /* last: event of the model, or end of a pause */
    uint64_t               first_token_ms; /* since began */
    bool                   has_first_token, paused;

    struct upstream_head head;
    enum { BODY_EVENTS, BODY_JSON } body_kind;
    struct sse         sse;
    struct buf         body; /* BODY_JSON */
    unsigned           unreadable_events;
    struct utf8_stream text_utf8, reasoning_utf8;

    struct buf   text, reasoning;         /* not taken yet */
    size_t       text_len, reasoning_len; /* of all so far */
    struct buf   chunk;                   /* backs the chunk handed out last */
    bool         model_sent;
    struct usage usage;
    char         model[LIMIT_MODEL + 1], generation[LIMIT_GENERATION + 1];
    char         finish[LIMIT_FINISH_REASON + 1], native_finish[LIMIT_FINISH_REASON + 1];
};

void answer_state_init(struct answer_state *s, const struct answer_timeouts *timeouts,
                       uint64_t now);
void answer_state_fini(struct answer_state *s);

/* wall: milliseconds since 1970, to read absolute times in headers. */
void answer_state_read_head(struct answer_state *s, const struct upstream_head *head);
void answer_state_read_bytes(struct answer_state *s, struct str bytes, uint64_t now, uint64_t wall);
void answer_state_read_end(struct answer_state *s, enum upstream_end end, uint64_t now,
                           uint64_t wall);

/* Ends the answer if one of its timeouts has passed; due at answer_state_deadline. */
void     answer_state_tick(struct answer_state *s, uint64_t now, uint64_t wall);
uint64_t answer_state_deadline(const struct answer_state *s);

/* The reader is slow (true) or has caught up (false). */
void answer_state_pause(struct answer_state *s, bool paused, uint64_t now);

/* The next chunk; false: none waits.  Views are valid until the next call. */
bool answer_state_take_chunk(struct answer_state *s, struct llm_chunk *chunk);
bool answer_state_has_chunk(const struct answer_state *s);
bool answer_state_is_over(const struct answer_state *s);    /* ended, and every chunk taken */
bool answer_state_has_output(const struct answer_state *s); /* text or reasoning was streamed */

/* The end of an ANSWER_DONE that is over; points into s. */
void answer_state_reply(const struct answer_state *s, struct llm_answer_reply *reply);

#endif
