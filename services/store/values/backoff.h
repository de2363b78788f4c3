/* backoff - how long to wait before the next try, longer each time and never the same. */
#ifndef STORE_BACKOFF_H
#define STORE_BACKOFF_H
#include <stdint.h>

struct backoff {
    unsigned tries; /* set to 0 after a success */
};

/* 50 ms, doubling up to 2 s, each between half and whole of that. */
uint64_t backoff_next(struct backoff *b);

#endif
