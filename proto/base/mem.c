/* Memory and the assertion. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

void *mem_new(size_t size)
{
    void *p = calloc(1, size ? size : 1);
    must(p != NULL);
    return p;
}

void *mem_grow(void *old, size_t size)
{
    void *p = realloc(old, size ? size : 1);
    must(p != NULL);
    return p;
}

void mem_must_fail(const char *what, const char *file, int line)
{
    fprintf(stderr, "bug: must(%s) at %s:%d\n", what, file, line);
    abort();
}
