/* turn - one turn of a conversation: a message on its way to an answer that is kept.
 *
 * A turn is a job that runs the steps of turn.def.  It sends requests to
 * services through its ports and notifies its subscribers.
 *
 * Only turn_on_reply, turn_on_tick and turn_on_wake run steps and notify
 * subscribers, and only the loop calls them.  turn_start, turn_join and
 * turn_stop ask for a wake (ports->wake) and return; so a subscriber is never
 * called from inside a call of a handler.
 *
 * A turn frees itself after its last step and calls ports->on_end just before;
 * so after any turn_on_ function the turn may be gone. */
#ifndef GATEWAY_TURN_H
#define GATEWAY_TURN_H
#include "base/span.h"
#include "base/uuid.h"
#include "bus/gateway/bus.h"
#include "session/pseudonym.h"
#include "turn/subscribers.h"
#include "wire/frame.h"
#include "wire/messages.h"

#define TURN_TICK_MS    100
#define TURN_DETAIL_MAX 512 /* bytes of a service's own words about an error */

enum turn_step {
#define STEP(NAME, fn) TURN_##NAME,
#include "turn/turn.def"
    TURN_PARKED,
    TURN_DONE
};

/* What a turn may be waiting for; each at most once at a time. */
enum turn_slot_kind {
    TURN_SLOT_LIMIT,
    TURN_SLOT_FILTER,
    TURN_SLOT_BEGIN,
    TURN_SLOT_ANSWER,
    TURN_SLOT_REVIEW,
    TURN_SLOT_RENEW, /* with more of the answer for followers, if there is more */
    TURN_SLOT_FOLLOW,
    TURN_SLOT_END, /* commit or abort */
    TURN_SLOTS
};

/* A request and, once it has come, its reply. */
struct turn_slot {
    struct turn        *turn;
    enum turn_slot_kind kind;
    bool                is_open; /* sent, and no end has come */
    uint64_t            id;      /* of the bus; 0: never sent */
    enum err            err;
    bool                is_retryable;
    uint64_t            retry_after_ms;
    char                detail[TURN_DETAIL_MAX + 1];
    struct buf          body; /* of the FINAL */
    struct span         span;
};

/* The world outside of a turn. */
struct turn_ports {
    void *ctx;
    /* Takes the request or returns why not; replies come later through turn_on_reply. */
    enum err (*send)(void *ctx, struct turn_slot *slot, enum service to, struct str body,
                     uint64_t ttl_ms, struct str trace);
    void (*cancel)(void *ctx, struct turn_slot *slot);
    enum err (*would_accept)(void *ctx, enum service to, uint64_t ttl_ms); /* what send would say */
    void (*credit)(void *ctx, struct turn_slot *slot, uint64_t bytes); /* of a chunk, when taken */
    unsigned (*queue_position)(void *ctx, struct turn_slot *slot);     /* 0: not in the queue */
    uint64_t (*retry_in_ms)(void *ctx, struct turn_slot *slot);        /* backoff that is left */
    /* The limits of this process, for when the store cannot count; 0: within the limit. */
    uint64_t (*limit_address)(void *ctx, const char *address_hash);
    uint64_t (*limit_session)(void *ctx, const struct uuid *session);
    uint64_t (*now_ms)(void *ctx);
    void (*wake)(void *ctx, struct turn *t); /* the loop is to call turn_on_wake soon */
    void (*on_end)(void *ctx, struct turn *t);
};

/* What was asked for.  A handler fills it in, and turn_new takes it. */
struct turn_params {
    struct uuid  session, turn_id;
    struct uuid  conversation;        /* empty: the current one */
    bool         is_new_conversation; /* a new one with the id in conversation, if there is one */
    bool         is_branch;           /* a new one that shares its first turns with conversation */
    uint64_t     after_seq;           /* of a branch: the last turn that is shared */
    bool         is_follower;         /* follow a turn that runs elsewhere; has no text */
    char        *text, *model;        /* owned; model empty: the one chosen in the settings */
    char         address_hash[PSEUDONYM_SIZE];
    uint64_t     history_max; /* earlier messages sent to the model */
    uint64_t     answer_ms;   /* deadline of the answer, also of one that is followed */
    struct trace trace;       /* the client's, may be empty */
};

void turn_params_fini(struct turn_params *p);

/* The right to answer this turn, from its grant to its commit or abort. */
struct turn_lease {
    bool     is_held, is_lost;
    uint64_t epoch;
    unsigned renewed_tick;        /* of the last renewal */
    size_t   buffered;            /* bytes of the answer that the store holds for followers */
    bool     is_not_buffered;     /* Redis is unavailable: it holds none */
    bool     is_question_missing; /* Redis was emptied: send the question again */
};

/* Following a turn that another gateway runs. */
struct turn_follow {
    bool     is_active; /* this turn only repeats what the store holds */
    unsigned next_tick; /* of the next request */
    uint64_t heard_ms;  /* when the last reply came */
    uint64_t epoch;     /* of the owner whose text was repeated; 0: none yet */
};

/* What the filter said. */
struct turn_review {
    uint64_t verdict; /* on the message */
    char     reason[LIMIT_REASON + 1];
    size_t   reviewed;    /* bytes of the answer sent for the last review */
    bool     is_rejected; /* a review checkpoint rejected the answer */
};

struct turn_answer {
    struct buf text;
    char       model[LIMIT_MODEL + 1];
    char       finish_reason[LIMIT_FINISH_REASON + 1], generation_id[LIMIT_GENERATION + 1];
    bool       has_started, is_full;
    unsigned   chunks;
    uint64_t   prompt_tokens, completion_tokens;
    double     cost; /* US dollars */
    bool       is_cost_known, is_cost_implausible;
    bool       is_free; /* the model costs nothing */
    unsigned   queue_position;
    uint64_t   backoff_ms; /* until the model is asked again; 0: no backoff */
};

enum turn_status {
    TURN_STATUS_OPEN,
    TURN_STATUS_COMMITTED,
    TURN_STATUS_SPOOLED,
    TURN_STATUS_UNSAVED,
    TURN_STATUS_STOPPED,
};

struct turn_outcome {
    enum turn_status status;
    enum err         err; /* ERR_OK: no failure so far */
    bool             is_retryable;
    uint64_t         retry_after_ms;
    char             detail[TURN_DETAIL_MAX + 1];
    bool             has_budget;
    double           budget_left; /* US dollars, as the store last said */
};

struct turn {
    const struct turn_ports *ports;
    struct turn             *next_in_table; /* of turns.h */
    struct deferred_call     wake;          /* of turns.h */
    enum turn_step           step;
    struct turn_slot         slots[TURN_SLOTS];
    struct subscribers       subscribers;
    struct span              span;
    uint64_t                 log_id, started_ms, asked_at;
    unsigned                 ticks;
    bool                     is_stopping; /* the client has asked to stop */

    struct turn_params params;
    struct uuid        conversation; /* in which the turn is; that of params until the store says */
    uint64_t           seq;          /* its number there */
    struct turn_lease  lease;
    struct turn_follow follow;
    struct turn_review review;
    struct turn_answer answer;
    struct turn_outcome outcome;
};

struct turn *turn_new(const struct turn_ports *ports, struct turn_params *p); /* empties p */
void         turn_start(struct turn *t);
void         turn_join(struct turn *t, struct subscriber *s);
void         turn_stop(struct turn *t); /* keeps what there is of the answer */
void         turn_cut(struct turn **t); /* the process ends: no more steps, no abort */

/* Called by the loop. */
void turn_on_wake(struct turn *t);
void turn_on_tick(struct turn *t); /* every TURN_TICK_MS */
void turn_on_reply(struct turn_slot *slot, const struct bus_reply *a);

/* The part of the answer that the subscriber does not have, from a whole character on; advances
 * the subscriber.  Empty: nothing new, also while a follower is still behind the subscriber. */
struct str turn_unsent(const struct turn *t, struct subscriber *s);

const char *turn_status_name(const struct turn *t); /* "committed" */

void turn_init_metrics(void); /* a series for each outcome, those that never came at 0 */

#endif
