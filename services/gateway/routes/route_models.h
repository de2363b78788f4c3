/* models - the list of models as the page gets it, kept for a while. */
#ifndef GATEWAY_MODELS_H
#define GATEWAY_MODELS_H
#include <jansson.h>
#include <stdint.h>

struct models {
    json_t  *list; /* NULL: nobody has asked yet */
    uint64_t kept_until;
};

void models_close(struct models *m);

#endif
