/* http_request - a request to the HTTP server, its reply or its stream; see http.h for ownership.
 */
#ifndef PROTO_LOOP_HTTP_REQUEST_H
#define PROTO_LOOP_HTTP_REQUEST_H
#include <stdint.h>

#include "base/str.h"

struct http_request;

/* ---- the request; returned strings live as long as it ---- */

const char *http_method(const struct http_request *rq);
const char *http_path(const struct http_request *rq); /* as sent, not decoded */
const char *http_peer(const struct http_request *rq); /* the peer's address; IPv4 in dotted form */

/* The value of a header; p is NULL if it was not sent. Values of a header that was sent several
 * times are joined with ", " (RFC 9110, 5.3), so that none of them can hide another. */
struct str http_header(struct http_request *rq, const char *name);
struct str http_query(struct http_request *rq,
                      const char          *name); /* as sent; p is NULL if missing */
struct str http_body(const struct http_request *rq);
bool       http_body_is_too_long(const struct http_request *rq);

void  http_set_user(struct http_request *rq, void *user);
void *http_user(const struct http_request *rq);
void  http_set_route(struct http_request *rq, const char *note); /* static, for on_end */

const char *http_route(const struct http_request *rq);
unsigned    http_status(const struct http_request *rq); /* 0: not yet replied */
uint64_t    http_sent(const struct http_request *rq);   /* body bytes handed to libmicrohttpd */
uint64_t    http_age_ms(const struct http_request *rq);

/* ---- the reply ---- */

struct http_field {
    const char *name, *value;
};

/* Static header fields that are sent before those of the reply. */
void http_set_common(struct http_request *rq, const struct http_field *fields, unsigned count);

struct http_response {
    unsigned                 status;
    const struct http_field *fields;
    unsigned                 field_count;
    struct str               body;  /* of a stream: its first bytes, sent with the headers */
    bool                     stays; /* body is static: it is not copied */
};

void http_reply(struct http_request *rq, const struct http_response *a);

/* A long stream must be written in parts, each after on_drained has reported that the previous one
 * was taken; otherwise unsent_max may be exceeded. */
void http_stream_open(struct http_request *rq, const struct http_response *a);
void http_stream_write(struct http_request *rq, struct str bytes);
void http_stream_end(struct http_request *rq);
void http_stream_abort(
    struct http_request *rq); /* the client sees a broken connection; on_gone follows */

#endif
