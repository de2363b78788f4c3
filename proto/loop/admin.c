/* Probes and metrics over HTTP. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "loop/admin.h"
#include "loop/http.h"

#define CONNECTIONS 32
#define PATIENCE_MS 5000
#define ANSWER_MAX  (4 * 1024 * 1024)
#define LOOK_MS     250

struct admin {
    struct loop            *loop;
    struct http            *http;
    const struct admin_ops *ops;
    void                   *ctx;
    struct timer            look;
    uint64_t                look_at;
};

/* ---- the process ---- */

static double cpu_seconds(void)
{
    struct rusage u = {0};

    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static double memory_bytes(void)
{
    unsigned long all, resident = 0;
    FILE         *file = fopen("/proc/self/statm", "re");

    if (!file)
        return 0;
    if (fscanf(file, "%lu %lu", &all, &resident) != 2)
        resident = 0;
    fclose(file);
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static unsigned open_files(void)
{
    DIR     *folder = opendir("/proc/self/fd");
    unsigned count = 0;

    if (!folder)
        return 0;
    while (readdir(folder))
        count++;
    closedir(folder);
    return count > 3 ? count - 3 : 0; /* without ".", ".." and the folder itself */
}

static void count_process(void)
{
    metric_add_for(METRIC_SPANS, "sent", NULL, 0);
    metric_add_for(METRIC_SPANS, "refused", NULL, 0);
    metric_add_for(METRIC_SPANS, "dropped", NULL, 0);
    metric_set(METRIC_CPU, cpu_seconds());
    metric_set(METRIC_MEMORY, memory_bytes());
    metric_set(METRIC_FILES, open_files());
}

/* How late a timer comes is how long other handlers kept the loop. */
static void on_look(void *ctx)
{
    struct admin *p = ctx;
    uint64_t      now = clock_ms();

    metric_observe(METRIC_LOOP_LAG, (double)(now - p->look_at) / 1000);
    p->look_at = now + LOOK_MS;
    timer_start(&p->look, p->loop, LOOK_MS, on_look, p);
}

/* ---- answering ---- */

static void reply(struct http_request *rq, unsigned status, const char *type, struct str body)
{
    struct http_field    field = {.name = "Content-Type", .value = type};
    struct http_response a = {.status = status, .fields = &field, .field_count = 1, .body = body};

    http_reply(rq, &a);
}

static void say(struct http_request *rq, unsigned status, const char *text)
{
    struct buf line = {0};

    buf_print(&line, "%s\n", text);
    reply(rq, status, "text/plain; charset=utf-8", buf_view(&line));
    buf_fini(&line);
}

static void say_ready(struct admin *p, struct http_request *rq)
{
    const char *why = p->ops->not_ready(p->ctx);

    say(rq, why ? 503 : 200, why ? why : "ready");
}

static void tell_metrics(struct admin *p, struct http_request *rq)
{
    struct buf text = {0};

    metric_set(METRIC_READY, !p->ops->not_ready(p->ctx));
    count_process();
    if (p->ops->count)
        p->ops->count(p->ctx);
    metrics_print(&text, p->ops->service);
    reply(rq, 200, "text/plain; version=0.0.4; charset=utf-8", buf_view(&text));
    buf_fini(&text);
}

static void on_request(void *ctx, struct http_request *rq)
{
    struct str path = str_of(http_path(rq));
    bool       reads = strcmp(http_method(rq), "GET") == 0 || strcmp(http_method(rq), "HEAD") == 0;

    if (!reads)
        say(rq, 405, "only GET");
    else if (str_is(path, "/live"))
        say(rq, 200, "alive");
    else if (str_is(path, "/ready"))
        say_ready(ctx, rq);
    else if (str_is(path, "/metrics"))
        tell_metrics(ctx, rq);
    else
        say(rq, 404, "there are /live, /ready and /metrics");
}

/* Everything is answered at once: nobody who waits can leave. */
static void on_gone(void *ctx, struct http_request *rq)
{
    (void)ctx;
    (void)rq;
}

static void on_end(void *ctx, const struct http_request *rq)
{
    (void)ctx;
    (void)rq;
}

/* ---- open and close ---- */

enum err admin_open(struct admin **out, struct loop *l, const char *address, unsigned port,
                    const struct admin_ops *ops, void *ctx)
{
    static const struct http_ops http_ops = {
        .on_request = on_request, .on_gone = on_gone, .on_end = on_end};
    const struct http_options o = {.address = address,
                                   .port = port,
                                   .connections = CONNECTIONS,
                                   .body_max = 0,
                                   .unsent_max = ANSWER_MAX,
                                   .head_ms = PATIENCE_MS,
                                   .body_ms = PATIENCE_MS,
                                   .idle_ms = 60 * 1000};

    *out = NULL;
    if (!port)
        return ERR_OK;
    struct admin *p = mem_new(sizeof *p);
    *p = (struct admin){.loop = l, .ops = ops, .ctx = ctx, .look_at = clock_ms() + LOOK_MS};
    if (http_open(&p->http, l, &o, &http_ops, p)) {
        free(p);
        return ERR_DOWN;
    }
    metric_set(METRIC_STARTED, (double)clock_wall_ms() / 1000);
    timer_start(&p->look, l, LOOK_MS, on_look, p);
    log_info(0, "admin.listening", "address=%s port=%u", address, http_port(p->http));
    *out = p;
    return ERR_OK;
}

void admin_close(struct admin **admin_port)
{
    struct admin *p = *admin_port;

    if (!p)
        return;
    timer_stop(&p->look);
    http_close(&p->http);
    free(p);
    *admin_port = NULL;
}
