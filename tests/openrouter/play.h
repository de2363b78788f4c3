/* play - an answer while it is given: walks the beats of a scenario, a piece at a time.
 *
 * Pure: it knows how long to wait before a piece, never what time it is.  A
 * piece is what should leave in one write. */
#ifndef STANDIN_PLAY_H
#define STANDIN_PLAY_H
#include "knobs.h"
#include "scenarios.h"

struct play;

enum play_now {
    PLAY_PIECE,
    PLAY_END,
    PLAY_HANG,
    PLAY_CUT,
    PLAY_RESET,
};

/* Takes the answer over; beats are borrowed, text is copied.  a may be NULL where no
 * beat speaks of it. */
struct play *play_new(const struct beat *beats, struct answer *a, struct knobs knobs,
                      struct str text);
struct play *play_of_bytes(struct buf *bytes); /* takes them: one piece, no wait */
void         play_free(struct play **p);

/* The next piece and how long to wait before it; the view holds until the next call. */
enum play_now play_next(struct play *p, struct str *piece, unsigned *wait_ms);

const struct answer *play_answer(const struct play *p); /* NULL: it has none */

#endif
