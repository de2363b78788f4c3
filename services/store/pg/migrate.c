/* One connection, one lock, one file after the other. */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/failpoint.h"
#include "base/log.h"
#include "embedded.h"
#include "loop/pg.h"
#include "migrate.h"

#define CONNECT_MS 5000
#define LOCK       "7021236258091524" /* any number, the same in every store */

struct migrate {
    struct pg_link *link;
    void (*fn)(void *ctx, enum migrate_end end, const char *why);
    void            *ctx;
    int              next; /* file to run */
    enum migrate_end end;
    char             why[200];
};

/* ---- what was run, and what is to be run ---- */

void migrate_checksum(const char *text, char out[MIGRATE_CHECKSUM_SIZE])
{
    unsigned char hash[16];

    crypto_generichash(hash, sizeof hash, (const unsigned char *)text, strlen(text), NULL, 0);
    sodium_bin2hex(out, MIGRATE_CHECKSUM_SIZE, hash, sizeof hash);
}

int migrate_compare(const struct result_set *rows, char *why, size_t size)
{
    const struct embedded *file = embedded_migrations;

    for (unsigned row = 0; row < rows->rows; row++, file++) {
        struct str name = result_set_str(rows, row, 1);
        char       checksum[MIGRATE_CHECKSUM_SIZE];

        if (!file->name) {
            str_format(why, size, "the schema is newer than this program: it has %.*s",
                       (int)name.len, name.p);
            return -1;
        }
        migrate_checksum(file->text, checksum);
        if (result_set_u64(rows, row, 0) != row + 1 || !str_is(name, file->name) ||
            !str_is(result_set_str(rows, row, 2), checksum)) {
            str_format(why, size, "the schema has another history: what was run is not %s",
                       file->name);
            return -1;
        }
    }
    return (int)rows->rows;
}

/* ---- the flow: lock, read, run each, done ---- */

static void end_with(struct migrate *m, enum migrate_end end, const char *why)
{
    m->end = end;
    str_format(m->why, sizeof m->why, "%s", why);
    pg_link_drop(m->link, why); /* which also gives the lock back; on_down reports it */
}

static bool has_failed(struct migrate *m, PGresult *const *results, unsigned count)
{
    if (!count)
        return true; /* on_down reports it */
    if (PQresultStatus(results[0]) == PGRES_TUPLES_OK ||
        PQresultStatus(results[0]) == PGRES_COMMAND_OK)
        return false;
    end_with(m, MIGRATE_DOWN, PQresultErrorMessage(results[0]));
    return true;
}

static void run_next(struct migrate *m);

static void on_run(void *ctx, PGresult *const *results, unsigned count)
{
    struct migrate *m = ctx;

    if (has_failed(m, results, count))
        return;
    log_info(0, "pg.migrated", "file=%s", embedded_migrations[m->next].name);
    failpoint(FAILPOINT_STORE_MIGRATED_ONE);
    m->next++;
    run_next(m);
}

static void run_next(struct migrate *m)
{
    const struct embedded *file = &embedded_migrations[m->next];
    char                   checksum[MIGRATE_CHECKSUM_SIZE];
    struct buf             sql = {0};

    if (!file->name) {
        end_with(m, MIGRATE_DONE, "");
        return;
    }
    migrate_checksum(file->text, checksum);
    buf_print(&sql,
              "BEGIN;\n%s\nINSERT INTO schema_migrations (number, name, checksum)"
              " VALUES (%d, '%s', '%s');\nCOMMIT;",
              file->text, m->next + 1, file->name, checksum);
    if (!pg_link_run(m->link, sql.p, on_run, m))
        end_with(m, MIGRATE_DOWN, "the connection broke");
    buf_fini(&sql);
}

static void on_read(void *ctx, PGresult *const *results, unsigned count)
{
    struct migrate   *m = ctx;
    struct result_set rows = {0};
    char              why[200];

    if (has_failed(m, results, count))
        return;
    result_set_begin(&rows, 3);
    for (int row = 0; row < PQntuples(results[0]); row++)
        for (int column = 0; column < 3; column++)
            result_set_add(&rows, str_of(PQgetvalue(results[0], row, column)));
    m->next = migrate_compare(&rows, why, sizeof why);
    result_set_fini(&rows);
    if (m->next < 0)
        end_with(m, MIGRATE_INCOMPATIBLE, why);
    else
        run_next(m);
}

static void on_up(void *ctx)
{
    struct migrate *m = ctx;

    if (!pg_link_run(m->link,
                     "SELECT pg_advisory_lock(" LOCK ");"
                     "CREATE TABLE IF NOT EXISTS schema_migrations ("
                     "    number     integer     PRIMARY KEY,"
                     "    name       text        NOT NULL,"
                     "    checksum   text        NOT NULL,"
                     "    applied_at timestamptz NOT NULL DEFAULT now());"
                     "SELECT number, name, checksum FROM schema_migrations ORDER BY number",
                     on_read, m))
        end_with(m, MIGRATE_DOWN, "the connection broke");
}

static void on_down(void *ctx, const char *why)
{
    struct migrate *m = ctx;

    if (!m->why[0])
        str_format(m->why, sizeof m->why, "%s", why);
    m->fn(m->ctx, m->end, m->why);
}

struct migrate *migrate_new(struct loop *l, const char *const *keywords, const char *const *values,
                            void (*fn)(void *ctx, enum migrate_end end, const char *why), void *ctx)
{
    static const struct pg_link_ops ops = {.on_up = on_up, .on_down = on_down};
    struct pg_link_options o = {.keywords = keywords, .values = values, .connect_ms = CONNECT_MS};
    struct migrate        *m = mem_new(sizeof *m);

    m->fn = fn;
    m->ctx = ctx;
    m->end = MIGRATE_DOWN;
    m->link = pg_link_new(l, &o, &ops, m);
    return m;
}

void migrate_free(struct migrate **migrate)
{
    struct migrate *m = *migrate;

    if (!m)
        return;
    pg_link_free(&m->link);
    free(m);
    *migrate = NULL;
}
