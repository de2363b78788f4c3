/* Arbitrary gateways: frames on two links, at any time, while requests are in work.
 *
 * The input is read as in gateway_core_fuzz. */
#include "base/log.h"
#include "bus/backend/backend_core.h"
#include "steps.h"

#define EPOCH     7
#define OPEN_MOST 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
    struct backend_core *core;
    uint64_t             now;
    uint64_t             open[OPEN_MOST]; /* handles */
    unsigned             count, most;
    uint64_t             first_offer; /* that it made */
};

static void note_offer(struct world *w, struct str bytes)
{
    struct frame f;
    struct offer offer;

    must(frame_decode(&f, bytes) == ERR_OK);
    if (!w->first_offer && f.type == FRAME_OFFER && offer_decode(&offer, f.body) == ERR_OK)
        w->first_offer = offer.offer;
}

static void take_actions(struct world *w)
{
    struct action a;

    while (backend_core_next(w->core, &a)) {
        if (a.kind == ACTION_REQUEST) {
            must(w->count < w->most); /* never more than there is room for */
            w->open[w->count++] = a.id;
        }
        if (a.kind == ACTION_SEND)
            note_offer(w, buf_view(&a.bytes));
        outbox_fini_action(&a);
    }
}

static void reply(struct world *w, struct steps *s)
{
    struct error e = {.code = STR("internal")};

    if (!w->count)
        return;
    uint64_t handle = w->open[steps_byte(s) % w->count];
    if (steps_byte(s) % 2) {
        if (backend_core_credit(w->core, handle))
            backend_core_chunk(w->core, handle, STR("chunk"));
        return;
    }
    for (unsigned i = 0; i < w->count; i++)
        if (w->open[i] == handle)
            w->open[i] = w->open[--w->count];
    switch (steps_byte(s) % 3) {
    case 0:
        backend_core_final(w->core, w->now, handle, STR("end"));
        break;
    case 1:
        backend_core_error(w->core, w->now, handle, &e);
        break;
    default:
        backend_core_cancelled(w->core, w->now, handle);
        break;
    }
}

static void deliver(struct world *w, struct steps *s)
{
    uint64_t   link = 1 + steps_byte(s) % 2;
    struct buf bytes = {0};

    s->first_offer = w->first_offer;
    steps_frame(s, &bytes);
    backend_core_frame(w->core, w->now, link, buf_view(&bytes));
    buf_fini(&bytes);
}

static void step(struct world *w, struct steps *s)
{
    switch (steps_byte(s) % 8) {
    case 0:
        backend_core_send_failed(w->core, 1 + steps_byte(s) % 2);
        break;
    case 1:
        w->now += 10u * steps_byte(s);
        backend_core_tick(w->core, w->now);
        break;
    case 2:
    case 3:
        reply(w, s);
        break;
    default:
        deliver(w, s);
        break;
    }
    take_actions(w);
}

/* The first byte chooses between a store and a worker; slots count requests of
 * lost links too, windows do not, so there the bound is only that of this test. */
static void open_core(struct world *w, unsigned slots)
{
    struct backend_core_options o = {.service = slots ? SERVICE_LLM_WORKER : SERVICE_STORE,
                                     .instance = "me",
                                     .seed = 1,
                                     .window = slots ? 0 : 2,
                                     .slots = slots};
    w->most = slots ? slots : OPEN_MOST;
    w->core = backend_core_new(&o, w->now);
    backend_core_link(w->core, w->now, 1);
    backend_core_link(w->core, w->now, 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world w = {.now = 1000000};
    struct steps s = {.at = data, .end = data + size, .epoch = EPOCH, .first_id = 1};

    log_open("fuzz", LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT);
    open_core(&w, steps_byte(&s) % 2 ? 3 : 0);
    while (!steps_are_over(&s) && w.count + 2 < OPEN_MOST)
        step(&w, &s);
    backend_core_drain(w.core, w.now);
    backend_core_bye(w.core);
    backend_core_free(&w.core);
    return 0;
}
