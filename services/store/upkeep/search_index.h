/* search_index - indexes committed turns for the search, a few at a time.
 *
 * It runs behind the commits and not in them, so committing a turn does not get slower; a turn is
 * found about a second after it was committed.  The turns of a database from before the search
 * existed are indexed the same way. */
#ifndef STORE_SEARCH_INDEX_H
#define STORE_SEARCH_INDEX_H
#include "pg/pg_client.h"

struct search_index;

struct search_index *search_index_new(struct loop *l, struct pg_client *pg);
void                 search_index_free(struct search_index **s); /* after pg_client_close */

#endif
