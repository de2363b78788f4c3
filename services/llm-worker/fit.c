/* The window of the talk. */
#include "fit.h"

unsigned fit_talk(const struct llm_answer_ask *ask, const struct fit_limits *limits)
{
    must(ask->talk_count > 0);
    unsigned last = (unsigned)ask->talk_count - 1, first = last;
    uint64_t bytes = ask->talk[last].text.len;

    for (unsigned i = last; i-- > 0;) {
        bytes += ask->talk[i].text.len;
        if (last - i + 1 > limits->messages || bytes > limits->bytes)
            break;
        if (ask->talk[i].by_user) /* here an exchange begins */
            first = i;
    }
    return first;
}
