/* turn_world - services that reply what a test wants, and a subscriber that records the events. */
#ifndef TESTS_UNIT_TURN_WORLD_H
#define TESTS_UNIT_TURN_WORLD_H
#include <stdlib.h>
#include <string.h>

#include "test.h"
#include "turn/turn.h"

#define TURN         "11111111-2222-4333-8444-555555555555"
#define SESSION      "99999999-2222-4333-8444-555555555555"
#define CONVERSATION "c0ffee00-0000-4000-8000-000000000001"
#define QUESTION     "Why do my brakes squeal?"

struct recorder {
    struct subscriber subscriber;
    char              log[4096]; /* "started delta(Check ) done" */
    unsigned          ends;
};

struct world {
    struct turn_ports ports;
    struct turn      *turn;     /* NULL: it has ended */
    bool              is_woken; /* the turn asked for turn_on_wake */
    struct recorder   recorder;
    uint64_t          last_id, now;
    unsigned          open;             /* requests neither answered nor cancelled */
    unsigned          sent[TURN_SLOTS]; /* how often */
    unsigned          commits, aborts, dropped[TURN_SLOTS];
    enum err          refuse[SERVICE_COUNT]; /* what the bus says to the next request */
    enum err          would_accept;
    uint64_t          own_limit;
    unsigned          queue_position;
    uint64_t          backoff_ms, credit;
    struct buf        last[TURN_SLOTS]; /* the last request of each kind */
    enum err          err;              /* how it ended */
    enum turn_status  status;
    uint64_t          retry_after_ms;
    char              detail[64], finish_reason[33];
    size_t            answer_len;
};

/* Records what its subscriber, a struct recorder, is told. */
void world_on_event(struct subscriber *s, const struct turn *t, enum turn_event e);

void world_open(struct world *w);
/* In all of these the loop then makes the calls that the turn asked for. */
void world_starts(struct world *w);  /* a client sends QUESTION */
void world_follows(struct world *w); /* a client only subscribes to the turn's events */
void world_joins(struct world *w, struct subscriber *s);
void world_stops(struct world *w);

/* Every turn must end, say so once, and leave nothing open; a grant must be ended once. */
void world_close(struct world *w);

bool is_open(const struct world *w, enum turn_slot_kind q);
void world_passes(struct world *w, unsigned ms); /* with the ticks that come meanwhile */

/* A reply to q; the body lies in a block of exactly its size, so that reading past it is seen. */
void world_answers(struct world *w, enum turn_slot_kind q, struct bus_reply a);
void world_errs(struct world *w, enum turn_slot_kind q, enum err err);

#define REPLIES(w, q, type, ...)                                                                   \
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

void limit_replies(struct world *w);
void filter_replies(struct world *w, uint64_t verdict);
void begin_grants(struct world *w);
void worker_sends(struct world *w, const char *text);
void worker_ends(struct world *w);
void review_replies(struct world *w, uint64_t fit);
void commit_replies(struct world *w, uint64_t outcome);
void abort_is_done(struct world *w);
void follow_replies(struct world *w, enum follow_outcome outcome, const char *text);

/* The happy path up to the moment when q waits for its reply. */
void world_runs_to(struct world *w, enum turn_slot_kind q);

/* Lets a running turn end, well or badly, by answering all its requests. */
void world_finishes(struct world *w);

#endif
