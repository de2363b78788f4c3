/* The codec of every message, made from messages.def. */
#include <stdlib.h>

#include "base/uuid.h"
#include "wire/dec.h"
#include "wire/enc.h"
#include "wire/frame.h"
#include "wire/messages.h"

_Static_assert(UUID_LEN == LIMIT_ID, "ids are UUIDs");

/* ---- writing ---- */

/* How many fields each message and part has. */
#define MESSAGE(num, NAME, name, doc) enum { name##_fields = 0
#define PART(name, doc)               enum { name##_fields = 0
#define FIELD(type, name, max, doc)   +1
#define RESERVED(type, doc)           +1
#define LIST(part, name, max, doc)    +1
#define END                                                                                        \
    }                                                                                              \
    ;
#define PART_END                                                                                   \
    }                                                                                              \
    ;
#include "wire/messages.def"

#define PART(name, doc)                                                                            \
    static void name##_put(const struct name *m, struct buf *out)                                  \
    {                                                                                              \
        enc_array(out, name##_fields);
#define MESSAGE(num, NAME, name, doc)                                                              \
    void name##_encode(const struct name *m, struct buf *out)                                      \
    {                                                                                              \
        (void)m;                                                                                   \
        enc_array(out, 1 + name##_fields);                                                         \
        enc_u64(out, num, 0);
#define FIELD(type, name, max, doc) enc_##type(out, m->name, max);
#define RESERVED(type, doc)         enc_##type(out, (wire_##type){0}, 0);
#define LIST(part, name, max, doc)                                                                 \
    must(m->name##_count <= (max));                                                                \
    enc_array(out, m->name##_count);                                                               \
    for (uint64_t i = 0; i < m->name##_count; i++)                                                 \
        part##_put(&m->name[i], out);
#define END      }
#define PART_END }
#include "wire/messages.def"

/* Without its lists, every message must fit into a frame: no sender checks the sum of its strings.
 */
enum { BYTES_u64 = 9, BYTES_f64 = 9, BYTES_str = 5, BYTES_bin = 5 };
#define MAX_BYTES_u64(max) 0
#define MAX_BYTES_f64(max) 0
#define MAX_BYTES_str(max) (max)
#define MAX_BYTES_bin(max) (max)
#define MESSAGE(num, NAME, name, doc) _Static_assert(14
#define PART(name, doc)               _Static_assert(5
#define FIELD(type, name, max, doc) +BYTES_##type + MAX_BYTES_##type(max)
#define RESERVED(type, doc)         +BYTES_##type
#define LIST(part, name, max, doc)  +5
#define END                           <= BODY_MAX, "the longest message must fit into a frame");
#define PART_END                      <= BODY_MAX, "the longest part must fit into a frame");
#include "wire/messages.def"

/* ---- reading ---- */

#define PART(name, doc)                                                                            \
    static void name##_get(struct name *m, struct dec *d)                                          \
    {                                                                                              \
        uint32_t part_outer;                                                                       \
        dec_enter(d, UINT32_MAX, &part_outer);
#define MESSAGE(num, NAME, name, doc)                                                              \
    enum err name##_decode(struct name *m, struct str body)                                        \
    {                                                                                              \
        struct dec decoder, *d = &decoder;                                                         \
        *m = (struct name){0};                                                                     \
        dec_open(d, body);                                                                         \
        if (dec_u64(d, 0) != (num))                                                                \
            d->bad = true;
#define FIELD(type, name, max, doc) m->name = dec_##type(d, max);
#define RESERVED(type, doc)         dec_skip(d);
#define LIST(part, name, max, doc)                                                                 \
    uint32_t name##_outer;                                                                         \
    m->name##_count = dec_enter(d, max, &name##_outer);                                            \
    for (uint64_t i = 0; i < m->name##_count; i++)                                                 \
        part##_get(&m->name[i], d);                                                                \
    dec_leave(d, name##_outer);
#define PART_END                                                                                   \
    dec_leave(d, part_outer);                                                                      \
    }
#define END                                                                                        \
    return dec_close(d);                                                                           \
    }
#include "wire/messages.def"

/* ---- about ---- */

const char *msg_name(uint64_t number)
{
    switch (number) {
#define MESSAGE(num, NAME, name, doc)                                                              \
    case num:                                                                                      \
        return #name;
#define PART(name, doc)
#define FIELD(type, name, max, doc)
#define RESERVED(type, doc)
#define LIST(part, name, max, doc)
#define END
#define PART_END
#include "wire/messages.def"
    default:
        return "?";
    }
}

uint64_t msg_number(struct str body)
{
    struct dec d;

    dec_open(&d, body);
    uint64_t number = dec_u64(&d, 0);
    return dec_close(&d) == ERR_OK ? number : 0;
}

#define MESSAGE(num, NAME, name, doc)                                                              \
    static enum err name##_recode(struct str body, struct buf *out)                                \
    {                                                                                              \
        struct name *m = mem_new(sizeof *m);                                                       \
        enum err     err = name##_decode(m, body);                                                 \
        if (!err)                                                                                  \
            name##_encode(m, out);                                                                 \
        free(m);                                                                                   \
        return err;                                                                                \
    }
#define PART(name, doc)
#define FIELD(type, name, max, doc)
#define RESERVED(type, doc)
#define LIST(part, name, max, doc)
#define END
#define PART_END
#include "wire/messages.def"

enum err msg_recode(struct str body, struct buf *out)
{
    switch (msg_number(body)) {
#define MESSAGE(num, NAME, name, doc)                                                              \
    case num:                                                                                      \
        return name##_recode(body, out);
#define PART(name, doc)
#define FIELD(type, name, max, doc)
#define RESERVED(type, doc)
#define LIST(part, name, max, doc)
#define END
#define PART_END
#include "wire/messages.def"
    default:
        return ERR_BAD_FRAME;
    }
}
