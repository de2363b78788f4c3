/* failpoint - places where a test can make a process die.
 *
 * failpoint(FAILPOINT_X) kills the process with SIGKILL, as a lost machine would, if the
 * environment says FAILPOINT=x; FAILPOINT=x:3 means the third time that it is passed.  Points of
 * other services are never armed, so the variable may be set for all of them.
 *
 * Only builds for tests have it (the CMake option FAILPOINTS).  In all others the lines below make
 * nothing at all, so that a release holds neither the code nor the names. */
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

/* Reads the environment; a name that is none of ours, or a count that is none, is a fault. */
void failpoint_arm(const char *service, struct buf *faults);

#else

#define failpoint(point)               ((void)0)
#define failpoint_arm(service, faults) ((void)0)

#endif
#endif
