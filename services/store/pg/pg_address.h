/* pg_address - the connection options of Postgres for libpq, with host names resolved.
 *
 * libpq would block while it resolves a name; so it gets hostaddr as well as host, one entry for
 * each address of each name, and tries them in turn until one accepts writes.  Options that
 * POSTGRES_URL does not set get the defaults of the store. */
#ifndef STORE_PG_ADDRESS_H
#define STORE_PG_ADDRESS_H
#include "loop/resolver.h"

struct pg_address;

/* False, and a sentence without secrets in fault, if the text is malformed. */
MUST_CHECK bool pg_address_read(struct pg_address **out, const char *text, struct buf *fault);
void            pg_address_free(struct pg_address **a);

/* Before each connect: begin, then for every name until NULL its addresses, in
 * order.  Hosts that are numbers or unix sockets need no resolving. */
void        pg_address_begin(struct pg_address *a);
const char *pg_address_name(struct pg_address *a); /* the next to be resolved */
void        pg_address_found(struct pg_address *a, const struct resolved *found);

/* False: no name has an address.  The lists end with NULL and live until the next begin. */
MUST_CHECK bool pg_address_options(struct pg_address *a, const char *const **keywords,
                                   const char *const **values);

#endif
