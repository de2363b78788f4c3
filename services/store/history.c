/* history_page_ask: older messages of a chat. */
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
    PAGE_COST
};

void history_args(struct args *a, const struct job *j, const struct uuid *chat, uint64_t before,
                  uint64_t lines)
{
    args_id(a, &j->session);
    args_id(a, chat);
    args_u64(a, before);
    args_u64(a, lines < 2 ? 1 : lines / 2);
    args_u64(a, PAGE_BYTES);
}

uint64_t history_lines(const struct grid *page, struct line *lines, uint64_t *more_before)
{
    uint64_t count = 0;

    *more_before = 0;
    for (unsigned row = 0; row < page->rows && count + 2 <= PAGE_LINES; row++) {
        uint64_t seq = grid_u64(page, row, PAGE_SEQ);
        if (!seq) /* the chat is there, the page is empty */
            continue;
        if (!count && seq > 1)
            *more_before = seq;
        struct line line = {.turn_id = grid_str(page, row, PAGE_TURN),
                            .seq = seq,
                            .by_user = 1,
                            .text = str_cut(grid_str(page, row, PAGE_QUESTION), ANSWER_MAX),
                            .at = grid_u64(page, row, PAGE_ASKED_AT),
                            .status = str_cut(grid_str(page, row, PAGE_STATUS), 16)};
        lines[count++] = line;
        line.by_user = 0;
        line.text = str_cut(grid_str(page, row, PAGE_ANSWER), ANSWER_MAX);
        line.at = grid_u64(page, row, PAGE_COMMITTED_AT);
        line.model = str_cut(grid_str(page, row, PAGE_MODEL), 128);
        line.finish_reason = str_cut(grid_str(page, row, PAGE_FINISH_REASON), 32);
        line.prompt_tokens = grid_u64(page, row, PAGE_PROMPT_TOKENS);
        line.completion_tokens = grid_u64(page, row, PAGE_COMPLETION_TOKENS);
        line.cost = grid_f64(page, row, PAGE_COST);
        lines[count++] = line;
    }
    return count;
}

enum step history_enter(struct job *j)
{
    return enter(j, j->ask.history.session, false, STEP_HISTORY_ASK);
}

enum step history_ask(struct job *j)
{
    const struct history_page_ask *ask = &j->ask.history;

    if (!job_ids(j, ask->session, ask->conversation, STR("")) || !j->chat.text[0] ||
        ask->before > INT64_MAX)
        return job_fail(j, ERR_BAD_REQUEST);
    history_args(job_args(j), j, &j->chat, ask->before, ask->page);
    enum err err = job_ask_pg(j, 0, STATEMENT_HISTORY);
    return err ? job_fail(j, job_trouble(err)) : job_park(j, STEP_HISTORY_TAKE);
}

enum step history_take(struct job *j)
{
    if (j->got[0].err)
        return job_fail(j, job_trouble(j->got[0].err));
    if (!j->got[0].grid.rows)
        return job_fail(j, ERR_NOT_FOUND);
    struct history_page_say *say = mem_new(sizeof *say);
    struct buf               body = {0};
    say->lines_count = history_lines(&j->got[0].grid, say->lines, &say->more_before);
    history_page_say_encode(say, &body);
    free(say);
    return job_say(j, &body);
}
