/* job - one request on its walk from step to step.
 *
 * A step does a little and returns the next one; or it asks Redis or Postgres,
 * names the step that takes the answer, and parks.  All that must survive a
 * wait is a field of the job.  A job that has asked is answered for certain:
 * by the database, or by the link to it going down; so jobs need no timers,
 * and a request that its gateway has given up still ends cleanly.
 *
 * The world is what a job sees of everything outside. */
#ifndef STORE_JOB_H
#define STORE_JOB_H
#include <sys/queue.h>

#include "args.h"
#include "base/err.h"
#include "base/span.h"
#include "base/uuid.h"
#include "grid.h"
#include "settings.h"
#include "wire/messages.h"

enum script {
#define SCRIPT(NAME, name, columns) SCRIPT_##NAME,
#include "scripts.def"
    SCRIPT_COUNT
};

enum statement {
#define STATEMENT(NAME, name, sql) STATEMENT_##NAME,
#include "statements.def"
    STATEMENT_COUNT
};

enum step {
#define STEP(NAME, name) STEP_##NAME,
#include "steps.def"
    STEP_PARKED,
    STEP_DONE
};

struct job;

struct pg_item {
    enum statement     statement;
    const struct args *args; /* borrowed */
};

/* The answer to a question comes by job_answer at this place, later.  ERR_DOWN:
 * that database is away, nothing was asked.  job NULL: nobody wants the answer. */
struct world {
    void *ctx;
    enum err (*ask_redis)(void *ctx, enum script script, const struct args *args, struct job *job,
                          unsigned place);
    /* Several items are one transaction; the answer is that of the first. */
    enum err (*ask_pg)(void *ctx, const struct pg_item *items, unsigned count, struct job *job,
                       unsigned place);
    /* STATEMENT_COMMIT in the next batch; args stay borrowed until the answer.  ERR_DOWN: Postgres
     * did not come back within patience_ms. */
    void (*commit)(void *ctx, const struct args *args, uint64_t patience_ms, struct job *job,
                   unsigned place);
    uint64_t (*pg_away_ms)(void *ctx); /* for how long already, 0: it is there */
    uint64_t (*wall_ms)(void *ctx);
    void (*say)(void *ctx, uint64_t handle, struct str body);
    void (*fail)(void *ctx, uint64_t handle, enum err err, uint64_t retry_after_ms);
};

struct job_answer {
    enum err    err; /* ERR_DOWN: the link went down, nobody knows whether it was done */
    struct grid grid;
};

#define JOB_PLACES 3

/* What enter.c finds out. */
struct entered {
    enum step   then;   /* where the walk goes on */
    bool        create; /* the session may be a new one */
    bool        pg_away;
    bool        known; /* to Postgres, and not ended */
    uint64_t    created_at, expires_at, active_at;
    uint64_t    remaining;
    struct uuid chat;    /* the current one, may be empty */
    struct uuid running; /* a turn in it, may be empty */
    struct str  model;   /* view into job.look */
    struct grid redis;
};

struct job {
    TAILQ_ENTRY(job) in_all;
    uint64_t             handle;
    uint64_t             number; /* of the message that asks */
    struct span          span;
    char                 trace[TRACEPARENT_LEN + 1]; /* as it came */
    uint64_t             ttl_ms, since_ms, since_us;
    enum step            step;
    const struct config *config; /* borrowed */
    const struct world  *world;  /* borrowed */

    char *body; /* owned: what ask's views point into */
    union {
        struct turn_begin_request          begin;
        struct turn_renew_request          renew;
        struct turn_append_request         append;
        struct turn_stop_request           stop;
        struct turn_follow_request         follow;
        struct turn_commit_request         commit;
        struct turn_abort_request          abort;
        struct session_open_request        open;
        struct session_save_request        save;
        struct session_clear_request       clear;
        struct conversation_clear_request  chat_clear;
        struct history_page_request        history;
        struct limit_take_request          limit;
        struct conversation_list_request   list;
        struct conversation_rename_request rename;
        struct conversation_delete_request chat_delete;
        struct search_request              search;
        struct feedback_request            feedback;
        struct usage_request               usage;
        struct export_request              exported;
        struct import_request              imported;
    } ask;
    struct uuid session, chat, turn; /* of the question, checked; empty if not given */
    struct uuid former;              /* open: the browser's session before it was signed in */

    struct uuid forked_from; /* begin: the chat that was named for a branch */
    bool        is_forked;   /* begin: the branch was made */

    unsigned          waiting;   /* answers to come */
    bool              running;   /* a step is */
    bool              cancelled; /* its gateway has given it up */
    struct job_answer got[JOB_PLACES];

    struct args    args; /* of the question being asked */
    struct entered entered;
    struct grid    look; /* what Postgres knows: look.h */
    unsigned       tries;
    bool       is_blind;   /* follow: Redis is away, so Postgres may not know of a turn that runs */
    bool       adopt;      /* renew: Redis lost the turn, Postgres did not */
    uint64_t   saved_at;   /* save: when */
    bool       is_dup;     /* commit: it was kept before */
    bool       is_counted; /* commit: counted is known */
    uint64_t   counted;    /* commit: against the budget, in nanodollars */
    bool       is_last;    /* commit: there is nobody else to turn to */
    struct buf kept;       /* commit: the request as it is spooled and remembered */
    struct rounds *rounds; /* borrowed: of a job that has no request but a bucket to look after */
    unsigned       bucket;
    struct spool  *spool; /* owned: drain */
    struct sweep  *sweep; /* owned: sweep */

    enum err err; /* how it ended, for the log */
};

/* Takes over the request; runs it until it parks or ends.  What is no request
 * of ours fails at once. */
void job_start(const struct world *world, const struct config *config, uint64_t handle,
               struct str body, uint64_t ttl_ms, struct str trace);

/* The answer to what was asked at this place; the grid is taken and emptied. */
void job_answer(struct job *j, unsigned place, enum err err, struct grid *grid);

/* Nobody wants the answer any more.  What the databases were asked is not undone by this: the
 * walk goes on, and what it would have promised is its own to take back. */
void job_cancel(uint64_t handle);

unsigned jobs_open(void); /* of this process */

/* A job without a request, that begins at this step and tells nobody of its end. */
struct job *job_make(const struct world *world, const struct config *config, enum step first);
void        job_run(struct job *j);

/* ---- for steps ---- */

/* Reads the ids of the question into the job.  False: the session is missing or one is no UUID;
 * an empty chat or turn stays empty. */
MUST_CHECK bool job_ids(struct job *j, struct str session, struct str chat, struct str turn);

/* Ask with j->args, which begins empty after job_args. */
struct args        *job_args(struct job *j);
MUST_CHECK enum err job_ask_redis(struct job *j, unsigned place, enum script script);
MUST_CHECK enum err job_ask_pg(struct job *j, unsigned place, enum statement statement);
MUST_CHECK enum err job_ask_pg_items(struct job *j, unsigned place, const struct pg_item *items,
                                     unsigned count); /* one transaction, the first one's answer */
void job_commit(struct job *j, uint64_t patience_ms); /* the args stay as they are until it
                                                         answers, at 0 */

enum step job_park(struct job *j, enum step next); /* next takes the answers */
enum step job_fail(struct job *j, enum err err);
enum step job_fail_later(struct job *j, enum err err, uint64_t retry_after_ms);
enum step job_say(struct job *j, struct buf *body); /* frees it */
enum step job_say_done(struct job *j);

/* What a person sees of a database that failed. */
enum err job_trouble(enum err err);

/* A line of the audit log that nobody waits for. */
void job_note(struct job *j, const char *action, struct str address_hash, struct str details);

/* The steps themselves. */
#define STEP(NAME, name) enum step name(struct job *j);
#include "steps.def"

#endif
