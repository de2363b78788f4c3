/* filter - the service: takes questions off the bus and answers each at once.
 *
 * It keeps nothing between two questions, so any number of filters may run and
 * any of them may be killed. */
#ifndef FILTER_FILTER_H
#define FILTER_FILTER_H
#include "bus/backend/backend.h"

struct config {
#include "base/config_as_fields.h"

#include "base/common.def"
#include "bus/backend/backend.def"
#include "config.def"

#include "base/config_done.h"
};

struct filter;

/* config is borrowed. */
MUST_CHECK enum err filter_open(struct filter **out, struct loop *l, const struct config *config);
void                filter_close(struct filter **f);

/* Takes nothing new, answers what it has, then ends the loop. */
void filter_drain(struct filter *f);

#endif
