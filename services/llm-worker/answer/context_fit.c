/* From the newest message backwards, as long as it fits. */
#include "answer/context_fit.h"
#include "answer/token_estimate.h"

static double tokens_of(const struct context_limits *limits, uint64_t bytes)
{
    return (double)bytes * limits->tokens_per_byte + TOKEN_ESTIMATE_PER_MESSAGE;
}

bool context_fit(const struct llm_answer_request *request, const struct context_limits *limits,
                 unsigned *first)
{
    must(request->context_count > 0);
    unsigned last = (unsigned)request->context_count - 1;
    uint64_t bytes = request->context[last].text.len;
    double   tokens = tokens_of(limits, limits->system_bytes) + tokens_of(limits, bytes);

    *first = last;
    if (tokens > (double)limits->tokens)
        return false;
    for (unsigned i = last; i-- > 0;) {
        bytes += request->context[i].text.len;
        tokens += tokens_of(limits, request->context[i].text.len);
        if (last - i + 1 > limits->messages || bytes > limits->bytes ||
            tokens > (double)limits->tokens)
            break;
        if (request->context[i].by_user) /* an exchange begins here */
            *first = i;
    }
    return true;
}
