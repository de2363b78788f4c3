/* token_stream - parses msgpack bytes into a flat array of tokens, with the parser of msgpack-c.
 *
 * The object parser of msgpack-c allocates whatever an array header claims. Its template with
 * callbacks of our own refuses counts that the remaining bytes cannot hold, so the memory used is
 * bounded by a fixed multiple of the frame. */
#ifndef PROTO_WIRE_TOKEN_STREAM_H
#define PROTO_WIRE_TOKEN_STREAM_H
#include <stdint.h>

#include "base/err.h"

enum token_type { TOKEN_U64, TOKEN_F64, TOKEN_STR, TOKEN_BIN, TOKEN_ARRAY, TOKEN_OTHER };

struct token {
    enum token_type type;
    uint32_t        end; /* index after this token and its elements */
    union {
        uint64_t   u64;
        double     f64;
        struct str bytes;
        uint64_t   count; /* of an array */
    };
};

#define TOKEN_STREAM_INLINE 48

struct token_stream {
    struct token *tokens; /* first, or owned once it has grown */
    uint32_t      count, room;
    struct token  first[TOKEN_STREAM_INLINE];
};

/* Parses exactly one msgpack value, else ERR_BAD_FRAME. The tokens point into bytes.
 * token_stream_fini must be called even after an error. The struct must not be moved. */
MUST_CHECK enum err token_stream_read(struct token_stream *t, struct str bytes);
void                token_stream_fini(struct token_stream *t);

#endif
