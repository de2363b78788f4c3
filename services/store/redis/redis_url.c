/* Reading the address of Redis. By hand: curl_url would link libcurl into the store, and takes no
 * unix:/path. */
#include <stdlib.h>
#include <string.h>

#include "redis_url.h"

#define DEFAULT_PORT 6379

/* Cuts text at the first (or last) c: returns what is before it, and in rest what is behind it. */
static bool cut(struct str *text, char c, bool last, struct str *rest)
{
    const char *at = !text->len ? NULL
                     : last     ? memrchr(text->p, c, text->len)
                                : memchr(text->p, c, text->len);

    if (!at)
        return false;
    *rest = (struct str){at + 1, (size_t)(text->p + text->len - at - 1)};
    text->len = (size_t)(at - text->p);
    return true;
}

static bool read_number(struct str text, int most, int *out)
{
    int n = 0;

    if (!text.len || text.len > 5)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        n = 10 * n + (text.p[i] - '0');
    }
    *out = n;
    return n <= most;
}

/* host, host:port, [::1] or [::1]:port */
static bool read_host(struct redis_url *u, struct str text)
{
    struct str port = {0}, behind;
    bool       has_port;

    if (str_starts(text, "[")) {
        text = (struct str){text.p + 1, text.len - 1};
        if (!cut(&text, ']', false, &behind) || (behind.len && behind.p[0] != ':'))
            return false;
        has_port = behind.len > 0;
        port = has_port ? (struct str){behind.p + 1, behind.len - 1} : behind;
    } else {
        has_port = cut(&text, ':', false, &port);
    }
    u->host = str_dup(text);
    u->port = DEFAULT_PORT;
    return text.len && (!has_port || (read_number(port, 65535, &u->port) && u->port));
}

static bool read_redis(struct redis_url *u, struct str text)
{
    struct str host, password, database;
    struct str who = text;

    if (cut(&who, '@', true, &host)) {
        if (!cut(&who, ':', false, &password))
            return false;
        u->user = who.len ? str_dup(who) : NULL;
        u->password = str_dup(password);
        text = host;
    }
    if (cut(&text, '/', false, &database) && database.len &&
        !read_number(database, 99999, &u->database))
        return false;
    return read_host(u, text);
}

bool redis_url_read(struct redis_url *u, struct str text)
{
    *u = (struct redis_url){0};
    if (str_starts(text, "unix:/")) {
        u->path = str_dup((struct str){text.p + 5, text.len - 5});
        return true;
    }
    if (str_starts(text, "redis://") && read_redis(u, (struct str){text.p + 8, text.len - 8}))
        return true;
    redis_url_fini(u);
    return false;
}

void redis_url_fini(struct redis_url *u)
{
    free(u->path);
    free(u->host);
    free(u->user);
    free(u->password);
    *u = (struct redis_url){0};
}
