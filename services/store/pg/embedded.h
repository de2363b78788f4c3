/* embedded - files that were built into the program, in the order of their names. */
#ifndef STORE_EMBEDDED_H
#define STORE_EMBEDDED_H

struct embedded {
    const char *name; /* "turn_begin.lua" */
    const char *text; /* terminated */
};

/* Each list ends with a name of NULL. */
extern const struct embedded embedded_redis[];
extern const struct embedded embedded_migrations[];

#endif
