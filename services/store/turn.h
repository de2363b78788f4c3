/* turn - what several walks of a turn share. */
#ifndef STORE_TURN_H
#define STORE_TURN_H
#include "job.h"

/* For SCRIPT_TURN_END, of a turn that was not kept.  how: aborted, or given_back: a grant that
 * nobody took; code says why. */
void turn_end_args(struct args *a, const struct job *j, uint64_t epoch, const char *how,
                   struct str code);

/* What STATEMENT_INTERRUPT keeps of the job's turn. */
struct interruption {
    uint64_t   seq, epoch, at;
    struct str question, answer, model;
};
void turn_interrupt_args(struct args *a, const struct job *j, const struct interruption *i);

/* Postgres counts with signed numbers. */
bool turn_number_is_sane(uint64_t n);

#endif
