/* store - takes the requests of the gateways, runs their flows, replies.
 *
 * It stays registered with the gateways while a database is unavailable: its replies say so, and
 * what is possible without that database is done. */
#ifndef STORE_STORE_H
#define STORE_STORE_H
#include "bus/backend/backend.h"
#include "settings.h"

struct store;

/* config is borrowed. */
MUST_CHECK enum err store_open(struct store **out, struct loop *l, const struct config *config);
void                store_drain(struct store *s); /* finish what runs, then end the loop */
void                store_close(struct store **s);

/* After the loop has ended: the exit status of the process.  0, or EX_CONFIG: the schema of the
 * database is incompatible. */
int store_status(const struct store *s);

#endif
