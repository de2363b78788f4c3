/* fetch - one GET to OpenRouter whose body is wanted whole.
 *
 * Bounded in size and time.  A fetch is a struct inside its owner; a zeroed one is a stopped one,
 * and every one that was started is stopped before its memory goes. */
#ifndef LLM_WORKER_LOOKUP_FETCH_H
#define LLM_WORKER_LOOKUP_FETCH_H
#include "openrouter/transfer.h"
#include "openrouter/upstream_failure.h"

/* why is NULL for a whole reply of status 200; its body is in the fetch.  Called by the loop, once.
 */
typedef void fetch_done(void *ctx, const struct upstream_failure *why);

struct fetch_options {
    const char *path; /* behind the base URL */
    struct str  key;  /* empty: none is sent */
    size_t      max_bytes;
    uint64_t    timeout_ms;
};

struct fetch {
    struct transfer     *transfer; /* NULL: not running */
    struct timer         deadline;
    size_t               max_bytes;
    struct upstream_head head;
    struct buf           body;
    fetch_done          *on_done;
    void                *ctx;
};

void fetch_start(struct fetch *f, struct loop *l, struct transfers *ts,
                 const struct fetch_options *o, fetch_done *on_done, void *ctx);
void fetch_stop(struct fetch *f); /* on_done is not called any more; frees the body */
bool fetch_is_running(const struct fetch *f);

/* The reply came whole and with status 200, but its body is not what it should be. */
struct upstream_failure fetch_unreadable(const struct fetch *f);

#endif
