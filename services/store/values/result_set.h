/* result_set - what a database answered: rows and columns of bytes, a copy of our own.
 *
 * The generated functions sql_..._row and lua_..._row read a row of it by name and type.  SQL NULL
 * and the nil of Redis read as the empty str; a cell that does not exist reads as empty and 0, so
 * that an answer without rows needs no special care.  A zeroed result set is a valid empty one. */
#ifndef STORE_RESULT_SET_H
#define STORE_RESULT_SET_H
#include <stdint.h>

#include "base/uuid.h"

struct result_set {
    unsigned   rows, columns;
    struct buf bytes; /* of all cells, one behind the other */
    size_t    *ends;  /* of each cell in bytes; owned */
    unsigned   cells, room;
};

void result_set_fini(struct result_set *r);
void result_set_begin(struct result_set *r, unsigned columns); /* empties it first */
void result_set_add(struct result_set *r, struct str cell);    /* left to right, top to bottom */
void result_set_move(struct result_set *to, struct result_set *from); /* empties from */

/* For the generated decoders.  A text lives as long as the result set. */
struct str  result_set_str(const struct result_set *r, unsigned row, unsigned column);
uint64_t    result_set_u64(const struct result_set *r, unsigned row, unsigned column);
double      result_set_f64(const struct result_set *r, unsigned row, unsigned column);
bool        result_set_flag(const struct result_set *r, unsigned row, unsigned column);
struct uuid result_set_uuid(const struct result_set *r, unsigned row,
                            unsigned column); /* empty: none */

#endif
