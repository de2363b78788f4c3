/* words - what somebody else's server said, for a person to read.
 *
 * It may hold anything: control characters, pages of HTML, the key that was
 * refused.  What comes out is harmless. */
#ifndef LLM_WORKER_OPENROUTER_WORDS_H
#define LLM_WORKER_OPENROUTER_WORDS_H
#include <jansson.h>

#include "base/str.h"

#define WORDS_MAX 300 /* bytes */

/* One line of valid UTF-8 without control characters, keys and ids of people, cut at WORDS_MAX. */
void words_clean(char to[WORDS_MAX + 1], struct str words);

/* The sentence inside error JSON: {"error":{"message":...}}, [{"message":...}],
 * {"message":...}, {"detail":...}, or a plain string; NULL: there is none. */
const char *words_find(const json_t *j);

#endif
