/* dialer - keeps one DEALER socket for each gateway address that the names resolve to.
 *
 * All A and AAAA records are looked up about once a second.  A socket is closed
 * only when its address has left DNS and its link is not up, so a DNS outage
 * cuts no live link. */
#ifndef PROTO_BUS_BACKEND_DIALER_H
#define PROTO_BUS_BACKEND_DIALER_H
#include "bus/backend/gateways.h"
#include "bus/common/sockets.h"
#include "loop/resolver.h"

struct dialer;

struct dialer_options {
    struct gateway_names names;
    const char          *secret_key; /* CURVE, Z85; both keys are copied */
    const char          *gateway_key;
    unsigned             requests_max; /* open at once: each may have a chunk in flight */
};

/* Handlers are only called by the loop; is_up is a query and may be called at any time. */
struct dialer_ops {
    void (*on_link)(void *ctx, uint64_t link); /* a new address is dialed */
    void (*on_unlink)(void *ctx, uint64_t link);
    bool (*is_up)(void *ctx, uint64_t link);
    void (*on_frame)(void *ctx, uint64_t link, struct str bytes);
    void (*on_read)(void *ctx); /* after each batch of frames */
};

MUST_CHECK enum err dialer_open(struct dialer **out, struct loop *l, struct resolver *r,
                                const struct dialer_options *o, const struct dialer_ops *ops,
                                void *ctx);
void                dialer_close(struct dialer **d); /* without on_unlink; sends what is queued */

/* Takes the bytes.  False: not connected, or the queue of the socket is full. */
bool dialer_send(struct dialer *d, uint64_t link, struct buf *bytes);

#endif
