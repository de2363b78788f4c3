/* budget - what a session may spend on answers.
 *
 * SESSION_BUDGET is the limit; TURN_RESERVE is what each turn takes of it before the model is
 * called, since its cost is not known yet.
 *
 *   begin   the reserve is taken, or refused if it does not fit
 *   commit  the cost replaces the reserve; if the cost is unknown, the reserve stays counted
 *   abort   the reserve is given back, or stays counted if the model was called
 *
 * 1. All of it is in Postgres: one number for each session, which counts costs and open reserves
 *    together, and one row for each open reserve.  So it is exact for any number of stores, and
 *    does not depend on Redis.
 * 2. A reserve belongs to a turn and an epoch, and whoever settles it deletes its row in the same
 *    statement: settling it twice counts once.
 * 3. A reserve that nobody settles, because the gateway died, needs no care: it is counted already.
 * 4. Costs are counted without a budget too, so that one which is set later includes them.
 * 5. Deleting a conversation brings no money back.  Clearing the session deletes what it spent; the
 *    next session has its own budget.
 * 6. Money is counted in nanodollars, whole billionths of a US dollar. */
#ifndef STORE_BUDGET_H
#define STORE_BUDGET_H
#include "run/job.h"

#define BUDGET_NANOS_MAX                                                                           \
    1000000000000000 /* a million dollars: no sum comes near the end of int64 */

/* To the nearest one; what is not a sum of money is 0. */
uint64_t budget_nanos(double dollars);

bool budget_is_set(const struct config *c);

/* Fills has_budget and budget_left of a message.  counted: against the budget, by now. */
void budget_fill(const struct config *c, uint64_t counted, uint64_t *has, double *left);

/* For the job's turn: sql/budget_reserve.sql. */
MUST_CHECK enum err budget_request_reserve(struct job *j, unsigned slot, uint64_t epoch);

/* The turn was aborted: sql/budget_settle.sql. */
MUST_CHECK enum err budget_request_settle(struct job *j, unsigned slot, uint64_t epoch, bool spent);

#endif
