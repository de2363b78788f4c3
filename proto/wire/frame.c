/* The envelope. */
#include "wire/frame.h"
#include "base/span.h"
#include "wire/dec.h"
#include "wire/enc.h"

_Static_assert(TRACE_MAX == TRACEPARENT_LEN, "a frame holds exactly one traceparent");

void frame_encode(const struct frame *f, struct buf *out)
{
    enc_array(out, 9);
    enc_u64(out, f->version, 0);
    enc_u64(out, f->type, 0);
    enc_u64(out, f->epoch, 0);
    enc_u64(out, f->id, 0);
    enc_u64(out, f->attempt, 0);
    enc_u64(out, f->sequence, 0);
    enc_u64(out, f->ttl_ms, 0);
    enc_str(out, f->trace, TRACE_MAX);
    enc_bin(out, f->body, BODY_MAX);
}

enum err frame_decode(struct frame *f, struct str bytes)
{
    struct dec d;

    *f = (struct frame){0};
    dec_open(&d, bytes);
    f->version = dec_u64(&d, 255);
    f->type = dec_u64(&d, 255);
    f->epoch = dec_u64(&d, 0);
    f->id = dec_u64(&d, 0);
    f->attempt = dec_u64(&d, 0);
    f->sequence = dec_u64(&d, 0);
    f->ttl_ms = dec_u64(&d, 0);
    f->trace = dec_str(&d, TRACE_MAX);
    f->body = dec_bin(&d, BODY_MAX);
    if (!f->version || !f->type)
        d.bad = true;
    return dec_close(&d);
}
