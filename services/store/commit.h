/* commit - what the two walks that keep a turn share: of a request, and of the spool. */
#ifndef STORE_COMMIT_H
#define STORE_COMMIT_H
#include "job.h"

/* Reads the ids of job.ask.commit into the job.  False: it makes no sense. */
MUST_CHECK bool commit_is_sane(struct job *j);

/* For STATEMENT_COMMIT, of job.ask.commit. */
void commit_args(struct job *j);

void commit_count(void); /* every outcome is told, those that never came as 0 */

#endif
