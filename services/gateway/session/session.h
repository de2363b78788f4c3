/* session - who somebody is: a cookie that only we can make, and the token that goes with it.
 *
 * The cookie is "<uuid>.<key id>.<mac>"; nothing about a session is kept here.
 * The CSRF token is "<key id>.<mac>" over the same uuid with another prefix.
 * Both are made with the first key of the ring and taken with any of them, so
 * keys can be changed while people chat.
 *
 * Both are good only for whoever they were given to: the account of who was
 * signed in then, "" for nobody, is under the MAC too.  So when somebody else
 * is signed in at this browser, or nobody any more, they open nothing. */
#ifndef GATEWAY_SESSION_H
#define GATEWAY_SESSION_H
#include "base/uuid.h"
#include "seal/seal.h"

/* With __Host- a browser takes it only over https, from this very host, for "/". */
#define SESSION_COOKIE     "session"
#define SESSION_COOKIE_TLS "__Host-session"

/* The value of a cookie in a Cookie header; p is NULL if it is not there. */
struct str cookie_find(struct str header, const char *name);

/* The session a cookie's value names; false if we did not make it for this account. */
MUST_CHECK bool session_read(const struct seal_ring *ring, struct str value, const char *account,
                             struct uuid *out);

/* A whole Set-Cookie value. */
void session_write(const struct seal_ring *ring, const struct uuid *id, const char *account,
                   bool is_tls, struct buf *out);

void session_csrf(const struct seal_ring *ring, const struct uuid *id, const char *account,
                  struct buf *out);
MUST_CHECK bool session_csrf_is(const struct seal_ring *ring, const struct uuid *id,
                                const char *account, struct str token);

/* What others get to see of somebody: the same input always gives the same 32
 * hexadecimal digits, and nobody can turn them back. */
#define PSEUDONYM_SIZE 33
void pseudonym_of_address(char to[PSEUDONYM_SIZE], const struct seal_ring *ring,
                          struct str address);
void pseudonym_of_session(char to[PSEUDONYM_SIZE], const struct uuid *id);

#endif
