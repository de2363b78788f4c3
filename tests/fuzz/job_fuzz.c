/* Any bytes as a reply: the job ends, and what it gives is valid UTF-8 within its limits. */
#include <stdint.h>

#include "job.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t take_pieces(struct job *j)
{
    struct llm_chunk piece;
    size_t           len = 0;

    while (job_take_piece(j, &piece)) {
        must(piece.text.len <= LIMIT_CHUNK && piece.reasoning.len <= LIMIT_CHUNK);
        must(str_is_utf8(piece.text) && str_is_utf8(piece.reasoning) && str_is_utf8(piece.model));
        len += piece.text.len;
    }
    return len;
}

/* The first byte chooses: stream or plain body, success or error. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct job_limits limits = {15000, 30000, 180000};
    struct str                     body = {(const char *)data + 1, size ? size - 1 : 0};
    unsigned                       kind = size ? data[0] : 0;
    struct reply_head              head = {.status = kind & 4 ? 502 : 200};
    struct job                     j;

    str_format(head.type, sizeof head.type, "%s",
               kind & 1 ? "application/json" : "text/event-stream");
    job_init(&j, &limits, 0);
    job_take_head(&j, &head);
    job_take_bytes(&j, body, 1, 1);
    size_t len = take_pieces(&j);
    job_take_end(&j, REPLY_WHOLE, 2, 2);
    len += take_pieces(&j);
    must(len <= LIMIT_ANSWER && job_is_over(&j));
    if (j.state == JOB_DONE) {
        struct llm_answer_reply say;
        struct buf              out = {0};
        job_say(&j, &say);
        llm_answer_reply_encode(&say, &out); /* aborts if a field is over its max */
        must(llm_answer_reply_decode(&say, buf_view(&out)) == ERR_OK);
        buf_fini(&out);
    }
    job_fini(&j);
    return 0;
}
