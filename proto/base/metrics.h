/* metrics - counts of this process; see metrics.def. */
#ifndef PROTO_BASE_METRICS_H
#define PROTO_BASE_METRICS_H
#include <stdint.h>

enum metric {
#define COUNTER(NAME, name, doc) METRIC_##NAME,
#define GAUGE(NAME, name, doc)   METRIC_##NAME,
#include "base/metrics.def"
    METRIC_COUNT
};

void        metric_add(enum metric m, int64_t by);
void        metric_set(enum metric m, int64_t value);
int64_t     metric_value(enum metric m);
const char *metric_name(enum metric m);

#endif
