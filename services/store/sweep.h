/* sweep - turns whose gateway died: marks them interrupted, with what there is of them.
 *
 * In each round (rounds.h) the leases of a bucket that ran out are looked at. */
#ifndef STORE_SWEEP_H
#define STORE_SWEEP_H

struct sweep; /* what a job has of its bucket */
void sweep_free(struct sweep **s);

#endif
