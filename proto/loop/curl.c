/* curl_multi_socket_action, driven by the loop's watches and one of its timers. */
#include <stdlib.h>

#include "base/mem.h"
#include "loop/curl.h"

struct socket {
    struct loop_curl *curl;
    struct watch      watch;
};

struct loop_curl {
    struct loop    *loop;
    CURLM          *multi;
    struct timer    timer;
    struct socket **sockets; /* by descriptor; each made once and used again */
    size_t          room;
    unsigned        running;
};

/* Transfers that ended. done may start and stop others, so the next one is looked up each time. */
static void deliver(struct loop_curl *c)
{
    CURLMsg *msg;
    int      left;

    while ((msg = curl_multi_info_read(c->multi, &left))) {
        CURLcode          result = msg->data.result;
        struct curl_call *call;
        must(curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&call) == CURLE_OK);
        loop_curl_stop(call);
        call->done(call->ctx, result);
    }
}

static void act(struct loop_curl *c, curl_socket_t fd, int flags)
{
    int running;

    must(curl_multi_socket_action(c->multi, fd, flags, &running) == CURLM_OK);
    deliver(c);
}

static void on_socket(void *ctx, uint32_t events)
{
    struct socket *s = ctx;
    int            flags = 0;

    if (events & (EPOLLIN | EPOLLHUP | EPOLLRDHUP))
        flags |= CURL_CSELECT_IN;
    if (events & EPOLLOUT)
        flags |= CURL_CSELECT_OUT;
    if (events & EPOLLERR)
        flags |= CURL_CSELECT_ERR;
    act(s->curl, s->watch.fd, flags);
}

static void on_timer(void *ctx)
{
    act(ctx, CURL_SOCKET_TIMEOUT, 0);
}

static struct socket *socket_of(struct loop_curl *c, curl_socket_t fd)
{
    size_t at = (size_t)fd;

    if (at >= c->room) {
        size_t room = at + 64;
        c->sockets = mem_grow(c->sockets, room * sizeof c->sockets[0]);
        while (c->room < room)
            c->sockets[c->room++] = NULL;
    }
    if (!c->sockets[at]) {
        c->sockets[at] = mem_new(sizeof *c->sockets[at]);
        c->sockets[at]->curl = c;
    }
    return c->sockets[at];
}

/* Called inside libcurl. The watch is started again instead of changed: the number may belong to
 * another descriptor by now, which the kernel does not watch. */
static int want_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *unused)
{
    struct loop_curl *c = ctx;
    struct socket    *s = socket_of(c, fd);
    uint32_t          events = 0;

    (void)easy;
    (void)unused;
    watch_stop(&s->watch);
    if (what == CURL_POLL_REMOVE)
        return 0;
    if (what & CURL_POLL_IN)
        events |= EPOLLIN;
    if (what & CURL_POLL_OUT)
        events |= EPOLLOUT;
    watch_start(&s->watch, c->loop, fd, events, on_socket, s);
    return 0;
}

/* Inside libcurl, so even for 0 ms it only sets the timer. */
static int want_timer(CURLM *multi, long ms, void *ctx)
{
    struct loop_curl *c = ctx;

    (void)multi;
    if (ms < 0)
        timer_stop(&c->timer);
    else
        timer_start(&c->timer, c->loop, (uint64_t)ms, on_timer, c);
    return 0;
}

struct loop_curl *loop_curl_new(struct loop *l, unsigned keep)
{
    struct loop_curl *c = mem_new(sizeof *c);

    must(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    c->loop = l;
    c->multi = curl_multi_init();
    must(c->multi != NULL);
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, want_timer);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)keep);
    return c;
}

void loop_curl_free(struct loop_curl **curl)
{
    struct loop_curl *c = *curl;

    if (!c)
        return;
    must(c->running == 0);
    curl_multi_cleanup(c->multi); /* closes the idle connections, so it still calls us */
    timer_stop(&c->timer);
    for (size_t i = 0; i < c->room; i++) {
        if (c->sockets[i])
            watch_stop(&c->sockets[i]->watch);
        free(c->sockets[i]);
    }
    free(c->sockets);
    free(c);
    curl_global_cleanup();
    *curl = NULL;
}

void loop_curl_start(struct loop_curl *c, struct curl_call *call, CURL *easy,
                     void (*done)(void *ctx, CURLcode result), void *ctx)
{
    must(!call->on);
    *call = (struct curl_call){c, easy, done, ctx};
    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    must(curl_multi_add_handle(c->multi, easy) == CURLM_OK);
    c->running++;
}

void loop_curl_stop(struct curl_call *call)
{
    if (!call->on)
        return;
    must(curl_multi_remove_handle(call->on->multi, call->easy) == CURLM_OK);
    call->on->running--;
    call->on = NULL;
}
