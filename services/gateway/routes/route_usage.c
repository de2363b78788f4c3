/* /feedback and /usage: small questions about turns that are kept. */
#include <stdlib.h>

#include "http/query.h"
#include "http/reply.h"
#include "routes/exchange.h"

/* ---- POST /feedback ---- */

static void take_done(struct errand *e, const struct bus_reply *a)
{
    struct done_reply say;

    if (errand_read(e, a, done_reply, &say))
        errand_reply(e, 200, json_object());
}

static bool read_feedback(const json_t *body, struct uuid *turn_id, json_int_t *value,
                          struct buf *why)
{
    if (!body_uuid(body, "turn_id", turn_id, why) || !body_number(body, "value", -1, 1, value, why))
        return false;
    if (turn_id->text[0] && json_is_integer(json_object_get(body, "value")))
        return true;
    buf_print(why, "\"turn_id\" and \"value\" are needed.");
    return false;
}

void route_feedback(const struct visit *v)
{
    struct uuid turn_id;
    json_int_t  value;
    struct buf  why = {0}, body = {0};

    if (!read_feedback(v->body, &turn_id, &value, &why)) {
        visit_refuse(v, ERR_BAD_REQUEST, &why);
        return;
    }
    struct feedback_request m = {.session = uuid_str(&v->session),
                                 .turn_id = uuid_str(&turn_id),
                                 .feedback = value < 0 ? 2 : (uint64_t)value};
    feedback_request_encode(&m, &body);
    errand_ask(errand_new(v), SERVICE_STORE, &body, take_done);
}

/* ---- GET /usage?days= ---- */

#define DAYS 30

static json_t *spent_of(const struct usage_row *s)
{
    json_t *o = reply_usage(s->prompt_tokens, s->completion_tokens, s->cost);

    json_object_set_new(o, "day", json_of(s->day));
    json_object_set_new(o, "model", json_of(s->model));
    json_object_set_new(o, "turns", json_integer((json_int_t)s->turns));
    return o;
}

static json_t *total_of(const struct usage_reply *say)
{
    json_t *o = reply_usage(say->prompt_tokens, say->completion_tokens, say->cost);

    json_object_set_new(o, "turns", json_integer((json_int_t)say->turns));
    return o;
}

static void take_usage(struct errand *e, const struct bus_reply *a)
{
    struct usage_reply *say = mem_new(sizeof *say);

    if (errand_read(e, a, usage_reply, say)) {
        json_t *days = json_array();
        for (uint64_t i = 0; i < say->rows_count; i++)
            json_array_append_new(days, spent_of(&say->rows[i]));
        errand_reply(e, 200,
                     json_pack("{s:o,s:o,s:b}", "total", total_of(say), "days", days,
                               "is_truncated", (int)say->is_truncated));
    }
    free(say);
}

void route_usage(const struct visit *v)
{
    struct usage_request m = {.session = uuid_str(&v->session)};
    struct buf           body = {0};

    if (!query_number(v->rq, "days", DAYS, &m.days) || !m.days || m.days > LIMIT_USAGE_DAYS) {
        reply_error(v->rq, ERR_BAD_REQUEST);
        return;
    }
    usage_request_encode(&m, &body);
    errand_ask(errand_new(v), SERVICE_STORE, &body, take_usage);
}
