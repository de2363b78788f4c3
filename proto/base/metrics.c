/* Counts, one process wide table. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/metrics.h"

#define STEPS_MAX 20

enum kind { KIND_COUNTER, KIND_GAUGE, KIND_HISTOGRAM };

enum scale {
#define SCALE(NAME, unit, ...) SCALE_##NAME,
#include "base/scales.def"
};

static const struct {
    unsigned count;
    double   steps[STEPS_MAX];
} scales[] = {
#define SCALE(NAME, unit, ...) {sizeof((double[]){__VA_ARGS__}) / sizeof(double), {__VA_ARGS__}},
#include "base/scales.def"
};

static const struct {
    const char *name, *where, *labels, *doc;
    enum kind   kind;
    unsigned    most;
    enum scale  scale;
} table[] = {
#define COUNTER(NAME, name, where, labels, most, doc)                                              \
    {#name, where, labels, doc, KIND_COUNTER, most, 0},
#define GAUGE(NAME, name, where, labels, most, doc)                                                \
    {#name, where, labels, doc, KIND_GAUGE, most, 0},
#define HISTOGRAM(NAME, name, where, labels, most, scale, doc)                                     \
    {#name, where, labels, doc, KIND_HISTOGRAM, most, SCALE_##scale},
#include "base/metrics.def"
};

struct series {
    struct series *next;
    char          *first;  /* owned; empty: no labels */
    const char    *second; /* borrowed, static; NULL: one label */
    double         value;  /* of a histogram the sum */
    uint64_t       count;
    uint64_t       at_most[STEPS_MAX]; /* observations whose first fitting step this is */
};

static struct series *all[METRIC_COUNT]; /* in the order they came */

/* ---- finding a series ---- */

static bool is_second(const struct series *s, const char *second)
{
    return s->second == second || (s->second && second && strcmp(s->second, second) == 0);
}

static struct series *make(struct series **place, const char *first, const char *second)
{
    struct series *s = mem_new(sizeof *s);

    s->first = str_dup(str_of(first));
    s->second = second;
    *place = s;
    return s;
}

static struct series *find(enum metric m, const char *first, const char *second)
{
    for (struct series *s = all[m]; s; s = s->next)
        if (strcmp(s->first, first) == 0 && is_second(s, second))
            return s;
    return NULL;
}

/* Whether one more value of the first label has room. */
static bool has_room(enum metric m, const char *first)
{
    unsigned count = 0;

    for (struct series *s = all[m]; s; s = s->next) {
        if (strcmp(s->first, first) == 0)
            return true;
        bool is_new = true;
        for (struct series *before = all[m]; before != s && is_new; before = before->next)
            is_new = strcmp(before->first, s->first) != 0;
        count += is_new;
    }
    return count < table[m].most;
}

static struct series *need(enum metric m, const char *first, const char *second)
{
    struct series **place = &all[m];

    must(m < METRIC_COUNT && !*first == !table[m].most);
    struct series *s = find(m, first, second);
    if (!s && *first && !has_room(m, first)) {
        first = "other";
        s = find(m, first, second);
    }
    if (s)
        return s;
    while (*place)
        place = &(*place)->next;
    return make(place, first, second);
}

/* ---- counting ---- */

void metric_add_for(enum metric m, const char *first, const char *second, double by)
{
    need(m, *first ? first : "none", second)->value += by;
}

void metric_set_for(enum metric m, const char *first, const char *second, double value)
{
    need(m, *first ? first : "none", second)->value = value;
}

void metric_clear(enum metric m)
{
    for (struct series *s = all[m]; s; s = s->next)
        s->value = 0;
}

static void observe(enum metric m, struct series *s, double value)
{
    unsigned step = 0, count = scales[table[m].scale].count;

    must(table[m].kind == KIND_HISTOGRAM);
    while (step < count && value > scales[table[m].scale].steps[step])
        step++;
    if (step < count)
        s->at_most[step]++;
    s->value += value;
    s->count++;
}

void metric_observe_for(enum metric m, const char *first, const char *second, double value)
{
    observe(m, need(m, *first ? first : "none", second), value);
}

void metric_observe(enum metric m, double value)
{
    observe(m, need(m, "", NULL), value);
}

void metric_add(enum metric m, double by)
{
    need(m, "", NULL)->value += by;
}

void metric_set(enum metric m, double value)
{
    need(m, "", NULL)->value = value;
}

int64_t metric_value(enum metric m)
{
    return (int64_t)need(m, "", NULL)->value;
}

double metric_value_for(enum metric m, const char *first, const char *second)
{
    const struct series *s = find(m, first, second);
    return s ? s->value : 0;
}

void metrics_fini(void)
{
    for (unsigned m = 0; m < METRIC_COUNT; m++)
        while (all[m]) {
            struct series *s = all[m];
            all[m] = s->next;
            free(s->first);
            free(s);
        }
}

/* ---- telling ---- */

static void print_number(struct buf *out, double value)
{
    if (value == floor(value) && fabs(value) < 1e15)
        buf_print(out, "%.0f", value);
    else
        buf_print(out, "%.15g", value);
}

static void print_label(struct buf *out, struct str name, const char *value)
{
    buf_print(out, "%.*s=\"", (int)name.len, name.p);
    for (const char *p = value; *p; p++) {
        if (*p == '\n')
            buf_str(out, STR("\\n"));
        else if (*p == '"' || *p == '\\')
            buf_print(out, "\\%c", *p);
        else
            buf_add(out, p, 1);
    }
    buf_str(out, STR("\""));
}

/* name{first="...",second="...",le="..."}, without braces if nothing is in them. */
static void print_name(struct buf *out, enum metric m, const struct series *s, const char *ending,
                       const char *le)
{
    const char *labels = table[m].labels, *comma = strchr(labels, ',');
    struct str  first = {labels, comma ? (size_t)(comma - labels) : strlen(labels)};

    buf_print(out, "%s%s", table[m].name, ending);
    if (!first.len && !le)
        return;
    buf_str(out, STR("{"));
    if (first.len)
        print_label(out, first, s->first);
    if (comma && s->second) {
        buf_str(out, STR(","));
        print_label(out, str_of(comma + 1), s->second);
    }
    if (le)
        buf_print(out, "%sle=\"%s\"", first.len ? "," : "", le);
    buf_str(out, STR("}"));
}

static void print_line(struct buf *out, enum metric m, const struct series *s, const char *ending,
                       const char *le, double value)
{
    print_name(out, m, s, ending, le);
    buf_str(out, STR(" "));
    print_number(out, value);
    buf_str(out, STR("\n"));
}

static void print_histogram(struct buf *out, enum metric m, const struct series *s)
{
    uint64_t so_far = 0;
    char     le[32];

    for (unsigned i = 0; i < scales[table[m].scale].count; i++) {
        so_far += s->at_most[i];
        str_format(le, sizeof le, "%g", scales[table[m].scale].steps[i]);
        print_line(out, m, s, "_bucket", le, (double)so_far);
    }
    print_line(out, m, s, "_bucket", "+Inf", (double)s->count);
    print_line(out, m, s, "_sum", NULL, s->value);
    print_line(out, m, s, "_count", NULL, (double)s->count);
}

static void print_metric(struct buf *out, enum metric m)
{
    static const char *const kinds[] = {"counter", "gauge", "histogram"};

    if (!*table[m].labels)
        need(m, "", NULL); /* it is there from the beginning */
    if (!all[m])
        return;
    buf_print(out, "# HELP %s %s\n# TYPE %s %s\n", table[m].name, table[m].doc, table[m].name,
              kinds[table[m].kind]);
    for (const struct series *s = all[m]; s; s = s->next)
        if (table[m].kind == KIND_HISTOGRAM)
            print_histogram(out, m, s);
        else
            print_line(out, m, s, "", NULL, s->value);
}

/* No name of a service is part of another's. */
void metrics_print(struct buf *out, const char *service)
{
    for (enum metric m = 0; m < METRIC_COUNT; m++)
        if (strcmp(table[m].where, "all") == 0 || strstr(table[m].where, service))
            print_metric(out, m);
}
