/* store_declarations - compares what each statement and script declares with a real database.
 *
 *   store_declarations postgres URL     prepares each statement, and compares types
 *   store_declarations redis SOCKET     runs each script on an empty session, and compares numbers
 *
 * Prints a line for each difference; tests/services/test_store_declarations.py runs it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>
#include <libpq-fe.h>

#include "redis/scripts.h"
#include "sql/statements.h"

static unsigned differences;

static void differ(const struct declaration *d, const char *what, unsigned declared, unsigned found)
{
    printf("%s: %s: declared %u, found %u\n", d->name, what, declared, found);
    differences++;
}

/* ---- Postgres ---- */

static void check_parameters(const struct declaration *d, const PGresult *r)
{
    if (d->params != (unsigned)PQnparams(r)) {
        differ(d, "parameters", d->params, (unsigned)PQnparams(r));
        return;
    }
    for (unsigned i = 0; i < d->params; i++)
        if (d->param[i].oid != PQparamtype(r, (int)i))
            differ(d, d->param[i].name, d->param[i].oid, PQparamtype(r, (int)i));
}

static void check_columns(const struct declaration *d, const PGresult *r)
{
    if (d->columns != (unsigned)PQnfields(r)) {
        differ(d, "columns", d->columns, (unsigned)PQnfields(r));
        return;
    }
    for (unsigned i = 0; i < d->columns; i++)
        if (d->column[i].oid != PQftype(r, (int)i))
            differ(d, d->column[i].name, d->column[i].oid, PQftype(r, (int)i));
}

static void check_statement(PGconn *c, const struct declaration *d)
{
    PGresult *r = PQprepare(c, d->name, d->text, 0, NULL);

    if (PQresultStatus(r) != PGRES_COMMAND_OK) {
        printf("%s: %s", d->name, PQresultErrorMessage(r));
        differences++;
    }
    PQclear(r);
    r = PQdescribePrepared(c, d->name);
    if (PQresultStatus(r) == PGRES_COMMAND_OK) {
        check_parameters(d, r);
        check_columns(d, r);
    }
    PQclear(r);
}

static int check_postgres(const char *url)
{
    PGconn *c = PQconnectdb(url);

    if (PQstatus(c) != CONNECTION_OK) {
        printf("%s", PQerrorMessage(c));
        PQfinish(c);
        return 2;
    }
    for (unsigned i = 0; i < SQL_COUNT; i++)
        check_statement(c, &sql_declarations[i]);
    PQfinish(c);
    printf("statements: %d\n", SQL_COUNT);
    return differences != 0;
}

/* page.c reads the rows of both. */
static void check_export(void)
{
    const struct declaration *page = &sql_declarations[SQL_HISTORY_PAGE];
    const struct declaration *export = &sql_declarations[SQL_CONVERSATION_EXPORT];

    for (unsigned i = 0; i < page->columns; i++)
        if (strcmp(page->column[i].name, export->column[i].name) != 0)
            differ(export, page->column[i].name, i, i);
}

/* ---- Redis ---- */

#define SESSION "11111111-2222-4333-8444-555555555555"

/* Counts how far the script reads KEYS and ARGV. */
static const char prologue[] =
    "local real_keys, real_argv, keys_read, argv_read = KEYS, ARGV, 0, 0\n"
    "local KEYS = setmetatable({}, {__index = function(_, i)\n"
    "    keys_read = math.max(keys_read, i) return real_keys[i] end})\n"
    "local ARGV = setmetatable({}, {__index = function(_, i)\n"
    "    argv_read = math.max(argv_read, i) return real_argv[i] end})\n"
    "local function script()\n";
static const char epilogue[] =
    "end\nlocal result = script()\nreturn {keys_read, argv_read, result}\n";

static const char *value_of(const struct declared_field *f)
{
    if (strcmp(f->type, "uuid") == 0)
        return SESSION;
    if (strcmp(f->type, "flag") == 0)
        return "0";
    return strcmp(f->type, "number") == 0 || strcmp(f->type, "digits") == 0 ? "1" : "x";
}

static redisReply *run(redisContext *c, const struct declaration *d)
{
    const char *words[3 + ARGS_MAX];
    char        keys[8][sizeof(struct key)], count[12];
    struct buf  text = {0};

    buf_print(&text, "%s%s%s", prologue, d->text, epilogue);
    str_format(count, sizeof count, "%u", d->keys);
    words[0] = "EVAL";
    words[1] = text.p;
    words[2] = count;
    for (unsigned i = 0; i < d->params; i++) {
        words[3 + i] = value_of(&d->param[i]);
        if (i < d->keys) {
            str_format(keys[i], sizeof keys[i], "{b20}:%s:%s", SESSION, d->param[i].name);
            words[3 + i] = keys[i];
        }
    }
    redisReply *r = redisCommandArgv(c, (int)(3 + d->params), words, NULL);
    buf_fini(&text);
    return r;
}

/* A script that answers one row may answer only the first columns of it. */
static void check_result(const struct declaration *d, const redisReply *result)
{
    unsigned n = (unsigned)result->elements;

    if (result->type != REDIS_REPLY_ARRAY || (d->has_rows ? n % d->columns != 0 : n > d->columns))
        differ(d, "columns", d->columns, n);
    for (unsigned i = 0; i < n; i++) {
        const struct declared_field *f = &d->column[i % d->columns];
        const char                  *text = result->element[i]->str;
        bool is_number = strcmp(f->type, "number") == 0 || strcmp(f->type, "flag") == 0;
        if (is_number && text && strspn(text, "0123456789") != strlen(text))
            differ(d, f->name, i, i);
    }
}

static void check_script(redisContext *c, const struct declaration *d)
{
    redisReply *r = run(c, d);

    if (!r || r->type != REDIS_REPLY_ARRAY || r->elements != 3) {
        printf("%s: %s\n", d->name, r && r->str ? r->str : "no answer");
        differences++;
    } else {
        if (r->element[0]->integer != d->keys)
            differ(d, "KEYS", d->keys, (unsigned)r->element[0]->integer);
        if (r->element[1]->integer != d->params - d->keys)
            differ(d, "ARGV", d->params - d->keys, (unsigned)r->element[1]->integer);
        check_result(d, r->element[2]);
    }
    freeReplyObject(r);
}

static int check_redis(const char *socket)
{
    redisContext *c = redisConnectUnix(socket);

    if (!c || c->err) {
        printf("%s: %s\n", socket, c ? c->errstr : "no memory");
        redisFree(c);
        return 2;
    }
    for (unsigned i = 0; i < LUA_COUNT; i++)
        check_script(c, &lua_declarations[i]);
    redisFree(c);
    printf("scripts: %d\n", LUA_COUNT);
    return differences != 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "postgres") == 0) {
        check_export();
        return check_postgres(argv[2]);
    }
    if (argc == 3 && strcmp(argv[1], "redis") == 0)
        return check_redis(argv[2]);
    fprintf(stderr, "usage: store_declarations postgres URL | redis SOCKET\n");
    return 2;
}
