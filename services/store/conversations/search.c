/* search_request: searches all conversations of a user for words.
 *
 *   enter ──► Postgres ──► a page of hits
 *
 * The functions that do it are in the migration that creates the table; see docs/search.md. */
#include <stdlib.h>

#include "session/enter.h"
#include "wire/limits.h"
#include "wire/messages.h"

struct search {
    struct enter          enter;
    struct search_request request;
};

static struct search *search_of(struct job *j)
{
    return (struct search *)j;
}

static bool decode(struct job *j, struct str body)
{
    return search_request_decode(&search_of(j)->request, body) == ERR_OK;
}

const struct flow flow_search = {.message = MSG_SEARCH_REQUEST,
                                 .size = sizeof(struct search),
                                 .first = STEP_SEARCH_ENTER,
                                 .decode = decode,
                                 .fini = enter_fini};

enum step search_enter(struct job *j)
{
    struct search *s = search_of(j);

    return enter_start(&s->enter, s->request.session, false, STEP_SEARCH_REQUEST);
}

/* One more than is shown tells whether there are more. */
enum step search_request(struct job *j)
{
    const struct search_request *request = &search_of(j)->request;

    if (!param_fits_bigint(request->before) || !request->page)
        return job_fail(j, ERR_BAD_REQUEST);
    const struct sql_search_hits p = {.session = param_uuid(&j->session),
                                      .text = param_text(request->text),
                                      .before_no = param_u64(request->before),
                                      .rows = param_u64(request->page + 1)};
    enum err                     err = job_request_sql(j, 0, sql_search_hits(&j->args, &p));
    return err ? job_fail(j, job_public_error(err)) : job_await(j, STEP_SEARCH_AWAIT);
}

static struct search_hit hit_of(struct sql_search_hits_row row)
{
    return (struct search_hit){.turn_id = row.turn,
                               .conversation = row.conversation,
                               .title = str_cut(row.title, LIMIT_TITLE),
                               .seq = row.seq,
                               .by_user = row.by_user,
                               .snippet = str_cut(row.snippet, LIMIT_SNIPPET),
                               .at = row.at};
}

/* Where the next page begins; the last row may only tell how far the search came. */
static uint64_t more_before(const struct result_set *set, uint64_t page)
{
    if (set->rows > page)
        return sql_search_hits_row(set, (unsigned)page - 1).no;
    struct sql_search_hits_row last = sql_search_hits_row(set, set->rows ? set->rows - 1 : 0);
    return set->rows && !last.turn.len ? last.no : 0;
}

enum step search_await(struct job *j)
{
    const struct result_set *set = &j->answer[0].set;
    uint64_t                 page = search_of(j)->request.page;

    if (j->answer[0].err)
        return job_fail(j, job_public_error(j->answer[0].err));
    struct search_reply *r = mem_new(sizeof *r);
    struct buf           body = {0};
    for (unsigned i = 0; i < set->rows && r->hits_count < page; i++) {
        struct sql_search_hits_row row = sql_search_hits_row(set, i);
        if (!row.turn.len)
            break;
        r->hits[r->hits_count++] = hit_of(row);
    }
    r->more_before = more_before(set, page);
    search_reply_encode(r, &body);
    free(r);
    return job_reply(j, &body);
}
