/* history - a page of a chat as it is shown. */
#ifndef STORE_HISTORY_H
#define STORE_HISTORY_H
#include "base/uuid.h"
#include "job.h"
#include "wire/limits.h"

#define PAGE_BYTES (512 * 1024) /* so that a page fits into a frame */

/* For STATEMENT_HISTORY; lines: at most so many messages, an exchange being two. */
void history_args(struct args *a, const struct job *j, const struct uuid *chat, uint64_t before,
                  uint64_t lines);

/* What it answered, into lines of at least LIMIT_PAGE; views into the grid.  Returns their number,
 * and in more_before where older ones begin. */
uint64_t history_lines(const struct grid *page, struct message *lines, uint64_t *more_before);

/* The same for STATEMENT_BRANCHES: which turns of that page others stand beside, into branches of
 * at least LIMIT_PAGE; views into the grid.  Returns their number. */
void     history_branch_args(struct args *a, const struct job *j, const struct uuid *chat,
                             uint64_t before, uint64_t lines);
uint64_t history_branches(const struct grid *found, struct branch *branches);

/* What is shown while Postgres is away: for SCRIPT_WINDOW, and its answer into lines before that
 * seq (0: all).  The lines are views into the grid. */
void     history_window_args(struct args *a, const struct job *j, const struct uuid *chat);
uint64_t history_window_lines(const struct grid *window, uint64_t before, struct message *lines,
                              uint64_t *more_before, struct uuid *chat);

#endif
