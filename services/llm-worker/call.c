/* The table of calls: a fixed number of buckets, each a list. */
#include <stdlib.h>

#include "base/clock.h"
#include "call.h"

static struct call **find(struct calls *calls, uint64_t handle)
{
    struct call **at = &calls->table[handle % COUNT_OF(calls->table)];

    while (*at && (*at)->handle != handle)
        at = &(*at)->next;
    return at;
}

void call_begin(struct call *c, struct calls *calls, const struct backend_request *rq)
{
    struct call **at = find(calls, rq->handle);

    must(!*at);
    c->calls = calls;
    c->handle = rq->handle;
    str_copy(c->trace, sizeof c->trace, rq->trace);
    c->began = clock_ms();
    *at = c;
}

void call_end(struct call *c)
{
    struct call **at = find(c->calls, c->handle);

    must(*at == c);
    *at = c->next;
    free(c);
}

void call_report_failure(struct calls *calls, uint64_t handle, const struct upstream_failure *f)
{
    struct str detail = str_of(f->detail);

    if (f->is_worker_local)
        backend_error_local(calls->backend, handle, f->err, f->retry_after_ms, detail);
    else
        backend_error(calls->backend, handle, f->err, f->retryable, f->retry_after_ms, detail);
}

void call_report_cancelled(struct call *c, enum cancel_source by)
{
    struct backend *bus = c->calls->backend;

    if (by == CANCEL_BY_TURN)
        backend_error(bus, c->handle, ERR_STOPPED, false, 0, (struct str){0});
    else
        backend_cancelled(bus, c->handle);
}

void call_cancel(struct calls *calls, uint64_t handle)
{
    struct call *c = *find(calls, handle);

    if (c)
        c->cancel(c, CANCEL_BY_GATEWAY);
}

void call_cancel_turn(struct calls *calls, struct str turn_id)
{
    for (size_t i = 0; turn_id.len && i < COUNT_OF(calls->table); i++) {
        for (struct call *c = calls->table[i], *next; c; c = next) {
            next = c->next;
            if (str_is(turn_id, c->turn_id))
                c->cancel(c, CANCEL_BY_TURN);
        }
    }
}

void call_cancel_all(struct calls *calls)
{
    for (size_t i = 0; i < COUNT_OF(calls->table); i++)
        while (calls->table[i])
            calls->table[i]->cancel(calls->table[i], CANCEL_BY_GATEWAY);
}

void call_resume(struct calls *calls, uint64_t handle)
{
    struct call *c = *find(calls, handle);

    if (c && c->resume)
        c->resume(c);
}
