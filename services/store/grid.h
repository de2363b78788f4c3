/* grid - what a database answered: rows and columns of bytes, a copy of our own.
 *
 * SQL NULL and the nil of Redis are the empty str.  A cell that is not there
 * reads as empty and 0, so that an answer without rows needs no special care.
 * A zeroed grid is a valid empty one. */
#ifndef STORE_GRID_H
#define STORE_GRID_H
#include <stdint.h>

#include "base/uuid.h"

struct grid {
    unsigned   rows, columns;
    struct buf bytes; /* of all cells, one behind the other */
    size_t    *ends;  /* of each cell in bytes; owned */
    unsigned   cells, room;
};

void grid_fini(struct grid *g);
void grid_begin(struct grid *g, unsigned columns); /* empties it first */
void grid_add(struct grid *g, struct str cell);    /* left to right, top to bottom */

struct str  grid_str(const struct grid *g, unsigned row, unsigned column); /* lives as long as g */
uint64_t    grid_u64(const struct grid *g, unsigned row, unsigned column);
double      grid_f64(const struct grid *g, unsigned row, unsigned column);
struct uuid grid_id(const struct grid *g, unsigned row, unsigned column); /* empty: none */
bool        grid_is(const struct grid *g, unsigned row, unsigned column, const char *text);

#endif
