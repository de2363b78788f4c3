/* identity - who sent a request, as far as the checks found out. */
#ifndef GATEWAY_IDENTITY_H
#define GATEWAY_IDENTITY_H
#include "base/uuid.h"
#include "wire/limits.h"

#define ACCOUNT_SIZE (LIMIT_HASH + 1)

struct identity {
    char        account[ACCOUNT_SIZE]; /* that is signed in; empty: none */
    struct uuid session;               /* empty: no valid cookie */
    struct uuid former;                /* of this browser before somebody signed in; may be empty */
};

#endif
