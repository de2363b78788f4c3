/* POST /feedback: rates an answer that was kept. */
#include "http/body.h"
#include "routes/exchange.h"

static bool read_feedback(const json_t *body, struct uuid *turn_id, json_int_t *value,
                          struct buf *why)
{
    if (!body_uuid(body, "turn_id", turn_id, why) || !body_number(body, "value", -1, 1, value, why))
        return false;
    if (turn_id->text[0] && json_is_integer(json_object_get(body, "value")))
        return true;
    buf_print(why, "\"turn_id\" and \"value\" are required.");
    return false;
}

void route_feedback(const struct request_context *c)
{
    struct uuid turn_id;
    json_int_t  value;
    struct buf  why = {0}, body = {0};

    if (!read_feedback(c->body, &turn_id, &value, &why)) {
        handler_refuse(c, ERR_BAD_REQUEST, &why);
        return;
    }
    struct feedback_request m = {.session = uuid_str(&c->who.session),
                                 .turn_id = uuid_str(&turn_id),
                                 .feedback = value < 0 ? 2 : (uint64_t)value};
    feedback_request_encode(&m, &body);
    exchange_send(exchange_new(c), SERVICE_STORE, &body, exchange_on_done);
}
