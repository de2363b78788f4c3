/* Any bytes at all: a frame is read or refused, and what was read is written and read alike. */
#include <stdint.h>

#include "wire/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct frame f, again;
    struct buf   b = {0};

    if (frame_decode(&f, (struct str){(const char *)data, size}) != ERR_OK)
        return 0;
    frame_encode(&f, &b);
    must(frame_decode(&again, buf_view(&b)) == ERR_OK);
    must(again.id == f.id && again.epoch == f.epoch && str_eq(again.body, f.body));
    buf_fini(&b);
    return 0;
}
