/* param - typed parameters of statements and scripts.
 *
 * Each type is made by a function of the same name:
 *
 *   const struct sql_turn_wanted p = {.session = param_uuid(&j->session), .epoch = param_u64(7)};
 *
 * A parameter that was left out is not set, and encoding it aborts (args.h). */
#ifndef STORE_PARAM_H
#define STORE_PARAM_H
#include <stdint.h>

#include "base/uuid.h"

/* The name of something in Redis, made by redis/keys.h. */
struct key {
    char text[160];
};

struct param_uuid {
    bool        is_set;
    struct uuid value; /* an empty one: NULL, or '' in Redis */
};
struct param_text {
    bool       is_set;
    struct str value; /* borrowed */
};
struct param_bytes {
    bool       is_set;
    struct str value; /* borrowed */
};
struct param_u64 {
    bool     is_set;
    uint64_t value;
};
struct param_f64 {
    bool   is_set;
    double value;
};
struct param_flag {
    bool is_set;
    bool value;
};

struct param_uuid  param_uuid(const struct uuid *id);
struct param_text  param_text(struct str text);
struct param_bytes param_bytes(struct str bytes);
struct param_u64   param_u64(uint64_t n);
struct param_f64   param_f64(double x);
struct param_flag  param_flag(bool flag);

/* Postgres counts with signed numbers. */
bool param_fits_bigint(uint64_t n);

#endif
