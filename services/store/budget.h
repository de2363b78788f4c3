/* budget - what a session may spend on answers.
 *
 * SESSION_BUDGET is the limit, TURN_RESERVE what each turn takes of it before
 * the model is asked, since nobody knows yet what it will cost.
 *
 *   begin   the reserve is taken, or refused if it does not fit
 *   commit  the cost takes the place of the reserve; if nobody knows the cost,
 *           the reserve stays counted
 *   abort   the reserve is given back, or stays counted if the model was asked
 *
 * 1. All of it is in Postgres: one number for each session that counts costs
 *    and open reserves together, and one row for each open reserve.  So it is
 *    exact for any number of stores, and Redis may come and go.
 * 2. A reserve goes by turn and epoch, and whoever settles it removes its row
 *    in the same statement: what is said twice counts once.
 * 3. A reserve that nobody settles, since the gateway died, needs no care: it
 *    is counted already, and stays so.
 * 4. Costs are counted without a budget too, so that one which is set later
 *    knows of them.
 * 5. Deleting a chat brings no money back.  Clearing the session forgets what
 *    it spent; the next session has a budget of its own.
 * 6. Money is counted in nanodollars, whole billionths of a US dollar. */
#ifndef STORE_BUDGET_H
#define STORE_BUDGET_H
#include "job.h"

#define NANOS_MAX 1000000000000000 /* a million dollars: no sum of ours comes near int64 */

/* To the nearest one; what is no sum of money is 0. */
uint64_t nanos_of_dollars(double dollars);

bool budget_is_set(const struct config *c);

/* Fills has_budget and budget_left of a message.  counted: against the budget, by now. */
void budget_tell(const struct config *c, uint64_t counted, uint64_t *has, double *left);

enum reserved {
    RESERVED_EPOCH, /* of the reserve, as granted or greater; 0: it does not fit */
    RESERVED_COUNTED,
    RESERVED_CLEARED /* there is no such session any more */
};

/* For the job's turn; the answer is what enum reserved lists. */
MUST_CHECK enum err budget_ask_reserve(struct job *j, unsigned place, uint64_t epoch);

/* The turn was given up. */
MUST_CHECK enum err budget_ask_settle(struct job *j, unsigned place, uint64_t epoch, bool spent);

#endif
