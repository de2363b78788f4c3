/* Ends of sentences. */
#include <string.h>

#include "turn/review_schedule.h"

/* A line's end, or a mark with white space behind it: "3.5 l" is no end. */
static bool ends_at(struct str answer, size_t i)
{
    if (answer.p[i] == '\n')
        return true;
    return i + 1 < answer.len && memchr(" \n\r\t", answer.p[i + 1], 4) &&
           memchr(".!?:", answer.p[i], 4);
}

size_t look_due(struct str answer, size_t shown)
{
    for (size_t i = answer.len; i > shown + LOOK_STEP; i--)
        if (ends_at(answer, i - 1))
            return i;
    return answer.len > shown + LOOK_MOST ? answer.len : 0;
}
