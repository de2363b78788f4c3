/* commit - turn_commit_request: see commit.c. */
#ifndef STORE_COMMIT_H
#define STORE_COMMIT_H

void commit_count(void); /* exports every outcome, those that never occurred as 0 */

#endif
