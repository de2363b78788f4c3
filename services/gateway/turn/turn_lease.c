/* Renews the lease of a turn, from grant to end. */
#include "base/failpoint.h"
#include "base/log.h"
#include "turn/turn_internal.h"

#define APPEND_TICKS 2  /* how often more of the answer is sent to the store */
#define STOP_TICKS   5  /* how often to ask whether the client has stopped it elsewhere */
#define RENEW_TICKS  30 /* once the answer is complete */

/* A renewal extends the lease, returns a stop, and takes more of the answer along. */
static bool is_due(const struct turn *t)
{
    const struct turn_lease *l = &t->lease;
    unsigned                 since = t->ticks - l->renewed_tick;
    bool                     has_more = t->answer.text.len > l->buffered && !l->is_not_buffered;

    return since >= RENEW_TICKS || (has_more && since >= APPEND_TICKS) ||
           (turn_slot_is_open(t, TURN_SLOT_ANSWER) && since >= STOP_TICKS);
}

void turn_lease_tick(struct turn *t)
{
    if (!t->lease.is_held || turn_slot_is_open(t, TURN_SLOT_RENEW) || !is_due(t))
        return;
    t->lease.renewed_tick = t->ticks;
    if (turn_request_renew(t) != ERR_OK)
        log_trace(t->log_id, "turn.renew_failed", "seq=%llu", (unsigned long long)t->seq);
    failpoint(FAILPOINT_GATEWAY_RENEW_REQUESTED);
}

void turn_lease_take_renewal(struct turn *t, struct turn_slot *s)
{
    struct turn_lease      *l = &t->lease;
    struct turn_renew_reply reply;

    if (turn_slot_read(s, turn_renew_reply, &reply))
        return; /* the lease outlives three failed renewals */
    failpoint(FAILPOINT_GATEWAY_RENEW_ANSWERED);
    t->is_stopping |= reply.stop;
    l->is_lost |= reply.lost;
    l->is_not_buffered = reply.not_buffered;
    l->is_question_missing = reply.question_missing;
    l->buffered = reply.buffered < t->answer.text.len ? reply.buffered : t->answer.text.len;
}
