/* import_request: an exported conversation comes back, part by part, as a new one.
 *
 *   enter ──► Postgres: the conversation, then its turns, in one transaction
 *
 * 1. Only what was said is taken from it: owner and ids are assigned here, and it costs nothing.
 * 2. The ids of its turns are derived from its own id and their position, so that a part which is
 *    sent twice is imported once. */
#include <stdlib.h>

#include "session/enter.h"
#include "wire/limits.h"
#include "wire/messages.h"

struct import {
    struct enter          enter;
    struct import_request request;
};

static struct import *import_of(struct job *j)
{
    return (struct import *)j;
}

static bool decode(struct job *j, struct str body)
{
    return import_request_decode(&import_of(j)->request, body) == ERR_OK;
}

const struct flow flow_import = {.message = MSG_IMPORT_REQUEST,
                                 .size = sizeof(struct import),
                                 .first = STEP_IMPORT_ENTER,
                                 .decode = decode,
                                 .fini = enter_fini};

enum step import_enter(struct job *j)
{
    struct import *i = import_of(j);

    return enter_start(&i->enter, i->request.session, false, STEP_IMPORT_REQUEST);
}

static struct uuid turn_at(const struct job *j, uint64_t position)
{
    char name[80];

    str_format(name, sizeof name, "%s %llu", j->conversation.text, (unsigned long long)position);
    return uuid_derive("import", str_of(name));
}

static bool is_interrupted(const struct imported_turn *t)
{
    return str_is(t->status, "interrupted");
}

static struct sql_call open_call(struct args *a, const struct import *i)
{
    const struct job            *j = &i->enter.job;
    const struct sql_import_open p = {.session = param_uuid(&j->session),
                                      .conversation = param_uuid(&j->conversation),
                                      .title = param_text(i->request.title),
                                      .created_at = param_u64(i->request.created_at),
                                      .position = param_u64(i->request.position)};

    return sql_import_open(a, &p);
}

static struct sql_call interrupted_call(struct args *a, const struct job *j,
                                        const struct imported_turn *t, const struct uuid *turn,
                                        uint64_t after_seq)
{
    const struct sql_import_interrupted p = {.session = param_uuid(&j->session),
                                             .conversation = param_uuid(&j->conversation),
                                             .turn = param_uuid(turn),
                                             .after_seq = param_u64(after_seq),
                                             .question = param_text(t->question),
                                             .answer = param_text(t->answer),
                                             .model = param_text(t->model),
                                             .asked_at = param_u64(t->asked_at),
                                             .interrupted_at = param_u64(t->answered_at)};

    return sql_import_interrupted(a, &p);
}

static struct sql_call turn_call(struct args *a, const struct job *j, const struct imported_turn *t,
                                 const struct uuid *turn, uint64_t seq)
{
    const struct sql_import_turn p = {.session = param_uuid(&j->session),
                                      .conversation = param_uuid(&j->conversation),
                                      .turn = param_uuid(turn),
                                      .seq = param_u64(seq),
                                      .question = param_text(t->question),
                                      .answer = param_text(t->answer),
                                      .status = param_text(t->status),
                                      .model = param_text(t->model),
                                      .finish_reason = param_text(t->finish_reason),
                                      .prompt_tokens = param_u64(t->prompt_tokens),
                                      .completion_tokens = param_u64(t->completion_tokens),
                                      .asked_at = param_u64(t->asked_at),
                                      .answered_at = param_u64(t->answered_at),
                                      .feedback = param_u64(t->feedback)};

    return sql_import_turn(a, &p);
}

static bool is_valid(const struct import_request *request)
{
    for (uint64_t i = 0; i < request->turns_count; i++) {
        struct str status = request->turns[i].status;
        if (!str_is(status, "committed") && !str_is(status, "stopped") &&
            !is_interrupted(&request->turns[i]))
            return false;
    }
    return request->position <= INT32_MAX && request->after_seq <= request->position &&
           request->created_at <= INT64_MAX / 2;
}

enum step import_request(struct job *j)
{
    struct import               *import = import_of(j);
    const struct import_request *request = &import->request;
    struct sql_call              calls[1 + LIMIT_IMPORT_TURNS];
    uint64_t                     seq = request->after_seq;

    if (!job_read_ids(j, request->session, request->conversation, STR("")) ||
        !j->conversation.text[0] || !is_valid(request))
        return job_fail(j, ERR_BAD_REQUEST);
    struct args *args = mem_new((1 + request->turns_count) * sizeof *args);
    calls[0] = open_call(&args[0], import);
    for (uint64_t i = 0; i < request->turns_count; i++) {
        const struct imported_turn *t = &request->turns[i];
        struct uuid                 turn = turn_at(j, request->position + i);
        seq += !is_interrupted(t);
        calls[1 + i] = is_interrupted(t) ? interrupted_call(&args[1 + i], j, t, &turn, seq)
                                         : turn_call(&args[1 + i], j, t, &turn, seq);
    }
    enum err err = job_request_transaction(j, 0, calls, 1 + (unsigned)request->turns_count);
    free(args);
    return err ? job_fail(j, job_public_error(err)) : job_await(j, STEP_IMPORT_AWAIT);
}

static uint64_t last_seq(const struct import_request *request)
{
    uint64_t seq = request->after_seq;

    for (uint64_t i = 0; i < request->turns_count; i++)
        seq += !is_interrupted(&request->turns[i]);
    return seq;
}

/* What the conversation was before tells whether this part was its next one, or was imported
 * already. */
enum step import_await(struct job *j)
{
    const struct import_request *request = &import_of(j)->request;
    struct sql_import_open_row   row = sql_import_open_row(&j->answer[0].set, 0);

    if (j->answer[0].err)
        return job_fail(j, job_public_error(j->answer[0].err));
    if (!row.conversations)
        return job_fail(j, ERR_NOT_FOUND);
    if (row.last_seq != request->after_seq && row.last_seq != last_seq(request))
        return job_fail(j, ERR_CONFLICT);
    return job_reply_done(j);
}
