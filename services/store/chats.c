/* A person's chats: conversation_list_request, conversation_rename_request and
 * conversation_delete_request.
 *
 *   list, rename:  enter ──► Postgres
 *   delete:        enter ──► look at Postgres ──► Redis ──► Postgres ──► Redis
 *                                                   │ neither knows it: there is no such chat
 *                                                   ▼
 *
 * Deleting a chat by its id is deleting the current one (clear.c), but for one thing: a chat that
 * nobody knows is not marked as deleted.  Redis is asked twice for the same reason as there. */
#include <stdlib.h>

#include "base/failpoint.h"
#include "clear.h"
#include "enter.h"
#include "look.h"

/* ---- list ---- */

enum list_column {
    LISTED_ID,
    LISTED_TITLE,
    LISTED_CREATED_AT,
    LISTED_TOUCHED_AT,
    LISTED_LAST_SEQ,
    LISTED_FORKED_FROM,
    LISTED_FORKED_AT
};

enum step list_enter(struct job *j)
{
    const struct conversation_list_request *ask = &j->ask.list;
    struct uuid                             behind;

    if (!ask->page || ask->after_at > INT64_MAX ||
        (ask->after_at && !uuid_parse(&behind, ask->after_id)))
        return job_fail(j, ERR_BAD_REQUEST);
    return enter(j, ask->session, false, STEP_LIST_ASK);
}

/* One more than is wanted tells whether there are more. */
enum step list_ask(struct job *j)
{
    const struct conversation_list_request *ask = &j->ask.list;
    struct args                            *a = job_args(j);
    struct uuid                             behind = {{0}};

    if (ask->after_at && !uuid_parse(&behind, ask->after_id))
        return job_fail(j, ERR_BAD_REQUEST);
    args_id(a, &j->session);
    args_u64(a, ask->after_at);
    args_id(a, &behind);
    args_u64(a, ask->page + 1);
    enum err err = job_ask_pg(j, 0, STATEMENT_CHATS);
    return err ? job_fail(j, job_trouble(err)) : job_park(j, STEP_LIST_TAKE);
}

static struct conversation_summary listed_of(const struct grid *chats, unsigned row)
{
    return (struct conversation_summary){
        .conversation = grid_str(chats, row, LISTED_ID),
        .title = str_cut(grid_str(chats, row, LISTED_TITLE), LIMIT_TITLE),
        .created_at = grid_u64(chats, row, LISTED_CREATED_AT),
        .touched_at = grid_u64(chats, row, LISTED_TOUCHED_AT),
        .last_seq = grid_u64(chats, row, LISTED_LAST_SEQ),
        .forked_from = grid_str(chats, row, LISTED_FORKED_FROM),
        .forked_at_seq = grid_u64(chats, row, LISTED_FORKED_AT)};
}

enum step list_take(struct job *j)
{
    const struct grid *chats = &j->got[0].grid;

    if (j->got[0].err)
        return job_fail(j, job_trouble(j->got[0].err));
    struct conversation_list_reply *say = mem_new(sizeof *say);
    struct buf                      body = {0};
    say->more = chats->rows > j->ask.list.page;
    say->conversations_count = say->more ? j->ask.list.page : chats->rows;
    for (unsigned row = 0; row < say->conversations_count; row++)
        say->conversations[row] = listed_of(chats, row);
    conversation_list_reply_encode(say, &body);
    free(say);
    return job_say(j, &body);
}

/* ---- rename ---- */

enum step rename_enter(struct job *j)
{
    return enter(j, j->ask.rename.session, false, STEP_RENAME_ASK);
}

enum step rename_ask(struct job *j)
{
    const struct conversation_rename_request *ask = &j->ask.rename;
    struct args                              *a = job_args(j);

    if (!job_ids(j, ask->session, ask->conversation, STR("")) || !j->chat.text[0] ||
        !ask->title.len)
        return job_fail(j, ERR_BAD_REQUEST);
    args_id(a, &j->session);
    args_id(a, &j->chat);
    args_bytes(a, ask->title);
    enum err err = job_ask_pg(j, 0, STATEMENT_CHAT_RENAME);
    return err ? job_fail(j, job_trouble(err)) : job_park(j, STEP_RENAME_TAKE);
}

enum step rename_take(struct job *j)
{
    if (j->got[0].err)
        return job_fail(j, job_trouble(j->got[0].err));
    return grid_u64(&j->got[0].grid, 0, 0) ? job_say_done(j) : job_fail(j, ERR_NOT_FOUND);
}

/* ---- delete ---- */

enum step delete_enter(struct job *j)
{
    return enter(j, j->ask.chat_delete.session, false, STEP_DELETE_ASK_LOOK);
}

enum step delete_ask_look(struct job *j)
{
    const struct conversation_delete_request *ask = &j->ask.chat_delete;
    struct uuid                               none = {{0}};

    if (!job_ids(j, ask->session, ask->conversation, STR("")) || !j->chat.text[0])
        return job_fail(j, ERR_BAD_REQUEST);
    enum err err = look_ask(j, STR(""), &none);
    return err ? job_fail(j, job_trouble(err)) : job_park(j, STEP_DELETE_TAKE_LOOK);
}

enum step delete_take_look(struct job *j)
{
    if (j->got[0].err)
        return job_fail(j, job_trouble(j->got[0].err));
    look_take(j);
    return STEP_DELETE_ASK_DROP;
}

static bool is_kept(const struct job *j)
{
    return look_str(j, LOOK_CHAT).len > 0;
}

/* Without Redis there is nothing of it there. */
enum step delete_ask_drop(struct job *j)
{
    if (!clear_ask_drop(j, &j->chat, true))
        return job_park(j, STEP_DELETE_TAKE_DROP);
    return is_kept(j) ? STEP_DELETE_ASK_PG : job_fail(j, ERR_NOT_FOUND);
}

enum step delete_take_drop(struct job *j)
{
    failpoint(FAILPOINT_STORE_CONVERSATION_DROPPED);
    return is_kept(j) || grid_u64(&j->got[0].grid, 0, 0) ? STEP_DELETE_ASK_PG
                                                         : job_fail(j, ERR_NOT_FOUND);
}

enum step delete_ask_pg(struct job *j)
{
    enum err err = clear_ask_delete(j, &j->chat, j->ask.chat_delete.address_hash, false);
    return err ? job_fail(j, job_trouble(err)) : job_park(j, STEP_DELETE_TAKE_PG);
}

enum step delete_take_pg(struct job *j)
{
    if (j->got[0].err)
        return job_fail(j, job_trouble(j->got[0].err));
    failpoint(FAILPOINT_STORE_CONVERSATION_DONE);
    return grid_u64(&j->got[0].grid, 0, 0) ? STEP_DELETE_ASK_DROP_AGAIN
                                           : job_fail(j, ERR_SIGNED_OUT);
}

enum step delete_ask_drop_again(struct job *j)
{
    return clear_ask_drop(j, &j->chat, true) ? job_say_done(j)
                                             : job_park(j, STEP_DELETE_TAKE_DROP_AGAIN);
}

enum step delete_take_drop_again(struct job *j)
{
    return job_say_done(j);
}
