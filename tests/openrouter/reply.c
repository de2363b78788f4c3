/* Replies whose body is known at once. */
#include "reply.h"
#include "json_text.h"

struct reply reply_bytes(unsigned status, const char *type, struct buf *bytes)
{
    return (struct reply){.status = status, .type = type, .playback = playback_of_bytes(bytes)};
}

struct reply reply_json(json_t *json)
{
    struct buf bytes = {0};

    json_text_add(&bytes, json);
    json_decref(json);
    return reply_bytes(200, JSON_TYPE, &bytes);
}

struct reply reply_refusal(const struct refusal *r)
{
    struct buf bytes = {0};

    refusal_add(&bytes, r);
    return reply_bytes(r->status, JSON_TYPE, &bytes);
}

struct reply reply_refuse(unsigned status, const char *message, struct str model)
{
    return reply_refusal(
        &(struct refusal){.status = status, .message = message, .model = model, .is_known = true});
}
