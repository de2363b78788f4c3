/* The pool of connections, for pg_client.c, which keeps it, and pg_send.c, which uses it. */
#ifndef STORE_PG_CLIENT_INTERNAL_H
#define STORE_PG_CLIENT_INTERNAL_H
#include "loop/outage.h"
#include "loop/pg.h"
#include "migrate.h"
#include "pg_address.h"
#include "pg_client.h"

struct pg_connection {
    struct pg_client *pg;
    struct pg_link   *link; /* NULL between two attempts */
    unsigned          prepared;
    bool              up;
};

struct pg_client {
    struct loop             *loop;     /* borrowed */
    struct resolver         *resolver; /* borrowed */
    struct pg_client_options options;
    struct pg_address       *address;
    struct migrate          *migrate; /* NULL: not under way */
    bool                     migrated;
    struct outage            outage;
    struct timer             first; /* attempt */
    bool                     resolving;
    unsigned                 up; /* connections */
    uint64_t                 unavailable_since;
    unsigned                 connections;
    struct pg_connection     connection[];
};

#endif
