/* exchange - one request on a connection, from its first byte to the end of its answer.
 *
 * Callbacks of libmicrohttpd lead here.  An answer that has to wait is parked:
 * its connection is suspended until it is due, or until its peer leaves. */
#ifndef STANDIN_EXCHANGE_H
#define STANDIN_EXCHANGE_H
#include <microhttpd.h>
#include <sys/queue.h>

#include "journal.h"
#include "pace.h"
#include "upstream.h"

struct exchange;

/* What all exchanges share. */
struct stage {
    struct upstream *upstream; /* borrowed */
    struct journal  *journal;  /* borrowed */
    struct pace      pace;
    uint64_t         requests; /* so far */
    LIST_HEAD(, exchange) open;
};

/* One connection. */
struct peer {
    int              fd;
    uint16_t         port;
    uint64_t         number, requests; /* which one it is; requests on it so far */
    bool             is_gone;
    struct exchange *exchange; /* borrowed; NULL between requests */
};

struct exchange *exchange_open(struct stage *s, struct peer *p, struct MHD_Connection *connection,
                               const char *method, const char *path);
void             exchange_body(struct exchange *x, const char *bytes, size_t len);
enum MHD_Result  exchange_answer(struct exchange *x); /* the request is complete */
void             exchange_wake(struct exchange *x);   /* it is due */
void             exchange_stop(struct exchange *x, const char *why);
void exchange_close(struct exchange **x, const char *why); /* why: if nothing ended it */

void exchanges_stop(struct stage *s, const char *why); /* all of them */

#endif
