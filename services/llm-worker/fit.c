/* The window of the talk. */
#include "fit.h"
#include "tokens.h"

static double tokens_of(const struct fit_limits *limits, uint64_t bytes)
{
    return (double)bytes * limits->tokens_per_byte + TOKENS_PER_MESSAGE;
}

bool fit_talk(const struct llm_answer_request *ask, const struct fit_limits *limits,
              unsigned *first)
{
    must(ask->context_count > 0);
    unsigned last = (unsigned)ask->context_count - 1;
    uint64_t bytes = ask->context[last].text.len;
    double   tokens = tokens_of(limits, limits->system_bytes) + tokens_of(limits, bytes);

    *first = last;
    if (tokens > (double)limits->tokens)
        return false;
    for (unsigned i = last; i-- > 0;) {
        bytes += ask->context[i].text.len;
        tokens += tokens_of(limits, ask->context[i].text.len);
        if (last - i + 1 > limits->messages || bytes > limits->bytes ||
            tokens > (double)limits->tokens)
            break;
        if (ask->context[i].by_user) /* here an exchange begins */
            *first = i;
    }
    return true;
}
