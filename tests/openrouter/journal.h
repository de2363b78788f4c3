/* journal - a log of requests and of how each answer ended, as JSON lines.
 *
 * Two events per request: "request" when it was received, "end" when its answer is over.  A line is
 * one write, so a reader sees only complete lines. */
#ifndef STANDIN_JOURNAL_H
#define STANDIN_JOURNAL_H
#include <jansson.h>
#include <stdbool.h>

struct journal;

struct journal      *
journal_open(const char *path); /* path NULL: logs nothing; returns NULL on failure */
void journal_close(struct journal **j);
bool journal_is_on(const struct journal *j);
void journal_write(struct journal *j, json_t *event); /* takes the event */

#endif
