/* What every failure of a turn does. */
#include <string.h>

#include "turn/turn_internal.h"

enum turn_step turn_fail(struct turn *t, enum err err)
{
    t->outcome.err = err;
    turn_slot_drop(t, TURN_SLOT_FILTER);
    turn_slot_drop(t, TURN_SLOT_BEGIN);
    turn_slot_drop(t, TURN_SLOT_ANSWER);
    turn_slot_drop(t, TURN_SLOT_REVIEW);
    return t->lease.is_held ? TURN_REQUEST_ABORT : TURN_END;
}

enum turn_step turn_fail_limited(struct turn *t, uint64_t retry_after_ms)
{
    t->outcome.is_retryable = true;
    t->outcome.retry_after_ms = retry_after_ms;
    return turn_fail(t, ERR_LIMITED);
}

/* A service that is down says so, or says nothing at all; the client is told which one it is. */
static enum err name_missing(enum err err, enum err down)
{
    return err == ERR_TIMEOUT || err == ERR_DOWN || err == ERR_BAD_FRAME ? down : err;
}

enum turn_step turn_fail_from(struct turn *t, const struct turn_slot *s, enum err down)
{
    t->outcome.is_retryable = s->is_retryable;
    t->outcome.retry_after_ms = s->retry_after_ms;
    memcpy(t->outcome.detail, s->detail, sizeof t->outcome.detail);
    return turn_fail(t, name_missing(s->err, down));
}
