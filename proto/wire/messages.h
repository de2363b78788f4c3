/* messages - a struct, an encoder and a decoder for every message of messages.def.
 *
 *   void     turn_begin_request_encode(const struct turn_begin_request *m, struct buf *out);
 *   enum err turn_begin_request_decode(struct turn_begin_request *m, struct str body);
 *
 * encode appends to out; a value over its limit is a bug of the caller (must). decode returns
 * ERR_BAD_FRAME unless body is exactly this message, complete and within its limits; m must not be
 * used then. Strings point into body and live as long as its bytes. Structs with lists are large:
 * allocate them with mem_new instead of on the stack. */
#ifndef PROTO_WIRE_MESSAGES_H
#define PROTO_WIRE_MESSAGES_H
#include <stdint.h>

#include "base/err.h"
#include "wire/limits.h"

typedef uint64_t   wire_u64;
typedef double     wire_f64;
typedef struct str wire_str;
typedef struct str wire_bin;

enum verdict { VERDICT_OFF, VERDICT_DEPENDS, VERDICT_ON };
enum begin_outcome { BEGIN_GRANTED, BEGIN_FOLLOW, BEGIN_REPLAY };
enum follow_outcome { FOLLOW_RUNNING, FOLLOW_KEPT, FOLLOW_ABORTED, FOLLOW_INTERRUPTED };
enum commit_outcome { COMMIT_OK, COMMIT_DUP, COMMIT_SPOOLED };
enum key_change { KEY_LEAVE, KEY_SET, KEY_DELETE };

enum msg {
#define MESSAGE(num, NAME, name, doc) MSG_##NAME = num,
#define PART(name, doc)
#define FIELD(type, name, max, doc)
#define RESERVED(type, doc)
#define LIST(part, name, max, doc)
#define END
#define PART_END
#include "wire/messages.def"
};

#define PART(name, doc)               struct name {
#define MESSAGE(num, NAME, name, doc) struct name {
#define FIELD(type, name, max, doc)   wire_##type name;
#define RESERVED(type, doc)
#define LIST(part, name, max, doc)                                                                 \
    uint64_t    name##_count;                                                                      \
    struct part name[max];
#define END                                                                                        \
    char none; /* C has no empty structs */                                                        \
    }                                                                                              \
    ;
#define PART_END                                                                                   \
    }                                                                                              \
    ;
#include "wire/messages.def"

#define MESSAGE(num, NAME, name, doc)                                                              \
    void                name##_encode(const struct name *m, struct buf *out);                      \
    MUST_CHECK enum err name##_decode(struct name *m, struct str body);
#define PART(name, doc)
#define FIELD(type, name, max, doc)
#define RESERVED(type, doc)
#define LIST(part, name, max, doc)
#define END
#define PART_END
#include "wire/messages.def"

const char *msg_name(uint64_t number); /* "turn_begin_request"; "?" if unknown */

/* The number of the message in body; 0 if it cannot be read. */
uint64_t msg_number(struct str body);

/* Decodes body as the message that its number names and encodes it again; fields that a newer
 * version appended are lost. For tests and the fuzzer. */
MUST_CHECK enum err msg_recode(struct str body, struct buf *out);

#endif
