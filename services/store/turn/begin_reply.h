/* begin_reply - the replies to turn_begin_request. */
#ifndef STORE_BEGIN_REPLY_H
#define STORE_BEGIN_REPLY_H
#include "begin.h"

enum step begin_reply_granted(struct begin *b);
enum step begin_reply_follow(struct begin *b, struct str conversation, uint64_t remaining);
enum step begin_reply_replay(struct begin *b); /* as the snapshot has it */
enum step begin_reply_replay_spooled(struct begin *b, struct str commit); /* as the spool has it */

/* The epoch of the grant, of Redis or without it. */
uint64_t begin_reply_epoch(const struct begin *b);

#endif
