/* otlp - exports the spans of this process to a collector: OTLP over HTTP, as JSON.
 *
 * Spans are collected for up to a second and sent in batches, with one request in flight at a time.
 * Nothing waits for it: spans for which there is no room, or which the collector did not take, are
 * dropped and counted (chat_spans_total). */
#ifndef PROTO_LOOP_OTLP_H
#define PROTO_LOOP_OTLP_H
#include "loop/loop.h"

struct otlp;

/* endpoint: as in OTEL_EXPORTER_OTLP_ENDPOINT, without /v1/traces. Empty: returns NULL, and spans
 * are not recorded. */
struct otlp *otlp_open(struct loop *l, const char *endpoint, const char *service);

/* Called after the loop has ended. Sends a last batch for at most a second and drops the rest. */
void otlp_close(struct otlp **o);

#endif
