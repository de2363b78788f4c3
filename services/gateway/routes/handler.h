/* handler - the handlers of http/routes.def, and what several of them need. */
#ifndef GATEWAY_HANDLER_H
#define GATEWAY_HANDLER_H
#include "gateway.h"
#include "session/pseudonym.h"

#define ROUTE(METHOD, path, name, needs, doc) void route_##name(const struct request_context *c);
#include "http/routes.def"

/* The pseudonym of the client's address, as the store knows it. */
void handler_address_hash(const struct request_context *c, char to[PSEUDONYM_SIZE]);

/* Counts the request against a limit of this gateway.  If the session is over it, the request is
 * refused here and the result is false. */
bool handler_take_rate(const struct request_context *c, struct rate *rate);

/* Refuses with this sentence; frees the text of why. */
void handler_refuse(const struct request_context *c, enum err err, struct buf *why);

#endif
