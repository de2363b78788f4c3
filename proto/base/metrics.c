/* Counts, one process wide table. */
#include "base/metrics.h"
#include "base/mem.h"

static int64_t values[METRIC_COUNT];

static const char *const names[] = {
#define COUNTER(NAME, name, doc) #name,
#define GAUGE(NAME, name, doc)   #name,
#include "base/metrics.def"
};

void metric_add(enum metric m, int64_t by)
{
    must(m < METRIC_COUNT);
    values[m] += by;
}

void metric_set(enum metric m, int64_t value)
{
    must(m < METRIC_COUNT);
    values[m] = value;
}

int64_t metric_value(enum metric m)
{
    must(m < METRIC_COUNT);
    return values[m];
}

const char *metric_name(enum metric m)
{
    must(m < METRIC_COUNT);
    return names[m];
}
