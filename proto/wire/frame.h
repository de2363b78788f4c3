/* frame - the envelope of every message: one ZeroMQ frame holding one msgpack array
 *
 *   [version, type, epoch, id, attempt, sequence, ttl_ms, trace, body]
 *
 * The body is a bin that holds one message of messages.def; the bus forwards it without decoding
 * it. */
#ifndef PROTO_WIRE_FRAME_H
#define PROTO_WIRE_FRAME_H
#include <stdint.h>

#include "base/err.h"

#define PROTOCOL_VERSION 1
#define FRAME_MAX        (1024 * 1024) /* bytes of a whole frame; ZMQ_MAXMSGSIZE */
#define BODY_MAX         (FRAME_MAX - 256)
#define TRACE_MAX        55 /* W3C traceparent, version 00 */

enum frame_type {
#define FRAME(num, NAME, from, doc) FRAME_##NAME = num,
#include "wire/frames.def"
};

struct frame {
    uint64_t   version;
    uint64_t   type;     /* enum frame_type; a newer sender may know more */
    uint64_t   epoch;    /* of the gateway: a random number made at its start */
    uint64_t   id;       /* of the request, made by the gateway; 0 outside requests */
    uint64_t   attempt;  /* which try of this request, from 1 */
    uint64_t   sequence; /* CHUNK: its number; its end: how many; REQUEST: the offer it uses */
    uint64_t   ttl_ms;   /* REQUEST: time left to answer; the receiver starts its own clock */
    struct str trace;    /* traceparent, may be empty */
    struct str body;     /* borrowed */
};

void                frame_encode(const struct frame *f, struct buf *out);
MUST_CHECK enum err frame_decode(struct frame *f, struct str bytes); /* views into bytes */

#endif
