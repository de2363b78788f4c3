/* Cells one behind the other. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "grid.h"

void grid_fini(struct grid *g)
{
    buf_fini(&g->bytes);
    free(g->ends);
    *g = (struct grid){0};
}

void grid_begin(struct grid *g, unsigned columns)
{
    must(columns > 0);
    buf_clear(&g->bytes);
    g->cells = g->rows = 0;
    g->columns = columns;
}

void grid_add(struct grid *g, struct str cell)
{
    if (g->cells == g->room) {
        g->room = g->room ? 2 * g->room : 32;
        g->ends = mem_grow(g->ends, g->room * sizeof g->ends[0]);
    }
    buf_str(&g->bytes, cell);
    g->ends[g->cells++] = g->bytes.len;
    g->rows = g->cells / g->columns;
}

struct str grid_str(const struct grid *g, unsigned row, unsigned column)
{
    if (row >= g->rows || column >= g->columns)
        return (struct str){0};
    unsigned at = row * g->columns + column;
    size_t   start = at ? g->ends[at - 1] : 0;
    if (start == g->ends[at])
        return (struct str){0};
    return (struct str){g->bytes.p + start, g->ends[at] - start};
}

/* The cell as a terminated word; "" if it is longer than any number. */
static void word(const struct grid *g, unsigned row, unsigned column, char to[40])
{
    struct str cell = grid_str(g, row, column);

    to[0] = '\0';
    if (cell.len && cell.len < 40) {
        memcpy(to, cell.p, cell.len);
        to[cell.len] = '\0';
    }
}

uint64_t grid_u64(const struct grid *g, unsigned row, unsigned column)
{
    char text[40];

    word(g, row, column, text);
    if (strspn(text, "0123456789") != strlen(text))
        return 0;
    errno = 0;
    uint64_t n = strtoull(text, NULL, 10);
    return errno ? 0 : n;
}

double grid_f64(const struct grid *g, unsigned row, unsigned column)
{
    char text[40];

    word(g, row, column, text);
    return strtod(text, NULL);
}

struct uuid grid_id(const struct grid *g, unsigned row, unsigned column)
{
    struct uuid id;

    if (!uuid_parse(&id, grid_str(g, row, column)))
        id = (struct uuid){{0}};
    return id;
}

bool grid_is(const struct grid *g, unsigned row, unsigned column, const char *text)
{
    return str_is(grid_str(g, row, column), text);
}
