/* fill - makes what is searched of turns that were kept meanwhile, a few at a time.
 *
 * It runs behind the commits and not in them, so keeping a turn costs nothing
 * more; a turn is found about a second after it was kept.  The turns of a database
 * from before there was a search come the same way. */
#ifndef STORE_FILL_H
#define STORE_FILL_H
#include "pg.h"

struct fill;

struct fill *fill_new(struct loop *l, struct pg *pg);
void         fill_free(struct fill **f); /* after pg was closed */

#endif
