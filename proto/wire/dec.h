/* dec - decodes one msgpack array of typed fields; see messages.def.
 *
 * Errors are sticky: after the first one every dec_ call returns zero or an empty value, and
 * dec_close returns ERR_BAD_FRAME. A decoder therefore needs no checks between its fields. */
#ifndef PROTO_WIRE_DEC_H
#define PROTO_WIRE_DEC_H
#include "wire/token_stream.h"

struct dec {
    struct token_stream stream;
    uint32_t            at;  /* index of the next token */
    uint32_t            end; /* index after the current array; fields from here on are missing */
    bool                bad;
};

void                dec_open(struct dec *d, struct str bytes); /* enters the outermost array */
MUST_CHECK enum err dec_close(struct dec *d); /* must always be called: frees the stream */

/* A field missing at the end of the array decodes to 0 or empty. A field of another type or over
 * its max is an error. For u64, max 0 means no limit. */
uint64_t   dec_u64(struct dec *d, uint64_t max);
double     dec_f64(struct dec *d, uint64_t max);
struct str dec_str(struct dec *d, uint64_t max); /* must be valid UTF-8 */
struct str dec_bin(struct dec *d, uint64_t max);

/* Skips one field, whatever its type. */
void dec_skip(struct dec *d);

/* Enters a nested array: returns its element count, 0 if it is missing. outer_end must be passed
 * to dec_leave, which skips the elements that were not read. */
uint64_t dec_enter(struct dec *d, uint64_t max, uint32_t *outer_end);
void     dec_leave(struct dec *d, uint32_t outer_end);

#endif
