/* turn - what several walks of a turn share. */
#ifndef STORE_TURN_H
#define STORE_TURN_H
#include "job.h"

/* For SCRIPT_TURN_END.  seq 0: nothing was kept; how: a word for those who follow the answer. */
void turn_end_args(struct args *a, const struct job *j, uint64_t epoch, uint64_t seq,
                   const char *how);

/* Postgres counts with signed numbers. */
bool turn_number_is_sane(uint64_t n);

#endif
