/* commit_call - what the two flows that commit a turn share: that of a request, and that of the
 * spool. */
#ifndef STORE_COMMIT_CALL_H
#define STORE_COMMIT_CALL_H
#include "run/job.h"
#include "wire/messages.h"

/* Reads its ids into the job.  False: it makes no sense. */
MUST_CHECK bool commit_call_read(struct job *j, const struct turn_commit_request *request);

/* Encodes it into job.args, where it stays until the answer. */
struct sql_call commit_call(struct job *j, const struct turn_commit_request *request);

/* The status of a turn that waits in the spool: an answer that the user stopped stays `stopped`,
 * as the gateway that committed it has reported; any other is `spooled`. */
struct str commit_call_spooled_status(const struct turn_commit_request *commit);

#endif
