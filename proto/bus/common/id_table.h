/* id_table - a hash table from a 64-bit id to a pointer.
 *
 * It borrows what it points to.  A zeroed table is a valid empty one. */
#ifndef PROTO_BUS_COMMON_ID_TABLE_H
#define PROTO_BUS_COMMON_ID_TABLE_H
#include <stdint.h>

struct id_table_slot {
    uint64_t id;
    void    *value; /* NULL: free */
};

struct id_table {
    struct id_table_slot *slots;           /* owned */
    unsigned              count, capacity; /* capacity is 0 or a power of two */
};

void  id_table_fini(struct id_table *t);
void  id_table_add(struct id_table *t, uint64_t id, void *value); /* the id is new */
void *id_table_find(const struct id_table *t, uint64_t id);
void *id_table_take(struct id_table *t, uint64_t id); /* finds and removes it */
void *id_table_take_any(struct id_table *t);          /* NULL: the table is empty */

#endif
