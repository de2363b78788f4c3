/* account - whom a proxy in front has signed in.
 *
 * With AUTH=proxy or AUTH=required the person's name comes in the header
 * AUTH_HEADER.  Anybody can write that header, so it counts only on a connection
 * from an address in TRUSTED_PROXIES, and such a proxy must take out what came
 * with it from outside.
 *
 * The name goes no further than this file.  Everybody else, the store too, knows
 * an account by a keyed hash of issuer and name.  Its key is never changed: with
 * another one nobody would find their chats again. */
#ifndef GATEWAY_ACCOUNT_H
#define GATEWAY_ACCOUNT_H
#include "base/err.h"
#include "http/client.h"
#include "seal/seal.h"

#define ACCOUNT_SIZE     65 /* 64 hexadecimal digits; empty: nobody is signed in */
#define ACCOUNT_NAME_MAX 256

enum auth { AUTH_OFF, AUTH_PROXY, AUTH_REQUIRED };

struct account_rules {
    enum auth              auth;
    const char            *issuer;
    const struct networks *proxies;
    const struct seal_key *key;
};

/* "off", "proxy" or "required"; false if it is none of them. */
MUST_CHECK bool auth_read(enum auth *auth, struct str text);

/* peer: the other end of the connection; name: the header as sent, p NULL if not.
 * ERR_BAD_REQUEST: a proxy we trust sent what is no single name; ERR_SIGN_IN:
 * nobody is signed in, and somebody must be. */
MUST_CHECK enum err account_find(const struct account_rules *rules, struct str peer,
                                 struct str name, char account[ACCOUNT_SIZE]);

#endif
