/* query - what is asked behind the ? of an address. */
#ifndef GATEWAY_QUERY_H
#define GATEWAY_QUERY_H
#include "loop/http.h"

/* Up to 18 digits; none are 0. */
MUST_CHECK bool query_digits(struct str text, uint64_t *out);

/* Both are false if it is none, or too long.  What was not sent is the fallback, or empty. */
MUST_CHECK bool query_number(struct http_request *rq, const char *name, uint64_t fallback,
                             uint64_t *out);
MUST_CHECK bool query_text(struct http_request *rq, const char *name, size_t max, struct buf *out);

#endif
