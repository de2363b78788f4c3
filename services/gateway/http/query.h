/* query - reads numbers and texts from the query string of a request. */
#ifndef GATEWAY_QUERY_H
#define GATEWAY_QUERY_H
#include "loop/http.h"

/* Up to 18 digits; an empty text is 0. */
MUST_CHECK bool query_digits(struct str text, uint64_t *out);

/* False if the value is malformed or too long.  A parameter that was not sent is the fallback, or
 * empty. */
MUST_CHECK bool query_number(struct http_request *rq, const char *name, uint64_t fallback,
                             uint64_t *out);
MUST_CHECK bool query_text(struct http_request *rq, const char *name, size_t max, struct buf *out);

#endif
