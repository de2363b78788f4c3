/* span - who asked whom within one request, and how long it took; as W3C and OpenTelemetry have it.
 *
 * A span is begun below the place that asked (a traceparent that came with a
 * request, or another span) and ended once.  Whoever asks on its behalf sends
 * the traceparent of its own span along.  If nobody takes spans (span_sink) all
 * this costs a few random bytes.
 *
 * No text of people and no key goes into a span: names of messages, models,
 * outcomes and counts do. */
#ifndef PROTO_BASE_SPAN_H
#define PROTO_BASE_SPAN_H
#include <math.h>
#include <stdint.h>

#include "base/str.h"

#define TRACEPARENT_LEN 55 /* version 00 */

/* A place in a trace: 00-<trace>-<span>-<flags>. */
struct trace {
    char trace[33], span[17]; /* lower case hexadecimal; empty: none */
    bool is_sampled;
};

/* False, and an empty trace: it is none, or one that must not be used.  A later
 * version is read as far as version 00 goes. */
bool trace_read(struct trace *out, struct str traceparent);
void trace_write(const struct trace *t, char to[TRACEPARENT_LEN + 1]); /* empty: "" */
void trace_of_uuid(struct trace *out, const char *uuid); /* a place without a span: a new trace */

enum span_kind { SPAN_INTERNAL = 1, SPAN_SERVER = 2, SPAN_CLIENT = 3 }; /* as OTLP has them */

struct span {
    struct trace   at;         /* its own place */
    char           parent[17]; /* empty: it is the first one */
    const char    *name;       /* borrowed until it ends; may be made more precise until then */
    enum span_kind kind;
    uint64_t       began_us; /* since 1970; 0: not begun */
};

enum span_type { SPAN_TEXT, SPAN_TEXT_LIST, SPAN_NUMBER, SPAN_REAL };

/* What is told of a span at its end. */
struct span_field {
    const char    *key;
    enum span_type type;
    const char *text;   /* SPAN_TEXT_LIST: its only element; NULL or empty: the field is left out */
    double      number; /* NAN: the field is left out */
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

/* above empty: there is no span, and ending it does nothing. */
void span_begin(struct span *s, const char *name, enum span_kind kind, const struct trace *above);

/* error: a short code, NULL if all went well.  Once: it is not begun afterwards. */
void span_end(struct span *s, const char *error, const struct span_field *fields, unsigned count);

struct span_end {
    uint64_t                 ended_us;
    const char              *error;
    const struct span_field *fields;
    unsigned                 count;
};

/* Who takes the spans of this process that are to be kept; NULL: nobody. */
void span_sink(void (*take)(void *ctx, const struct span *s, const struct span_end *end),
               void *ctx);

#endif
