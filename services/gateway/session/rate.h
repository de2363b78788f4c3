/* rate - how often somebody may do something, counted in this process alone.
 *
 * The store counts for all gateways; this is for when it cannot, and for what
 * need not be exact.  A bucket that fills evenly (the generic cell rate
 * algorithm): `burst` at once, then one each per_ms / burst. */
#ifndef GATEWAY_RATE_H
#define GATEWAY_RATE_H
#include <stdint.h>

#include "base/str.h"

struct rate;

struct rate *rate_new(unsigned burst, uint64_t per_ms);
void         rate_free(struct rate **l);

/* 0: it may; else it may in so many milliseconds. */
uint64_t rate_take(struct rate *l, struct str who, uint64_t now);

#endif
