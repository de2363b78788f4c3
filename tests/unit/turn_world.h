/* chat_world - services that say what a test wants, and one who listens to a chat. */
#ifndef TESTS_UNIT_CHAT_WORLD_H
#define TESTS_UNIT_CHAT_WORLD_H
#include <stdlib.h>
#include <string.h>

#include "test.h"
#include "turn/turn.h"

#define TURN         "11111111-2222-4333-8444-555555555555"
#define SESSION      "99999999-2222-4333-8444-555555555555"
#define CONVERSATION "c0ffee00-0000-4000-8000-000000000001"
#define QUESTION     "Why do my brakes squeal?"

struct ear {
    struct listener listener;
    char            heard[4096]; /* "started delta(Check ) done" */
    unsigned        ends;
};

struct world {
    struct chat_ports ports;
    struct chat      *chat; /* NULL: it has ended */
    struct ear        ear;
    uint64_t          last_id, now;
    unsigned          open;                  /* questions asked, neither answered nor dropped */
    unsigned          asked[CHAT_QUESTIONS]; /* how often */
    unsigned          commits, aborts, dropped[CHAT_QUESTIONS];
    enum err          refuse[SERVICE_COUNT]; /* what the bus says to the next question */
    enum err          would_take;
    uint64_t          own_limit;
    unsigned          place;
    uint64_t          rest_ms, taken;
    struct buf        last[CHAT_QUESTIONS]; /* the last question of each kind */
    enum err          err;                  /* how it ended */
    enum chat_status  status;
    uint64_t          retry_after_ms;
    char              detail[64], finish_reason[33];
    size_t            answer_len;
};

/* Writes down what its listener, a struct ear, is told. */
void world_hears(struct listener *l, const struct chat *c, enum chat_event e);

void world_open(struct world *w);
void world_starts(struct world *w);  /* somebody sends QUESTION */
void world_follows(struct world *w); /* somebody only asks for the turn's events */

/* Every chat must end, say so once, and leave nothing open; what was granted must be ended once. */
void world_close(struct world *w);

bool is_open(const struct world *w, enum chat_question q);
void world_passes(struct world *w, unsigned ms); /* with the ticks that come meanwhile */

/* An answer to q; the body lies in a block of exactly its size, so that reading behind it is seen.
 */
void world_answers(struct world *w, enum chat_question q, struct bus_reply a);
void world_errs(struct world *w, enum chat_question q, enum err err);

#define SAYS(w, q, type, ...)                                                                      \
    do {                                                                                           \
        struct type *m_ = calloc(1, sizeof *m_);                                                   \
        struct buf   b_ = {0};                                                                     \
        *m_ = (struct type){__VA_ARGS__};                                                          \
        type##_encode(m_, &b_);                                                                    \
        free(m_);                                                                                  \
        world_answers((w), (q),                                                                    \
                      (struct bus_reply){.kind = BUS_REPLY_FINAL, .body = buf_view(&b_)});         \
        buf_fini(&b_);                                                                             \
    } while (0)

void limit_says(struct world *w);
void filter_says(struct world *w, uint64_t verdict);
void begin_grants(struct world *w);
void worker_pieces(struct world *w, const char *text);
void worker_ends(struct world *w);
void review_says(struct world *w, uint64_t fit);
void commit_says(struct world *w, uint64_t outcome);
void abort_is_done(struct world *w);
void follow_says(struct world *w, enum follow_outcome outcome, const char *text);

/* A good day up to the moment when q waits for its answer. */
void world_walks_to(struct world *w, enum chat_question q);

/* Lets a chat that is on its way end well or badly, answering whatever it asks. */
void world_finishes(struct world *w);

#endif
