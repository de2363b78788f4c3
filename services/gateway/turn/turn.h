/* chat - one turn: a person's message on its way to an answer that is kept.
 *
 * A chat is a job that walks the steps of chat.def.  It asks services through
 * its ports, and is woken by chat_hear, chat_tick and chat_stop; whatever it
 * has to say it tells its audience.  It frees itself after its last step, and
 * calls ports->on_end just before; so after any call here a chat may be gone. */
#ifndef GATEWAY_CHAT_H
#define GATEWAY_CHAT_H
#include "base/span.h"
#include "base/uuid.h"
#include "bus/gateway/bus.h"
#include "session/session.h"
#include "turn/subscribers.h"
#include "wire/frame.h"
#include "wire/messages.h"

#define CHAT_TICK_MS 100

enum chat_step {
#define STEP(NAME, fn) CHAT_##NAME,
#include "turn/turn.def"
    CHAT_PARKED,
    CHAT_DONE
};

/* What a chat may be waiting for; each at most once at a time. */
enum chat_question {
    CHAT_Q_LIMIT,
    CHAT_Q_FILTER,
    CHAT_Q_BEGIN,
    CHAT_Q_ANSWER,
    CHAT_Q_REVIEW,
    CHAT_Q_RENEW, /* with more of the answer for followers, if there is more */
    CHAT_Q_FOLLOW,
    CHAT_Q_END, /* commit or abort */
    CHAT_QUESTIONS
};

/* A question and, when it has come, its answer. */
struct chat_slot {
    struct chat       *chat;
    enum chat_question what;
    bool               is_open; /* asked, and no end has come */
    uint64_t           id;      /* of the bus */
    enum err           err;
    bool               is_retryable;
    uint64_t           retry_after_ms;
    char               detail[513];
    struct buf         body; /* of the FINAL */
    struct span        span;
};

/* The world outside of a chat. */
struct chat_ports {
    void *ctx;
    /* Takes the question or says why not; the answers come later by chat_hear. */
    enum err (*ask)(void *ctx, struct chat_slot *slot, enum service to, struct str body,
                    uint64_t ttl_ms, struct str trace);
    void (*drop)(void *ctx, struct chat_slot *slot);
    enum err (*would_take)(void *ctx, enum service to, uint64_t ttl_ms); /* ask, without asking */
    void (*taken)(void *ctx, struct chat_slot *slot, uint64_t bytes); /* of a chunk of its answer */
    unsigned (*place)(void *ctx, struct chat_slot *slot);             /* in line; 0: in work */
    uint64_t (*rest_ms)(void *ctx, struct chat_slot *slot);           /* before it is asked again */
    /* The limits of this process, for when the store cannot count; 0: it may. */
    uint64_t (*limit_address)(void *ctx, const char *address_hash);
    uint64_t (*limit_session)(void *ctx, const struct uuid *session);
    uint64_t (*now_ms)(void *ctx);
    void (*on_end)(void *ctx, struct chat *c);
};

/* What a person sent; copied. */
struct chat_order {
    struct uuid  session, turn_id;
    struct uuid  conversation; /* empty: the current one */
    bool         is_fresh;     /* in a new chat */
    bool         is_branch;    /* in a new one that shares its first turns with conversation */
    uint64_t     after_seq;    /* of a branch: so many */
    struct str   text, model;  /* model empty: the person's choice */
    bool         is_follower;  /* only listens to a turn that runs elsewhere; without a text */
    const char  *address_hash;
    uint64_t     window;   /* earlier messages, at most */
    uint64_t     total_ms; /* for the answer, also of one that is followed */
    struct trace trace;    /* where the request stands in somebody's trace, may be empty */
};

enum chat_status {
    CHAT_OPEN,
    CHAT_COMMITTED,
    CHAT_SPOOLED,
    CHAT_UNSAVED,
    CHAT_STOPPED,
};

struct chat {
    const struct chat_ports *ports;
    struct chat             *next_in_table; /* of turns.h */
    enum chat_step           step;
    struct chat_slot         slots[CHAT_QUESTIONS];
    struct audience          audience;
    struct span              span;

    struct uuid session, turn_id, conversation;
    struct uuid wanted_chat; /* as ordered; conversation is where the turn is */
    bool        is_fresh, is_branch;
    uint64_t    after_seq;
    char       *text, *wanted_model; /* owned */
    char        address_hash[PSEUDONYM_SIZE];
    uint64_t    window, total_ms;
    uint64_t    log_id, since_ms, asked_at;

    bool     is_granted;   /* the lease is ours until commit or abort */
    bool     is_following; /* another gateway walks this turn: we repeat what it says */
    bool     may_begin;    /* the person sent it here, so if it ended badly there, it begins anew */
    bool     is_stopping, is_lost, is_unfit, is_full, has_started;
    bool     is_cost_known, is_cost_implausible; /* its end named a cost; with odd figures */
    bool     is_free;                            /* the model that speaks costs nothing */
    bool     has_budget;
    uint64_t epoch, seq, verdict;
    uint64_t rest_ms; /* until the model is asked again, at the last look; 0: it does not rest */
    unsigned ticks, place, pieces;
    unsigned renewed;             /* tick of the last renewal */
    unsigned follow_at;           /* tick of the next question about a turn elsewhere */
    uint64_t followed_ms;         /* when that was answered last */
    uint64_t follow_epoch;        /* of the owner whose words were repeated; 0: none yet */
    size_t   held;                /* bytes of the answer that a store holds for followers */
    bool     is_not_buffered;     /* Redis is away: it can hold none */
    bool     is_question_missing; /* Redis was emptied: it wants to know the question again */
    size_t   reviewed;            /* bytes of the answer the filter was shown last */

    struct buf answer;
    char       model[LIMIT_MODEL + 1], finish_reason[LIMIT_FINISH_REASON + 1],
        generation_id[LIMIT_GENERATION + 1], reason[LIMIT_REASON + 1];
    uint64_t         prompt_tokens, completion_tokens;
    double           cost, budget_left; /* US dollars; the latter as the store last said */
    enum chat_status status;

    enum err err; /* ERR_OK: so far, so good */
    bool     is_retryable;
    uint64_t retry_after_ms;
    char     detail[513];
};

struct chat *chat_new(const struct chat_ports *ports, const struct chat_order *o);
void         chat_join(struct chat *c, struct listener *l); /* tells it what it missed */
void         chat_begin(struct chat *c);                    /* takes the first step */

void chat_hear(struct chat_slot *slot, const struct bus_reply *a);
void chat_tick(struct chat *c); /* every CHAT_TICK_MS */
void chat_stop(struct chat *c); /* the person has had enough */
void chat_cut(struct chat **c); /* the process ends: no more steps, no abort */

/* What this listener has not heard of the answer, from a whole character on; counts as heard.
 * Empty: nothing, also while a follower has not caught up with where the listener was before. */
struct str chat_news(const struct chat *c, struct listener *l);

const char *chat_status_name(const struct chat *c); /* "committed" */

void chat_count(void); /* every outcome of turns is told, those that never came as 0 */

#endif
