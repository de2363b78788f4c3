/* open - session_open_request, in two parts: account.c finds the session of an account, open.c
 * opens one. */
#ifndef STORE_OPEN_H
#define STORE_OPEN_H
#include "enter.h"
#include "wire/messages.h"

struct open {
    struct enter                enter;
    struct session_open_request request;
    struct uuid                 former; /* the session of the browser before signing in */
};

static inline struct open *open_of(struct job *j)
{
    return (struct open *)j;
}

#endif
