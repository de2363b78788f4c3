/* Deadlines of connections. */
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "loop/http_internal.h"

void http_deadlines_init(struct http_deadlines *d, uint64_t ms)
{
    d->ms = ms;
    TAILQ_INIT(&d->waiting);
}

void http_deadline_set(struct http_conn *c, struct http_deadlines *d)
{
    if (c->deadlines)
        TAILQ_REMOVE(&c->deadlines->waiting, c, link);
    c->deadlines = d;
    if (!d)
        return;
    c->due = clock_ms() + d->ms;
    TAILQ_INSERT_TAIL(&d->waiting, c, link);
}

/* libmicrohttpd notices that a socket was shut down and closes the connection. */
static void cut(struct http_conn *c)
{
    shutdown(c->fd, SHUT_RDWR);
}

void http_deadlines_expire(struct http_deadlines *d)
{
    struct http_conn *c;
    uint64_t          now = clock_ms();

    while ((c = TAILQ_FIRST(&d->waiting)) && c->due <= now) {
        http_deadline_set(c, NULL);
        cut(c);
    }
}

void http_deadlines_close_idle(const struct http_deadlines *d)
{
    struct http_conn *c;
    int               unread;

    TAILQ_FOREACH (c, &d->waiting, link)
        if (ioctl(c->fd, FIONREAD, &unread) == 0 && !unread)
            cut(c);
}
