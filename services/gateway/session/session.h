/* session - identifies a client by a signed cookie, and guards changes with a CSRF token.
 *
 * The cookie is "<uuid>.<key id>.<mac>"; nothing about a session is stored in
 * the gateway.  The CSRF token is "<key id>.<mac>" over the same uuid with
 * another prefix.  Both are signed with the first key of the ring and accepted
 * with any of them, so keys can be rotated while sessions last.
 *
 * The MAC also covers the account that was signed in when the cookie was made,
 * "" for none.  So a cookie is worthless once another account is signed in at
 * this browser, or none any more. */
#ifndef GATEWAY_SESSION_H
#define GATEWAY_SESSION_H
#include "base/uuid.h"
#include "seal/seal.h"

/* A browser accepts a __Host- cookie only over https, from this very host, for "/". */
#define SESSION_COOKIE     "session"
#define SESSION_COOKIE_TLS "__Host-session"

/* The value of a cookie in a Cookie header; p is NULL if it is not there. */
struct str session_cookie(struct str header, const char *name);

/* The session in a cookie's value; false unless it was signed here for this account. */
MUST_CHECK bool session_read(const struct seal_ring *ring, struct str value, const char *account,
                             struct uuid *out);

/* A whole Set-Cookie value. */
void session_write(const struct seal_ring *ring, const struct uuid *id, const char *account,
                   bool is_tls, struct buf *out);

void session_csrf(const struct seal_ring *ring, const struct uuid *id, const char *account,
                  struct buf *out);
MUST_CHECK bool session_csrf_is(const struct seal_ring *ring, const struct uuid *id,
                                const char *account, struct str token);

#endif
