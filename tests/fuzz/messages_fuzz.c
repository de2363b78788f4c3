/* Any bytes at all: a message is read or refused; read, written and read again it is the same. */
#include <stdint.h>

#include "wire/messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf once = {0}, twice = {0};

    if (msg_recode((struct str){(const char *)data, size}, &once) == ERR_OK) {
        must(msg_recode(buf_view(&once), &twice) == ERR_OK);
        must(str_eq(buf_view(&once), buf_view(&twice)));
    }
    buf_fini(&once);
    buf_fini(&twice);
    return 0;
}
