/* json_get - reads members of JSON objects from a server that may send anything.
 *
 * A member that is missing, null or of another type reads as empty or 0; so does every member of
 * something that is not an object. */
#ifndef LLM_WORKER_OPENROUTER_JSON_GET_H
#define LLM_WORKER_OPENROUTER_JSON_GET_H
#include <stdint.h>

#include <jansson.h>

#include "base/str.h"

struct str json_get_string(const json_t *object, const char *key); /* points into the object */
double     json_get_number(const json_t *object, const char *key); /* finite */
uint64_t   json_get_count(const json_t *object, const char *key);  /* 0 if out of range */

#endif
