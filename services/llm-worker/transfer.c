/* libcurl handles: made, fed, paused, reused. */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/log.h"
#include "base/metrics.h"
#include "loop/curl.h"
#include "transfer.h"

#define READ_SIZE  4096  /* libcurl's buffer for each transfer */
#define ASIDE_MAX  16384 /* bytes put aside for one transfer until the loop gets to it */
#define LINGER_MS  1000
#define KEEP_IDLE  30L /* s until TCP asks whether the other side is still there */
#define KEEP_EVERY 10L

struct transfers {
    struct loop             *loop;
    struct loop_curl        *curl;
    struct transfers_options options;
    struct transfer         *all;
    CURL                   **idle; /* handles ready for use */
    unsigned                 idle_count;
};

struct transfer {
    struct transfers               *owner;
    struct transfer                *next, **link; /* in owner->all */
    struct curl_call                call;
    CURL                           *easy;
    struct curl_slist              *headers;
    struct buf                      body;     /* libcurl reads from it */
    const struct transfer_handlers *handlers; /* NULL: nobody listens any more */
    void                           *ctx;
    struct buf                      aside;
    struct later                    news;
    struct timer                    linger;
    bool                            head_given, done, held, paused, delivering;
    CURLcode                        result;
};

/* ---- the shared part ---- */

struct transfers *transfers_new(struct loop *l, const struct transfers_options *o)
{
    struct transfers *ts = mem_new(sizeof *ts);

    ts->loop = l;
    ts->options = *o;
    ts->curl = loop_curl_new(l, o->most);
    ts->idle = mem_new(o->most * sizeof ts->idle[0]);
    return ts;
}

static CURL *take_easy(struct transfers *ts)
{
    CURL *easy = ts->idle_count ? ts->idle[--ts->idle_count] : curl_easy_init();
    must(easy != NULL);
    return easy;
}

static void give_easy(struct transfers *ts, CURL *easy)
{
    if (ts->idle_count == ts->options.most) {
        curl_easy_cleanup(easy);
        return;
    }
    curl_easy_reset(easy);
    ts->idle[ts->idle_count++] = easy;
}

/* ---- its end ---- */

static void wipe_headers(struct curl_slist **headers)
{
    for (struct curl_slist *h = *headers; h; h = h->next)
        sodium_memzero(h->data, strlen(h->data));
    curl_slist_free_all(*headers);
    *headers = NULL;
}

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
    later_stop(&t->news);
    *t->link = t->next;
    if (t->next)
        t->next->link = t->link;
    give_easy(ts, t->easy);
    wipe_headers(&t->headers);
    buf_fini(&t->body);
    buf_fini(&t->aside);
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

/* ---- what comes ---- */

static void copy_header(const struct transfer *t, const char *name, char *to, size_t size)
{
    struct curl_header *h;

    if (curl_easy_header(t->easy, name, 0, CURLH_HEADER, -1, &h) == CURLHE_OK)
        str_format(to, size, "%s", h->value);
}

static struct reply_head read_head(const struct transfer *t)
{
    struct reply_head head = {0};
    long              status = 0;

    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    head.status = (unsigned)status;
    copy_header(t, "Content-Type", head.type, sizeof head.type);
    copy_header(t, "X-Generation-Id", head.generation, sizeof head.generation);
    copy_header(t, "Retry-After", head.retry_after, sizeof head.retry_after);
    copy_header(t, "Retry-After-Ms", head.retry_after_ms, sizeof head.retry_after_ms);
    copy_header(t, "X-RateLimit-Reset", head.limit_reset, sizeof head.limit_reset);
    return head;
}

static enum reply_end end_of(CURLcode result)
{
    switch ((int)result) {
    case CURLE_OK:
        return REPLY_WHOLE;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return REPLY_UNTRUSTED;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
    case CURLE_OPERATION_TIMEDOUT: /* the only time limit set in libcurl is for connecting */
    case CURLE_SSL_CONNECT_ERROR:
        return REPLY_UNREACHED;
    default:
        return REPLY_CUT;
    }
}

static void give_head(struct transfer *t)
{
    struct reply_head head = read_head(t);

    t->head_given = true;
    if (head.status)
        t->handlers->on_head(t->ctx, &head);
}

/* More may be put aside while these are looked at. */
static void give_bytes(struct transfer *t)
{
    struct buf bytes = t->aside;

    t->aside = (struct buf){0};
    t->handlers->on_bytes(t->ctx, buf_view(&bytes));
    buf_fini(&bytes);
}

static void resume(struct transfer *t)
{
    if (!t->paused || t->held || t->done || t->aside.len)
        return;
    t->paused = false;
    curl_easy_pause(t->easy, CURLPAUSE_CONT);
}

static void deliver(void *ctx)
{
    struct transfer *t = ctx;

    t->delivering = true;
    if (t->handlers && !t->head_given)
        give_head(t);
    if (t->handlers && t->aside.len)
        give_bytes(t);
    if (t->handlers && t->done)
        t->handlers->on_end(t->ctx, end_of(t->result));
    t->delivering = false;
    if (t->handlers || timer_is_on(&t->linger))
        resume(t);
    else
        destroy(t);
}

/* Inside libcurl. */
static size_t put_aside(char *bytes, size_t one, size_t len, void *ctx)
{
    struct transfer *t = ctx;

    (void)one;
    if (!t->handlers)
        return len;
    if (t->held || t->aside.len >= ASIDE_MAX) {
        t->paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    buf_add(&t->aside, bytes, len);
    later_start(&t->news, t->owner->loop, deliver, t);
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
        log_info(0, "transfer.broken", "why=%s", log_quote(str_of(curl_easy_strerror(result))));
    later_start(&t->news, t->owner->loop, deliver, t);
}

/* ---- what goes ---- */

static void add_header(struct transfer *t, const char *name, struct str value)
{
    struct buf line = {0};

    buf_print(&line, "%s: ", name);
    buf_str(&line, value);
    struct curl_slist *longer = curl_slist_append(t->headers, line.p);
    must(longer != NULL);
    t->headers = longer;
    sodium_memzero(line.p, line.len); /* it may have been the key */
    buf_fini(&line);
}

static void set_headers(struct transfer *t, struct str key)
{
    const struct transfers_options *o = &t->owner->options;

    if (key.len) {
        struct buf bearer = {0};
        buf_str(&bearer, STR("Bearer "));
        buf_str(&bearer, key);
        add_header(t, "Authorization", buf_view(&bearer));
        sodium_memzero(bearer.p, bearer.len);
        buf_fini(&bearer);
    }
    add_header(t, "Accept", t->body.len ? STR("text/event-stream") : STR("application/json"));
    if (t->body.len) {
        add_header(t, "Content-Type", STR("application/json"));
        add_header(t, "Expect", STR("")); /* without a value it is not sent */
    }
    if (*o->referer)
        add_header(t, "HTTP-Referer", str_of(o->referer));
    if (*o->title)
        add_header(t, "X-OpenRouter-Title", str_of(o->title));
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
}

static void set_url(struct transfer *t, const char *path)
{
    const char *base = t->owner->options.base_url;
    size_t      len = strlen(base);
    struct buf  url = {0};

    while (len && base[len - 1] == '/')
        len--;
    buf_add(&url, base, len);
    buf_str(&url, str_of(path));
    curl_easy_setopt(t->easy, CURLOPT_URL, url.p);
    buf_fini(&url);
}

static void set_options(struct transfer *t)
{
    const struct transfers_options *o = &t->owner->options;

    curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(t->easy, CURLOPT_QUICK_EXIT, 1L); /* never wait for a look-up of a name */
    curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(t->easy, CURLOPT_BUFFERSIZE, (long)READ_SIZE);
    curl_easy_setopt(t->easy, CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
    curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_ms);
    curl_easy_setopt(t->easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(t->easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(t->easy, CURLOPT_TCP_KEEPIDLE, KEEP_IDLE);
    curl_easy_setopt(t->easy, CURLOPT_TCP_KEEPINTVL, KEEP_EVERY);
    curl_easy_setopt(t->easy, CURLOPT_USERAGENT, "automotive-chat");
    curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, put_aside);
    curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
    if (*o->ca_file)
        curl_easy_setopt(t->easy, CURLOPT_CAINFO, o->ca_file);
    if (t->body.len) {
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE, (long)t->body.len);
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, t->body.p);
    } else {
        curl_easy_setopt(t->easy, CURLOPT_ACCEPT_ENCODING, "");
    }
}

struct transfer *transfer_start(struct transfers *ts, const char *path, struct str key,
                                struct str body, const struct transfer_handlers *handlers,
                                void *ctx)
{
    struct transfer *t = mem_new(sizeof *t);

    *t = (struct transfer){.owner = ts, .handlers = handlers, .ctx = ctx, .easy = take_easy(ts)};
    t->next = ts->all;
    t->link = &ts->all;
    if (t->next)
        t->next->link = &t->next;
    ts->all = t;
    buf_str(&t->body, body);
    set_url(t, path);
    set_options(t);
    set_headers(t, key);
    metric_add(METRIC_UPSTREAM_CALLS, 1);
    loop_curl_start(ts->curl, &t->call, t->easy, on_done, t);
    return t;
}

void transfer_hold(struct transfer *t, bool held)
{
    t->held = held;
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
        loop_curl_stop(&t->call); /* closes the connection now; deliver does the rest */
}

static void stop_lingering(void *ctx)
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
    t->held = false;
    buf_clear(&t->aside);
    timer_start(&t->linger, t->owner->loop, LINGER_MS, stop_lingering, t);
    if (!t->delivering)
        resume(t);
}
