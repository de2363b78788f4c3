/* What OpenRouter says of a key is asked anew each time; its models are known. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "keyring.h"
#include "lookup.h"
#include "openrouter/account.h"

#define BODY_MAX_BYTES (64 * 1024)

struct lookup;

/* Appends the message that body holds to out; false: body is not what it should be. */
typedef bool reader(struct str body, struct buf *out);

struct lookup {
    struct call       call; /* first */
    const char       *what;
    reader           *read;
    struct transfer  *transfer;
    struct timer      clock;
    struct reply_head head;
    struct buf        body;
};

static void end(struct lookup *l, const char *outcome)
{
    log_info(l->call.handle, "lookup.end", "what=%s outcome=%s http=%u ms=%llu", l->what, outcome,
             l->head.status, (unsigned long long)(clock_ms() - l->call.began));
    timer_stop(&l->clock);
    transfer_drop(&l->transfer);
    buf_fini(&l->body);
    worker_end(&l->call);
}

static void fail(struct lookup *l, const struct failure *f)
{
    backend_error(l->call.worker->backend, l->call.handle, f->err, f->retryable, f->retry_after_ms,
                  str_of(f->detail));
    end(l, err_code(f->err));
}

static void on_cancel(struct call *c, enum end_by by)
{
    worker_tell_ended(c, by);
    end((struct lookup *)c, "cancelled");
}

static void on_clock(void *ctx)
{
    struct failure f = failure_of(ERR_UPSTREAM_TIMEOUT, true, "");
    fail(ctx, &f);
}

static void on_head(void *ctx, const struct reply_head *head)
{
    struct lookup *l = ctx;
    l->head = *head;
}

static void on_bytes(void *ctx, struct str bytes)
{
    struct lookup *l = ctx;

    if (l->body.len + bytes.len <= BODY_MAX_BYTES) {
        buf_str(&l->body, bytes);
        return;
    }
    struct failure f = failure_of(ERR_UPSTREAM_ERROR, false, "OpenRouter sent too much.");
    fail(l, &f);
}

static void on_end(void *ctx, enum reply_end reply_end)
{
    struct lookup *l = ctx;
    struct buf     say = {0};
    struct failure f;

    if (reply_end == REPLY_WHOLE && l->head.status == 200 && l->read(buf_view(&l->body), &say)) {
        backend_final(l->call.worker->backend, l->call.handle, buf_view(&say));
        end(l, "ok");
    } else {
        f = l->head.status && reply_end == REPLY_WHOLE
                ? failure_of_reply(&l->head, buf_view(&l->body), clock_wall_ms())
                : failure_of_end(reply_end);
        fail(l, &f);
    }
    buf_fini(&say);
}

static const struct transfer_handlers handlers = {on_head, on_bytes, on_end};

static void begin(struct worker *w, const struct backend_request *rq, const char *what,
                  struct upstream_request get, reader *read)
{
    struct lookup *l = mem_new(sizeof *l);
    uint64_t       ms = w->config->lookup_ms;

    *l = (struct lookup){.what = what, .read = read};
    l->call.on_cancel = on_cancel;
    worker_begin(w, &l->call, rq);
    l->transfer = transfer_start(w->transfers, &get, &handlers, l);
    timer_start(&l->clock, w->loop, rq->ttl_ms < ms ? rq->ttl_ms : ms, on_clock, l);
}

static void refuse(struct worker *w, const struct backend_request *rq, const struct failure *f)
{
    log_info(rq->handle, "lookup.refused", "why=%s", err_code(f->err));
    backend_error(w->backend, rq->handle, f->err, f->retryable, 0, str_of(f->detail));
}

/* ---- keys ---- */

static bool read_key(struct str body, struct buf *out)
{
    struct key_test_reply say;
    json_t               *held = account_read_key(body, &say);

    if (held)
        key_test_reply_encode(&say, out);
    json_decref(held);
    return held != NULL;
}

void lookup_start_key(struct worker *w, const struct backend_request *rq)
{
    struct key_test_request ask;
    struct buf              key = {0};
    struct failure          why = failure_of(ERR_BAD_REQUEST, false, "");

    if (key_test_request_decode(&ask, rq->body) == ERR_OK &&
        keyring_open(&w->config->ring, w->config->house_key, ask.sealed_key, &key, &why))
        begin(w, rq, "key", (struct upstream_request){.path = "/key", .key = buf_view(&key)},
              read_key);
    else
        refuse(w, rq, &why);
    seal_wipe(&key);
}

/* ---- models ---- */

struct models_call {
    struct call          call; /* first */
    struct models_waiter waiter;
};

static void end_models(struct models_call *c)
{
    models_forget(&c->waiter);
    worker_end(&c->call);
}

static void on_models(void *ctx, const struct failure *why)
{
    struct models_call *c = ctx;
    struct worker      *w = c->call.worker;

    if (why)
        backend_error(w->backend, c->call.handle, why->err, why->retryable, why->retry_after_ms,
                      str_of(why->detail));
    else
        backend_final(w->backend, c->call.handle, buf_view(&w->models.catalogue.bytes));
    end_models(c);
}

static void on_models_cancel(struct call *call, enum end_by by)
{
    worker_tell_ended(call, by);
    end_models((struct models_call *)call);
}

void lookup_start_models(struct worker *w, const struct backend_request *rq)
{
    struct models_list_request ask;
    struct failure             why = failure_of(ERR_BAD_REQUEST, false, "");

    if (models_list_request_decode(&ask, rq->body)) {
        refuse(w, rq, &why);
        return;
    }
    struct models_call *c = mem_new(sizeof *c);
    c->call.on_cancel = on_models_cancel;
    c->waiter = (struct models_waiter){.on_models = on_models, .ctx = c};
    worker_begin(w, &c->call, rq);
    models_ask(&w->models, &c->waiter);
}
