/* metrics - the metrics of this process, listed in metrics.def.
 *
 * A metric with labels has one series per combination of values. metrics.def limits their number,
 * so that values from outside (model names) cannot use unlimited memory. */
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
void    metric_observe(enum metric m, double value); /* histograms only */
int64_t metric_value(enum metric m);

/* With labels. second must be static; NULL if the metric has only one label. */
void   metric_add_for(enum metric m, const char *first, const char *second, double by);
void   metric_set_for(enum metric m, const char *first, const char *second, double value);
void   metric_observe_for(enum metric m, const char *first, const char *second, double value);
void   metric_clear(enum metric m); /* sets all series to 0, before a gauge is recounted */
double metric_value_for(enum metric m, const char *first,
                        const char *second); /* 0: no such series */

/* All metrics of this service, in the Prometheus text format. */
void metrics_print(struct buf *out, const char *service);
void metrics_fini(void); /* frees all series; for tests and the end of the process */

#endif
