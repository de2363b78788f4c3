/* error_text - makes the error message of another server safe to show.
 *
 * It may hold anything: control characters, HTML, the key that was rejected. */
#ifndef LLM_WORKER_OPENROUTER_ERROR_TEXT_H
#define LLM_WORKER_OPENROUTER_ERROR_TEXT_H
#include <jansson.h>

#include "base/str.h"

#define ERROR_TEXT_MAX 300 /* bytes */

/* One line of valid UTF-8 without control characters, keys and user ids, cut at
 * ERROR_TEXT_MAX. */
void error_text_clean(char to[ERROR_TEXT_MAX + 1], struct str text);

/* The message inside error JSON: {"error":{"message":...}}, [{"message":...}],
 * {"message":...}, {"detail":...}, or a plain string; NULL: none. */
const char *error_text_find(const json_t *j);

#endif
