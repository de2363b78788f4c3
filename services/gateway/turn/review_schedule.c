/* Finds the ends of sentences. */
#include <string.h>

#include "turn/review_schedule.h"

/* The end of a line, or a mark followed by white space: "3.5 l" does not count. */
static bool ends_at(struct str answer, size_t i)
{
    if (answer.p[i] == '\n')
        return true;
    return i + 1 < answer.len && memchr(" \n\r\t", answer.p[i + 1], 4) &&
           memchr(".!?:", answer.p[i], 4);
}

size_t review_schedule_due(struct str answer, size_t reviewed)
{
    for (size_t i = answer.len; i > reviewed + REVIEW_SCHEDULE_MIN; i--)
        if (ends_at(answer, i - 1))
            return i;
    return answer.len > reviewed + REVIEW_SCHEDULE_MAX ? answer.len : 0;
}
