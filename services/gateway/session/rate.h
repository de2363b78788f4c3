/* rate - limits how often a client may do something, counted in this process alone.
 *
 * The store counts for all gateways; this is for when it cannot, and for limits
 * that need not be exact.  It is the generic cell rate algorithm: `burst` at
 * once, then one per per_ms / burst. */
#ifndef GATEWAY_RATE_H
#define GATEWAY_RATE_H
#include <stdint.h>

#include "base/str.h"

struct rate;

struct rate *rate_new(unsigned burst, uint64_t per_ms);
void         rate_free(struct rate **l);

/* 0: allowed; otherwise the milliseconds until it is. */
uint64_t rate_take(struct rate *l, struct str who, uint64_t now);

#endif
