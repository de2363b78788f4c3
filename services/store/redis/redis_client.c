/* One connection at a time: connecting, and sending over it. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "loop/outage.h"
#include "loop/redis.h"
#include "redis_client.h"
#include "redis_url.h"

#define CONNECT_MS 3000
#define SHA_SIZE   41

struct redis_client {
    struct loop       *loop;     /* borrowed */
    struct resolver   *resolver; /* borrowed */
    struct redis_url   url;
    uint64_t           reply_ms;
    struct redis_link *link; /* NULL between two attempts */
    struct outage      outage;
    struct timer       first;              /* attempt */
    unsigned           address;            /* which of a name's addresses is next */
    unsigned           greetings, greeted; /* commands before the connection can be used */
    bool               up;
    char               sha[LUA_COUNT][SHA_SIZE];
};

/* A call in flight; it keeps its words, in case the script has to be sent whole. */
struct call {
    struct redis_client *redis;
    enum lua_script      script;
    void (*fn)(void *ctx, enum err err, struct result_set *set);
    void        *ctx;
    unsigned     count;
    const char **words; /* EVALSHA, its hash, number of keys, args...; into bytes */
    size_t      *lengths;
    bool         whole; /* the script itself was sent */
    char         bytes[];
};

/* ---- connecting ---- */

static void become_unavailable(struct redis_client *r, const char *why)
{
    outage_failed(&r->outage, why);
    r->up = false;
    outage_retry(&r->outage);
}

static void on_down(void *ctx, const char *why)
{
    struct redis_client *r = ctx;

    become_unavailable(r, why);
    redis_link_free(&r->link);
}

/* While Postgres is unavailable, turns that were reported as saved are in Redis only.  A managed
 * Redis may not tell its settings; whoever runs it knows them. */
static void on_append_settings(void *ctx, const redisReply *reply)
{
    const char *only = "yes", *fsync = "always";

    (void)ctx;
    if (!reply || reply->type != REDIS_REPLY_ARRAY)
        return;
    for (size_t i = 0; i + 1 < reply->elements; i += 2) {
        if (strcmp(reply->element[i]->str, "appendonly") == 0)
            only = reply->element[i + 1]->str;
        else if (strcmp(reply->element[i]->str, "appendfsync") == 0)
            fsync = reply->element[i + 1]->str;
    }
    if (strcmp(only, "yes") != 0 || strcmp(fsync, "always") != 0)
        log_warn(0, "redis.not_durable",
                 "appendonly=%s appendfsync=%s want=\"yes and always, or turns spooled there may be"
                 " lost with it\"",
                 only, fsync);
}

static void ask_append_settings(struct redis_client *r)
{
    const char  *words[] = {"CONFIG", "GET", "append*"};
    const size_t lengths[] = {6, 3, 7};

    if (!redis_link_send(r->link, COUNT_OF(words), words, lengths, on_append_settings, r))
        log_trace(0, "redis.send_failed", "what=append*");
}

static void on_greeted(void *ctx, const redisReply *reply)
{
    struct redis_client *r = ctx;

    if (!reply)
        return;
    if (reply->type == REDIS_REPLY_ERROR) {
        redis_link_drop(r->link, reply->str);
        return;
    }
    unsigned first_script = r->greetings - LUA_COUNT;
    if (r->greeted >= first_script)
        str_format(r->sha[r->greeted - first_script], SHA_SIZE, "%s", reply->str);
    if (++r->greeted < r->greetings)
        return;
    r->up = true;
    outage_ended(&r->outage, "scripts=%d", LUA_COUNT);
    ask_append_settings(r);
}

static void greet(struct redis_client *r, unsigned count, const char **words)
{
    size_t lengths[3];

    for (unsigned i = 0; i < count; i++)
        lengths[i] = strlen(words[i]);
    if (redis_link_send(r->link, count, words, lengths, on_greeted, r))
        r->greetings++;
}

static void on_up(void *ctx)
{
    struct redis_client *r = ctx;
    char                 database[12];

    r->greetings = r->greeted = 0;
    str_format(database, sizeof database, "%d", r->url.database);
    if (r->url.user)
        greet(r, 3, (const char *[]){"AUTH", r->url.user, r->url.password});
    else if (r->url.password)
        greet(r, 2, (const char *[]){"AUTH", r->url.password});
    if (r->url.database)
        greet(r, 2, (const char *[]){"SELECT", database});
    for (unsigned i = 0; i < LUA_COUNT; i++)
        greet(r, 3, (const char *[]){"SCRIPT", "LOAD", lua_declarations[i].text});
}

static void connect_to(struct redis_client *r, const char *address)
{
    static const struct redis_link_ops ops = {.on_up = on_up, .on_down = on_down};
    struct redis_link_options          o = {.path = r->url.path,
                                            .address = address,
                                            .port = r->url.port,
                                            .connect_ms = CONNECT_MS,
                                            .reply_ms = r->reply_ms};

    r->link = redis_link_new(r->loop, &o, &ops, r);
}

static void on_resolved(void *ctx, const struct resolved *found)
{
    struct redis_client *r = ctx;

    if (!found->count)
        become_unavailable(r, found->failed ? "DNS is unavailable" : "its name has no address");
    else
        connect_to(r, found->address[r->address++ % found->count]);
}

static void connect_now(void *ctx)
{
    struct redis_client *r = ctx;

    if (r->url.path)
        connect_to(r, NULL);
    else
        resolver_resolve(r->resolver, r->url.host, on_resolved, r);
}

/* ---- sending ---- */

static void add_cell(struct result_set *set, const redisReply *reply)
{
    char number[24];

    if (reply->type == REDIS_REPLY_INTEGER) {
        str_format(number, sizeof number, "%lld", reply->integer);
        result_set_add(set, str_of(number));
    } else {
        result_set_add(set, (struct str){reply->str, reply->str ? reply->len : 0});
    }
}

static void finish(struct call *c, enum err err, const redisReply *reply)
{
    struct result_set set = {0};

    if (!err && reply->type == REDIS_REPLY_ARRAY && reply->elements) {
        const struct declaration *d = &lua_declarations[c->script];
        result_set_begin(&set, d->has_rows ? d->columns : (unsigned)reply->elements);
        for (size_t i = 0; i < reply->elements; i++)
            add_cell(&set, reply->element[i]);
    }
    if (c->fn)
        c->fn(c->ctx, err, &set);
    result_set_fini(&set);
    free(c->words);
    free(c->lengths);
    free(c);
}

static bool is_code(const redisReply *reply, const char *code)
{
    return str_starts((struct str){reply->str, reply->len}, code);
}

/* It answers, but cannot serve: another one may, or this one later. */
static bool is_out_of_service(const redisReply *reply)
{
    return is_code(reply, "LOADING") || is_code(reply, "READONLY") ||
           is_code(reply, "MASTERDOWN") || is_code(reply, "NOAUTH");
}

static void on_reply(void *ctx, const redisReply *reply);

static bool send_call(struct call *c)
{
    struct redis_client *r = c->redis;

    c->words[0] = c->whole ? "EVAL" : "EVALSHA";
    c->words[1] = c->whole ? lua_declarations[c->script].text : r->sha[c->script];
    c->lengths[0] = strlen(c->words[0]);
    c->lengths[1] = strlen(c->words[1]);
    return redis_link_send(r->link, c->count, c->words, c->lengths, on_reply, c);
}

static void on_reply(void *ctx, const redisReply *reply)
{
    struct call *c = ctx;

    if (!reply) {
        finish(c, ERR_DOWN, NULL);
        return;
    }
    if (reply->type != REDIS_REPLY_ERROR) {
        finish(c, ERR_OK, reply);
        return;
    }
    if (is_code(reply, "NOSCRIPT") && !c->whole) {
        c->whole = true;
        if (!send_call(c))
            finish(c, ERR_DOWN, NULL);
        return;
    }
    if (is_out_of_service(reply)) {
        redis_link_drop(c->redis->link, reply->str);
        finish(c, ERR_DOWN, NULL);
        return;
    }
    log_warn(0, "redis.refused", "script=%s why=%s", lua_declarations[c->script].name,
             log_quote((struct str){reply->str, reply->len}));
    finish(c, ERR_INTERNAL, NULL);
}

/* The words after the script: how many keys, then all args, copied behind the call. */
static struct call *call_new(const struct args *a)
{
    size_t size = 12;

    for (unsigned i = 0; i < a->count; i++)
        size += a->value[i].len;
    struct call *c = mem_new(sizeof *c + size);
    c->count = 3 + a->count;
    c->words = mem_new(c->count * sizeof c->words[0]);
    c->lengths = mem_new(c->count * sizeof c->lengths[0]);
    str_format(c->bytes, 12, "%u", a->keys);
    c->words[2] = c->bytes;
    c->lengths[2] = strlen(c->bytes);
    char *to = c->bytes + 12;
    for (unsigned i = 0; i < a->count; i++) {
        c->words[3 + i] = to;
        c->lengths[3 + i] = a->value[i].len;
        if (a->value[i].len)
            memcpy(to, a->value[i].p, a->value[i].len);
        to += a->value[i].len;
    }
    return c;
}

enum err redis_client_send(struct redis_client *r, struct lua_call                            call,
                           void (*fn)(void *ctx, enum err err, struct result_set *set), void *ctx)
{
    if (!r->up)
        return ERR_DOWN;
    struct call *c = call_new(call.args);
    c->redis = r;
    c->script = call.script;
    c->fn = fn;
    c->ctx = ctx;
    if (send_call(c))
        return ERR_OK;
    free(c->words);
    free(c->lengths);
    free(c);
    return ERR_DOWN;
}

bool redis_client_is_up(const struct redis_client *r)
{
    return r->up;
}

/* ---- open and close ---- */

enum err redis_client_open(struct redis_client **out, struct loop *l, struct resolver *resolver,
                           const char *url, uint64_t reply_ms)
{
    struct redis_url parsed;

    if (!redis_url_read(&parsed, str_of(url)))
        return ERR_BAD_REQUEST;
    struct redis_client *r = mem_new(sizeof *r);
    r->loop = l;
    r->resolver = resolver;
    r->url = parsed;
    r->reply_ms = reply_ms;
    outage_init(&r->outage, l, "redis", connect_now, r);
    timer_start(&r->first, l, 0, connect_now, r);
    *out = r;
    return ERR_OK;
}

void redis_client_close(struct redis_client **redis)
{
    struct redis_client *r = *redis;

    if (!r)
        return;
    r->up = false;
    resolver_cancel(r->resolver, r);
    outage_fini(&r->outage);
    timer_stop(&r->first);
    redis_link_free(&r->link);
    redis_url_fini(&r->url);
    free(r);
    *redis = NULL;
}
