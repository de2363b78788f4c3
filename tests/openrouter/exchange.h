/* exchange - one request on a connection, from its first byte to the end of its answer.
 *
 * Called by libmicrohttpd.  While an answer waits, its connection is suspended until its timer
 * expires or its peer leaves. */
#ifndef STANDIN_EXCHANGE_H
#define STANDIN_EXCHANGE_H
#include <microhttpd.h>
#include <sys/queue.h>

#include "journal.h"
#include "timer_queue.h"
#include "upstream.h"

struct exchange;

/* All open exchanges, and what they share. */
struct exchanges {
    struct upstream   *upstream; /* borrowed */
    struct journal    *journal;  /* borrowed */
    struct timer_queue timers;
    uint64_t           requests; /* so far */
    LIST_HEAD(, exchange) open;
};

/* One connection. */
struct peer {
    int              fd;
    uint16_t         port;
    uint64_t         number, requests; /* of the connection; of requests on it so far */
    bool             is_gone;
    struct exchange *exchange; /* borrowed; NULL between requests */
};

struct exchange *exchange_open(struct exchanges *s, struct peer *p,
                               struct MHD_Connection *connection, const char *method,
                               const char *path);
void             exchange_body(struct exchange *x, const char *bytes, size_t len);
enum MHD_Result  exchange_answer(struct exchange *x); /* once the request is complete */
void             exchange_wake(struct exchange *x);   /* its timer expired */
void             exchange_stop(struct exchange *x, const char *why);
void exchange_close(struct exchange **x, const char *why); /* why: if nothing else has ended it */

void exchanges_stop(struct exchanges *s, const char *why); /* all of them */

#endif
