/* journal - what was received and how each answer ended, a JSON line each.
 *
 * Two events per request: "request" when it is there, "end" when its answer is
 * over.  A line is one write, so whoever reads sees whole lines, at once. */
#ifndef STANDIN_JOURNAL_H
#define STANDIN_JOURNAL_H
#include <jansson.h>
#include <stdbool.h>

struct journal;

struct journal *journal_open(const char *path); /* NULL path: writes nothing; NULL: it failed */
void            journal_close(struct journal **j);
bool            journal_is_on(const struct journal *j);
void            journal_write(struct journal *j, json_t *event); /* takes the event */

#endif
