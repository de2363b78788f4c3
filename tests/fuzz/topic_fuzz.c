/* Any bytes: they get the same verdict each time, with a valid score. */
#include <stdint.h>

#include "review/review.h"
#include "topic/topic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct topic *topic;
    struct str           text = {(const char *)data, size};

    if (!topic)
        topic = topic_new();
    struct topic_result once = topic_check(topic, text);
    struct topic_result again = topic_check(topic, text);
    must(once.verdict == again.verdict && once.is_greeting == again.is_greeting);
    must(once.score >= 0 && once.score <= 1 && str_of(once.reason).len <= 64);
    must(!once.is_greeting || once.verdict == VERDICT_DEPENDS);
    must(review_answer("", text, false).is_accepted);
    return 0;
}
