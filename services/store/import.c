/* import_request: a chat that was exported comes back, part by part, as a new one.
 *
 *   enter ──► Postgres: the chat, then its turns, in one transaction
 *
 * 1. Nothing of it is believed but what was said: whose it is and the ids are ours, and it costs
 * nothing.
 * 2. The ids of its turns are derived from its own and their place, so that a part that is sent
 *    twice is kept once. */
#include <stdlib.h>

#include "enter.h"

enum step import_enter(struct job *j)
{
    return enter(j, j->ask.imported.session, false, STEP_IMPORT_REQUEST);
}

static struct uuid turn_at(const struct job *j, uint64_t place)
{
    char name[80];

    str_format(name, sizeof name, "%s %llu", j->chat.text, (unsigned long long)place);
    return uuid_derive("import", str_of(name));
}

static void open_args(struct args *a, const struct job *j)
{
    const struct import_request *ask = &j->ask.imported;

    args_id(a, &j->session);
    args_id(a, &j->chat);
    args_bytes(a, ask->title);
    args_u64(a, ask->created_at);
    args_u64(a, ask->position);
}

static enum statement turn_args(struct args *a, const struct job *j, const struct imported_turn *b,
                                const struct uuid *turn, uint64_t seq)
{
    bool is_lost = str_is(b->status, "interrupted");

    args_id(a, &j->session);
    args_id(a, &j->chat);
    args_id(a, turn);
    args_u64(a, seq);
    args_bytes(a, b->question);
    args_bytes(a, b->answer);
    if (!is_lost)
        args_bytes(a, b->status);
    args_bytes(a, b->model);
    if (!is_lost) {
        args_bytes(a, b->finish_reason);
        args_u64(a, b->prompt_tokens);
        args_u64(a, b->completion_tokens);
    }
    args_u64(a, b->asked_at);
    args_u64(a, b->answered_at);
    if (!is_lost)
        args_u64(a, b->feedback);
    return is_lost ? STATEMENT_IMPORT_LOST : STATEMENT_IMPORT_TURN;
}

static bool is_sane(const struct import_request *ask)
{
    for (uint64_t i = 0; i < ask->turns_count; i++) {
        struct str status = ask->turns[i].status;
        if (!str_is(status, "committed") && !str_is(status, "stopped") &&
            !str_is(status, "interrupted"))
            return false;
    }
    return ask->position <= INT32_MAX && ask->after_seq <= ask->position &&
           ask->created_at <= INT64_MAX / 2;
}

enum step import_request(struct job *j)
{
    const struct import_request *ask = &j->ask.imported;
    struct pg_item               items[1 + LIMIT_IMPORT_TURNS];
    struct args                 *args;
    uint64_t                     seq = ask->after_seq;

    if (!job_ids(j, ask->session, ask->conversation, STR("")) || !j->chat.text[0] || !is_sane(ask))
        return job_fail(j, ERR_BAD_REQUEST);
    args = mem_new((1 + ask->turns_count) * sizeof *args);
    open_args(&args[0], j);
    items[0] = (struct pg_item){STATEMENT_IMPORT_OPEN, &args[0]};
    for (uint64_t i = 0; i < ask->turns_count; i++) {
        struct uuid turn = turn_at(j, ask->position + i);
        seq += !str_is(ask->turns[i].status, "interrupted");
        items[1 + i].statement = turn_args(&args[1 + i], j, &ask->turns[i], &turn, seq);
        items[1 + i].args = &args[1 + i];
    }
    enum err err = job_ask_pg_items(j, 0, items, 1 + (unsigned)ask->turns_count);
    free(args);
    return err ? job_fail(j, job_trouble(err)) : job_park(j, STEP_IMPORT_TAKE);
}

static uint64_t last_seq(const struct import_request *ask)
{
    uint64_t seq = ask->after_seq;

    for (uint64_t i = 0; i < ask->turns_count; i++)
        seq += !str_is(ask->turns[i].status, "interrupted");
    return seq;
}

/* What the chat was before tells whether the part was its next one, or was kept already. */
enum step import_take(struct job *j)
{
    const struct import_request *ask = &j->ask.imported;
    const struct grid           *g = &j->got[0].grid;

    if (j->got[0].err)
        return job_fail(j, job_trouble(j->got[0].err));
    if (!grid_u64(g, 0, 0))
        return job_fail(j, ERR_NOT_FOUND);
    if (grid_u64(g, 0, 1) != ask->after_seq && grid_u64(g, 0, 1) != last_seq(ask))
        return job_fail(j, ERR_CONFLICT);
    return job_say_done(j);
}
