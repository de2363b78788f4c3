/* worker - the service: takes requests off the bus and starts a call for each.
 *
 * It wires the parts together: the bus, the table of calls, the transfers to OpenRouter and what is
 * known of its models. */
#ifndef LLM_WORKER_WORKER_H
#define LLM_WORKER_WORKER_H
#include "config.h"
#include "loop/loop.h"

struct worker;

/* config is borrowed. */
MUST_CHECK enum err worker_open(struct worker **out, struct loop *l, const struct config *config);
void                worker_close(struct worker **w); /* cancels what still runs */

/* Takes nothing new, finishes what runs, then ends the loop. */
void worker_drain(struct worker *w);

#endif
