/* id_table - finds things by a number.
 *
 * It borrows the things.  A zeroed one is a valid empty one. */
#ifndef PROTO_BUS_ID_TABLE_H
#define PROTO_BUS_ID_TABLE_H
#include <stdint.h>

struct id_place {
    uint64_t id;
    void    *thing; /* NULL: free */
};

struct id_table {
    struct id_place *places;
    unsigned         count, room; /* room is 0 or a power of two */
};

void  id_table_fini(struct id_table *t);
void  id_table_add(struct id_table *t, uint64_t id, void *thing); /* not in it yet */
void *id_table_find(const struct id_table *t, uint64_t id);
void *id_table_take(struct id_table *t, uint64_t id); /* finds and removes */
void *id_table_take_any(struct id_table *t);          /* NULL: it is empty */

#endif
