/* services - the table of the services on the bus; see services.def. */
#ifndef PROTO_BUS_COMMON_SERVICES_H
#define PROTO_BUS_COMMON_SERVICES_H
#include <stdint.h>

#include "base/err.h"

enum service {
#define SERVICE(NAME, name, sharing, first, last, accept_ms, reply_ms, down) SERVICE_##NAME,
#include "bus/common/services.def"
    SERVICE_COUNT
};

/* How the gateways share the instances of a service: each gateway may have a window
 * of requests open at each instance, or an instance offers its free slots one by one. */
enum sharing { SHARING_WINDOW, SHARING_OFFERS };

struct service_info {
    const char  *name;
    enum sharing sharing;
    uint64_t     first, last; /* numbers of its messages */
    uint64_t     accept_ms, reply_ms;
    enum err     down;
};

const struct service_info *services_info(enum service s);
const char                *services_name(enum service s);
bool                       services_find(struct str name, enum service *out);

#endif
