/* fork - a turn that begins a branch: another way to continue from an earlier turn of a
 * conversation.
 *
 * The branch is a conversation of its own, which shares the turns before that point with the one it
 * was forked from; they are read there, never copied.  Its id is derived from the request, so that
 * asking twice creates one. */
#ifndef STORE_FORK_H
#define STORE_FORK_H
#include "begin.h"

/* Puts the branch in the place of the conversation that was named.  False: it makes no sense. */
MUST_CHECK bool fork_prepare(struct begin *b);

#endif
