/* Four outcomes. */
#include <stdlib.h>

#include "begin_reply.h"
#include "budget.h"
#include "commit_call.h"
#include "wire/limits.h"

static enum step reply(struct begin *b, struct turn_begin_reply *r)
{
    struct buf body = {0};

    turn_begin_reply_encode(r, &body);
    free(r);
    return job_reply(&b->job, &body);
}

enum step begin_reply_follow(struct begin *b, struct str conversation, uint64_t remaining)
{
    struct turn_begin_reply *r = mem_new(sizeof *r);

    r->outcome = BEGIN_FOLLOW;
    r->conversation = str_cut(conversation, UUID_LEN);
    r->remaining = remaining;
    return reply(b, r);
}

enum step begin_reply_replay(struct begin *b)
{
    struct turn_begin_reply       *r = mem_new(sizeof *r);
    const struct sql_snapshot_row *row = &b->snapshot.row;

    r->outcome = BEGIN_REPLAY;
    r->conversation = uuid_str(&row->turn_conversation);
    r->seq = row->turn_seq;
    r->text = str_cut(row->answer, LIMIT_ANSWER);
    r->model = str_cut(row->turn_model, LIMIT_MODEL);
    r->status = str_cut(row->status, LIMIT_STATUS);
    r->finish_reason = str_cut(row->finish_reason, LIMIT_FINISH_REASON);
    r->prompt_tokens = row->prompt_tokens;
    r->completion_tokens = row->completion_tokens;
    r->cost = row->cost;
    budget_fill(b->job.config, row->counted, &r->has_budget, &r->budget_left);
    return reply(b, r);
}

enum step begin_reply_replay_spooled(struct begin *b, struct str commit)
{
    struct turn_commit_request kept;

    if (turn_commit_request_decode(&kept, commit))
        return job_fail(&b->job, ERR_STORE_DOWN);
    struct turn_begin_reply *r = mem_new(sizeof *r);
    r->outcome = BEGIN_REPLAY;
    r->conversation = kept.conversation;
    r->seq = kept.seq;
    r->text = kept.answer;
    r->model = kept.model;
    r->status = commit_call_spooled_status(&kept);
    r->finish_reason = kept.finish_reason;
    r->prompt_tokens = kept.prompt_tokens;
    r->completion_tokens = kept.completion_tokens;
    r->cost = kept.cost;
    return reply(b, r);
}

/* ---- granted ---- */

uint64_t begin_reply_epoch(const struct begin *b)
{
    const struct job_answer *grant = &b->job.answer[BEGIN_SLOT_GRANT];

    return grant->err ? b->snapshot.row.epoch + 1 : lua_turn_begin_row(&grant->set, 0).epoch;
}

static void add_message(struct turn_begin_reply *r, uint64_t by_user, struct str text)
{
    if (r->context_count < COUNT_OF(r->context))
        r->context[r->context_count++] =
            (struct context_message){.by_user = by_user, .text = str_cut(text, LIMIT_ANSWER)};
}

static void add_context(struct turn_begin_reply *r, const struct result_set *context)
{
    for (unsigned i = 0; i < context->rows; i++) {
        struct sql_turn_context_row row = sql_turn_context_row(context, i);
        add_message(r, 1, row.question);
        add_message(r, 0, row.answer);
    }
}

static void add_grant(struct turn_begin_reply *r, const struct begin *b)
{
    const struct job_answer *answer = &b->job.answer[BEGIN_SLOT_GRANT];

    r->sealed_key = b->snapshot.row.sealed_key;
    r->limits_unavailable = answer->err != ERR_OK;
    if (!answer->err) {
        struct lua_turn_begin_row grant = lua_turn_begin_row(&answer->set, 0);
        r->remaining = grant.remaining;
        if (snapshot_is_outdated(&b->snapshot, grant.sealed_key, grant.key_at))
            r->sealed_key = grant.sealed_key;
    }
    r->sealed_key = str_cut(r->sealed_key, LIMIT_SEALED_KEY);
}

enum step begin_reply_granted(struct begin *b)
{
    struct turn_begin_reply      *r = mem_new(sizeof *r);
    struct sql_budget_reserve_row reserve =
        sql_budget_reserve_row(&b->job.answer[BEGIN_SLOT_RESERVE].set, 0);
    struct str model = b->request.model;

    r->outcome = BEGIN_GRANTED;
    r->conversation = uuid_str(&b->job.conversation);
    r->seq = b->snapshot.row.last_seq + 1;
    r->epoch = budget_is_set(b->job.config) ? reserve.epoch : begin_reply_epoch(b);
    budget_fill(b->job.config, reserve.counted, &r->has_budget, &r->budget_left);
    r->model = str_cut(model.len ? model : b->snapshot.row.model, LIMIT_MODEL);
    r->on_topic = b->snapshot.row.on_topic != 0;
    add_grant(r, b);
    add_context(r, &b->job.answer[BEGIN_SLOT_CONTEXT].set);
    return reply(b, r);
}
