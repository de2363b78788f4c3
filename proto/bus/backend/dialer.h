/* dialer - one DEALER socket for every gateway address that the names lead to.
 *
 * Names are looked up every second or so, all A and AAAA records, and dialled
 * by number.  A socket goes only when its address has left DNS and its gateway
 * is not up, so a DNS outage cuts no live link. */
#ifndef PROTO_BUS_DIALER_H
#define PROTO_BUS_DIALER_H
#include "bus/backend/gateways.h"
#include "bus/common/sockets.h"
#include "loop/resolver.h"

struct dialer;

struct dialer_options {
    struct gateway_names names;
    const char          *secret_key; /* CURVE, Z85; copied, as is the next */
    const char          *gateway_key;
    unsigned             most; /* requests at once: each may have a piece under way */
};

/* All of them are called by the loop.  ctx is the same for all. */
struct dialer_ops {
    void (*on_link)(void *ctx, uint64_t link); /* a new one is dialled */
    void (*on_unlink)(void *ctx, uint64_t link);
    bool (*is_up)(void *ctx, uint64_t link);
    void (*on_frame)(void *ctx, uint64_t link, struct str bytes);
    void (*on_read)(void *ctx); /* after a batch of frames */
};

MUST_CHECK enum err dialer_open(struct dialer **out, struct loop *l, struct resolver *r,
                                const struct dialer_options *o, const struct dialer_ops *ops,
                                void *ctx);
void                dialer_close(struct dialer **d); /* what was sent last still goes out */

/* Takes the bytes.  False: nobody is connected there, or it takes no more. */
bool dialer_send(struct dialer *d, uint64_t link, struct buf *bytes);

#endif
