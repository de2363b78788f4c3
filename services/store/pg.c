/* A pool of links to Postgres, and what it takes to have them. */
#include <stdlib.h>
#include <string.h>

#include "backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "loop/pg.h"
#include "migrate.h"
#include "pg.h"
#include "pg_address.h"

#define CONNECT_MS  5000
#define PATIENCE_MS 2000 /* beyond the statement's own time: then the server is gone */
#define ITEMS_MAX   32

struct lane {
    struct pg      *pg;
    struct pg_link *link; /* NULL between two tries */
    unsigned        prepared;
    bool            up;
};

struct pg {
    struct loop       *loop;     /* borrowed */
    struct resolver   *resolver; /* borrowed */
    struct pg_options  options;
    struct pg_address *address;
    struct migrate    *migrate; /* NULL: not under way */
    bool               migrated;
    char               away_because[200]; /* what was logged last; empty while it is there */
    struct timer       retry;
    bool               resolving;
    struct backoff     backoff;
    unsigned           up; /* lanes */
    uint64_t           away_since;
    unsigned           lanes;
    struct lane        lane[];
};

static const struct {
    const char *name, *text;
} statements[] = {
#define STATEMENT(NAME, name, sql) [STATEMENT_##NAME] = {#name, sql},
#include "statements.def"
};

/* ---- connecting ---- */

static void retry_later(struct pg *p);

static void go_away(struct pg *p, const char *why)
{
    if (!p->away_because[0])
        log_warn(0, "pg.away", "why=%s", log_quote(str_of(why)));
    else if (strcmp(p->away_because, why) != 0)
        log_info(0, "pg.still_away", "why=%s", log_quote(str_of(why)));
    str_format(p->away_because, sizeof p->away_because, "%s", why);
}

static void come_back(struct pg *p)
{
    log_info(0, p->away_because[0] ? "pg.back" : "pg.up", "connections=%u", p->lanes);
    p->away_because[0] = '\0';
}

static void set_up(struct lane *lane, bool up)
{
    struct pg *p = lane->pg;

    if (lane->up == up)
        return;
    lane->up = up;
    p->up = up ? p->up + 1 : p->up - 1;
    if (up && p->up == 1)
        come_back(p);
    if (!p->up)
        p->away_since = clock_ms();
}

static void on_lane_down(void *ctx, const char *why)
{
    struct lane *lane = ctx;
    struct pg   *p = lane->pg;

    set_up(lane, false);
    if (!p->up)
        go_away(p, why);
    pg_link_free(&lane->link); /* and with it why */
    retry_later(p);
}

static void on_prepared(void *ctx, PGresult *const *results, unsigned count)
{
    struct lane *lane = ctx;
    char         why[128];

    if (!count)
        return;
    if (PQresultStatus(results[0]) != PGRES_COMMAND_OK) {
        const char *state = PQresultErrorField(results[0], PG_DIAG_SQLSTATE);
        str_format(why, sizeof why, "statement %s: %s", statements[lane->prepared].name,
                   state ? state : "?");
        pg_link_drop(lane->link, why);
        return;
    }
    if (++lane->prepared < STATEMENT_COUNT)
        return;
    lane->pg->backoff.tries = 0;
    set_up(lane, true);
}

static bool is_off(const PGresult *r, int column)
{
    return strcmp(PQgetvalue(r, 0, column), "off") == 0;
}

/* What is told about the server before it is trusted. */
static void on_checked(void *ctx, PGresult *const *results, unsigned count)
{
    struct lane *lane = ctx;

    if (!count)
        return;
    if (PQresultStatus(results[0]) != PGRES_TUPLES_OK)
        pg_link_drop(lane->link, PQresultErrorMessage(results[0]));
    else if (is_off(results[0], 1))
        pg_link_drop(lane->link, "the server has fsync off and would lose what it committed");
    else if (is_off(results[0], 2))
        pg_link_drop(lane->link, "synchronous_commit is off, which would lose what was committed");
}

static void on_lane_up(void *ctx)
{
    struct lane        *lane = ctx;
    char                ms[24];
    const char *const   values[] = {ms};
    const int           zero[] = {0};
    struct pg_statement check = {.text = "SELECT set_config('statement_timeout', $1, false),"
                                         " current_setting('fsync'),"
                                         " current_setting('synchronous_commit')",
                                 .count = 1,
                                 .values = values,
                                 .lengths = zero,
                                 .formats = zero};

    str_format(ms, sizeof ms, "%llu", (unsigned long long)lane->pg->options.statement_ms);
    lane->prepared = 0;
    bool sent = pg_link_send(lane->link, &check, 1, on_checked, lane);
    for (unsigned i = 0; i < STATEMENT_COUNT && sent; i++)
        sent =
            pg_link_prepare(lane->link, statements[i].name, statements[i].text, on_prepared, lane);
}

static void open_lanes(struct pg *p)
{
    static const struct pg_link_ops ops = {on_lane_up, on_lane_down};
    struct pg_link_options          o = {.connect_ms = CONNECT_MS,
                                         .reply_ms = p->options.statement_ms + PATIENCE_MS};

    if (!pg_address_options(p->address, &o.keywords, &o.values)) {
        go_away(p, "its names have no address");
        retry_later(p);
        return;
    }
    for (unsigned i = 0; i < p->lanes; i++)
        if (!p->lane[i].link)
            p->lane[i].link = pg_link_new(p->loop, &o, &ops, &p->lane[i]);
}

/* ---- the schema comes first ---- */

static void on_migrated(void *ctx, enum migrate_end end, const char *why)
{
    struct pg *p = ctx;

    if (end == MIGRATE_UNFIT) {
        log_error(0, "pg.unfit", "why=%s", log_quote(str_of(why)));
        p->options.on_unfit(p->options.ctx);
    } else if (end == MIGRATE_DOWN) {
        go_away(p, why);
        retry_later(p);
    } else {
        p->migrated = true;
        open_lanes(p);
    }
    migrate_free(&p->migrate); /* and with it why */
}

static void connect_now(struct pg *p)
{
    const char *const *keywords, *const *values;

    if (p->migrated) {
        open_lanes(p);
        return;
    }
    if (!pg_address_options(p->address, &keywords, &values)) {
        go_away(p, "its names have no address");
        retry_later(p);
        return;
    }
    p->migrate = migrate_new(p->loop, keywords, values, on_migrated, p);
}

static void resolve_next(struct pg *p);

static void on_found(void *ctx, const struct resolved *found)
{
    struct pg *p = ctx;

    pg_address_found(p->address, found);
    resolve_next(p);
}

static void resolve_next(struct pg *p)
{
    const char *name = pg_address_name(p->address);

    p->resolving = name != NULL;
    if (name)
        resolver_resolve(p->resolver, name, on_found, p);
    else
        connect_now(p);
}

static void on_retry(void *ctx)
{
    struct pg *p = ctx;

    pg_address_begin(p->address);
    resolve_next(p);
}

static void retry_later(struct pg *p)
{
    if (!p->resolving && !timer_is_on(&p->retry))
        timer_start(&p->retry, p->loop, backoff_next(&p->backoff), on_retry, p);
}

/* ---- asking ---- */

struct query {
    struct lane   *lane;
    pg_fn          fn;
    void          *ctx;
    unsigned       count;
    bool           wrapped; /* in BEGIN and COMMIT */
    enum statement statement[ITEMS_MAX];
};

/* As many bytes as the hexadecimal text stands for. */
static void add_bytea(struct grid *g, const char *text)
{
    size_t         len;
    unsigned char *bytes = PQunescapeBytea((const unsigned char *)text, &len);

    must(bytes != NULL);
    grid_add(g, (struct str){(const char *)bytes, len});
    PQfreemem(bytes);
}

static void read_grid(struct grid *g, const PGresult *r)
{
    const Oid bytea = 17;
    int       columns = PQnfields(r);

    if (!columns)
        return;
    grid_begin(g, (unsigned)columns);
    for (int row = 0; row < PQntuples(r); row++)
        for (int column = 0; column < columns; column++)
            if (PQftype(r, column) == bytea)
                add_bytea(g, PQgetvalue(r, row, column));
            else
                grid_add(g, (struct str){PQgetvalue(r, row, column),
                                         (size_t)PQgetlength(r, row, column)});
}

static bool is_good(const PGresult *r)
{
    return PQresultStatus(r) == PGRES_TUPLES_OK || PQresultStatus(r) == PGRES_COMMAND_OK;
}

/* SQLSTATE, by class: the message itself may hold what a person wrote. */
static enum err error_of(struct lane *lane, const PGresult *r, const char *statement)
{
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    struct str  s = str_of(state);

    if (str_starts(s, "40") || str_is(s, "23505") || str_is(s, "55P03"))
        return ERR_CONFLICT;
    if (str_is(s, "57014"))
        return ERR_TIMEOUT;
    if (str_starts(s, "22"))
        return ERR_BAD_REQUEST;
    if (!state) { /* libpq's own words, not the server's: the connection broke */
        pg_link_drop(lane->link, "the connection broke in an answer");
        return ERR_DOWN;
    }
    if (str_is(s, "25006") || str_starts(s, "57P") || str_starts(s, "08")) {
        pg_link_drop(lane->link, str_is(s, "25006") ? "the server takes no writes any more"
                                                    : "the server shuts down");
        return ERR_DOWN;
    }
    /* Its disk is full, its memory gone: that passes. */
    bool passes = str_starts(s, "53") || str_starts(s, "58");
    log_warn(0, "pg.refused", "statement=%s sqlstate=%s constraint=%s", statement,
             state ? state : "?",
             log_quote(str_of(PQresultErrorField(r, PG_DIAG_CONSTRAINT_NAME))));
    return passes ? ERR_TIMEOUT : ERR_INTERNAL;
}

static enum err check_results(struct query *q, PGresult *const *results, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        bool ours = !q->wrapped || (i > 0 && i < count - 1);
        if (!is_good(results[i]))
            return error_of(q->lane, results[i],
                            ours ? statements[q->statement[i - q->wrapped]].name : "transaction");
    }
    /* Of an aborted transaction COMMIT makes a ROLLBACK, and calls that a success. */
    if (q->wrapped && strcmp(PQcmdStatus(results[count - 1]), "COMMIT") != 0)
        return ERR_CONFLICT;
    return ERR_OK;
}

static void on_results(void *ctx, PGresult *const *results, unsigned count)
{
    struct query *q = ctx;
    struct grid   grids[ITEMS_MAX] = {0};
    enum err      err = count ? check_results(q, results, count) : ERR_DOWN;

    for (unsigned i = 0; i < q->count && !err; i++)
        read_grid(&grids[i], results[i + q->wrapped]);
    if (q->fn)
        q->fn(q->ctx, err, grids, q->count);
    for (unsigned i = 0; i < q->count; i++)
        grid_fini(&grids[i]);
    free(q);
}

static struct lane *idlest(struct pg *p)
{
    struct lane *best = NULL;

    for (unsigned i = 0; i < p->lanes; i++) {
        struct lane *lane = &p->lane[i];
        if (lane->up && pg_link_is_up(lane->link) &&
            (!best || pg_link_in_flight(lane->link) < pg_link_in_flight(best->link)))
            best = lane;
    }
    return best;
}

/* The parameters of one statement as libpq wants them. */
struct parameters {
    const char *values[ARGS_MAX];
    int         lengths[ARGS_MAX], formats[ARGS_MAX];
};

static struct pg_statement write_statement(const struct pg_item *item, struct parameters *to)
{
    const struct args *a = item->args;

    for (unsigned i = 0; i < a->count; i++) {
        to->values[i] = a->value[i].len ? a->value[i].p : "";
        if (a->kind[i] == ARG_NULL)
            to->values[i] = NULL;
        to->lengths[i] = (int)a->value[i].len;
        to->formats[i] = a->kind[i] == ARG_BYTES;
    }
    return (struct pg_statement){.name = statements[item->statement].name,
                                 .count = a->count,
                                 .values = to->values,
                                 .lengths = to->lengths,
                                 .formats = to->formats};
}

enum err pg_ask(struct pg *p, const struct pg_item *items, unsigned count, pg_fn fn, void *ctx)
{
    struct lane        *lane = idlest(p);
    struct pg_statement group[ITEMS_MAX + 2];
    struct parameters   parameters[ITEMS_MAX];
    unsigned            n = 0;

    must(count > 0 && count <= ITEMS_MAX);
    if (!lane)
        return ERR_DOWN;
    struct query *q = mem_new(sizeof *q);
    *q = (struct query){.lane = lane, .fn = fn, .ctx = ctx, .count = count, .wrapped = count > 1};
    if (q->wrapped)
        group[n++] = (struct pg_statement){.text = "BEGIN"};
    for (unsigned i = 0; i < count; i++) {
        q->statement[i] = items[i].statement;
        group[n++] = write_statement(&items[i], &parameters[i]);
    }
    if (q->wrapped)
        group[n++] = (struct pg_statement){.text = "COMMIT"};
    if (pg_link_send(lane->link, group, n, on_results, q))
        return ERR_OK;
    free(q);
    return ERR_DOWN;
}

bool pg_is_up(const struct pg *p)
{
    return p->up > 0;
}

void pg_count(const struct pg *p)
{
    unsigned awaited = 0;

    for (unsigned i = 0; i < p->lanes; i++)
        awaited += p->lane[i].up ? pg_link_in_flight(p->lane[i].link) : 0;
    metric_set_for(METRIC_PG, "up", NULL, p->up);
    metric_set_for(METRIC_PG, "down", NULL, p->lanes - p->up);
    metric_set(METRIC_PG_IN_FLIGHT, awaited);
}

uint64_t pg_away_ms(const struct pg *p)
{
    return p->up ? 0 : clock_ms() - p->away_since;
}

/* ---- open and close ---- */

enum err pg_open(struct pg **out, struct loop *l, struct resolver *r, const struct pg_options *o,
                 struct buf *fault)
{
    struct pg_address *address;

    if (!pg_address_read(&address, o->url, fault))
        return ERR_BAD_REQUEST;
    struct pg *p = mem_new(sizeof *p + o->connections * sizeof p->lane[0]);
    p->loop = l;
    p->resolver = r;
    p->options = *o;
    p->address = address;
    p->away_since = clock_ms();
    p->lanes = o->connections;
    for (unsigned i = 0; i < p->lanes; i++)
        p->lane[i].pg = p;
    timer_start(&p->retry, l, 0, on_retry, p);
    *out = p;
    return ERR_OK;
}

void pg_close(struct pg **pg)
{
    struct pg *p = *pg;

    if (!p)
        return;
    resolver_cancel(p->resolver, p);
    timer_stop(&p->retry);
    migrate_free(&p->migrate);
    for (unsigned i = 0; i < p->lanes; i++) {
        p->lane[i].up = false;
        pg_link_free(&p->lane[i].link);
    }
    pg_address_free(&p->address);
    free(p);
    *pg = NULL;
}
