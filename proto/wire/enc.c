/* Encoding typed fields with msgpack-c. */
#include <math.h>

#include <msgpack.h>

#include "wire/enc.h"

static int write_bytes(void *out, const char *p, size_t len)
{
    buf_add(out, p, len);
    return 0;
}

static msgpack_packer packer(struct buf *out)
{
    msgpack_packer pk;
    msgpack_packer_init(&pk, out, write_bytes);
    return pk;
}

void enc_array(struct buf *out, size_t count)
{
    msgpack_packer pk = packer(out);
    msgpack_pack_array(&pk, count);
}

void enc_u64(struct buf *out, uint64_t value, uint64_t max)
{
    msgpack_packer pk = packer(out);
    must(!max || value <= max);
    msgpack_pack_uint64(&pk, value);
}

void enc_f64(struct buf *out, double value, uint64_t max)
{
    msgpack_packer pk = packer(out);
    (void)max;
    must(isfinite(value));
    msgpack_pack_double(&pk, value);
}

void enc_str(struct buf *out, struct str value, uint64_t max)
{
    msgpack_packer pk = packer(out);
    must(value.len <= max);
    msgpack_pack_str(&pk, value.len);
    if (value.len)
        msgpack_pack_str_body(&pk, value.p, value.len);
}

void enc_bin(struct buf *out, struct str value, uint64_t max)
{
    msgpack_packer pk = packer(out);
    must(value.len <= max);
    msgpack_pack_bin(&pk, value.len);
    if (value.len)
        msgpack_pack_bin_body(&pk, value.p, value.len);
}
