/* otlp - brings the spans of this process to a collector: OTLP over HTTP, as JSON.
 *
 * Spans gather for a second or until there are many, then one request takes
 * them along; only one is under way at a time.  Nothing ever waits for it: what
 * has no room, and what a collector that is away or slow did not take, is
 * dropped and counted (chat_spans_total). */
#ifndef PROTO_LOOP_OTLP_H
#define PROTO_LOOP_OTLP_H
#include "loop/loop.h"

struct otlp;

/* endpoint: as OTEL_EXPORTER_OTLP_ENDPOINT, without /v1/traces; empty: no spans are taken, and
 * NULL is returned. */
struct otlp *otlp_open(struct loop *l, const char *endpoint, const char *service);

/* After the loop: a last batch is brought along, for at most a second; the rest is dropped. */
void otlp_close(struct otlp **o);

#endif
