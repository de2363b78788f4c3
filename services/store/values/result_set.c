/* Cells one behind the other. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "result_set.h"

void result_set_fini(struct result_set *r)
{
    buf_fini(&r->bytes);
    free(r->ends);
    *r = (struct result_set){0};
}

void result_set_begin(struct result_set *r, unsigned columns)
{
    must(columns > 0);
    buf_clear(&r->bytes);
    r->cells = r->rows = 0;
    r->columns = columns;
}

void result_set_add(struct result_set *r, struct str cell)
{
    if (r->cells == r->room) {
        r->room = r->room ? 2 * r->room : 32;
        r->ends = mem_grow(r->ends, r->room * sizeof r->ends[0]);
    }
    buf_str(&r->bytes, cell);
    r->ends[r->cells++] = r->bytes.len;
    r->rows = r->cells / r->columns;
}

void result_set_move(struct result_set *to, struct result_set *from)
{
    result_set_fini(to);
    *to = *from;
    *from = (struct result_set){0};
}

struct str result_set_str(const struct result_set *r, unsigned row, unsigned column)
{
    if (row >= r->rows || column >= r->columns)
        return (struct str){0};
    unsigned at = row * r->columns + column;
    size_t   start = at ? r->ends[at - 1] : 0;
    if (start == r->ends[at])
        return (struct str){0};
    return (struct str){r->bytes.p + start, r->ends[at] - start};
}

/* The cell as a terminated word; "" if it is longer than any number. */
static void word(const struct result_set *r, unsigned row, unsigned column, char to[40])
{
    struct str cell = result_set_str(r, row, column);

    to[0] = '\0';
    if (cell.len && cell.len < 40) {
        memcpy(to, cell.p, cell.len);
        to[cell.len] = '\0';
    }
}

uint64_t result_set_u64(const struct result_set *r, unsigned row, unsigned column)
{
    char text[40];

    word(r, row, column, text);
    if (strspn(text, "0123456789") != strlen(text))
        return 0;
    errno = 0;
    uint64_t n = strtoull(text, NULL, 10);
    return errno ? 0 : n;
}

double result_set_f64(const struct result_set *r, unsigned row, unsigned column)
{
    char text[40];

    word(r, row, column, text);
    return strtod(text, NULL);
}

bool result_set_flag(const struct result_set *r, unsigned row, unsigned column)
{
    return result_set_u64(r, row, column) != 0;
}

struct uuid result_set_uuid(const struct result_set *r, unsigned row, unsigned column)
{
    struct uuid id;

    if (!uuid_parse(&id, result_set_str(r, row, column)))
        id = (struct uuid){{0}};
    return id;
}
