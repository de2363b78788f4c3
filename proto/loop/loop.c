/* The reactor: zloop outside, one epoll set with all descriptors and one timerfd inside. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "loop/loop.h"

#define BATCH 256 /* epoll events taken per turn */

struct socket {
    struct loop   *loop;
    struct socket *next;
    zsock_t       *zsock; /* borrowed */
    void (*fn)(void *ctx, zsock_t *socket);
    void *ctx;
};

struct loop {
    zloop_t *zloop;
    int      epoll;
    bool     quit;

    struct epoll_event batch[BATCH]; /* being dispatched; stopped watches are nulled in it */
    int                batch_count;

    struct timer **heap; /* earliest first; heap[i]->place == i */
    unsigned       timers, room;
    uint64_t       armed; /* what the timerfd waits for, 0: nothing */
    int            timerfd;
    struct watch   on_timerfd;

    struct deferred_call *laters, **laters_end;
    struct socket        *sockets;

    struct watch on_signal;
    void (*on_stop)(void *ctx);
    void (*on_hangup)(void *ctx);
    void    *signal_ctx;
    unsigned stops;
};

/* ---- timers: a binary heap ---- */

static void put(struct loop *l, unsigned place, struct timer *t)
{
    l->heap[place] = t;
    t->place = place;
}

static void sift_up(struct loop *l, unsigned place, struct timer *t)
{
    for (; place && l->heap[(place - 1) / 2]->at > t->at; place = (place - 1) / 2)
        put(l, place, l->heap[(place - 1) / 2]);
    put(l, place, t);
}

static void sift_down(struct loop *l, unsigned place, struct timer *t)
{
    for (unsigned child; (child = 2 * place + 1) < l->timers; place = child) {
        if (child + 1 < l->timers && l->heap[child + 1]->at < l->heap[child]->at)
            child++;
        if (l->heap[child]->at >= t->at)
            break;
        put(l, place, l->heap[child]);
    }
    put(l, place, t);
}

void timer_start(struct timer *t, struct loop *l, uint64_t ms, void (*fn)(void *ctx), void *ctx)
{
    timer_stop(t);
    *t = (struct timer){.loop = l, .at = clock_ms() + ms, .fn = fn, .ctx = ctx};
    if (l->timers == l->room) {
        l->room = l->room ? 2 * l->room : 64;
        l->heap = mem_grow(l->heap, l->room * sizeof l->heap[0]);
    }
    sift_up(l, l->timers++, t);
}

void timer_stop(struct timer *t)
{
    struct loop *l = t->loop;

    if (!l)
        return;
    must(l->heap[t->place] == t);
    struct timer *last = l->heap[--l->timers];
    if (last != t) {
        unsigned place = t->place;
        if (place && l->heap[(place - 1) / 2]->at > last->at)
            sift_up(l, place, last);
        else
            sift_down(l, place, last);
    }
    t->loop = NULL;
}

bool timer_is_on(const struct timer *t)
{
    return t->loop != NULL;
}

static void run_timers(struct loop *l)
{
    uint64_t now = clock_ms();

    /* A timer started by a handler with 0 ms waits for the next turn: the loop
     * must get to its sockets in between. */
    for (unsigned most = l->timers; most && l->timers && l->heap[0]->at <= now; most--) {
        struct timer *t = l->heap[0];
        timer_stop(t);
        t->fn(t->ctx);
    }
}

static void arm(struct loop *l)
{
    uint64_t          at = l->timers ? l->heap[0]->at : 0;
    struct itimerspec when = {0};

    if (at == l->armed)
        return;
    l->armed = at;
    when.it_value.tv_sec = (time_t)(at / 1000);
    when.it_value.tv_nsec = (long)(at % 1000) * 1000000;
    must(timerfd_settime(l->timerfd, TFD_TIMER_ABSTIME, &when, NULL) == 0);
}

static void on_timerfd(void *ctx, uint32_t events)
{
    struct loop *l = ctx;
    uint64_t     times;
    ssize_t      got = read(l->timerfd, &times, sizeof times);

    (void)events;
    (void)got; /* EAGAIN: it was set again since */
    l->armed = 0;
    run_timers(l);
}

/* ---- later ---- */

void deferred_call_start(struct deferred_call *a, struct loop *l, void (*fn)(void *ctx), void *ctx)
{
    if (a->loop)
        return;
    *a = (struct deferred_call){.loop = l, .link = l->laters_end, .fn = fn, .ctx = ctx};
    *l->laters_end = a;
    l->laters_end = &a->next;
}

void deferred_call_stop(struct deferred_call *a)
{
    if (!a->loop)
        return;
    *a->link = a->next;
    if (a->next)
        a->next->link = a->link;
    else
        a->loop->laters_end = a->link;
    a->loop = NULL;
}

/* After every handler: what was put off, then the clock for the next timer. */
static int settle(struct loop *l)
{
    while (l->laters && !l->quit) {
        struct deferred_call *a = l->laters;
        deferred_call_stop(a);
        a->fn(a->ctx);
    }
    arm(l);
    return l->quit ? -1 : 0;
}

/* ---- file descriptors ---- */

void watch_start(struct watch *w, struct loop *l, int fd, uint32_t events,
                 void (*fn)(void *ctx, uint32_t events), void *ctx)
{
    struct epoll_event ev = {.events = events, .data.ptr = w};

    must(!w->loop);
    *w = (struct watch){.loop = l, .fd = fd, .fn = fn, .ctx = ctx};
    must(epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &ev) == 0);
}

void watch_change(struct watch *w, uint32_t events)
{
    struct epoll_event ev = {.events = events, .data.ptr = w};

    must(w->loop != NULL);
    must(epoll_ctl(w->loop->epoll, EPOLL_CTL_MOD, w->fd, &ev) == 0);
}

void watch_stop(struct watch *w)
{
    struct loop *l = w->loop;

    if (!l)
        return;
    int rc = epoll_ctl(l->epoll, EPOLL_CTL_DEL, w->fd, NULL);
    must(rc == 0 || errno == ENOENT || errno == EBADF); /* a library closed it first */
    for (int i = 0; i < l->batch_count; i++)
        if (l->batch[i].data.ptr == w)
            l->batch[i].data.ptr = NULL;
    w->loop = NULL;
}

static int on_epoll(zloop_t *zloop, zmq_pollitem_t *item, void *ctx)
{
    struct loop *l = ctx;
    int          count = epoll_wait(l->epoll, l->batch, BATCH, 0);

    (void)zloop;
    (void)item;
    l->batch_count = count > 0 ? count : 0;
    for (int i = 0; i < l->batch_count && !l->quit; i++) {
        struct watch *w = l->batch[i].data.ptr;
        if (w)
            w->fn(w->ctx, l->batch[i].events);
    }
    l->batch_count = 0;
    return settle(l);
}

/* ---- signals ---- */

static void on_signal(void *ctx, uint32_t events)
{
    struct loop            *l = ctx;
    struct signalfd_siginfo info;

    (void)events;
    if (read(l->on_signal.fd, &info, sizeof info) != sizeof info)
        return;
    if (info.ssi_signo == SIGHUP) {
        if (l->on_hangup)
            l->on_hangup(l->signal_ctx);
    } else if (l->stops++ == 0 && l->on_stop) {
        l->on_stop(l->signal_ctx);
    } else {
        loop_quit(l);
    }
}

void loop_on_signals(struct loop *l, void (*on_stop)(void *ctx), void (*on_hangup)(void *ctx),
                     void        *ctx)
{
    l->on_stop = on_stop;
    l->on_hangup = on_hangup;
    l->signal_ctx = ctx;
}

/* ---- ZeroMQ sockets ---- */

static int on_zsock(zloop_t *zloop, zsock_t *zsock, void *ctx)
{
    struct socket *s = ctx;
    struct loop   *l = s->loop; /* s may be gone after its handler */

    (void)zloop;
    s->fn(s->ctx, zsock);
    return settle(l);
}

void loop_socket(struct loop *l, zsock_t *zsock, void (*fn)(void *ctx, zsock_t *socket), void *ctx)
{
    struct socket *s = mem_new(sizeof *s);

    *s = (struct socket){l, l->sockets, zsock, fn, ctx};
    l->sockets = s;
    must(zloop_reader(l->zloop, zsock, on_zsock, s) == 0);
    zloop_reader_set_tolerant(l->zloop, zsock);
}

void loop_socket_end(struct loop *l, zsock_t *zsock)
{
    for (struct socket **link = &l->sockets; *link; link = &(*link)->next) {
        if ((*link)->zsock != zsock)
            continue;
        struct socket *s = *link;
        *link = s->next;
        zloop_reader_end(l->zloop, zsock);
        free(s);
        return;
    }
}

/* ---- the loop itself ---- */

static int block_signals(void)
{
    sigset_t set;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    must(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

struct loop *loop_new(void)
{
    struct loop   *l = mem_new(sizeof *l);
    zmq_pollitem_t item = {.events = ZMQ_POLLIN};

    /* zloop_start returns on any signal that has a handler, so there are none:
     * czmq's is switched off and ours are read from a descriptor. */
    zsys_handler_set(NULL);
    int signals = block_signals();
    l->laters_end = &l->laters;
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    l->timerfd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    must(l->epoll >= 0 && l->timerfd >= 0 && signals >= 0);
    watch_start(&l->on_timerfd, l, l->timerfd, EPOLLIN, on_timerfd, l);
    watch_start(&l->on_signal, l, signals, EPOLLIN, on_signal, l);

    l->zloop = zloop_new();
    item.fd = l->epoll;
    must(zloop_poller(l->zloop, &item, on_epoll, l) == 0);
    zloop_poller_set_tolerant(l->zloop, &item);
    return l;
}

void loop_free(struct loop **loop)
{
    struct loop *l = *loop;

    if (!l)
        return;
    while (l->sockets)
        loop_socket_end(l, l->sockets->zsock);
    zloop_destroy(&l->zloop);
    watch_stop(&l->on_timerfd);
    watch_stop(&l->on_signal);
    close(l->on_signal.fd);
    close(l->timerfd);
    close(l->epoll);
    free(l->heap);
    free(l);
    *loop = NULL;
}

void loop_run(struct loop *l)
{
    l->quit = false;
    /* It also returns when a debugger interrupts it; only quit ends us. */
    while (settle(l) == 0)
        zloop_start(l->zloop);
}

void loop_raise_fd_limit(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    files.rlim_cur = files.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &files) != 0)
        log_warn(0, "loop.file_limit", "why=%s", log_quote(str_of(strerror(errno))));
}

void loop_quit(struct loop *l)
{
    l->quit = true;
}
