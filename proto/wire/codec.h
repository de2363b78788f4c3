/* codec - reading and writing one array of typed fields; see messages.def.
 *
 * Errors stick in the decoder: after the first, every dec_ call gives zero or
 * empty, and dec_close tells.  So a decoder is a straight line. */
#ifndef PROTO_WIRE_CODEC_H
#define PROTO_WIRE_CODEC_H
#include "wire/token_stream.h"

struct dec {
    struct token_stream tape;
    uint32_t            at;  /* next token */
    uint32_t            end; /* behind the array being read; missing fields begin here */
    bool                bad;
};

void                dec_open(struct dec *d, struct str bytes); /* enters the outermost array */
MUST_CHECK enum err dec_close(struct dec *d);                  /* always; frees */

/* A field missing at the end of the array is 0 or empty; one of another type
 * or over its max is an error.  For u64 a max of 0 means any. */
uint64_t   dec_u64(struct dec *d, uint64_t max);
double     dec_f64(struct dec *d, uint64_t max);
struct str dec_str(struct dec *d, uint64_t max); /* checked to be UTF-8 */
struct str dec_bin(struct dec *d, uint64_t max);

/* Enters an array inside: returns its count, 0 if missing, and the end to hand
 * to dec_leave, which skips what is left of it. */
uint64_t dec_enter(struct dec *d, uint64_t max, uint32_t *outer_end);
void     dec_leave(struct dec *d, uint32_t outer_end);

/* Writing; the array's length comes first.  A value over its max is our bug. */
void enc_array(struct buf *out, size_t count);
void enc_u64(struct buf *out, uint64_t value, uint64_t max);
void enc_f64(struct buf *out, double value, uint64_t max);
void enc_str(struct buf *out, struct str value, uint64_t max);
void enc_bin(struct buf *out, struct str value, uint64_t max);

#endif
