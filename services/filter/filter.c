/* Decodes a request, asks topic or review, and sends the reply. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/span.h"
#include "filter.h"
#include "loop/admin.h"
#include "review/review.h"
#include "topic/topic.h"

struct filter {
    struct loop         *loop;   /* borrowed */
    const struct config *config; /* borrowed */
    struct resolver     *resolver;
    struct backend      *backend;
    struct admin        *admin;
    struct topic        *topic;
    struct buf           out; /* the reply being encoded */
};

static void send_reply(struct filter *f, const struct backend_request *rq)
{
    backend_final(f->backend, rq->handle, buf_view(&f->out));
    buf_clear(&f->out);
}

static enum err check(struct filter *f, const struct backend_request *rq)
{
    static const char *const names[] = {
        [VERDICT_OFF] = "off",
        [VERDICT_DEPENDS] = "depends",
        [VERDICT_ON] = "on",
    };
    struct filter_check_request request;
    enum err                    err = filter_check_request_decode(&request, rq->body);

    if (err)
        return err;
    struct topic_result       r = topic_check(f->topic, request.text);
    struct filter_check_reply reply = {
        .verdict = r.verdict,
        .reason = str_of(r.reason),
        .greeting = r.is_greeting,
    };
    filter_check_reply_encode(&reply, &f->out);
    log_info(rq->handle, "filter.checked",
             "verdict=%s score=%.2f reason=%s greeting=%d bytes=%zu trace=%s", names[r.verdict],
             r.score, r.reason, r.is_greeting, request.text.len, log_quote(rq->trace));
    metric_add_for(METRIC_VERDICTS, r.reason, names[r.verdict], 1);
    failpoint(FAILPOINT_FILTER_CHECK_DECIDED);
    send_reply(f, rq);
    return ERR_OK;
}

/* One line per turn: a review of a part is logged only if it rejects the answer. */
static void log_review(const struct backend_request *rq, const struct review_result *r,
                       const struct filter_review_request *request)
{
    enum log_level level =
        request->is_complete || !r->is_accepted ? LOG_LEVEL_INFO : LOG_LEVEL_TRACE;

    log_event(level, rq->handle, "filter.reviewed",
              "accepted=%d score=%.2f reason=%s complete=%" PRIu64 " bytes=%zu trace=%s",
              r->is_accepted, r->score, r->reason, request->is_complete, request->text.len,
              log_quote(rq->trace));
}

static enum err review(struct filter *f, const struct backend_request *rq)
{
    const char                  *test_word = f->config->review_test_word;
    struct filter_review_request request;
    enum err                     err = filter_review_request_decode(&request, rq->body);

    if (err)
        return err;
    struct review_result       r = review_answer(test_word, request.text, request.is_complete);
    struct filter_review_reply reply = {
        .accepted = r.is_accepted,
        .reason = str_of(r.reason),
    };
    filter_review_reply_encode(&reply, &f->out);
    log_review(rq, &r, &request);
    metric_add_for(METRIC_REVIEWS, r.reason, r.is_accepted ? "yes" : "no", 1);
    failpoint(FAILPOINT_FILTER_REVIEW_DECIDED);
    send_reply(f, rq);
    return ERR_OK;
}

static void on_request(void *ctx, const struct backend_request *rq)
{
    struct filter *f = ctx;
    enum err       err = ERR_BAD_REQUEST; /* a request of another service */
    uint64_t       since_us = clock_us();
    struct trace   parent;
    struct span    span;

    trace_read(&parent, rq->trace);
    span_begin(&span, msg_name(rq->number), SPAN_SERVER, &parent);

    if (rq->number == MSG_FILTER_CHECK_REQUEST)
        err = check(f, rq);
    else if (rq->number == MSG_FILTER_REVIEW_REQUEST)
        err = review(f, rq);
    if (err) {
        log_warn(rq->handle, "filter.refused", "message=%" PRIu64 " why=%s", rq->number,
                 err_code(err));
        backend_error(f->backend, rq->handle, err, false, 0, (struct str){0});
    }
    metric_observe_for(METRIC_FILTER_TIME, msg_name(rq->number), NULL,
                       (double)(clock_us() - since_us) / 1e6);
    span_end(&span, err ? err_code(err) : NULL, NULL, 0);
}

/* Every request has ended when on_request returns: there is nothing to cancel. */
static void on_cancel(void *ctx, uint64_t handle)
{
    (void)ctx;
    (void)handle;
}

static void on_drained(void *ctx)
{
    struct filter *f = ctx;

    log_info(0, "filter.drained", "gateways=%u", backend_gateways(f->backend));
    loop_quit(f->loop);
}

static const char *not_ready(void *ctx)
{
    const struct filter *f = ctx;
    return backend_not_ready(f->backend);
}

static void update_metrics(void *ctx)
{
    const struct filter *f = ctx;
    backend_update_metrics(f->backend);
}

static const struct admin_ops admin_ops = {
    .service = "filter",
    .not_ready = not_ready,
    .count = update_metrics,
};

enum err filter_open(struct filter **out, struct loop *l, const struct config *config)
{
    static const struct backend_ops ops = {
        .on_request = on_request, .on_cancel = on_cancel, .on_drained = on_drained};
    struct filter         *f = mem_new(sizeof *f);
    struct backend_options options = {
        .service = SERVICE_FILTER,
        .gateways = config->bus_gateways,
        .secret_key = config->bus_secret_key,
        .gateway_key = config->bus_gateway_key,
        .window = (unsigned)config->window,
    };

    f->loop = l;
    f->config = config;
    f->topic = topic_new();
    f->resolver = resolver_new(l);
    enum err err = admin_open(&f->admin, l, config->admin_address, (unsigned)config->admin_port,
                              &admin_ops, f);
    if (!err)
        err = backend_open(&f->backend, l, f->resolver, &options, &ops, f);
    if (err) {
        filter_close(&f);
        return err;
    }
    *out = f;
    return ERR_OK;
}

void filter_close(struct filter **f)
{
    if (!*f)
        return;
    admin_close(&(*f)->admin);
    backend_close(&(*f)->backend);
    resolver_free(&(*f)->resolver);
    topic_free(&(*f)->topic);
    buf_fini(&(*f)->out);
    free(*f);
    *f = NULL;
}

void filter_drain(struct filter *f)
{
    log_info(0, "filter.draining", "gateways=%u", backend_gateways(f->backend));
    backend_drain(f->backend);
}
