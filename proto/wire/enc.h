/* enc - encodes one msgpack array of typed fields; see messages.def.
 *
 * The number of elements is written first, with enc_array. A value over its max is a bug of the
 * caller and aborts. For u64, max 0 means no limit. */
#ifndef PROTO_WIRE_ENC_H
#define PROTO_WIRE_ENC_H
#include <stdint.h>

#include "base/str.h"

void enc_array(struct buf *out, size_t count);
void enc_u64(struct buf *out, uint64_t value, uint64_t max);
void enc_f64(struct buf *out, double value, uint64_t max);
void enc_str(struct buf *out, struct str value, uint64_t max);
void enc_bin(struct buf *out, struct str value, uint64_t max);

#endif
