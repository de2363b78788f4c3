/* The table of services.def, looked up both ways. */
#include "bus/common/services.h"

static const struct service_info services[] = {
#define SERVICE(NAME, name, sharing, first, last, accept_ms, reply_ms, down)                       \
    [SERVICE_##NAME] = {name, SHARING_##sharing, first, last, accept_ms, reply_ms, ERR_##down},
#include "bus/common/services.def"
};

const struct service_info *services_info(enum service s)
{
    must(s < SERVICE_COUNT);
    return &services[s];
}

const char *services_name(enum service s)
{
    return services_info(s)->name;
}

bool services_find(struct str name, enum service *out)
{
    for (unsigned s = 0; s < SERVICE_COUNT; s++) {
        if (str_is(name, services[s].name)) {
            *out = (enum service)s;
            return true;
        }
    }
    return false;
}
