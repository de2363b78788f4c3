/* The point that is armed. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/log.h"

static const struct {
    const char *name, *service;
} points[] = {
#define FAILPOINT(NAME, name, service, where) {#name, service},
#include "base/failpoints.def"
};

static enum failpoint armed = FAILPOINT_COUNT; /* none */
static unsigned long  passes;                  /* until it kills */

static enum failpoint find(struct str name)
{
    unsigned point = 0;

    while (point < FAILPOINT_COUNT && !str_is(name, points[point].name))
        point++;
    return point;
}

/* What stands behind the colon; 0: that is no count. */
static unsigned long read_count(const char *text)
{
    bool is_number = *text && strlen(text) < 10 && strspn(text, "0123456789") == strlen(text);
    return is_number ? strtoul(text, NULL, 10) : 0;
}

void failpoint_arm(const char *service, struct buf *faults)
{
    const char *text = getenv("FAILPOINT");

    armed = FAILPOINT_COUNT;
    if (!text || !*text)
        return;
    size_t         len = strcspn(text, ":");
    enum failpoint point = find((struct str){text, len});
    passes = text[len] ? read_count(text + len + 1) : 1;
    if (point == FAILPOINT_COUNT)
        buf_print(faults, "  FAILPOINT: there is no point named %.*s\n", (int)len, text);
    else if (!passes)
        buf_print(faults, "  FAILPOINT: must be a name, or a name, a colon and a count from 1\n");
    else if (strcmp(points[point].service, service) == 0)
        armed = point;
}

void failpoint(enum failpoint point)
{
    if (point != armed || --passes)
        return;
    log_warn(0, "failpoint.hit", "name=%s", points[point].name);
    kill(getpid(), SIGKILL);
}
