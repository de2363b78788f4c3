/* The runner: the only loop over steps, the only free. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "job.h"
#include "rounds.h"
#include "spool.h"
#include "sweep.h"

#define AWAY_RETRY_MS 2000 /* about what a database takes to start */

/* A few windows' worth at most. */
static TAILQ_HEAD(, job) jobs = TAILQ_HEAD_INITIALIZER(jobs);
static unsigned open_jobs;

static const struct {
    const char *name;
    enum step (*run)(struct job *j);
} steps[] = {
#define STEP(NAME, name) [STEP_##NAME] = {#name, name},
#include "steps.def"
};

unsigned jobs_open(void)
{
    return open_jobs;
}

static void job_free(struct job *j)
{
    for (unsigned i = 0; i < JOB_PLACES; i++)
        grid_fini(&j->got[i].grid);
    grid_fini(&j->look);
    buf_fini(&j->kept);
    spool_free(&j->spool);
    sweep_free(&j->sweep);
    grid_fini(&j->entered.redis);
    if (j->rounds)
        rounds_end(j->rounds, j->bucket);
    free(j->body);
    TAILQ_REMOVE(&jobs, j, in_all);
    free(j);
    open_jobs--;
}

/* What happens several times a second for every answer is no news. */
static bool is_news(const struct job *j)
{
    return j->err || (j->number != MSG_TURN_RENEW_REQUEST && j->number != MSG_TURN_APPEND_REQUEST &&
                      j->number != MSG_TURN_FOLLOW_REQUEST);
}

static void tell(struct job *j)
{
    log_event(is_news(j) ? LOG_LEVEL_INFO : LOG_LEVEL_TRACE, j->handle, "store.done",
              "ask=%s end=%s ms=%" PRIu64 " trace=%s", msg_name(j->number), err_code(j->err),
              clock_ms() - j->since_ms, j->trace);
    if (is_news(j))
        span_end(&j->span, j->err ? err_code(j->err) : NULL, NULL, 0);
    metric_observe_for(METRIC_STORE_TIME, msg_name(j->number), j->err ? "error" : "ok",
                       (double)(clock_us() - j->since_us) / 1e6);
}

static void run(struct job *j)
{
    j->running = true;
    while (j->step != STEP_PARKED && j->step != STEP_DONE) {
        log_trace(j->handle, "store.step", "step=%s", steps[j->step].name);
        enum step next = steps[j->step].run(j);
        if (next == STEP_PARKED)
            break; /* job_park has set the step that takes the answers */
        j->step = next;
    }
    j->running = false;
    if (j->step != STEP_DONE)
        return;
    if (j->waiting) /* it ended before everything it had asked was answered */
        return;
    if (j->number)
        tell(j);
    job_free(j);
}

void job_cancel(uint64_t handle)
{
    struct job *j;

    TAILQ_FOREACH (j, &jobs, in_all)
        if (j->number && j->handle == handle)
            j->cancelled = true;
}

void job_answer(struct job *j, unsigned place, enum err err, struct grid *grid)
{
    must(j->waiting > 0 && !j->running && place < JOB_PLACES);
    j->waiting--;
    j->got[place].err = err;
    grid_fini(&j->got[place].grid);
    if (grid) {
        j->got[place].grid = *grid;
        *grid = (struct grid){0};
    }
    if (!j->waiting)
        run(j);
}

/* ---- starting ---- */

static bool decode(struct job *j, struct str body)
{
    switch (j->number) {
#define WALK(MESSAGE, name, member, FIRST)                                                         \
    case MSG_##MESSAGE:                                                                            \
        j->step = STEP_##FIRST;                                                                    \
        return name##_decode(&j->ask.member, body) == ERR_OK;
#include "walks.def"
    default:
        return false;
    }
}

struct job *job_make(const struct world *world, const struct config *config, enum step first)
{
    struct job *j = mem_new(sizeof *j);

    TAILQ_INSERT_TAIL(&jobs, j, in_all);
    open_jobs++;
    j->world = world;
    j->config = config;
    j->step = first;
    j->since_ms = clock_ms();
    j->since_us = clock_us();
    return j;
}

void job_run(struct job *j)
{
    run(j);
}

static void begin_span(struct job *j, struct str trace)
{
    struct trace above;

    trace_read(&above, trace);
    trace_write(&above, j->trace);
    span_begin(&j->span, msg_name(j->number), SPAN_SERVER, &above);
}

void job_start(const struct world *world, const struct config *config, uint64_t handle,
               struct str body, uint64_t ttl_ms, struct str trace)
{
    struct job *j = job_make(world, config, STEP_DONE);

    j->handle = handle;
    j->ttl_ms = ttl_ms;
    j->number = msg_number(body);
    begin_span(j, trace);
    j->body = str_dup(body);
    if (!decode(j, (struct str){j->body, body.len}))
        j->step = job_fail(j, ERR_BAD_REQUEST);
    run(j);
}

/* ---- for steps ---- */

static bool read_id(struct uuid *id, struct str text)
{
    *id = (struct uuid){{0}};
    return text.len == 0 || uuid_parse(id, text);
}

bool job_ids(struct job *j, struct str session, struct str chat, struct str turn)
{
    return session.len && read_id(&j->session, session) && read_id(&j->chat, chat) &&
           read_id(&j->turn, turn);
}

struct args *job_args(struct job *j)
{
    j->args.count = j->args.keys = 0;
    return &j->args;
}

enum err job_ask_redis(struct job *j, unsigned place, enum script script)
{
    enum err err = j->world->ask_redis(j->world->ctx, script, &j->args, j, place);
    if (!err)
        j->waiting++;
    return err;
}

enum err job_ask_pg_items(struct job *j, unsigned place, const struct pg_item *items,
                          unsigned count)
{
    enum err err = j->world->ask_pg(j->world->ctx, items, count, j, place);
    if (!err)
        j->waiting++;
    return err;
}

enum err job_ask_pg(struct job *j, unsigned place, enum statement statement)
{
    struct pg_item item = {statement, &j->args};
    return job_ask_pg_items(j, place, &item, 1);
}

void job_commit(struct job *j, uint64_t patience_ms)
{
    j->waiting++;
    j->world->commit(j->world->ctx, &j->args, patience_ms, j, 0);
}

enum step job_park(struct job *j, enum step next)
{
    must(j->waiting > 0);
    j->step = next;
    return STEP_PARKED;
}

enum step job_fail_later(struct job *j, enum err err, uint64_t retry_after_ms)
{
    j->err = err;
    j->world->fail(j->world->ctx, j->handle, err, retry_after_ms);
    return STEP_DONE;
}

enum step job_fail(struct job *j, enum err err)
{
    return job_fail_later(j, err, err == ERR_STORE_DOWN ? AWAY_RETRY_MS : 0);
}

enum step job_say(struct job *j, struct buf *body)
{
    j->world->say(j->world->ctx, j->handle, buf_view(body));
    buf_fini(body);
    return STEP_DONE;
}

enum step job_say_done(struct job *j)
{
    struct done_reply done = {0};
    struct buf        body = {0};

    done_reply_encode(&done, &body);
    return job_say(j, &body);
}

enum err job_trouble(enum err err)
{
    return err == ERR_BAD_REQUEST || err == ERR_INTERNAL ? err : ERR_STORE_DOWN;
}

void job_note(struct job *j, const char *action, struct str address_hash, struct str details)
{
    struct args    a = {0};
    struct pg_item item = {STATEMENT_AUDIT, &a};

    args_id(&a, &j->session);
    args_text(&a, action);
    args_bytes(&a, address_hash);
    args_bytes(&a, details);
    if (j->world->ask_pg(j->world->ctx, &item, 1, NULL, 0))
        log_warn(j->handle, "store.unnoted", "action=%s", action);
}
