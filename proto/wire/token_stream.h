/* tape - msgpack bytes read once into a flat list of tokens, by msgpack-c's own parser.
 *
 * The parser of msgpack-c that makes objects allocates what an array header
 * claims before the elements are there.  Its template with our own callbacks
 * lets us refuse a count that the bytes left cannot hold, so a frame never
 * costs more memory than a fixed multiple of its size. */
#ifndef PROTO_WIRE_TAPE_H
#define PROTO_WIRE_TAPE_H
#include <stdint.h>

#include "base/err.h"

enum token_type { TOKEN_U64, TOKEN_F64, TOKEN_STR, TOKEN_BIN, TOKEN_ARRAY, TOKEN_OTHER };

struct token {
    enum token_type type;
    uint32_t        end; /* index behind this token and all inside it */
    union {
        uint64_t   u64;
        double     f64;
        struct str bytes;
        uint64_t   count; /* of an array */
    };
};

#define TOKEN_STREAM_INLINE 48

struct token_stream {
    struct token *tokens; /* first, or owned when it grew */
    uint32_t      count, room;
    struct token  first[TOKEN_STREAM_INLINE];
};

/* One whole msgpack value and nothing behind it, else ERR_BAD_FRAME.  The
 * tokens point into bytes.  token_stream_fini also after an error.  A tape must not be
 * moved. */
MUST_CHECK enum err token_stream_read(struct token_stream *t, struct str bytes);
void                token_stream_fini(struct token_stream *t);

#endif
