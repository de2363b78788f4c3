/* The only loop over steps, the only free of a job. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "job.h"
#include "wire/messages.h"

#define UNAVAILABLE_RETRY_MS 2000 /* about what a database takes to start */

void job_world_init(struct world *w)
{
    TAILQ_INIT(&w->jobs);
}

static void job_free(struct job **job)
{
    struct job *j = *job;

    if (j->flow && j->flow->fini)
        j->flow->fini(j);
    for (unsigned i = 0; i < JOB_SLOTS; i++)
        result_set_fini(&j->answer[i].set);
    if (j->on_end)
        j->on_end(j->on_end_ctx);
    free(j->body);
    TAILQ_REMOVE(&j->world->jobs, j, in_all);
    j->world->jobs_open--;
    free(j);
    *job = NULL;
}

static uint64_t message_of(const struct job *j)
{
    return j->flow ? j->flow->message : 0;
}

/* What happens several times a second for every answer is not logged. */
static bool is_news(const struct job *j)
{
    uint64_t message = message_of(j);

    return j->err || (message != MSG_TURN_RENEW_REQUEST && message != MSG_TURN_APPEND_REQUEST &&
                      message != MSG_TURN_FOLLOW_REQUEST);
}

static void report(struct job *j, uint64_t message)
{
    log_event(is_news(j) ? LOG_LEVEL_INFO : LOG_LEVEL_TRACE, j->handle, "store.done",
              "request=%s end=%s ms=%" PRIu64 " trace=%s", msg_name(message), err_code(j->err),
              clock_ms() - j->since_ms, j->trace);
    if (is_news(j))
        span_end(&j->span, j->err ? err_code(j->err) : NULL, NULL, 0);
    metric_observe_for(METRIC_STORE_TIME, msg_name(message), j->err ? "error" : "ok",
                       (double)(clock_us() - j->since_us) / 1e6);
}

static void run(struct job *j)
{
    j->running = true;
    while (j->step != STEP_WAIT && j->step != STEP_END) {
        const struct step_entry *step = &j->world->steps[j->step];
        log_trace(j->handle, "store.step", "step=%s", step->name);
        enum step next = step->run(j);
        if (next == STEP_WAIT)
            break; /* job_await has set the step that takes the answers */
        j->step = next;
    }
    j->running = false;
    if (j->step != STEP_END || j->waiting) /* it may end before everything was answered */
        return;
    if (message_of(j))
        report(j, message_of(j));
    job_free(&j);
}

void job_run(struct job *j)
{
    run(j);
}

void job_cancel(struct world *world, uint64_t handle)
{
    struct job *j;

    TAILQ_FOREACH (j, &world->jobs, in_all)
        if (message_of(j) && j->handle == handle)
            j->cancelled = true;
}

void job_answer(struct job *j, unsigned slot, enum err err, struct result_set *set)
{
    must(j->waiting > 0 && !j->running && slot < JOB_SLOTS);
    j->waiting--;
    j->answer[slot].err = err;
    result_set_fini(&j->answer[slot].set);
    if (set)
        result_set_move(&j->answer[slot].set, set);
    if (!j->waiting)
        run(j);
}

/* ---- starting ---- */

static struct job *job_make(struct world *world, const struct config *config, size_t size)
{
    struct job *j = mem_new(size);

    TAILQ_INSERT_TAIL(&world->jobs, j, in_all);
    world->jobs_open++;
    j->world = world;
    j->config = config;
    j->since_ms = clock_ms();
    j->since_us = clock_us();
    return j;
}

struct job *job_new(struct world *world, const struct config *config, const struct flow *flow)
{
    struct job *j = job_make(world, config, flow->size);

    j->flow = flow;
    j->step = flow->first;
    return j;
}

static const struct flow *find_flow(const struct world *world, uint64_t message)
{
    for (const struct flow *const *f = world->flows; *f; f++)
        if ((*f)->message == message)
            return *f;
    return NULL;
}

static void begin_span(struct job *j, uint64_t message, struct str trace)
{
    struct trace above;

    trace_read(&above, trace);
    trace_write(&above, j->trace);
    span_begin(&j->span, msg_name(message), SPAN_SERVER, &above);
}

void job_start(struct world *world, const struct config *config, uint64_t handle, struct str body,
               uint64_t ttl_ms, struct str trace)
{
    const struct flow *flow = find_flow(world, msg_number(body));

    if (!flow) {
        log_info(handle, "store.unknown_request", "message=%" PRIu64, msg_number(body));
        world->fail(world->ctx, handle, ERR_BAD_REQUEST, 0);
        return;
    }
    struct job *j = job_new(world, config, flow);
    j->handle = handle;
    j->ttl_ms = ttl_ms;
    begin_span(j, flow->message, trace);
    j->body = str_dup(body);
    if (!flow->decode(j, (struct str){j->body, body.len}))
        j->step = job_fail(j, ERR_BAD_REQUEST);
    run(j);
}

/* ---- for steps ---- */

static bool read_id(struct uuid *id, struct str text)
{
    *id = (struct uuid){{0}};
    return text.len == 0 || uuid_parse(id, text);
}

bool job_read_ids(struct job *j, struct str session, struct str conversation, struct str turn)
{
    return session.len && read_id(&j->session, session) &&
           read_id(&j->conversation, conversation) && read_id(&j->turn, turn);
}

enum err job_request_redis(struct job *j, unsigned slot, struct lua_call call)
{
    enum err err = j->world->request_redis(j->world->ctx, call, j, slot);
    if (!err)
        j->waiting++;
    return err;
}

enum err job_request_transaction(struct job *j, unsigned slot, const struct sql_call *calls,
                                 unsigned count)
{
    enum err err = j->world->request_sql(j->world->ctx, calls, count, j, slot);
    if (!err)
        j->waiting++;
    return err;
}

enum err job_request_sql(struct job *j, unsigned slot, struct sql_call call)
{
    return job_request_transaction(j, slot, &call, 1);
}

void job_commit(struct job *j, struct sql_call call, uint64_t deadline_ms)
{
    j->waiting++;
    j->world->commit(j->world->ctx, call, deadline_ms, j, 0);
}

enum err job_send_redis(struct job *j, struct lua_call call)
{
    return j->world->request_redis(j->world->ctx, call, NULL, 0);
}

enum err job_send_sql(struct job *j, struct sql_call call)
{
    return j->world->request_sql(j->world->ctx, &call, 1, NULL, 0);
}

enum step job_await(struct job *j, enum step next)
{
    must(j->waiting > 0);
    j->step = next;
    return STEP_WAIT;
}

enum step job_fail_later(struct job *j, enum err err, uint64_t retry_after_ms)
{
    j->err = err;
    j->world->fail(j->world->ctx, j->handle, err, retry_after_ms);
    return STEP_END;
}

enum step job_fail(struct job *j, enum err err)
{
    return job_fail_later(j, err, err == ERR_STORE_DOWN ? UNAVAILABLE_RETRY_MS : 0);
}

enum step job_reply(struct job *j, struct buf *body)
{
    j->world->reply(j->world->ctx, j->handle, buf_view(body));
    buf_fini(body);
    return STEP_END;
}

enum step job_reply_done(struct job *j)
{
    struct done_reply done = {0};
    struct buf        body = {0};

    done_reply_encode(&done, &body);
    return job_reply(j, &body);
}

enum err job_public_error(enum err err)
{
    return err == ERR_BAD_REQUEST || err == ERR_INTERNAL ? err : ERR_STORE_DOWN;
}

void job_audit(struct job *j, const char *action, struct str address_hash, struct str details)
{
    struct args                args;
    const struct sql_audit_add line = {.session = param_uuid(&j->session),
                                       .action = param_text(str_of(action)),
                                       .address_hash = param_text(address_hash),
                                       .details = param_text(details)};

    if (job_send_sql(j, sql_audit_add(&args, &line)))
        log_warn(j->handle, "store.audit_write_failed", "action=%s", action);
}
