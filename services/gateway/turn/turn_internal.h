/* turn_internal - what the files of a turn share.
 *
 * turn.c runs the happy path; turn_follow.c and turn_end.c have the other
 * steps; turn_fail.c leads from any step to the end.  Below them turn_request.c
 * sends requests, turn_answer.c takes the model's output, turn_lease.c renews
 * the lease, turn_notify.c tells subscribers what else has changed, turn_slot.c
 * keeps the slots, and turn_life.c makes and frees a turn. */
#ifndef GATEWAY_TURN_INTERNAL_H
#define GATEWAY_TURN_INTERNAL_H
#include "turn/turn.h"

#define STEP(NAME, fn) enum turn_step turn_step_##fn(struct turn *t);
#include "turn/turn.def"

/* Each opens its slot, or returns why it could not send. */
MUST_CHECK enum err turn_request_limit(struct turn *t);
MUST_CHECK enum err turn_request_filter(struct turn *t);
MUST_CHECK enum err turn_request_begin(struct turn *t);
MUST_CHECK enum err turn_request_answer(struct turn *t, const struct turn_begin_reply *begun);
MUST_CHECK enum err turn_request_review(struct turn *t, size_t len, bool is_whole);
MUST_CHECK enum err turn_request_renew(struct turn *t);
MUST_CHECK enum err turn_request_follow(struct turn *t);
MUST_CHECK enum err turn_request_commit(struct turn *t);
MUST_CHECK enum err turn_request_abort(struct turn *t);

/* ---- slots ---- */

bool turn_slot_is_open(const struct turn *t, enum turn_slot_kind kind);
/* Takes body. */
MUST_CHECK enum err turn_slot_send(struct turn *t, enum turn_slot_kind kind, enum service to,
                                   struct buf *body, uint64_t ttl_ms);
void                turn_slot_drop(struct turn        *t,
                                   enum turn_slot_kind kind); /* its reply is not wanted any more */
void turn_slot_close(struct turn_slot *s, const struct bus_reply *a); /* the FINAL or the ERROR */

/* Decodes the reply in slot s into m.  The error, the peer's or the decoder's, stays in s->err. */
#define turn_slot_read(s, name, m)                                                                 \
    ((s)->err ? (s)->err : ((s)->err = name##_decode((m), buf_view(&(s)->body))))

/* ---- the answer ---- */

void turn_answer_set_model(struct turn *t, struct str model); /* and notify that it has started */
void turn_answer_add(struct turn *t, struct str text);
void turn_answer_take_chunk(struct turn *t, struct str body);
MUST_CHECK enum err turn_answer_take_final(struct turn *t, struct turn_slot *s);

/* An answer that was kept earlier, as the store sent it. */
struct turn_kept {
    struct str status, finish_reason;
    uint64_t   seq, prompt_tokens, completion_tokens;
    double     cost;
};
void turn_answer_set_kept(struct turn *t, const struct turn_kept *kept);

/* ---- what is new for subscribers ---- */

void turn_notify_joined(struct turn *t); /* what happened before they joined; first of all */
void turn_notify_tick(struct turn *t);

/* ---- the lease ---- */

void turn_lease_tick(struct turn *t);
void turn_lease_take_renewal(struct turn *t, struct turn_slot *s);

/* ---- failing: from any step, to the abort or to the end ---- */

enum turn_step turn_fail(struct turn *t, enum err err);
enum turn_step turn_fail_limited(struct turn *t, uint64_t retry_after_ms);
/* With what the slot's reply said.  down: the error if the service did not answer. */
enum turn_step turn_fail_from(struct turn *t, const struct turn_slot *s, enum err down);

/* ---- the object ---- */

/* A store that cannot tell leaves the budget as it was. */
void turn_set_budget(struct turn *t, uint64_t has_budget, double left);
void turn_set_conversation(struct turn *t, struct str id);
void turn_free(struct turn **t);

#endif
