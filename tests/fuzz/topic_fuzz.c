/* Any bytes at all: they are judged, the same way each time, with a score that is one. */
#include <stdint.h>

#include "review.h"
#include "topic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct topic *topic;
    struct str           text = {(const char *)data, size};

    if (!topic)
        topic = topic_new();
    struct judgement once = topic_judge(topic, text);
    struct judgement again = topic_judge(topic, text);
    must(once.verdict == again.verdict && once.greeting == again.greeting);
    must(once.score >= 0 && once.score <= 1 && str_of(once.reason).len <= 64);
    must(!once.greeting || once.verdict == VERDICT_DEPENDS);
    must(review_judge("", text, false).fit);
    return 0;
}
