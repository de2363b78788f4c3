/* outage - reconnecting to a server: exponential backoff, and log lines when the state changes.
 *
 * The owner calls outage_failed whenever an attempt fails or the connection breaks, outage_retry to
 * schedule the next attempt, and outage_ended once the server can be used. A series of failures is
 * logged once as <name>.unavailable, later ones as <name>.connect_failed if their reason changes,
 * and its end as <name>.back; the first success after start is logged as <name>.up. */
#ifndef PROTO_LOOP_OUTAGE_H
#define PROTO_LOOP_OUTAGE_H
#include "loop/loop.h"

/* A struct inside its owner; call outage_fini before its memory is freed. */
struct outage {
    const char  *name; /* of the server, in log events; static */
    struct loop *loop; /* borrowed */
    void (*retry)(void *ctx);
    void        *ctx;
    struct timer timer;
    unsigned     failures;    /* attempts since the last success */
    char         reason[200]; /* logged last; empty while the server is available */
};

/* retry is called by the loop and begins a new attempt. */
void outage_init(struct outage *o, struct loop *l, const char *name, void (*retry)(void *ctx),
                 void *ctx);
void outage_fini(struct outage *o);

/* The server is unavailable. reason is copied. */
void outage_failed(struct outage *o, const char *reason);

/* Calls retry after the backoff: 50 ms, doubled each time up to 2 s, of which a random part of at
 * most half is left out. Does nothing if an attempt is already scheduled. */
void outage_retry(struct outage *o);

/* Resets the backoff: a connection was established, though others may still be missing. */
void outage_reset(struct outage *o);

/* The server is available again. format: further fields of the log line, as for log_event. */
void outage_ended(struct outage *o, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
