/* Life of a libcurl handle: started, paused, reused. */
#include <stdlib.h>

#include "base/log.h"
#include "base/metrics.h"
#include "loop/curl.h"
#include "openrouter/transfer.h"

#define BUFFER_MAX 16384 /* bytes of one transfer buffered until the loop delivers them */
#define LINGER_MS  1000

struct transfers {
    struct loop      *loop;
    struct loop_curl *curl;
    struct upstream   upstream;
    struct transfer  *all;
    unsigned          max;
    CURL            **idle; /* handles ready for use */
    unsigned          idle_count;
};

struct transfer {
    struct transfers               *owner;
    struct transfer                *next, **link; /* in owner->all */
    struct curl_call                call;
    CURL                           *easy;
    struct curl_slist              *headers;
    struct buf                      body;     /* of the request; libcurl reads from it */
    const struct transfer_handlers *handlers; /* NULL: dropped or finished */
    void                           *ctx;
    struct buf                      buffer;
    struct deferred_call            delivery;
    struct timer                    linger;
    bool                            head_given, done, delivering;
    bool                            paused;     /* by transfer_pause */
    bool                            is_stopped; /* in libcurl: paused, or the buffer is full */
    CURLcode                        result;
};

/* ---- what transfers share ---- */

struct transfers *transfers_new(struct loop *l, const struct upstream *u, unsigned max)
{
    struct transfers *ts = mem_new(sizeof *ts);

    ts->loop = l;
    ts->upstream = *u;
    ts->max = max;
    ts->curl = loop_curl_new(l, max);
    ts->idle = mem_new(max * sizeof ts->idle[0]);
    return ts;
}

static CURL *take_handle(struct transfers *ts)
{
    CURL *easy = ts->idle_count ? ts->idle[--ts->idle_count] : curl_easy_init();
    must(easy != NULL);
    return easy;
}

static void return_handle(struct transfers *ts, CURL *easy)
{
    if (ts->idle_count == ts->max) {
        curl_easy_cleanup(easy);
        return;
    }
    curl_easy_reset(easy);
    ts->idle[ts->idle_count++] = easy;
}

/* ---- the end ---- */

static void count_connects(const struct transfer *t)
{
    long connects = 0;

    curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &connects);
    metric_add(METRIC_UPSTREAM_CONNECTS, connects);
}

static void destroy(struct transfer *t)
{
    struct transfers *ts = t->owner;

    loop_curl_stop(&t->call);
    count_connects(t);
    timer_stop(&t->linger);
    deferred_call_stop(&t->delivery);
    *t->link = t->next;
    if (t->next)
        t->next->link = t->link;
    return_handle(ts, t->easy);
    upstream_wipe(&t->headers);
    buf_fini(&t->body);
    buf_fini(&t->buffer);
    free(t);
}

void transfers_free(struct transfers **transfers)
{
    struct transfers *ts = *transfers;

    if (!ts)
        return;
    while (ts->all) {
        must(!ts->all->handlers);
        destroy(ts->all);
    }
    while (ts->idle_count)
        curl_easy_cleanup(ts->idle[--ts->idle_count]);
    loop_curl_free(&ts->curl);
    free(ts->idle);
    free(ts);
    *transfers = NULL;
}

/* ---- the reply ---- */

static void give_head(struct transfer *t)
{
    struct upstream_head head = upstream_head(t->easy);

    t->head_given = true;
    if (head.status)
        t->handlers->on_head(t->ctx, &head);
}

/* More may be buffered while the handler runs. */
static void give_bytes(struct transfer *t)
{
    struct buf bytes = t->buffer;

    t->buffer = (struct buf){0};
    t->handlers->on_bytes(t->ctx, buf_view(&bytes));
    buf_fini(&bytes);
}

static void resume(struct transfer *t)
{
    if (!t->is_stopped || t->paused || t->done || t->buffer.len)
        return;
    t->is_stopped = false;
    curl_easy_pause(t->easy, CURLPAUSE_CONT);
}

static void deliver(void *ctx)
{
    struct transfer *t = ctx;

    t->delivering = true;
    if (t->handlers && !t->head_given)
        give_head(t);
    if (t->handlers && t->buffer.len)
        give_bytes(t);
    if (t->handlers && t->done)
        t->handlers->on_end(t->ctx, upstream_end(t->result));
    t->delivering = false;
    if (t->handlers || timer_is_on(&t->linger))
        resume(t);
    else
        destroy(t);
}

/* Called by libcurl, which must not be called from here. */
static size_t buffer_bytes(char *bytes, size_t one, size_t len, void *ctx)
{
    struct transfer *t = ctx;

    (void)one;
    if (!t->handlers)
        return len;
    if (t->paused || t->buffer.len >= BUFFER_MAX) {
        t->is_stopped = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    buf_add(&t->buffer, bytes, len);
    deferred_call_start(&t->delivery, t->owner->loop, deliver, t);
    return len;
}

static void on_done(void *ctx, CURLcode result)
{
    struct transfer *t = ctx;

    t->done = true;
    t->result = result;
    if (!t->handlers) {
        destroy(t);
        return;
    }
    if (result != CURLE_OK)
        log_info(0, "transfer.failed", "why=%s", log_quote(str_of(curl_easy_strerror(result))));
    deferred_call_start(&t->delivery, t->owner->loop, deliver, t);
}

/* ---- the request ---- */

struct transfer *transfer_start(struct transfers *ts, const struct upstream_request *rq,
                                const struct transfer_handlers *handlers, void *ctx)
{
    struct transfer        *t = mem_new(sizeof *t);
    struct upstream_request own = *rq;

    *t = (struct transfer){.owner = ts, .handlers = handlers, .ctx = ctx, .easy = take_handle(ts)};
    t->next = ts->all;
    t->link = &ts->all;
    if (t->next)
        t->next->link = &t->next;
    ts->all = t;
    buf_str(&t->body, rq->body);
    own.body = buf_view(&t->body);
    t->headers = upstream_prepare(&ts->upstream, &own, t->easy);
    curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, buffer_bytes);
    curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
    metric_add(METRIC_UPSTREAM_CALLS, 1);
    loop_curl_start(ts->curl, &t->call, t->easy, on_done, t);
    return t;
}

void transfer_pause(struct transfer *t, bool paused)
{
    t->paused = paused;
    if (!t->delivering)
        resume(t);
}

void transfer_drop(struct transfer **transfer)
{
    struct transfer *t = *transfer;

    *transfer = NULL;
    if (!t)
        return;
    t->handlers = NULL;
    if (!t->done)
        metric_add(METRIC_UPSTREAM_CANCELLED, 1);
    if (!t->delivering)
        destroy(t);
    else
        loop_curl_stop(&t->call); /* closes the connection now; deliver frees the rest */
}

static void on_linger_end(void *ctx)
{
    destroy(ctx);
}

void transfer_finish(struct transfer **transfer)
{
    struct transfer *t = *transfer;

    if (!t || t->done) {
        transfer_drop(transfer);
        return;
    }
    *transfer = NULL;
    t->handlers = NULL;
    t->paused = false;
    buf_clear(&t->buffer);
    timer_start(&t->linger, t->owner->loop, LINGER_MS, on_linger_end, t);
    if (!t->delivering)
        resume(t);
}
