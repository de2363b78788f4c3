/* job - runs one request from step to step.
 *
 * A step does a little and returns the next one; or it sends a request to Redis or Postgres, names
 * the step that awaits the answer, and waits.  All that must survive a wait is a field of the flow,
 * a struct that begins with its job.  Every request of a job is answered: by the database, or by
 * its connection going down; so jobs need no timers, and a request that its gateway has given up
 * still ends cleanly.
 *
 * A job knows no flow.  What there is of flows and steps, it is told by the world, which is all
 * that a job sees of the outside. */
#ifndef STORE_JOB_H
#define STORE_JOB_H
#include <sys/queue.h>

#include "base/err.h"
#include "base/span.h"
#include "redis/scripts.h"
#include "settings.h"
#include "sql/statements.h"
#include "steps.h"

struct job;

/* What a message starts: a flow is a struct of that size, whose first member is its job. */
struct flow {
    uint64_t  message; /* 0: it is not started by a message */
    size_t    size;
    enum step first;
    bool (*decode)(struct job *j, struct str body); /* false: it is malformed */
    void (*fini)(struct job *j);                    /* NULL: it owns nothing */
};

struct step_entry {
    const char *name;
    enum step (*run)(struct job *j);
};

/* The answer to a request arrives by job_answer at this slot, later.  ERR_DOWN: that database is
 * unavailable, nothing was sent.  job NULL: nobody waits for the answer. */
struct world {
    void *ctx;
    enum err (*request_redis)(void *ctx, struct lua_call call, struct job *job, unsigned slot);
    /* Several calls are one transaction; the answer is that of the first. */
    enum err (*request_sql)(void *ctx, const struct sql_call *calls, unsigned count,
                            struct job *job, unsigned slot);
    /* In the next batch; the args stay borrowed until the answer.  ERR_DOWN: Postgres did not come
     * back within deadline_ms. */
    void (*commit)(void *ctx, struct sql_call call, uint64_t deadline_ms, struct job *job,
                   unsigned slot);
    uint64_t (*pg_unavailable_ms)(void *ctx); /* for how long already, 0: it is available */
    uint64_t (*wall_ms)(void *ctx);
    void (*reply)(void *ctx, uint64_t handle, struct str body);
    void (*fail)(void *ctx, uint64_t handle, enum err err, uint64_t retry_after_ms);
    void (*spooled)(void *ctx, unsigned bucket, uint64_t length); /* so many turns wait there now */

    const struct flow *const *flows; /* ends with NULL */
    const struct step_entry  *steps; /* by enum step */
    struct uuid               store; /* the id of this process */
    TAILQ_HEAD(, job) jobs;
    unsigned jobs_open;
};

void job_world_init(struct world *w); /* the list of jobs; everything else is the caller's */

struct job_answer {
    enum err          err; /* ERR_DOWN: the connection went down, whether it was done is unknown */
    struct result_set set;
};

#define JOB_SLOTS 3

struct job {
    TAILQ_ENTRY(job) in_all;
    const struct flow   *flow;
    struct world        *world;  /* borrowed */
    const struct config *config; /* borrowed */
    uint64_t             handle; /* of the request */
    struct span          span;
    char                 trace[TRACEPARENT_LEN + 1]; /* as it came */
    uint64_t             ttl_ms, since_ms, since_us;
    char                *body; /* owned: the message that the flow's request points into */
    struct uuid          session, conversation, turn; /* of the request; empty if not given */

    enum step         step;
    unsigned          waiting;   /* answers to come */
    bool              running;   /* a step is */
    bool              cancelled; /* its gateway has given it up */
    struct job_answer answer[JOB_SLOTS];
    struct args       args; /* of the request being sent */

    enum err err; /* how it ended, for the log */
    void (*on_end)(void *ctx);
    void *on_end_ctx;
};

/* Takes a copy of the request; runs it until it waits or ends.  What is not one of ours fails. */
void job_start(struct world *world, const struct config *config, uint64_t handle, struct str body,
               uint64_t ttl_ms, struct str trace);

/* A job without a request, which nobody is told the end of; on_end may be set until job_run. */
struct job *job_new(struct world *world, const struct config *config, const struct flow *flow);
void        job_run(struct job *j);

/* The answer to the request of this slot; the result set is taken and emptied. */
void job_answer(struct job *j, unsigned slot, enum err err, struct result_set *set);

/* Nobody waits for the reply any more.  What was sent to the databases is not undone by this: the
 * flow continues, and takes back itself what it would have promised. */
void job_cancel(struct world *world, uint64_t handle);

/* ---- for steps ---- */

/* Reads the ids of the request into the job.  False: the session is missing or one is not a UUID;
 * an empty conversation or turn stays empty. */
MUST_CHECK bool job_read_ids(struct job *j, struct str session, struct str conversation,
                             struct str turn);

/* The call encodes into job.args, or into args of its own. */
MUST_CHECK enum err job_request_redis(struct job *j, unsigned slot, struct lua_call call);
MUST_CHECK enum err job_request_sql(struct job *j, unsigned slot, struct sql_call call);
MUST_CHECK enum err job_request_transaction(struct job *j, unsigned slot,
                                            const struct sql_call *calls, unsigned count);
void job_commit(struct job *j, struct sql_call call, uint64_t deadline_ms); /* slot 0 */

/* Nobody waits for the answer.  ERR_DOWN: it was not sent. */
MUST_CHECK enum err job_send_redis(struct job *j, struct lua_call call);
MUST_CHECK enum err job_send_sql(struct job *j, struct sql_call call);

enum step job_await(struct job *j, enum step next); /* next takes the answers */
enum step job_fail(struct job *j, enum err err);
enum step job_fail_later(struct job *j, enum err err, uint64_t retry_after_ms);
enum step job_reply(struct job *j, struct buf *body); /* frees it */
enum step job_reply_done(struct job *j);

/* What a user sees of a database that failed. */
enum err job_public_error(enum err err);

/* Adds a line to the audit log; nobody waits for it. */
void job_audit(struct job *j, const char *action, struct str address_hash, struct str details);

#endif
