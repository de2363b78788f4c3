/* steps - fuzzer input read as a list of small choices; when it is over it reads as zeros. */
#ifndef TESTS_FUZZ_STEPS_H
#define TESTS_FUZZ_STEPS_H
#include <stdbool.h>

#include "base/str.h"
#include "wire/frame.h"
#include "wire/messages.h"

struct steps {
    const uint8_t *at, *end;
    uint64_t       epoch, first_id, first_offer; /* what bytes count from */
};

static inline bool steps_are_over(const struct steps *s)
{
    return s->at == s->end;
}

static inline uint8_t steps_byte(struct steps *s)
{
    return steps_are_over(s) ? 0 : *s->at++;
}

static inline struct str steps_bytes(struct steps *s, size_t most)
{
    size_t     left = (size_t)(s->end - s->at), len = most < left ? most : left;
    struct str bytes = {(const char *)s->at, len};

    s->at += len;
    return bytes;
}

/* A READY that is mostly right, so that the fuzzer gets further than the door. */
static inline void steps_ready(struct steps *s, struct buf *body)
{
    static const char *const names[] = {"filter", "llm-worker", "store", "other"};
    uint8_t                  kind = steps_byte(s);
    bool                     worker = kind % 4 == 1;
    struct ready             r = {.service = str_of(names[kind % 4]),
                                  .instance = kind & 4 ? STR("one") : STR("two"),
                                  .boot = kind >> 6,
                                  .protocol_min = 1,
                                  .protocol_max = 1,
                                  .window = worker ? 0 : 2,
                                  .slots = worker ? 2 : 0};
    ready_encode(&r, body);
}

/* Bodies of the frames that carry a number or two, made of single bytes. */
static inline void steps_body(struct steps *s, uint64_t type, struct buf *body)
{
    uint8_t a = steps_byte(s), b = steps_byte(s);

    if (type == FRAME_READY)
        steps_ready(s, body);
    else if (type == FRAME_WELCOME)
        welcome_encode(&(struct welcome){.heartbeat_ms = 1 + a, .protocol = 1}, body);
    else if (type == FRAME_PONG)
        pong_encode(&(struct pong){.queued = a, .oldest_ms = b}, body);
    else if (type == FRAME_DEMAND)
        demand_encode(&(struct demand){.queued = a, .oldest_ms = b}, body);
    else if (type == FRAME_OFFER)
        offer_encode(&(struct offer){.offer = a}, body);
    else if (type == FRAME_REVOKE)
        revoke_encode(&(struct revoke){.offer = a}, body);
    else if (type == FRAME_RELEASE)
        release_encode(&(struct release){.offer = s->first_offer + a % 8}, body);
    else if (type == FRAME_CREDIT)
        credit_encode(&(struct credit){.bytes = 200u * a, .last = b}, body);
    else if (type == FRAME_CANCEL)
        cancel_encode(&(struct cancel){.turn_id = a % 2 ? STR("turn") : STR("")}, body);
    else if (type == FRAME_REQUEST && a % 2)
        key_test_request_encode(&(struct key_test_request){0}, body);
    else if (type == FRAME_REQUEST)
        turn_stop_request_encode(&(struct turn_stop_request){0}, body);
    else
        buf_str(body, steps_bytes(s, a));
}

/* A whole frame, mostly one that could come; now and then any bytes at all. */
static inline void steps_frame(struct steps *s, struct buf *out)
{
    struct frame f = {.version = PROTOCOL_VERSION, .type = steps_byte(s) % 36};
    uint8_t      head = steps_byte(s);
    struct buf   body = {0};

    if (head == 255 || !f.type) {
        buf_str(out, steps_bytes(s, steps_byte(s)));
        return;
    }
    f.epoch = head % 16 == 15 ? head : s->epoch;
    f.id = s->first_id + (head >> 4);
    f.attempt = 1 + head % 3;
    f.sequence = steps_byte(s) % 8;
    if (f.type == FRAME_REQUEST)
        f.sequence += s->first_offer;
    f.ttl_ms = 10u * steps_byte(s);
    steps_body(s, f.type, &body);
    f.body = buf_view(&body);
    frame_encode(&f, out);
    buf_fini(&body);
}

#endif
