/* fork - a turn that begins a branch: another way to go on from an earlier turn of a chat.
 *
 * The branch is a chat of its own, which has the turns before that point in
 * common with the one it was forked from; they are read there, never copied.
 * Its id comes of what was asked for, so that asking twice makes one. */
#ifndef STORE_FORK_H
#define STORE_FORK_H
#include "job.h"

/* Takes the chat that was named out of the job, and puts the branch there.  False: it makes no
 * sense. */
MUST_CHECK bool fork_prepare(struct job *j);

#endif
