/* messages - the structs of messages.def and what can be done with each.
 *
 * For every message there is a struct and a pair of functions:
 *
 *   void     turn_begin_request_encode(const struct turn_begin_request *m, struct buf *out);
 *   enum err turn_begin_request_decode(struct turn_begin_request *m, struct str body);
 *
 * encode appends to out; strings over their max are our bug (must).  decode
 * gives views into body: they live as long as its bytes.  It answers
 * ERR_BAD_FRAME for anything that is not this message, whole and within its
 * limits, and then m holds nothing of use.  Structs with lists are large: take
 * them from mem_new rather than from the stack. */
#ifndef PROTO_WIRE_MESSAGES_H
#define PROTO_WIRE_MESSAGES_H
#include <stdint.h>

#include "base/err.h"

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
#define LIST(part, name, max, doc)
#define END
#define PART_END
#include "wire/messages.def"
};

#define PART(name, doc)               struct name {
#define MESSAGE(num, NAME, name, doc) struct name {
#define FIELD(type, name, max, doc)   wire_##type name;
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
#define LIST(part, name, max, doc)
#define END
#define PART_END
#include "wire/messages.def"

const char *msg_name(uint64_t number); /* "turn_begin_request"; "?" if there is none */

/* The number of the message in body, 0 if that cannot be read. */
uint64_t msg_number(struct str body);

/* Decodes body as whatever it says it is and encodes it again; what a newer
 * version appended is lost.  For tests, the fuzzer and relays. */
MUST_CHECK enum err msg_recode(struct str body, struct buf *out);

#endif
