/* turn_end - the calls that end a turn, for all flows that do. */
#ifndef STORE_TURN_END_H
#define STORE_TURN_END_H
#include "run/job.h"

/* How redis/turn_end.lua ends the job's turn. */
struct turn_end {
    uint64_t   epoch, seq; /* seq 0: nothing was committed */
    struct str how;        /* the status of the commit; aborted; given_back: an unused grant */
    struct str commit;     /* its commit message, if it was committed */
    struct str code;       /* why it was aborted */
};
struct lua_call turn_end(struct args *a, const struct job *j, const struct turn_end *end);

/* What sql/turn_interrupt.sql stores of the job's turn. */
struct turn_end_interrupted {
    uint64_t   seq, epoch, asked_at;
    struct str question, answer, model;
};
struct sql_call turn_end_interrupt(struct args *a, const struct job *j,
                                   const struct turn_end_interrupted *i);

#endif
