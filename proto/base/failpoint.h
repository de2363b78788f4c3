/* failpoint - places in the code where a test can kill the process.
 *
 * failpoint(FAILPOINT_X) kills the process with SIGKILL, like a power failure, if the environment
 * has FAILPOINT=x; with FAILPOINT=x:3, the third time it is reached. Points of other services are
 * ignored, so the variable may be set for all services.
 *
 * Only builds with the CMake option FAILPOINTS contain them. In all others, releases included, the
 * macros below expand to nothing. */
#ifndef PROTO_BASE_FAILPOINT_H
#define PROTO_BASE_FAILPOINT_H
#include "base/str.h"

#ifdef FAILPOINTS

enum failpoint {
#define FAILPOINT(NAME, name, service, where) FAILPOINT_##NAME,
#include "base/failpoints.def"
    FAILPOINT_COUNT
};

void failpoint(enum failpoint point);

/* Reads the environment. Adds to faults if the name or the count is invalid. */
void failpoint_arm(const char *service, struct buf *faults);

#else

#define failpoint(point)               ((void)0)
#define failpoint_arm(service, faults) ((void)0)

#endif
#endif
