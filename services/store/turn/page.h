/* page - turns as the messages of a page: from Postgres, and from what Redis remembers. */
#ifndef STORE_PAGE_H
#define STORE_PAGE_H
#include "run/job.h"
#include "wire/limits.h"
#include "wire/messages.h"

#define PAGE_BYTES (512 * 1024) /* so that a page fits into a frame */

/* sql/history_page.sql; messages: at most so many, an exchange being two. */
struct sql_call page_call(struct args *a, const struct job *j, const struct uuid *conversation,
                          uint64_t before, uint64_t messages);

/* Its answer, or that of sql/conversation_export.sql, which begins with the same columns; into at
 * least LIMIT_PAGE.  Returns their number, and in more_before where older ones begin.  All texts
 * here and below are views into the result set. */
uint64_t page_read(const struct result_set *set, struct message *messages, uint64_t *more_before);

/* sql/history_branches.sql: which turns of that page have siblings; into at least LIMIT_PAGE. */
struct sql_call page_branches_call(struct args *a, const struct job *j,
                                   const struct uuid *conversation, uint64_t before,
                                   uint64_t messages);
uint64_t        page_read_branches(const struct result_set *set, struct branch *branches);

/* redis/window_read.lua: what is shown while Postgres is unavailable, before that seq (0: all). */
struct lua_call page_window_call(struct args *a, const struct job *j,
                                 const struct uuid *conversation);
uint64_t page_read_window(const struct result_set *set, uint64_t before, struct message *messages,
                          uint64_t *more_before, struct uuid *conversation);

#endif
