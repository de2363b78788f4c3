/* redis_url - where Redis is: unix:/path, or redis://[[user]:password@]host[:port][/database].
 *
 * A password is taken as it stands, up to the last '@'. */
#ifndef STORE_REDIS_URL_H
#define STORE_REDIS_URL_H
#include "base/str.h"

struct redis_url {
    char *path; /* owned; NULL: host and port */
    char *host; /* owned */
    int   port;
    char *user;     /* owned; NULL: none */
    char *password; /* owned; NULL: none */
    int   database;
};

/* False: it is malformed, and u is empty. */
MUST_CHECK bool redis_url_read(struct redis_url *u, struct str text);
void            redis_url_fini(struct redis_url *u);

#endif
