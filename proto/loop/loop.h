/* loop - the event loop of a process: ZeroMQ sockets, file descriptors, timers and signals.
 *
 * It is built on czmq's zloop. All file descriptors, and one timerfd for all timers, are in a
 * nested epoll set, because zloop scans all its pollers and timers in every iteration.
 *
 * Rules:
 *  - Everything runs on one thread, and no handler blocks.
 *  - Handlers are called by the loop only, never from inside another function. What a handler may
 *    not do (free the object whose handler is running, call a library that is on the stack) is
 *    postponed with deferred_call_start.
 *  - A timer, watch or deferred call that was stopped is never called again, even if its event was
 *    already read. They are structs inside their owner; a zeroed one is stopped; stop it before its
 *    memory is freed. */
#ifndef PROTO_LOOP_LOOP_H
#define PROTO_LOOP_LOOP_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#include <czmq.h>

struct loop;

/* Must be called before any socket or thread is created: blocks SIGTERM, SIGINT and SIGHUP for all
 * later threads, ignores SIGPIPE, and disables czmq's signal handler. */
struct loop *loop_new(void);
void         loop_free(struct loop **l);
void         loop_run(struct loop *l); /* until loop_quit */
void         loop_quit(struct loop *l);

/* Raises the soft limit of open files, which is made for select(), to the hard limit. */
void loop_raise_fd_limit(void);

/* on_stop: the first SIGTERM or SIGINT; a second one calls loop_quit.
 * on_hangup: SIGHUP, reload files. Either may be NULL. */
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

/* Restarts t if it is running. fn is called once, not before ms have passed. */
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

/* ---- deferred calls: after the current handler ---- */

struct deferred_call {
    struct loop          *loop; /* NULL: stopped */
    struct deferred_call *next, **link;
    void (*fn)(void *ctx);
    void *ctx;
};

/* fn is called once, before the loop waits again. Starting a started one has no effect. */
void deferred_call_start(struct deferred_call *a, struct loop *l, void (*fn)(void *ctx), void *ctx);
void deferred_call_stop(struct deferred_call *a);

/* ---- ZeroMQ sockets ---- */

/* fn is called while the socket is readable: it reads at most a few hundred messages with
 * ZMQ_DONTWAIT and returns. For a few sockets only, which are rarely added or removed. */
void loop_socket(struct loop *l, zsock_t *socket, void (*fn)(void *ctx, zsock_t *socket),
                 void *ctx);
void loop_socket_end(struct loop *l, zsock_t *socket);

#endif
