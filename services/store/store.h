/* store - takes the gateways' requests, walks them, answers.
 *
 * It stays registered with the gateways while a database is away: its answers
 * say so, and what can be done without is done. */
#ifndef STORE_STORE_H
#define STORE_STORE_H
#include "bus/backend/backend.h"
#include "settings.h"

struct store;

/* config is borrowed. */
MUST_CHECK enum err store_open(struct store **out, struct loop *l, const struct config *config);
void                store_drain(struct store *s); /* finish what runs, then end the loop */
void                store_close(struct store **s);

/* After the loop has ended: what the process ends with.  0, or EX_CONFIG: this
 * database is not one it can use. */
int store_status(const struct store *s);

#endif
