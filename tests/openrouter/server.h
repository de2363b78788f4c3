/* server - HTTP around the upstream: connections, requests, and answers that take time.
 *
 * One thread, one epoll set.  libmicrohttpd parses; an answer that waits is a suspended connection
 * with an entry in the timer queue.  Every connection is also watched for its peer leaving, which
 * libmicrohttpd does not notice while it is suspended. */
#ifndef STANDIN_SERVER_H
#define STANDIN_SERVER_H
#include "journal.h"
#include "upstream.h"

struct server;

/* Borrows upstream and journal.  NULL: errno says why. */
struct server *server_open(const char *address, uint16_t port, struct upstream *u,
                           struct journal *j);
uint16_t       server_port(const struct server *s);
void           server_run(struct server *s); /* until SIGTERM or SIGINT */
void           server_close(struct server **s);

#endif
