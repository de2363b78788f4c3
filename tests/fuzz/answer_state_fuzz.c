/* Any bytes as a reply: the answer ends, and its text is valid UTF-8 within the limits. */
#include <stdint.h>

#include "answer/answer_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t take_chunks(struct answer_state *s)
{
    struct llm_chunk chunk;
    size_t           len = 0;

    while (answer_state_take_chunk(s, &chunk)) {
        must(chunk.text.len <= LIMIT_CHUNK && chunk.reasoning.len <= LIMIT_CHUNK);
        must(str_is_utf8(chunk.text) && str_is_utf8(chunk.reasoning) && str_is_utf8(chunk.model));
        len += chunk.text.len;
    }
    return len;
}

/* The first byte chooses: stream or plain body, success or error. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct answer_timeouts timeouts = {
        .first_token_ms = 15000, .idle_ms = 30000, .total_ms = 180000};
    struct str           body = {(const char *)data + 1, size ? size - 1 : 0};
    unsigned             kind = size ? data[0] : 0;
    struct upstream_head head = {.status = kind & 4 ? 502 : 200};
    struct answer_state  s;

    str_format(head.type, sizeof head.type, "%s",
               kind & 1 ? "application/json" : "text/event-stream");
    answer_state_init(&s, &timeouts, 0);
    answer_state_read_head(&s, &head);
    answer_state_read_bytes(&s, body, 1, 1);
    size_t len = take_chunks(&s);
    answer_state_read_end(&s, UPSTREAM_WHOLE, 2, 2);
    len += take_chunks(&s);
    must(len <= LIMIT_ANSWER && answer_state_is_over(&s));
    if (s.phase == ANSWER_DONE) {
        struct llm_answer_reply reply;
        struct buf              out = {0};
        answer_state_reply(&s, &reply);
        llm_answer_reply_encode(&reply, &out); /* aborts if a field is over its max */
        must(llm_answer_reply_decode(&reply, buf_view(&out)) == ERR_OK);
        buf_fini(&out);
    }
    answer_state_fini(&s);
    return 0;
}
