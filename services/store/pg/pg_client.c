/* Connecting, and connecting again. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "pg_client_internal.h"
#include "sql/statements.h"

#define CONNECT_MS 5000
#define EXTRA_MS   2000 /* beyond the time of the statement itself: then the server is gone */

static void retry_later(struct pg_client *p)
{
    if (!p->resolving)
        outage_retry(&p->outage);
}

static void set_up(struct pg_connection *c, bool up)
{
    struct pg_client *p = c->pg;

    if (c->up == up)
        return;
    c->up = up;
    p->up = up ? p->up + 1 : p->up - 1;
    if (up && p->up == 1)
        outage_ended(&p->outage, "connections=%u", p->connections);
    if (!p->up)
        p->unavailable_since = clock_ms();
}

static void on_down(void *ctx, const char *why)
{
    struct pg_connection *c = ctx;
    struct pg_client     *p = c->pg;

    set_up(c, false);
    if (!p->up)
        outage_failed(&p->outage, why);
    pg_link_free(&c->link); /* and with it why */
    retry_later(p);
}

static void on_prepared(void *ctx, PGresult *const *results, unsigned count)
{
    struct pg_connection *c = ctx;
    char                  why[128];

    if (!count)
        return;
    if (PQresultStatus(results[0]) != PGRES_COMMAND_OK) {
        const char *state = PQresultErrorField(results[0], PG_DIAG_SQLSTATE);
        str_format(why, sizeof why, "statement %s: %s", sql_declarations[c->prepared].name,
                   state ? state : "?");
        pg_link_drop(c->link, why);
        return;
    }
    if (++c->prepared < SQL_COUNT)
        return;
    outage_reset(&c->pg->outage);
    set_up(c, true);
}

static bool is_off(const PGresult *r, int column)
{
    return strcmp(PQgetvalue(r, 0, column), "off") == 0;
}

/* What the server says about itself, before it is trusted. */
static void on_checked(void *ctx, PGresult *const *results, unsigned count)
{
    struct pg_connection *c = ctx;

    if (!count)
        return;
    if (PQresultStatus(results[0]) != PGRES_TUPLES_OK)
        pg_link_drop(c->link, PQresultErrorMessage(results[0]));
    else if (is_off(results[0], 1))
        pg_link_drop(c->link, "the server has fsync off and would lose what it committed");
    else if (is_off(results[0], 2))
        pg_link_drop(c->link, "synchronous_commit is off, which would lose what was committed");
}

static void on_up(void *ctx)
{
    struct pg_connection *c = ctx;
    char                  ms[24];
    const char *const     values[] = {ms};
    const int             zero[] = {0};
    struct pg_statement   check = {.text = "SELECT set_config('statement_timeout', $1, false),"
                                             " current_setting('fsync'),"
                                             " current_setting('synchronous_commit')",
                                   .count = 1,
                                   .values = values,
                                   .lengths = zero,
                                   .formats = zero};

    str_format(ms, sizeof ms, "%llu", (unsigned long long)c->pg->options.statement_ms);
    c->prepared = 0;
    bool sent = pg_link_send(c->link, &check, 1, on_checked, c);
    for (unsigned i = 0; i < SQL_COUNT && sent; i++)
        sent = pg_link_prepare(c->link, sql_declarations[i].name, sql_declarations[i].text,
                               on_prepared, c);
}

static void open_connections(struct pg_client *p)
{
    static const struct pg_link_ops ops = {.on_up = on_up, .on_down = on_down};
    struct pg_link_options          o = {.connect_ms = CONNECT_MS,
                                         .reply_ms = p->options.statement_ms + EXTRA_MS};

    if (!pg_address_options(p->address, &o.keywords, &o.values)) {
        outage_failed(&p->outage, "its names have no address");
        retry_later(p);
        return;
    }
    for (unsigned i = 0; i < p->connections; i++)
        if (!p->connection[i].link)
            p->connection[i].link = pg_link_new(p->loop, &o, &ops, &p->connection[i]);
}

/* ---- the schema comes first ---- */

static void on_migrated(void *ctx, enum migrate_end end, const char *why)
{
    struct pg_client *p = ctx;

    if (end == MIGRATE_INCOMPATIBLE) {
        log_error(0, "pg.schema_incompatible", "why=%s", log_quote(str_of(why)));
        p->options.on_incompatible(p->options.ctx);
    } else if (end == MIGRATE_DOWN) {
        outage_failed(&p->outage, why);
        retry_later(p);
    } else {
        p->migrated = true;
        open_connections(p);
    }
    migrate_free(&p->migrate); /* and with it why */
}

static void connect_now(struct pg_client *p)
{
    const char *const *keywords, *const *values;

    if (p->migrated) {
        open_connections(p);
        return;
    }
    if (!pg_address_options(p->address, &keywords, &values)) {
        outage_failed(&p->outage, "its names have no address");
        retry_later(p);
        return;
    }
    p->migrate = migrate_new(p->loop, keywords, values, on_migrated, p);
}

static void resolve_next(struct pg_client *p);

static void on_resolved(void *ctx, const struct resolved *found)
{
    struct pg_client *p = ctx;

    pg_address_found(p->address, found);
    resolve_next(p);
}

static void resolve_next(struct pg_client *p)
{
    const char *name = pg_address_name(p->address);

    p->resolving = name != NULL;
    if (name)
        resolver_resolve(p->resolver, name, on_resolved, p);
    else
        connect_now(p);
}

static void on_retry(void *ctx)
{
    struct pg_client *p = ctx;

    pg_address_begin(p->address);
    resolve_next(p);
}

/* ---- its state ---- */

bool pg_client_is_up(const struct pg_client *p)
{
    return p->up > 0;
}

void pg_client_count(const struct pg_client *p)
{
    unsigned in_flight = 0;

    for (unsigned i = 0; i < p->connections; i++)
        in_flight += p->connection[i].up ? pg_link_in_flight(p->connection[i].link) : 0;
    metric_set_for(METRIC_PG, "up", NULL, p->up);
    metric_set_for(METRIC_PG, "down", NULL, p->connections - p->up);
    metric_set(METRIC_PG_IN_FLIGHT, in_flight);
}

uint64_t pg_client_unavailable_ms(const struct pg_client *p)
{
    return p->up ? 0 : clock_ms() - p->unavailable_since;
}

/* ---- open and close ---- */

enum err pg_client_open(struct pg_client **out, struct loop *l, struct resolver *r,
                        const struct pg_client_options *o, struct buf *fault)
{
    struct pg_address *address;

    if (!pg_address_read(&address, o->url, fault))
        return ERR_BAD_REQUEST;
    struct pg_client *p = mem_new(sizeof *p + o->connections * sizeof p->connection[0]);
    p->loop = l;
    p->resolver = r;
    p->options = *o;
    p->address = address;
    p->unavailable_since = clock_ms();
    p->connections = o->connections;
    for (unsigned i = 0; i < p->connections; i++)
        p->connection[i].pg = p;
    outage_init(&p->outage, l, "pg", on_retry, p);
    timer_start(&p->first, l, 0, on_retry, p);
    *out = p;
    return ERR_OK;
}

void pg_client_close(struct pg_client **pg)
{
    struct pg_client *p = *pg;

    if (!p)
        return;
    resolver_cancel(p->resolver, p);
    outage_fini(&p->outage);
    timer_stop(&p->first);
    migrate_free(&p->migrate);
    for (unsigned i = 0; i < p->connections; i++) {
        p->connection[i].up = false;
        pg_link_free(&p->connection[i].link);
    }
    pg_address_free(&p->address);
    free(p);
    *pg = NULL;
}
