/* Backoff and log lines of reconnecting. */
#include <string.h>

#include "base/log.h"
#include "base/random.h"
#include "loop/outage.h"

#define FIRST_MS    50
#define MAX_MS      2000
#define MAX_DOUBLES 6

void outage_init(struct outage *o, struct loop *l, const char *name, void (*retry)(void *ctx),
                 void *ctx)
{
    *o = (struct outage){.name = name, .loop = l, .retry = retry, .ctx = ctx};
}

void outage_fini(struct outage *o)
{
    timer_stop(&o->timer);
}

static void log_change(struct outage *o, enum log_level level, const char *what, struct str fields)
{
    char event[40];

    str_format(event, sizeof event, "%s.%s", o->name, what);
    log_event(level, 0, event, "%.*s", (int)fields.len, fields.len ? fields.p : "");
}

void outage_failed(struct outage *o, const char *reason)
{
    struct buf fields = {0};

    buf_print(&fields, "why=%s", log_quote(str_of(reason)));
    if (!o->reason[0])
        log_change(o, LOG_LEVEL_WARN, "unavailable", buf_view(&fields));
    else if (strncmp(o->reason, reason, sizeof o->reason - 1) != 0)
        log_change(o, LOG_LEVEL_INFO, "connect_failed", buf_view(&fields));
    str_format(o->reason, sizeof o->reason, "%s", *reason ? reason : "unknown");
    buf_fini(&fields);
}

static uint64_t backoff_ms(struct outage *o)
{
    uint64_t most = (uint64_t)FIRST_MS << o->failures;

    if (o->failures < MAX_DOUBLES)
        o->failures++;
    if (most > MAX_MS)
        most = MAX_MS;
    return most / 2 + random_below(most / 2 + 1);
}

void outage_retry(struct outage *o)
{
    if (!timer_is_on(&o->timer))
        timer_start(&o->timer, o->loop, backoff_ms(o), o->retry, o->ctx);
}

void outage_reset(struct outage *o)
{
    o->failures = 0;
}

void outage_ended(struct outage *o, const char *format, ...)
{
    struct buf fields = {0};
    va_list    args;

    va_start(args, format);
    buf_vprint(&fields, format, args);
    va_end(args);
    log_change(o, LOG_LEVEL_INFO, o->reason[0] ? "back" : "up", buf_view(&fields));
    buf_fini(&fields);
    o->reason[0] = '\0';
    outage_reset(o);
}
