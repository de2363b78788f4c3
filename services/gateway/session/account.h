/* account - identifies the user whom a proxy in front has signed in.
 *
 * With AUTH=proxy or AUTH=required the user name comes in the header
 * AUTH_HEADER.  Any client can send that header, so it counts only on a
 * connection from an address in TRUSTED_PROXIES, and such a proxy must remove
 * the header from what it forwards.
 *
 * The name does not leave this file.  Everything else, the store included,
 * knows an account by a keyed hash of issuer and name.  The key must never
 * change: with another one users would lose their conversations. */
#ifndef GATEWAY_ACCOUNT_H
#define GATEWAY_ACCOUNT_H
#include "base/err.h"
#include "http/identity.h"
#include "http/networks.h"
#include "seal/seal.h"

#define ACCOUNT_NAME_MAX 256

enum account_auth { ACCOUNT_AUTH_OFF, ACCOUNT_AUTH_PROXY, ACCOUNT_AUTH_REQUIRED };

struct account_rules {
    enum account_auth      auth;
    const char            *issuer;
    const struct networks *proxies;
    const struct seal_key *key;
};

/* "off", "proxy" or "required"; false for anything else. */
MUST_CHECK bool account_auth_read(enum account_auth *auth, struct str text);

/* peer: the other end of the connection; name: the header as sent, p NULL if not.
 * ERR_BAD_REQUEST: a trusted proxy sent something other than one name;
 * ERR_SIGN_IN: nobody is signed in, and that is required. */
MUST_CHECK enum err account_find(const struct account_rules *rules, struct str peer,
                                 struct str name, char account[ACCOUNT_SIZE]);

#endif
