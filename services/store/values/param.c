/* Values that say that they are set. */
#include "param.h"

struct param_uuid param_uuid(const struct uuid *id)
{
    return (struct param_uuid){.is_set = true, .value = *id};
}

struct param_text param_text(struct str text)
{
    return (struct param_text){.is_set = true, .value = text};
}

struct param_bytes param_bytes(struct str bytes)
{
    return (struct param_bytes){.is_set = true, .value = bytes};
}

struct param_u64 param_u64(uint64_t n)
{
    return (struct param_u64){.is_set = true, .value = n};
}

struct param_f64 param_f64(double x)
{
    return (struct param_f64){.is_set = true, .value = x};
}

struct param_flag param_flag(bool flag)
{
    return (struct param_flag){.is_set = true, .value = flag};
}

bool param_fits_bigint(uint64_t n)
{
    return n <= INT64_MAX;
}
