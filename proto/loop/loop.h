/* loop - the one reactor of a process: ZeroMQ sockets, file descriptors, timers, signals.
 *
 * It is czmq's zloop with a few fixed pollers; all file descriptors and the one
 * timerfd behind every timer live in an epoll set that is itself one of these
 * pollers, because zloop scans its pollers and timers on every turn.
 *
 * Rules:
 *  - Everything runs on one thread, and no handler blocks.
 *  - Handlers are called by the loop only, never from inside another call.
 *    What cannot be done where one stands (free the object whose handler is
 *    running, start a library that is up the stack) is put off with deferred_call_start.
 *  - A timer, watch or later that was stopped is never called again, not even
 *    if its event was already read.  They are structs inside their owner;
 *    a zeroed one is a stopped one; stop it before its memory goes. */
#ifndef PROTO_LOOP_LOOP_H
#define PROTO_LOOP_LOOP_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#include <czmq.h>

struct loop;

/* Before any socket or thread is made: blocks SIGTERM, SIGINT and SIGHUP for
 * all threads to come, ignores SIGPIPE, keeps czmq's own handler out. */
struct loop *loop_new(void);
void         loop_free(struct loop **l);
void         loop_run(struct loop *l); /* until loop_quit */
void         loop_quit(struct loop *l);

/* Thousands of connections need thousands of descriptors, and the soft limit is
 * made for select(): raises it to the hard one. */
void loop_raise_fd_limit(void);

/* on_stop: the first SIGTERM or SIGINT; a second one calls loop_quit.
 * on_hangup: SIGHUP, "read your files again".  Either may be NULL. */
void loop_on_signals(struct loop *l, void (*on_stop)(void *ctx), void (*on_hangup)(void *ctx),
                     void        *ctx);

/* ---- timers: one shot, milliseconds ---- */

struct timer {
    struct loop *loop; /* NULL: stopped */
    uint64_t     at;
    unsigned     place;
    void (*fn)(void *ctx);
    void *ctx;
};

/* Starts it anew if it runs.  fn is called once, at the earliest after ms. */
void timer_start(struct timer *t, struct loop *l, uint64_t ms, void (*fn)(void *ctx), void *ctx);
void timer_stop(struct timer *t);
bool timer_is_on(const struct timer *t);

/* ---- file descriptors, level triggered ---- */

struct watch {
    struct loop *loop; /* NULL: stopped */
    int          fd;
    unsigned     place;
    void (*fn)(void *ctx, uint32_t events); /* EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP, EPOLLRDHUP */
    void *ctx;
};

void watch_start(struct watch *w, struct loop *l, int fd, uint32_t events,
                 void (*fn)(void *ctx, uint32_t events), void *ctx);
void watch_change(struct watch *w, uint32_t events);
void watch_stop(struct watch *w); /* before the fd is closed */

/* ---- after the handler that runs now ---- */

struct deferred_call {
    struct loop          *loop; /* NULL: stopped */
    struct deferred_call *next, **link;
    void (*fn)(void *ctx);
    void *ctx;
};

/* Called once, before the loop waits again.  Starting a started one changes nothing. */
void deferred_call_start(struct deferred_call *a, struct loop *l, void (*fn)(void *ctx), void *ctx);
void deferred_call_stop(struct deferred_call *a);

/* ---- ZeroMQ sockets ---- */

/* fn is called while the socket is readable: read at most a few hundred
 * messages with ZMQ_DONTWAIT, then return.  Few sockets only, rarely changed. */
void loop_socket(struct loop *l, zsock_t *socket, void (*fn)(void *ctx, zsock_t *socket),
                 void *ctx);
void loop_socket_end(struct loop *l, zsock_t *socket);

#endif
