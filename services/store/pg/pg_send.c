/* Sending statements over the pool, and reading what comes back. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "pg_client_internal.h"
#include "pg_send.h"

#define CALLS_MAX 32

struct query {
    struct pg_connection *connection;
    pg_send_fn            fn;
    void                 *ctx;
    unsigned              count;
    bool                  wrapped; /* in BEGIN and COMMIT */
    enum sql_statement    statement[CALLS_MAX];
};

/* ---- results ---- */

/* As many bytes as the hexadecimal text stands for. */
static void add_bytea(struct result_set *set, const char *text)
{
    size_t         len;
    unsigned char *bytes = PQunescapeBytea((const unsigned char *)text, &len);

    must(bytes != NULL);
    result_set_add(set, (struct str){(const char *)bytes, len});
    PQfreemem(bytes);
}

static void read_set(struct result_set *set, const PGresult *r)
{
    const Oid bytea = 17;
    int       columns = PQnfields(r);

    if (!columns)
        return;
    result_set_begin(set, (unsigned)columns);
    for (int row = 0; row < PQntuples(r); row++)
        for (int column = 0; column < columns; column++)
            if (PQftype(r, column) == bytea)
                add_bytea(set, PQgetvalue(r, row, column));
            else
                result_set_add(set, (struct str){PQgetvalue(r, row, column),
                                                 (size_t)PQgetlength(r, row, column)});
}

static bool is_good(const PGresult *r)
{
    return PQresultStatus(r) == PGRES_TUPLES_OK || PQresultStatus(r) == PGRES_COMMAND_OK;
}

/* By class of SQLSTATE: the message itself may contain what a user wrote. */
static enum err error_of(struct pg_connection *c, const PGresult *r, const char *statement)
{
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    struct str  s = str_of(state);

    if (str_starts(s, "40") || str_is(s, "23505") || str_is(s, "55P03"))
        return ERR_CONFLICT;
    if (str_is(s, "57014"))
        return ERR_TIMEOUT;
    if (str_starts(s, "22"))
        return ERR_BAD_REQUEST;
    if (!state) { /* an error of libpq, not of the server: the connection broke */
        pg_link_drop(c->link, "the connection broke in an answer");
        return ERR_DOWN;
    }
    if (str_is(s, "25006") || str_starts(s, "57P") || str_starts(s, "08")) {
        pg_link_drop(c->link, str_is(s, "25006") ? "the server takes no writes any more"
                                                 : "the server shuts down");
        return ERR_DOWN;
    }
    /* "cached plan must not change result type", or somebody deallocated the statement. */
    if (str_is(s, "0A000") || str_is(s, "26000")) {
        pg_link_drop(c->link, "statements have to be prepared again");
        return ERR_DOWN;
    }
    /* Out of disk space or memory: that is temporary. */
    bool is_temporary = str_starts(s, "53") || str_starts(s, "58");
    log_warn(0, "pg.refused", "statement=%s sqlstate=%s constraint=%s", statement, state,
             log_quote(str_of(PQresultErrorField(r, PG_DIAG_CONSTRAINT_NAME))));
    return is_temporary ? ERR_TIMEOUT : ERR_INTERNAL;
}

static enum err check_results(struct query *q, PGresult *const *results, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        bool ours = !q->wrapped || (i > 0 && i < count - 1);
        if (!is_good(results[i]))
            return error_of(q->connection, results[i],
                            ours ? sql_declarations[q->statement[i - q->wrapped]].name
                                 : "transaction");
    }
    /* COMMIT turns an aborted transaction into a ROLLBACK, and reports that as a success. */
    if (q->wrapped && strcmp(PQcmdStatus(results[count - 1]), "COMMIT") != 0)
        return ERR_CONFLICT;
    return ERR_OK;
}

static void on_results(void *ctx, PGresult *const *results, unsigned count)
{
    struct query     *q = ctx;
    struct result_set sets[CALLS_MAX] = {0};
    enum err          err = count ? check_results(q, results, count) : ERR_DOWN;

    for (unsigned i = 0; i < q->count && !err; i++)
        read_set(&sets[i], results[i + q->wrapped]);
    if (q->fn)
        q->fn(q->ctx, err, sets, q->count);
    for (unsigned i = 0; i < q->count; i++)
        result_set_fini(&sets[i]);
    free(q);
}

/* ---- sending ---- */

static struct pg_connection *least_busy(struct pg_client *p)
{
    struct pg_connection *best = NULL;

    for (unsigned i = 0; i < p->connections; i++) {
        struct pg_connection *c = &p->connection[i];
        if (c->up && pg_link_is_up(c->link) &&
            (!best || pg_link_in_flight(c->link) < pg_link_in_flight(best->link)))
            best = c;
    }
    return best;
}

/* The parameters of one statement as libpq wants them. */
struct parameters {
    const char *values[ARGS_MAX];
    int         lengths[ARGS_MAX], formats[ARGS_MAX];
};

static struct pg_statement write_statement(const struct sql_call *call, struct parameters *to)
{
    const struct args *a = call->args;

    for (unsigned i = 0; i < a->count; i++) {
        to->values[i] = a->value[i].len ? a->value[i].p : "";
        if (a->kind[i] == ARG_NULL)
            to->values[i] = NULL;
        to->lengths[i] = (int)a->value[i].len;
        to->formats[i] = a->kind[i] == ARG_BYTES;
    }
    return (struct pg_statement){.name = sql_declarations[call->statement].name,
                                 .count = a->count,
                                 .values = to->values,
                                 .lengths = to->lengths,
                                 .formats = to->formats};
}

enum err pg_send(struct pg_client *p, const struct sql_call *calls, unsigned count, pg_send_fn fn,
                 void *ctx)
{
    struct pg_connection *c = least_busy(p);
    struct pg_statement   group[CALLS_MAX + 2];
    struct parameters     parameters[CALLS_MAX];
    unsigned              n = 0;

    must(count > 0 && count <= CALLS_MAX);
    if (!c)
        return ERR_DOWN;
    struct query *q = mem_new(sizeof *q);
    *q =
        (struct query){.connection = c, .fn = fn, .ctx = ctx, .count = count, .wrapped = count > 1};
    if (q->wrapped)
        group[n++] = (struct pg_statement){.text = "BEGIN"};
    for (unsigned i = 0; i < count; i++) {
        q->statement[i] = calls[i].statement;
        group[n++] = write_statement(&calls[i], &parameters[i]);
    }
    if (q->wrapped)
        group[n++] = (struct pg_statement){.text = "COMMIT"};
    if (pg_link_send(c->link, group, n, on_results, q))
        return ERR_OK;
    free(q);
    return ERR_DOWN;
}
