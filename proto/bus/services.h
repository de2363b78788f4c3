/* services - who is on the bus; see services.def. */
#ifndef PROTO_BUS_SERVICES_H
#define PROTO_BUS_SERVICES_H
#include "base/err.h"

enum service {
#define SERVICE(NAME, name, sharing, first, last, accept_ms) SERVICE_##NAME,
#include "bus/services.def"
    SERVICE_COUNT
};

const char *service_name(enum service s);
bool        service_find(struct str name, enum service *out);

#endif
