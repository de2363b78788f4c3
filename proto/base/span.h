/* span - distributed tracing: spans and their W3C trace context.
 *
 * A span is begun under a parent (another span, or the traceparent of a request) and ended once.
 * Each request sent on its behalf carries the traceparent of the span. Without a consumer
 * (span_sink), a span costs a few random bytes.
 *
 * Spans hold names of messages and models, outcomes and counts, never text of users or keys. */
#ifndef PROTO_BASE_SPAN_H
#define PROTO_BASE_SPAN_H
#include <math.h>
#include <stdint.h>

#include "base/str.h"

#define TRACEPARENT_LEN 55 /* version 00 */

/* A trace context: 00-<trace>-<span>-<flags>. */
struct trace {
    char trace[33], span[17]; /* lower case hexadecimal; empty: none */
    bool is_sampled;
};

/* False, and an empty trace, if traceparent is invalid. Of later versions, the fields of version 00
 * are read. */
bool trace_read(struct trace *out, struct str traceparent);
void trace_write(const struct trace *t, char to[TRACEPARENT_LEN + 1]); /* empty: "" */
void trace_of_uuid(struct trace *out, const char *uuid); /* a new trace, without a span */

enum span_kind { SPAN_INTERNAL = 1, SPAN_SERVER = 2, SPAN_CLIENT = 3 }; /* values of OTLP */

struct span {
    struct trace   at;         /* its own context */
    char           parent[17]; /* empty: it is the root */
    const char    *name;       /* borrowed until its end; may be changed until then */
    enum span_kind kind;
    uint64_t       began_us; /* since 1970; 0: not begun */
};

enum span_type { SPAN_TEXT, SPAN_TEXT_LIST, SPAN_NUMBER, SPAN_REAL };

/* An attribute, set at the end of a span. */
struct span_field {
    const char    *key;
    enum span_type type;
    const char    *text;   /* SPAN_TEXT_LIST: the only element; NULL or empty: left out */
    double         number; /* NAN: left out */
};

#define FIELD_TEXT(key, text)                                                                      \
    {                                                                                              \
        key, SPAN_TEXT, text, 0                                                                    \
    }
#define FIELD_LIST(key, text)                                                                      \
    {                                                                                              \
        key, SPAN_TEXT_LIST, text, 0                                                               \
    }
#define FIELD_NUMBER(key, number)                                                                  \
    {                                                                                              \
        key, SPAN_NUMBER, NULL, (double)(number)                                                   \
    }
#define FIELD_NUMBER_IF(known, key, number)                                                        \
    {                                                                                              \
        key, SPAN_NUMBER, NULL, (known) ? (double)(number) : (double)NAN                           \
    }
#define FIELD_REAL(key, number)                                                                    \
    {                                                                                              \
        key, SPAN_REAL, NULL, number                                                               \
    }
#define FIELD_REAL_IF(known, key, number)                                                          \
    {                                                                                              \
        key, SPAN_REAL, NULL, (known) ? (number) : (double)NAN                                     \
    }

/* If above is empty there is no span, and ending it does nothing. */
void span_begin(struct span *s, const char *name, enum span_kind kind, const struct trace *above);

/* error: a short code; NULL: success. A second call does nothing. */
void span_end(struct span *s, const char *error, const struct span_field *fields, unsigned count);

struct span_end {
    uint64_t                 ended_us;
    const char              *error;
    const struct span_field *fields;
    unsigned                 count;
};

/* Sets the consumer of this process's sampled spans; NULL: none. */
void span_sink(void (*take)(void *ctx, const struct span *s, const struct span_end *end),
               void *ctx);

#endif
