/* Prints docs/metrics.md from metrics.def and scales.def. */
#include <stdio.h>

static const char head[] =
    "# Metrics\n"
    "\n"
    "Made by `scripts/docs` from `proto/base/metrics.def` and `proto/base/scales.def`; do not "
    "edit. Every service\n"
    "tells these at `GET /metrics` of its private port ([observability](observability.md)). Of the "
    "first label at most\n"
    "so many values are told apart; those that come later are counted as `other`. A second label "
    "takes only\n"
    "values from the code.\n"
    "\n"
    "| name | kind | where | labels | at most | what |\n"
    "|---|---|---|---|---|---|\n";

static void row(const char *name, const char *kind, const char *where, const char *labels,
                unsigned most, const char *doc)
{
    printf("| `%s` | %s | %s | %s | ", name, kind, where, labels);
    if (most)
        printf("%u", most);
    printf(" | %s |\n", doc);
}

int main(void)
{
    fputs(head, stdout);
#define COUNTER(NAME, name, where, labels, most, doc)                                              \
    row(#name, "counter", where, labels, most, doc);
#define GAUGE(NAME, name, where, labels, most, doc) row(#name, "gauge", where, labels, most, doc);
#define HISTOGRAM(NAME, name, where, labels, most, scale, doc)                                     \
    row(#name, "histogram, " #scale, where, labels, most, doc);
#include "base/metrics.def"
    fputs("\n## Scales\n\n| scale | unit | steps |\n|---|---|---|\n", stdout);
#define SCALE(NAME, unit, ...) printf("| %s | %s | %s |\n", #NAME, unit, #__VA_ARGS__);
#include "base/scales.def"
    return 0;
}
