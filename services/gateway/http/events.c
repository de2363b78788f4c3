/* Writes events, and reads their ids. */
#include <stdlib.h>

#include "http/events.h"

#define OFFSET_DIGITS 9

void events_add(struct buf *out, const char *turn_id, size_t offset, const char *name, json_t *data)
{
    char *text = json_dumps(data, JSON_COMPACT | JSON_REAL_PRECISION(12));

    must(text != NULL);
    buf_print(out, "id: %s:%zu\nevent: %s\ndata: %s\n\n", turn_id, offset, name, text);
    free(text);
    json_decref(data);
}

void events_comment(struct buf *out, const char *text)
{
    buf_print(out, ": %s\n\n", text);
}

bool events_offset(struct str id, const char *turn_id, size_t *out)
{
    size_t value = 0;

    if (!str_starts(id, turn_id))
        return false;
    struct str rest = {id.p + str_of(turn_id).len, id.len - str_of(turn_id).len};
    if (rest.len < 2 || rest.len > OFFSET_DIGITS + 1 || rest.p[0] != ':')
        return false;
    for (size_t i = 1; i < rest.len; i++) {
        if (rest.p[i] < '0' || rest.p[i] > '9')
            return false;
        value = 10 * value + (size_t)(rest.p[i] - '0');
    }
    *out = value;
    return true;
}
