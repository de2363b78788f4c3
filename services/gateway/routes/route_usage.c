/* GET /usage?days=: tokens and cost by day and model. */
#include <stdlib.h>

#include "http/query.h"
#include "http/reply.h"
#include "routes/exchange.h"

#define DAYS_DEFAULT 30

static json_t *row_of(const struct usage_row *row)
{
    json_t *o = reply_usage(row->prompt_tokens, row->completion_tokens, row->cost);

    json_object_set_new(o, "day", reply_string(row->day));
    json_object_set_new(o, "model", reply_string(row->model));
    json_object_set_new(o, "turns", json_integer((json_int_t)row->turns));
    return o;
}

static json_t *total_of(const struct usage_reply *reply)
{
    json_t *o = reply_usage(reply->prompt_tokens, reply->completion_tokens, reply->cost);

    json_object_set_new(o, "turns", json_integer((json_int_t)reply->turns));
    return o;
}

static void on_usage(struct exchange *x, const struct bus_reply *a)
{
    struct usage_reply *reply = mem_new(sizeof *reply);

    if (exchange_read(x, a, usage_reply, reply)) {
        json_t *days = json_array();
        for (uint64_t i = 0; i < reply->rows_count; i++)
            json_array_append_new(days, row_of(&reply->rows[i]));
        exchange_reply(&x, 200,
                       json_pack("{s:o,s:o,s:b}", "total", total_of(reply), "days", days,
                                 "is_truncated", (int)reply->is_truncated));
    }
    free(reply);
}

void route_usage(const struct request_context *c)
{
    struct usage_request m = {.session = uuid_str(&c->who.session)};
    struct buf           body = {0};

    if (!query_number(c->rq, "days", DAYS_DEFAULT, &m.days) || !m.days ||
        m.days > LIMIT_USAGE_DAYS) {
        reply_error(c->rq, ERR_BAD_REQUEST);
        return;
    }
    usage_request_encode(&m, &body);
    exchange_send(exchange_new(c), SERVICE_STORE, &body, on_usage);
}
