/* filter - the service: takes requests off the bus and answers each at once.
 *
 * It keeps no state between two requests, so any number of filters may run and any of them may be
 * killed. */
#ifndef FILTER_FILTER_H
#define FILTER_FILTER_H
#include "bus/backend/backend.h"
#include "config.h"

struct filter;

/* config is borrowed. */
MUST_CHECK enum err filter_open(struct filter **out, struct loop *l, const struct config *config);
void                filter_close(struct filter **f);

/* Takes nothing new, answers what it has, then ends the loop. */
void filter_drain(struct filter *f);

#endif
