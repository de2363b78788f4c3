/* retry_after - how long the upstream asks us to wait before a retry, in milliseconds.
 *
 * 0 if it does not say, and never more than RETRY_AFTER_MAX.  wall is the time since 1970 in
 * milliseconds, for absolute times. */
#ifndef LLM_WORKER_OPENROUTER_RETRY_AFTER_H
#define LLM_WORKER_OPENROUTER_RETRY_AFTER_H
#include <stdint.h>

#include <jansson.h>

#include "openrouter/upstream_reply.h"

#define RETRY_AFTER_MAX (10 * 60 * 1000)

uint64_t retry_after_bounded(double ms);
uint64_t retry_after_of_head(const struct upstream_head *head, uint64_t wall);

/* Of an error object: providers' headers are passed on in metadata.headers. */
uint64_t retry_after_of_metadata(const json_t *metadata, uint64_t wall);

#endif
