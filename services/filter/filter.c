/* From a request to its answer. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/span.h"
#include "filter.h"
#include "loop/admin.h"
#include "review.h"
#include "topic.h"

struct filter {
    struct loop         *loop;   /* borrowed */
    const struct config *config; /* borrowed */
    struct resolver     *resolver;
    struct backend      *backend;
    struct admin        *admin_port;
    struct topic        *topic;
    struct buf           out; /* the answer being made */
};

static void send_answer(struct filter *f, const struct backend_request *rq)
{
    backend_final(f->backend, rq->handle, buf_view(&f->out));
    buf_clear(&f->out);
}

static enum err check(struct filter *f, const struct backend_request *rq)
{
    static const char *const    names[] = {"off", "depends", "on"};
    struct filter_check_request ask;
    enum err                    err = filter_check_request_decode(&ask, rq->body);

    if (err)
        return err;
    struct judgement          j = topic_judge(f->topic, ask.text);
    struct filter_check_reply say = {
        .verdict = j.verdict, .reason = str_of(j.reason), .greeting = j.greeting};
    filter_check_reply_encode(&say, &f->out);
    log_info(rq->handle, "filter.checked",
             "verdict=%s score=%.2f reason=%s greeting=%d bytes=%zu trace=%s", names[j.verdict],
             j.score, j.reason, j.greeting, ask.text.len, log_quote(rq->trace));
    metric_add_for(METRIC_VERDICTS, j.reason, names[j.verdict], 1);
    failpoint(FAILPOINT_FILTER_CHECK_JUDGED);
    send_answer(f, rq);
    return ERR_OK;
}

static enum err review(struct filter *f, const struct backend_request *rq)
{
    struct filter_review_request ask;
    enum err                     err = filter_review_request_decode(&ask, rq->body);

    if (err)
        return err;
    struct review_verdict v = review_judge(f->config->review_test_word, ask.text, ask.is_complete);
    struct filter_review_reply say = {.accepted = v.fit, .reason = str_of(v.reason)};
    filter_review_reply_encode(&say, &f->out);
    /* One line a turn: what is looked at on the way says no more unless it is unfit. */
    log_event(ask.is_complete || !v.fit ? LOG_LEVEL_INFO : LOG_LEVEL_TRACE, rq->handle,
              "filter.reviewed", "fit=%d score=%.2f reason=%s whole=%" PRIu64 " bytes=%zu trace=%s",
              v.fit, v.score, v.reason, ask.is_complete, ask.text.len, log_quote(rq->trace));
    metric_add_for(METRIC_REVIEWS, v.reason, v.fit ? "yes" : "no", 1);
    failpoint(FAILPOINT_FILTER_REVIEW_JUDGED);
    send_answer(f, rq);
    return ERR_OK;
}

static void on_request(void *ctx, const struct backend_request *rq)
{
    struct filter *f = ctx;
    enum err       err = ERR_BAD_REQUEST; /* a question for somebody else */
    uint64_t       since_us = clock_us();
    struct trace   above;
    struct span    span;

    trace_read(&above, rq->trace);
    span_begin(&span, msg_name(rq->number), SPAN_SERVER, &above);

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

/* Every request is ended before on_request returns: there is nothing to cancel. */
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

static void count(void *ctx)
{
    const struct filter *f = ctx;
    backend_update_metrics(f->backend);
}

static const struct admin_ops admin_ops = {"filter", not_ready, count};

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
    enum err err = admin_open(&f->admin_port, l, config->admin_address,
                              (unsigned)config->admin_port, &admin_ops, f);
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
    admin_close(&(*f)->admin_port);
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
