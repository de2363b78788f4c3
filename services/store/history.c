/* history_page_request: older messages of a chat.
 *
 *   enter ──► ask Postgres ──► a page
 *                 │ away
 *                 ▼
 *             ask Redis for the few that it remembers */
#include <stdlib.h>

#include "enter.h"
#include "history.h"

enum page_column {
    PAGE_TURN,
    PAGE_SEQ,
    PAGE_QUESTION,
    PAGE_ANSWER,
    PAGE_ASKED_AT,
    PAGE_COMMITTED_AT,
    PAGE_MODEL,
    PAGE_STATUS,
    PAGE_FINISH_REASON,
    PAGE_PROMPT_TOKENS,
    PAGE_COMPLETION_TOKENS,
    PAGE_COST,
    PAGE_FEEDBACK
};

enum { PLACE_PAGE, PLACE_BRANCHES };

enum branch_column {
    BRANCH_TITLE,
    BRANCH_FORKED_FROM,
    BRANCH_FORKED_AT,
    BRANCH_SEQ,
    BRANCH_CHAT,
    BRANCH_SHOWN
};

static uint64_t turns_of(uint64_t lines)
{
    return lines < 2 ? 1 : lines / 2;
}

void history_args(struct args *a, const struct job *j, const struct uuid *chat, uint64_t before,
                  uint64_t lines)
{
    args_id(a, &j->session);
    args_id(a, chat);
    args_u64(a, before);
    args_u64(a, turns_of(lines));
    args_u64(a, PAGE_BYTES);
}

/* Interrupted turns may make a page too long: the oldest lines wait for the next one.  What is
 * interrupted waits with the turn that it stands behind, which the next page begins before. */
static unsigned first_row(const struct grid *page)
{
    unsigned row = page->rows > LIMIT_PAGE / 2 ? page->rows - LIMIT_PAGE / 2 : 0;

    while (row && row < page->rows && grid_is(page, row, PAGE_STATUS, "interrupted"))
        row++;
    return row;
}

uint64_t history_lines(const struct grid *page, struct message *lines, uint64_t *more_before)
{
    uint64_t count = 0;

    *more_before = 0;
    for (unsigned row = first_row(page); row < page->rows; row++) {
        uint64_t seq = grid_u64(page, row, PAGE_SEQ);
        if (!grid_str(page, row, PAGE_TURN).len) /* the chat is there, the page is empty */
            continue;
        if (!count && seq > 1)
            *more_before = seq;
        struct message line = {.turn_id = grid_str(page, row, PAGE_TURN),
                               .seq = seq,
                               .by_user = 1,
                               .text = str_cut(grid_str(page, row, PAGE_QUESTION), LIMIT_ANSWER),
                               .at = grid_u64(page, row, PAGE_ASKED_AT),
                               .status = str_cut(grid_str(page, row, PAGE_STATUS), LIMIT_STATUS)};
        lines[count++] = line;
        line.by_user = 0;
        line.text = str_cut(grid_str(page, row, PAGE_ANSWER), LIMIT_ANSWER);
        line.at = grid_u64(page, row, PAGE_COMMITTED_AT);
        line.model = str_cut(grid_str(page, row, PAGE_MODEL), LIMIT_MODEL);
        line.finish_reason = str_cut(grid_str(page, row, PAGE_FINISH_REASON), LIMIT_FINISH_REASON);
        line.prompt_tokens = grid_u64(page, row, PAGE_PROMPT_TOKENS);
        line.completion_tokens = grid_u64(page, row, PAGE_COMPLETION_TOKENS);
        line.cost = grid_f64(page, row, PAGE_COST);
        line.feedback = grid_u64(page, row, PAGE_FEEDBACK);
        lines[count++] = line;
    }
    return count;
}

void history_branch_args(struct args *a, const struct job *j, const struct uuid *chat,
                         uint64_t before, uint64_t lines)
{
    args_id(a, &j->session);
    args_id(a, chat);
    args_u64(a, before);
    args_u64(a, turns_of(lines));
}

/* One that stands alone again, since the others were deleted, is no news. */
uint64_t history_branches(const struct grid *found, struct branch *branches)
{
    uint64_t count = 0;

    for (unsigned row = 1; row < found->rows && count < LIMIT_PAGE; row++) {
        uint64_t seq = grid_u64(found, row, BRANCH_SEQ);
        if (seq != grid_u64(found, row - 1, BRANCH_SEQ) &&
            seq != grid_u64(found, row + 1, BRANCH_SEQ))
            continue;
        branches[count++] = (struct branch){.seq = seq,
                                            .conversation = grid_str(found, row, BRANCH_CHAT),
                                            .shown = grid_u64(found, row, BRANCH_SHOWN)};
    }
    return count;
}

/* ---- what Redis remembers ---- */

enum { WINDOW_SEQ, WINDOW_TURN }; /* a letter, C committed or S spooled, and the commit message */

void history_window_args(struct args *a, const struct job *j, const struct uuid *chat)
{
    args_key(a, key_window(&j->session));
    args_id(a, chat);
}

uint64_t history_window_lines(const struct grid *window, uint64_t before, struct message *lines,
                              uint64_t *more_before, struct uuid *chat)
{
    uint64_t count = 0;

    *more_before = 0;
    for (unsigned row = 0; row < window->rows && count + 2 <= LIMIT_PAGE; row++) {
        struct str                 turn = grid_str(window, row, WINDOW_TURN);
        struct turn_commit_request kept;
        if (!turn.len || (before && grid_u64(window, row, WINDOW_SEQ) >= before) ||
            turn_commit_request_decode(&kept, (struct str){turn.p + 1, turn.len - 1}) ||
            !uuid_parse(chat, kept.conversation))
            continue;
        if (!count && kept.seq > 1)
            *more_before = kept.seq;
        struct message line = {.turn_id = kept.turn_id,
                               .seq = kept.seq,
                               .by_user = 1,
                               .text = kept.user_text,
                               .at = kept.asked_at,
                               .status = turn.p[0] == 'S' ? STR("spooled") : kept.status};
        lines[count++] = line;
        line.by_user = 0;
        line.text = kept.answer;
        line.model = kept.model;
        lines[count++] = line;
    }
    return count;
}

/* ---- history_page_request ---- */

enum step history_enter(struct job *j)
{
    return enter(j, j->ask.history.session, false, STEP_HISTORY_ASK);
}

static enum err ask_page(struct job *j)
{
    struct args    chat = {0};
    struct pg_item items[] = {{STATEMENT_HISTORY, &j->args}, {STATEMENT_CHAT_OPEN, &chat}};

    args_id(&chat, &j->session);
    args_id(&chat, &j->chat);
    return job_ask_pg_items(j, PLACE_PAGE, items, j->ask.history.open ? 2 : 1);
}

static enum err ask_branches(struct job *j)
{
    const struct history_page_request *ask = &j->ask.history;

    history_branch_args(job_args(j), j, &j->chat, ask->before, ask->page);
    return job_ask_pg(j, PLACE_BRANCHES, STATEMENT_BRANCHES);
}

enum step history_ask(struct job *j)
{
    const struct history_page_request *ask = &j->ask.history;

    if (!job_ids(j, ask->session, ask->conversation, STR("")) || !j->chat.text[0] ||
        ask->before > INT64_MAX)
        return job_fail(j, ERR_BAD_REQUEST);
    history_args(job_args(j), j, &j->chat, ask->before, ask->page);
    if (ask_page(j))
        return STEP_HISTORY_ASK_WINDOW;
    j->got[PLACE_BRANCHES].err = ask_branches(j);
    return job_park(j, STEP_HISTORY_TAKE);
}

static void add_branches(const struct grid *found, struct history_page_reply *say)
{
    say->title = str_cut(grid_str(found, 0, BRANCH_TITLE), LIMIT_TITLE);
    say->forked_from = grid_str(found, 0, BRANCH_FORKED_FROM);
    say->forked_at_seq = grid_u64(found, 0, BRANCH_FORKED_AT);
    say->branches_count = history_branches(found, say->branches);
}

enum step history_take(struct job *j)
{
    enum err err = job_trouble(j->got[0].err);

    if (j->got[0].err)
        return err == ERR_STORE_DOWN ? STEP_HISTORY_ASK_WINDOW : job_fail(j, err);
    if (!j->got[0].grid.rows)
        return job_fail(j, ERR_NOT_FOUND);
    struct history_page_reply *say = mem_new(sizeof *say);
    struct buf                 body = {0};
    say->messages_count = history_lines(&j->got[0].grid, say->messages, &say->more_before);
    if (!j->got[PLACE_BRANCHES].err)
        add_branches(&j->got[PLACE_BRANCHES].grid, say);
    history_page_reply_encode(say, &body);
    free(say);
    return job_say(j, &body);
}

enum step history_ask_window(struct job *j)
{
    history_window_args(job_args(j), j, &j->chat);
    return job_ask_redis(j, 0, SCRIPT_WINDOW) ? job_fail(j, ERR_STORE_DOWN)
                                              : job_park(j, STEP_HISTORY_TAKE_WINDOW);
}

enum step history_take_window(struct job *j)
{
    struct history_page_reply *say = mem_new(sizeof *say);
    struct buf                 body = {0};
    struct uuid                chat;

    if (!j->got[0].err)
        say->messages_count = history_window_lines(&j->got[0].grid, j->ask.history.before,
                                                   say->messages, &say->more_before, &chat);
    say->from_cache = 1;
    if (say->messages_count)
        history_page_reply_encode(say, &body);
    bool is_empty = !say->messages_count;
    free(say);
    return is_empty ? job_fail(j, ERR_STORE_DOWN) : job_say(j, &body);
}
