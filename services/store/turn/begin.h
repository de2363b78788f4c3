/* begin - turn_begin_request, in parts: begin.c finds out what there is, fork.c makes a branch,
 * grant.c grants the turn, begin_reply.c says so. */
#ifndef STORE_BEGIN_H
#define STORE_BEGIN_H
#include "run/job.h"
#include "snapshot.h"
#include "wire/messages.h"

enum { BEGIN_SLOT_GRANT = 0, BEGIN_SLOT_CONTEXT = 1, BEGIN_SLOT_RESERVE = 2 };

struct begin {
    struct job                job;
    struct turn_begin_request request;
    struct snapshot           snapshot;
    struct uuid               forked_from; /* the conversation that was named for a branch */
    bool                      is_forked;   /* the branch was made */
    unsigned                  tries;
};

static inline struct begin *begin_of(struct job *j)
{
    return (struct begin *)j;
}

/* The id of a new conversation is derived from its first turn, so that a first message which is
 * sent twice creates one conversation. */
struct uuid begin_new_conversation(const struct begin *b);

#endif
