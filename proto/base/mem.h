/* mem - memory that is there or the process is not, and the assertion for our own bugs.
 *
 * mem_new zeroes and aborts when memory is gone, so nobody checks for NULL
 * after it.  Sizes that come from outside are limited before they get here. */
#ifndef PROTO_BASE_MEM_H
#define PROTO_BASE_MEM_H
#include <stddef.h>

void *mem_new(size_t size);             /* zeroed; free() it */
void *mem_grow(void *old, size_t size); /* like realloc; what is new is not zeroed */

/* must(cond): this holds unless we have a bug.  Always compiled in; never for
 * input, peers or time. */
#define must(cond) ((cond) ? (void)0 : mem_must_fail(#cond, __FILE__, __LINE__))
_Noreturn void mem_must_fail(const char *what, const char *file, int line);

#define MUST_CHECK    __attribute__((warn_unused_result))
#define COUNT_OF(arr) (sizeof(arr) / sizeof((arr)[0]))

#endif
