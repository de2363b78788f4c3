/* metrics - counts of this process; see metrics.def.
 *
 * A metric with labels has one series for each combination of values that
 * came.  How many there may be stands in metrics.def: values from outside (the
 * name of a model) can fill a table, not the memory. */
#ifndef PROTO_BASE_METRICS_H
#define PROTO_BASE_METRICS_H
#include <stdint.h>

#include "base/str.h"

enum metric {
#define COUNTER(NAME, name, where, labels, most, doc)          METRIC_##NAME,
#define GAUGE(NAME, name, where, labels, most, doc)            METRIC_##NAME,
#define HISTOGRAM(NAME, name, where, labels, most, scale, doc) METRIC_##NAME,
#include "base/metrics.def"
    METRIC_COUNT
};

/* Without labels. */
void    metric_add(enum metric m, double by);
void    metric_set(enum metric m, double value);
void    metric_observe(enum metric m, double value); /* a histogram takes it in */
int64_t metric_value(enum metric m);

/* With labels; second is a text that stays, or NULL if there is one label only. */
void   metric_add_for(enum metric m, const char *first, const char *second, double by);
void   metric_set_for(enum metric m, const char *first, const char *second, double value);
void   metric_observe_for(enum metric m, const char *first, const char *second, double value);
void   metric_clear(enum metric m); /* all its series to 0, for a gauge that is counted anew */
double metric_value_for(enum metric m, const char *first, const char *second); /* 0: none came */

/* All that this service has, in Prometheus' text format. */
void metrics_print(struct buf *out, const char *service);
void metrics_forget(void); /* all of it, for tests and the end */

#endif
