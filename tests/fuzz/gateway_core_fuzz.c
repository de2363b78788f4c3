/* Arbitrary backends: frames of two connections, at any time, while requests are sent.
 *
 * The input is a list of steps.  The first byte of each says what happens; a
 * frame brings its head in single bytes, so that it mostly names something that
 * is really there. */
#include "base/log.h"
#include "bus/gateway/gateway_core.h"
#include "steps.h"

#define EPOCH 7

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
    struct gateway_core *core;
    uint64_t             now, first_id, last_id;
    unsigned             open;
};

static void take_actions(struct world *w)
{
    struct action a;

    while (gateway_core_next(w->core, &a)) {
        if (a.kind == ACTION_FINAL || a.kind == ACTION_ERROR) {
            must(w->open > 0); /* a request ends once */
            w->open--;
        }
        outbox_fini_action(&a);
    }
}

static void send_request(struct world *w, struct steps *s)
{
    enum service service = (enum service)(steps_byte(s) % SERVICE_COUNT);
    uint64_t     id;

    if (gateway_core_send(w->core, w->now, service, STR("request"), 1 + 20u * steps_byte(s),
                          STR(""), &id))
        return;
    if (!w->first_id)
        w->first_id = id;
    w->last_id = id;
    w->open++;
}

static void drop(struct world *w, uint64_t id)
{
    unsigned before = gateway_core_open_requests(w->core);

    gateway_core_cancel(w->core, w->now, id);
    w->open -= before - gateway_core_open_requests(w->core);
}

static void deliver(struct world *w, struct steps *s)
{
    unsigned      who = steps_byte(s) % 3;
    struct sender from = {who, (enum service)who, STR("key")};
    struct buf    bytes = {0};

    s->first_id = w->first_id;
    steps_frame(s, &bytes);
    gateway_core_frame(w->core, w->now, &from, buf_view(&bytes));
    buf_fini(&bytes);
}

static void step(struct world *w, struct steps *s)
{
    switch (steps_byte(s) % 8) {
    case 0:
        send_request(w, s);
        break;
    case 1:
        drop(w, w->first_id + steps_byte(s));
        break;
    case 2:
        gateway_core_send_failed(w->core, w->now, steps_byte(s) % 3);
        break;
    case 3:
        w->now += 10u * steps_byte(s);
        gateway_core_tick(w->core, w->now);
        break;
    default:
        deliver(w, s);
        break;
    }
    take_actions(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gateway_core_options o = {EPOCH, 1, 1000, 8};
    struct world                w = {.now = 1000000};
    struct steps                s = {.at = data, .end = data + size, .epoch = EPOCH};

    log_open("fuzz", LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT);
    w.core = gateway_core_new(&o, w.now);
    while (!steps_are_over(&s))
        step(&w, &s);
    /* In small steps: a long one counts as a stall, after which nothing is judged late. */
    for (uint64_t end = w.now + 10000; w.now < end; w.now += 100) {
        gateway_core_tick(w.core, w.now);
        take_actions(&w);
    }
    must(w.open == 0 && gateway_core_open_requests(w.core) == 0); /* within its ttl */
    gateway_core_free(&w.core);
    return 0;
}
