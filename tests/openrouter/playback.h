/* playback - plays the steps of a scenario, one part at a time.
 *
 * Pure: it knows how long to wait before a part, but not what time it is.  A part is what should be
 * sent in one write. */
#ifndef STANDIN_PLAYBACK_H
#define STANDIN_PLAYBACK_H
#include "knobs.h"
#include "scenarios.h"

struct playback;

enum playback_result {
    PLAYBACK_PART,
    PLAYBACK_END,
    PLAYBACK_HANG,
    PLAYBACK_CUT,
    PLAYBACK_RESET,
};

/* Takes the contents of a, which may be NULL if no step needs them; steps are borrowed, text is
 * copied. */
struct playback *playback_new(const struct step *steps, struct answer *a, struct knobs knobs,
                              struct str text);
struct playback *playback_of_bytes(struct buf *bytes); /* takes them; one part, no wait */
void             playback_free(struct playback **p);

/* The next part and how long to wait before it; the view is valid until the next call. */
enum playback_result playback_next(struct playback *p, struct str *part, unsigned *wait_ms);

const struct answer *playback_answer(const struct playback *p); /* NULL: none */

#endif
