/* declaration - what a statement or a script declares in its file, for whoever sends or checks it.
 */
#ifndef STORE_DECLARATION_H
#define STORE_DECLARATION_H
#include <stdbool.h>

struct declared_field {
    const char *name, *type;
    unsigned    oid; /* of the type in Postgres */
};

struct declaration {
    const char                  *name, *text;
    const struct declared_field *param; /* the keys of a script come first */
    unsigned                     params, keys;
    const struct declared_field *column;
    unsigned                     columns;
    bool                         has_rows; /* a script: any number of rows, not one */
};

#endif
