/* mem - allocation that never returns NULL, and must(), the assertion for bugs.
 *
 * mem_new and mem_grow abort when memory is exhausted, so their callers need no checks. Sizes that
 * come from outside must be limited before. */
#ifndef PROTO_BASE_MEM_H
#define PROTO_BASE_MEM_H
#include <stddef.h>

void *mem_new(size_t size);             /* zeroed; free() it */
void *mem_grow(void *old, size_t size); /* like realloc: new bytes are not zeroed */

/* Aborts if cond is false. Compiled into every build; only for bugs of our own, never for input,
 * peers or time. */
#define must(cond) ((cond) ? (void)0 : mem_must_fail(#cond, __FILE__, __LINE__))
_Noreturn void mem_must_fail(const char *what, const char *file, int line);

#define MUST_CHECK    __attribute__((warn_unused_result))
#define COUNT_OF(arr) (sizeof(arr) / sizeof((arr)[0]))

#endif
