/* spool - brings turns that were spooled to Postgres, when it is back.
 *
 * In each round (rounds.h) one store takes a bucket's short lease and keeps
 * what lies in it, in order, by the same statement as any commit. */
#ifndef STORE_SPOOL_H
#define STORE_SPOOL_H
#include <stdint.h>

struct spool; /* what a job has of its bucket */
void spool_free(struct spool **s);

void spool_grew(unsigned bucket, uint64_t length); /* a turn was spooled, now there are so many */
void spool_count(void);                            /* sets the gauges of metrics.def */

#endif
