/* The lease of a turn, from grant to end. */
#include "base/failpoint.h"
#include "base/log.h"
#include "turn/turn_internal.h"

#define APPEND_TICKS 2  /* more of the answer is told to a store this often */
#define LISTEN_TICKS 5  /* the person's Stop at another gateway is asked for this often */
#define RENEW_TICKS  30 /* when nobody can stop it any more */

/* Renewals keep the lease, bring news of Stop, and take more of the answer along. */
static bool is_renewal_due(const struct chat *c)
{
    unsigned since = c->ticks - c->renewed;
    bool     has_more = c->answer.len > c->held && !c->is_not_buffered;

    return since >= RENEW_TICKS || (has_more && since >= APPEND_TICKS) ||
           (chat_is_open(c, CHAT_Q_ANSWER) && since >= LISTEN_TICKS);
}

void chat_keep_lease(struct chat *c)
{
    if (!c->is_granted || chat_is_open(c, CHAT_Q_RENEW) || !is_renewal_due(c))
        return;
    c->renewed = c->ticks;
    if (chat_ask_renew(c) != ERR_OK)
        log_trace(c->log_id, "chat.renew_failed", "seq=%llu", (unsigned long long)c->seq);
    failpoint(FAILPOINT_GATEWAY_RENEW_REQUESTED);
}

void chat_take_renewal(struct chat *c, const struct chat_slot *s)
{
    struct turn_renew_reply say;

    if (s->err || turn_renew_reply_decode(&say, buf_view(&s->body)) != ERR_OK)
        return; /* the lease has time for three of these */
    failpoint(FAILPOINT_GATEWAY_RENEW_ANSWERED);
    c->is_stopping |= say.stop;
    c->is_lost |= say.lost;
    c->is_not_buffered = say.not_buffered;
    c->is_question_missing = say.question_missing;
    c->held = say.buffered < c->answer.len ? say.buffered : c->answer.len;
}
