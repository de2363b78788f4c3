/* exchange - one request to a service and its reply, for an HTTP request.
 *
 * It serves all requests but turns.  A handler makes an exchange and sends a
 * request; on_reply then gets the FINAL or the ERROR, always from the loop, and
 * sends the next request or replies to the client.  Replying frees the
 * exchange; so does the client when it leaves.
 *
 * A flow with state of its own is a struct whose first member is the exchange:
 * it is allocated by the flow, and exchange_free calls its fini before it frees
 * the whole. */
#ifndef GATEWAY_EXCHANGE_H
#define GATEWAY_EXCHANGE_H
#include "routes/handler.h"
#include "wire/messages.h"

struct exchange {
    struct request_hooks hooks; /* first: it is the user of the HTTP request */
    struct gateway      *gw;
    struct http_request *rq;
    struct identity      who;
    uint64_t             id;      /* of the request on the bus */
    bool                 is_open; /* on_reply will be called */
    enum err             send_err;
    struct deferred_call
        send_failed; /* delivers send_err, so that on_reply is called by the loop */
    void (*on_reply)(struct exchange *x, const struct bus_reply *a);
    void (*fini)(struct exchange *x); /* of the flow; may be NULL */
};

/* x: the first member of a zeroed flow from mem_new. */
void             exchange_init(struct exchange *x, const struct request_context *c,
                               void (*fini)(struct exchange *x));
struct exchange *exchange_new(const struct request_context *c); /* without a flow */
void             exchange_free(struct exchange **x);            /* without a reply to the client */

/* Takes body. */
void exchange_send(struct exchange *x, enum service to, struct buf *body,
                   void (*on_reply)(struct exchange *x, const struct bus_reply *a));

/* These reply to the client and free the exchange. */
void exchange_reply(struct exchange **x, unsigned status, json_t *body);
void exchange_reply_with(struct exchange **x, unsigned status, json_t *body,
                         const struct http_field *more);
void exchange_fail(struct exchange **x, enum err err, uint64_t retry_after_ms);
void exchange_fail_from(struct exchange       **x,
                        const struct bus_reply *a); /* no FINAL, or malformed */

/* An on_reply for requests that are answered with done_reply: replies 200 and {}. */
void exchange_on_done(struct exchange *x, const struct bus_reply *a);

/* Decodes the FINAL into m, or fails the exchange: `if (!exchange_read(x, a, ...)) return;` */
#define exchange_read(x, a, name, m)                                                               \
    (((a)->kind == BUS_REPLY_FINAL && name##_decode((m), (a)->body) == ERR_OK) ||                  \
     (exchange_fail_from(&(x), (a)), false))

#endif
