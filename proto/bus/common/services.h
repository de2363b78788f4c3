/* services - who is on the bus; see services.def. */
#ifndef PROTO_BUS_SERVICES_H
#define PROTO_BUS_SERVICES_H
#include <stdint.h>

#include "base/err.h"

enum service {
#define SERVICE(NAME, name, sharing, first, last, accept_ms, answer_ms, down) SERVICE_##NAME,
#include "bus/common/services.def"
    SERVICE_COUNT
};

/* How the instances of a service are shared among the gateways: each gateway
 * may have a window of requests open at each instance, or the instances hand
 * out their free slots one by one. */
enum sharing { SHARING_WINDOW, SHARING_OFFERS };

struct service_info {
    const char  *name;
    enum sharing sharing;
    uint64_t     first, last; /* numbers of the messages it takes */
    uint64_t     accept_ms, answer_ms;
    enum err     down;
};

const struct service_info *service_info(enum service s);
const char                *service_name(enum service s);
bool                       service_find(struct str name, enum service *out);

#endif
