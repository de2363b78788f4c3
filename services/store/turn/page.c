/* Rows in, messages out. */
#include "page.h"
#include "commit_call.h"
#include "redis/keys.h"
#include "wire/limits.h"

static uint64_t turns_of(uint64_t messages)
{
    return messages < 2 ? 1 : messages / 2;
}

/* ---- messages ---- */

struct sql_call page_call(struct args *a, const struct job *j, const struct uuid *conversation,
                          uint64_t before, uint64_t messages)
{
    const struct sql_history_page p = {.session = param_uuid(&j->session),
                                       .conversation = param_uuid(conversation),
                                       .before_seq = param_u64(before),
                                       .turns = param_u64(turns_of(messages)),
                                       .max_bytes = param_u64(PAGE_BYTES)};

    return sql_history_page(a, &p);
}

/* Interrupted turns may make a page too long: then its oldest turns wait for the next page.  What
 * is interrupted waits with the turn that it stands behind, which the next page begins before. */
static unsigned first_row(const struct result_set *set)
{
    unsigned row = set->rows > LIMIT_PAGE / 2 ? set->rows - LIMIT_PAGE / 2 : 0;

    while (row && row < set->rows && str_is(sql_history_page_row(set, row).status, "interrupted"))
        row++;
    return row;
}

static void add_turn(const struct result_set *set, unsigned i, struct message *to)
{
    struct sql_history_page_row row = sql_history_page_row(set, i);

    to[0] = (struct message){.turn_id = row.turn,
                             .seq = row.seq,
                             .by_user = 1,
                             .text = str_cut(row.question, LIMIT_ANSWER),
                             .at = row.asked_at,
                             .status = str_cut(row.status, LIMIT_STATUS)};
    to[1] = to[0];
    to[1].by_user = 0;
    to[1].text = str_cut(row.answer, LIMIT_ANSWER);
    to[1].at = row.committed_at;
    to[1].model = str_cut(row.model, LIMIT_MODEL);
    to[1].finish_reason = str_cut(row.finish_reason, LIMIT_FINISH_REASON);
    to[1].prompt_tokens = row.prompt_tokens;
    to[1].completion_tokens = row.completion_tokens;
    to[1].cost = row.cost;
    to[1].feedback = row.feedback;
}

uint64_t page_read(const struct result_set *set, struct message *messages, uint64_t *more_before)
{
    uint64_t count = 0;

    *more_before = 0;
    for (unsigned i = first_row(set); i < set->rows; i++) {
        struct sql_history_page_row row = sql_history_page_row(set, i);
        if (!row.turn.len) /* the conversation exists, the page is empty */
            continue;
        if (!count && row.seq > 1)
            *more_before = row.seq;
        add_turn(set, i, &messages[count]);
        count += 2;
    }
    return count;
}

/* ---- branches ---- */

struct sql_call page_branches_call(struct args *a, const struct job *j,
                                   const struct uuid *conversation, uint64_t before,
                                   uint64_t messages)
{
    const struct sql_history_branches p = {.session = param_uuid(&j->session),
                                           .conversation = param_uuid(conversation),
                                           .before_seq = param_u64(before),
                                           .turns = param_u64(turns_of(messages))};

    return sql_history_branches(a, &p);
}

static uint64_t seq_of(const struct result_set *set, unsigned row)
{
    return sql_history_branches_row(set, row).seq;
}

/* One that has no siblings left, since they were deleted, is not listed. */
uint64_t page_read_branches(const struct result_set *set, struct branch *branches)
{
    uint64_t count = 0;

    for (unsigned i = 1; i < set->rows && count < LIMIT_PAGE; i++) {
        struct sql_history_branches_row row = sql_history_branches_row(set, i);
        if (row.seq != seq_of(set, i - 1) && row.seq != seq_of(set, i + 1))
            continue;
        branches[count++] = (struct branch){
            .seq = row.seq, .conversation = row.conversation, .shown = row.is_shown};
    }
    return count;
}

/* ---- what Redis remembers ---- */

struct lua_call page_window_call(struct args *a, const struct job *j,
                                 const struct uuid *conversation)
{
    const struct lua_window_read p = {.window = keys_window(&j->session),
                                      .conversation = param_uuid(conversation)};

    return lua_window_read(a, &p);
}

static bool read_commit(struct turn_commit_request *commit, struct str turn)
{
    return turn.len && !turn_commit_request_decode(commit, (struct str){turn.p + 1, turn.len - 1});
}

uint64_t page_read_window(const struct result_set *set, uint64_t before, struct message *messages,
                          uint64_t *more_before, struct uuid *conversation)
{
    uint64_t count = 0;

    *more_before = 0;
    for (unsigned i = 0; i < set->rows && count + 2 <= LIMIT_PAGE; i++) {
        struct lua_window_read_row row = lua_window_read_row(set, i);
        struct turn_commit_request commit;
        if ((before && row.seq >= before) || !read_commit(&commit, row.turn) ||
            !uuid_parse(conversation, commit.conversation))
            continue;
        if (!count && commit.seq > 1)
            *more_before = commit.seq;
        struct message message = {
            .turn_id = commit.turn_id,
            .seq = commit.seq,
            .by_user = 1,
            .text = commit.user_text,
            .at = commit.asked_at,
            .status = row.turn.p[0] == 'S' ? commit_call_spooled_status(&commit) : commit.status};
        messages[count++] = message;
        message.by_user = 0;
        message.text = commit.answer;
        message.model = commit.model;
        messages[count++] = message;
    }
    return count;
}
