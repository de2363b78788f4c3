/* What answer_state promises, on a simulated clock. */
#include <stdlib.h>
#include <string.h>

#include "answer/answer_state.h"
#include "openrouter_samples.h"
#include "test.h"

#define WALL 1754667640000

static const struct answer_timeouts timeouts = {
    .first_token_ms = 15, .idle_ms = 30, .total_ms = 180};

struct world {
    struct answer_state state;
    struct buf          text, reasoning; /* of the chunks taken */
    struct buf          models;
    unsigned            chunks;
    uint64_t            now;
};

static void world_open(struct world *w)
{
    *w = (struct world){.now = 1000};
    answer_state_init(&w->state, &timeouts, w->now);
    buf_str(&w->text, STR(""));
    buf_str(&w->reasoning, STR(""));
    buf_str(&w->models, STR(""));
}

static void world_close(struct world *w)
{
    answer_state_fini(&w->state);
    buf_fini(&w->text);
    buf_fini(&w->reasoning);
    buf_fini(&w->models);
}

static void head(struct world *w, unsigned status, const char *type)
{
    struct upstream_head h = {.status = status};
    str_format(h.type, sizeof h.type, "%s", type);
    answer_state_read_head(&w->state, &h);
}

static void stream_begins(struct world *w)
{
    head(w, 200, "text/event-stream");
}

static void take_pieces(struct world *w)
{
    struct llm_chunk chunk;

    while (answer_state_take_chunk(&w->state, &chunk)) {
        assert_true(chunk.text.len <= LIMIT_CHUNK && chunk.reasoning.len <= LIMIT_CHUNK);
        assert_true(str_is_utf8(chunk.text) && str_is_utf8(chunk.reasoning));
        buf_str(&w->text, chunk.text);
        buf_str(&w->reasoning, chunk.reasoning);
        buf_str(&w->models, chunk.model);
        w->chunks++;
    }
}

static void bytes(struct world *w, const char *body)
{
    answer_state_read_bytes(&w->state, str_of(body), w->now, WALL);
    take_pieces(w);
}

static void body_ends(struct world *w, enum upstream_end end)
{
    answer_state_read_end(&w->state, end, w->now, WALL);
    take_pieces(w);
}

static void time_is(struct world *w, uint64_t ms)
{
    w->now = 1000 + ms;
    answer_state_tick(&w->state, w->now, WALL);
}

static void assert_failed(const struct world *w, enum err err, bool retryable)
{
    assert_int_equal(w->state.phase, ANSWER_FAILED);
    assert_string_equal(err_code(w->state.failure.err), err_code(err));
    assert_int_equal(w->state.failure.retryable, retryable);
}

/* ---- whole answers ---- */

struct sample {
    const char *body, *text, *reasoning, *model, *finish;
    uint64_t    completion_tokens;
};

static const struct sample good[] = {
    {SAMPLE_A, "Hello!", "", "anthropic/claude-4.6-sonnet-20260217", "stop", 5},
    {SAMPLE_B, "test response", "", "meta-llama/llama-3.2-3b-instruct:free", "stop", 3},
    {SAMPLE_C, "Hello!", "", "anthropic/claude-4.6-sonnet-20260217", "stop", 5},
    {SAMPLE_D, "Hello!", "Let me think", "anthropic/claude-4.6-sonnet-20260217", "stop", 0},
    {SAMPLE_H, "", "", "anthropic/claude-4.6-sonnet-20260217", "tool_calls", 0},
    {DATA(SAYS_TEXT("no finish at all")) DONE, "no finish at all", "",
     "anthropic/claude-4.6-sonnet-20260217", "stop", 0},
    {DATA(SAYS_TEXT("no [DONE]")) DATA(FINISH), "no [DONE]", "",
     "anthropic/claude-4.6-sonnet-20260217", "stop", 0},
    {DATA(SAYS_TEXT("last line end missing")) DATA(FINISH) "data: [DONE]", "last line end missing",
     "", "anthropic/claude-4.6-sonnet-20260217", "stop", 0},
    {DATA(SAYS_TEXT("a")) DATA("not json") DATA("7") DATA(SAYS_TEXT("b")) DONE, "ab", "",
     "anthropic/claude-4.6-sonnet-20260217", "stop", 0},
    {DATA("{\"choices\":[{\"delta\":{\"content\":\"\",\"reasoning\":\"only thoughts\"},"
          "\"finish_reason\":\"length\"}]}") DONE,
     "", "only thoughts", "", "length", 0},
    {DATA("{\"choices\":[{\"delta\":{\"content\":\"\"},\"finish_reason\":\"stop\"}],\"usage\":"
          "{\"completion_tokens\":7}}") DONE,
     "", "", "", "stop", 7},
    {DATA(SAYS_TEXT("\\ud83d")) DATA(SAYS_TEXT("\\ude97")) DONE, "\xF0\x9F\x9A\x97", "",
     "anthropic/claude-4.6-sonnet-20260217", "stop", 0},
};

static void assert_sample(const struct sample *s, struct world *w)
{
    struct llm_answer_reply reply;

    assert_int_equal(w->state.phase, ANSWER_DONE);
    assert_true(answer_state_is_over(&w->state));
    assert_string_equal(w->text.p, s->text);
    assert_string_equal(w->reasoning.p, s->reasoning);
    answer_state_reply(&w->state, &reply);
    assert_int_equal(reply.text.len, 0);
    assert_true(str_is(reply.model, s->model));
    assert_true(str_is(reply.finish_reason, s->finish));
    assert_int_equal(reply.completion_tokens, s->completion_tokens);
}

/* Every sample, cut in two at every byte: the answer is the same. */
static void every_good_sample_is_answered_however_it_is_cut(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(good); i++) {
        struct str body = str_of(good[i].body);
        for (size_t cut = 0; cut <= body.len; cut += 1) {
            struct world w;
            char        *front = str_dup((struct str){body.p, cut});
            world_open(&w);
            stream_begins(&w);
            bytes(&w, front);
            bytes(&w, body.p + cut);
            body_ends(&w, UPSTREAM_WHOLE);
            assert_sample(&good[i], &w);
            world_close(&w);
            free(front);
        }
    }
}

static void an_answer_that_comes_at_once_holds_the_same(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(good); i++) {
        struct world w;
        world_open(&w);
        stream_begins(&w);
        bytes(&w, good[i].body);
        body_ends(&w, UPSTREAM_WHOLE);
        assert_true(answer_state_is_over(&w.state));
        assert_sample(&good[i], &w);
        world_close(&w);
    }
}

static void a_plain_body_is_read_though_a_stream_was_asked(void **state)
{
    (void)state;
    struct world            w;
    struct llm_answer_reply reply;

    world_open(&w);
    head(&w, 200, "application/json");
    for (const char *at = SAMPLE_PLAIN; *at; at++)
        bytes(&w, (const char[]){*at, '\0'});
    assert_int_equal(w.state.phase, ANSWER_RUNNING);
    body_ends(&w, UPSTREAM_WHOLE);
    assert_string_equal(w.text.p, "Hello!");
    answer_state_reply(&w.state, &reply);
    assert_int_equal(reply.prompt_tokens, 19);
    assert_int_equal(reply.completion_tokens, 273);
    assert_float_equal(reply.cost, 0.0012221, 1e-9);
    assert_true(str_is(reply.generation_id, "gen-1769111318-FYS2WjMv7q5rhLLciPiB"));
    world_close(&w);
}

static void the_answer_ends_at_done_without_waiting_for_the_body(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    stream_begins(&w);
    bytes(&w, SAMPLE_A);
    assert_int_equal(w.state.phase, ANSWER_DONE);
    assert_true(w.state.ended);
    world_close(&w);
}

static void the_model_is_sent_with_the_first_chunk_only(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    stream_begins(&w);
    bytes(&w, DATA(SAYS_TEXT("a")));
    bytes(&w, DATA(SAYS_TEXT("b")));
    assert_int_equal(w.chunks, 2);
    assert_string_equal(w.models.p, "anthropic/claude-4.6-sonnet-20260217");
    world_close(&w);
}

/* ---- failures ---- */

static void every_bad_sample_fails_as_it_should(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        enum err    err;
        bool        retryable;
        const char *text, *detail;
    } rows[] = {
        {SAMPLE_E, ERR_UPSTREAM_RATE_LIMITED, true, "Hel", "Rate limit exceeded"},
        {SAMPLE_F, ERR_UPSTREAM_RATE_LIMITED, true, "", ""},
        {SAMPLE_G, ERR_UPSTREAM_CONTEXT_LENGTH, false, "", "Token limit reached"},
        {SAMPLE_I, ERR_UPSTREAM_ERROR, true, "", "The provider lost the connection to the model."},
        {SAMPLE_J, ERR_UPSTREAM_TRUNCATED, true, "Hel", ""},
        {"", ERR_UPSTREAM_TRUNCATED, true, "", ""},
        {WORKING, ERR_UPSTREAM_TRUNCATED, true, "", ""},
        {DONE, ERR_UPSTREAM_ERROR, true, "", "The model gave an empty answer."},
        {DATA("{") DATA("}") DONE, ERR_UPSTREAM_ERROR, true, "",
         "What OpenRouter sent could not be read."},
        {DATA(FINISH) DONE, ERR_UPSTREAM_ERROR, true, "", "The model gave an empty answer."},
        {DATA(SAYS("\"content\":null", "\"stop\"")) DONE, ERR_UPSTREAM_ERROR, true, "",
         "The model gave an empty answer."},
        {DATA(SAYS("\"content\":\"\"", "\"content_filter\"")) DONE, ERR_UPSTREAM_REFUSED, false, "",
         "The provider's content filter held the answer back."},
        {DATA(SAYS_TEXT("a")) DATA(SAYS("\"content\":\"\"", "\"error\"")) DONE, ERR_UPSTREAM_ERROR,
         true, "a", ""},
        {DATA(SAYS_TEXT("a")) DATA(FINISH)
             DATA("{\"choices\":[],\"error\":{\"code\":502,\"message\":"
                  "\"late\"}}"),
         ERR_UPSTREAM_ERROR, true, "a", "late"},
        {DATA(
             "{\"choices\":[{\"delta\":{\"content\":\"par\"},\"finish_reason\":\"error\",\"error\":"
             "{\"code\":503,\"message\":\"full\"}}]}"),
         ERR_UPSTREAM_ERROR, true, "", "full"},
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        struct world w;
        world_open(&w);
        stream_begins(&w);
        bytes(&w, rows[i].body);
        body_ends(&w, UPSTREAM_WHOLE);
        assert_failed(&w, rows[i].err, rows[i].retryable);
        assert_string_equal(w.text.p, rows[i].text);
        assert_string_equal(w.state.failure.detail, rows[i].detail);
        world_close(&w);
    }
}

static void usage_beside_an_error_is_kept(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    stream_begins(&w);
    bytes(&w, SAMPLE_G);
    assert_int_equal(w.state.usage.completion_tokens, 10);
    assert_string_equal(w.state.generation, "gen-1762179802-UN8pkJI4AGZvryk0kFnb");
    world_close(&w);
}

static void a_reply_without_a_stream_fails_by_its_status_and_body(void **state)
{
    (void)state;
    static const struct {
        unsigned    status;
        const char *type, *body;
        enum err    err;
        const char *detail;
    } rows[] = {
        {401, "application/json", "{\"error\":{\"message\":\"User not found.\",\"code\":401}}",
         ERR_UPSTREAM_KEY, "User not found."},
        {502, "text/html", "<html>", ERR_UPSTREAM_ERROR,
         "OpenRouter answered with status 502 and a web page."},
        {500, "text/event-stream", "data: {}\n\n", ERR_UPSTREAM_ERROR, "data: {}"},
        {200, "application/json",
         "\n         \n{\"error\":{\"message\":\"busy\",\"code\":503},\"user_id\":\"u\"}",
         ERR_UPSTREAM_ERROR, "busy"},
        {200, "application/json", "{\"choices\":[]}", ERR_UPSTREAM_ERROR,
         "The model gave an empty answer."},
        {200, "application/json", "{\"choices\":null}", ERR_UPSTREAM_ERROR,
         "The model gave an empty answer."},
        {200, "application/json", "", ERR_UPSTREAM_ERROR,
         "OpenRouter answered with status 200 and nothing else."},
        {200, "text/html", "<html>", ERR_UPSTREAM_ERROR,
         "OpenRouter answered with status 200 and a web page."},
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        struct world w;
        world_open(&w);
        head(&w, rows[i].status, rows[i].type);
        bytes(&w, rows[i].body);
        body_ends(&w, UPSTREAM_WHOLE);
        assert_failed(&w, rows[i].err, rows[i].status != 401);
        assert_string_equal(w.state.failure.detail, rows[i].detail);
        world_close(&w);
    }
}

static void how_the_connection_ends_matters(void **state)
{
    (void)state;
    static const struct {
        unsigned          status; /* 0: there was no reply */
        const char       *type, *body;
        enum upstream_end end;
        enum err          err;
        bool              retryable;
    } rows[] = {
        {0, "", "", UPSTREAM_UNREACHED, ERR_UPSTREAM_ERROR, true},
        {0, "", "", UPSTREAM_UNTRUSTED, ERR_UPSTREAM_ERROR, false},
        {0, "", "", UPSTREAM_CUT, ERR_UPSTREAM_TRUNCATED, true},
        {200, "text/event-stream", SAMPLE_J, UPSTREAM_CUT, ERR_UPSTREAM_TRUNCATED, true},
        {200, "application/json", "{\"choices\":[", UPSTREAM_CUT, ERR_UPSTREAM_TRUNCATED, true},
        {429, "application/json", "{\"error\":{\"mess", UPSTREAM_CUT, ERR_UPSTREAM_RATE_LIMITED,
         true},
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        struct world w;
        world_open(&w);
        if (rows[i].status) {
            head(&w, rows[i].status, rows[i].type);
            bytes(&w, rows[i].body);
        }
        body_ends(&w, rows[i].end);
        assert_failed(&w, rows[i].err, rows[i].retryable);
        world_close(&w);
    }
}

static void a_broken_connection_after_the_finish_is_not_a_failure(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    stream_begins(&w);
    bytes(&w, DATA(SAYS_TEXT("a")) DATA(FINISH));
    body_ends(&w, UPSTREAM_CUT);
    assert_int_equal(w.state.phase, ANSWER_DONE);
    assert_false(w.state.ended);
    world_close(&w);
}

static void too_many_unreadable_events_are_a_failure(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    stream_begins(&w);
    for (unsigned i = 0; i < 16; i++)
        bytes(&w, DATA(": OPENROUTER PROCESSING"));
    assert_int_equal(w.state.phase, ANSWER_RUNNING);
    bytes(&w, DATA("{"));
    assert_failed(&w, ERR_UPSTREAM_ERROR, true);
    world_close(&w);
}

/* ---- timeouts ---- */

static struct buf long_event(const char *unit, unsigned times)
{
    struct buf b = {0};

    buf_str(&b, STR("data: {\"choices\":[{\"delta\":{\"content\":\""));
    for (unsigned i = 0; i < times; i++)
        buf_str(&b, str_of(unit));
    buf_str(&b, STR("\"}}]}\n\n"));
    return b;
}

static void an_answer_that_is_too_long_ends_with_length(void **state)
{
    (void)state;
    struct world            w;
    struct llm_answer_reply reply;
    struct buf              event = long_event("\xE2\x82\xAC", 10000);

    world_open(&w);
    stream_begins(&w);
    for (unsigned i = 0; i < 3; i++)
        bytes(&w, event.p);
    assert_int_equal(w.state.phase, ANSWER_DONE);
    assert_false(w.state.ended); /* so the upstream is left, not waited for */
    assert_int_equal(w.text.len, LIMIT_ANSWER / 3 * 3);
    assert_true(str_is_utf8(buf_view(&w.text)));
    answer_state_reply(&w.state, &reply);
    assert_true(str_is(reply.finish_reason, "length"));
    buf_fini(&event);
    world_close(&w);
}

static void a_long_answer_comes_in_bounded_chunks(void **state)
{
    (void)state;
    struct world w;
    struct buf   event = long_event("\xE2\x82\xAC", 20000);

    world_open(&w);
    stream_begins(&w);
    answer_state_read_bytes(&w.state, buf_view(&event), w.now, WALL);
    assert_true(answer_state_has_chunk(&w.state));
    take_pieces(&w);
    assert_false(answer_state_has_chunk(&w.state));
    assert_int_equal(w.chunks, 4);
    assert_int_equal(w.text.len, 60000);
    buf_fini(&event);
    world_close(&w);
}

static void a_huge_line_is_rejected(void **state)
{
    (void)state;
    struct world w;
    struct buf   event = long_event("x", SSE_MAX);

    world_open(&w);
    stream_begins(&w);
    bytes(&w, event.p);
    assert_failed(&w, ERR_UPSTREAM_ERROR, true);
    assert_string_equal(w.state.failure.detail, "OpenRouter sent a line longer than 256 KiB.");
    buf_fini(&event);
    world_close(&w);
}

static void a_huge_plain_body_is_rejected(void **state)
{
    (void)state;
    struct world w;
    struct buf   event = long_event("x", SSE_MAX);

    world_open(&w);
    head(&w, 200, "application/json");
    bytes(&w, event.p);
    assert_int_equal(w.state.phase, ANSWER_RUNNING);
    bytes(&w, event.p);
    assert_failed(&w, ERR_UPSTREAM_ERROR, true);
    buf_fini(&event);
    world_close(&w);
}

/* ---- time ---- */

static void without_a_first_token_it_fails_in_time(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    stream_begins(&w);
    assert_int_equal(answer_state_deadline(&w.state), 1015);
    time_is(&w, 14);
    bytes(&w, WORKING DATA(SAYS_TEXT(""))); /* keep-alives, not output of the model */
    assert_int_equal(answer_state_deadline(&w.state), 1015);
    assert_int_equal(w.state.phase, ANSWER_RUNNING);
    time_is(&w, 15);
    assert_failed(&w, ERR_UPSTREAM_TIMEOUT, true);
    world_close(&w);
}

static void reasoning_is_output_and_comments_are_not(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    stream_begins(&w);
    time_is(&w, 14);
    bytes(&w, DATA(SAYS("\"reasoning\":\"hm\"", "null")));
    assert_int_equal(w.state.first_token_ms, 14);
    assert_int_equal(answer_state_deadline(&w.state), 1000 + 14 + 30);
    time_is(&w, 43);
    bytes(&w, WORKING);
    assert_int_equal(w.state.phase, ANSWER_RUNNING);
    time_is(&w, 44);
    assert_failed(&w, ERR_UPSTREAM_TIMEOUT, true);
    world_close(&w);
}

static void a_finished_answer_whose_body_never_ends_is_done(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    stream_begins(&w);
    bytes(&w, DATA(SAYS_TEXT("a")) DATA(FINISH));
    assert_int_equal(w.state.phase, ANSWER_RUNNING); /* its usage may still come */
    time_is(&w, 60);
    assert_int_equal(w.state.phase, ANSWER_DONE);
    world_close(&w);
}

static void every_event_restarts_the_idle_timeout(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    stream_begins(&w);
    for (unsigned ms = 10; ms < 180; ms += 29) {
        time_is(&w, ms);
        assert_int_equal(w.state.phase, ANSWER_RUNNING);
        bytes(&w, DATA(SAYS_TEXT("a")));
    }
    assert_int_equal(answer_state_deadline(&w.state), 1180);
    time_is(&w, 180);
    assert_failed(&w, ERR_UPSTREAM_TIMEOUT, false);
    world_close(&w);
}

static void blanks_before_a_plain_answer_are_not_output(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    head(&w, 200, "application/json");
    time_is(&w, 14);
    bytes(&w, "\n         \n");
    time_is(&w, 15);
    assert_failed(&w, ERR_UPSTREAM_TIMEOUT, true);
    world_close(&w);
}

static void a_status_takes_precedence_over_a_timeout(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    head(&w, 402, "application/json");
    bytes(&w, "{\"error\":");
    time_is(&w, 60);
    assert_failed(&w, ERR_UPSTREAM_CREDIT, false);
    world_close(&w);
}

static void a_slow_reader_is_not_an_idle_model(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    stream_begins(&w);
    bytes(&w, DATA(SAYS_TEXT("a")));
    answer_state_pause(&w.state, true, w.now);
    time_is(&w, 100);
    assert_int_equal(w.state.phase, ANSWER_RUNNING);
    answer_state_pause(&w.state, false, w.now);
    assert_int_equal(answer_state_deadline(&w.state), 1000 + 130);
    time_is(&w, 130);
    assert_failed(&w, ERR_UPSTREAM_TIMEOUT, true);
    world_close(&w);
}

static void a_reader_that_takes_nothing_does_not_keep_it_open(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    stream_begins(&w);
    answer_state_read_bytes(&w.state, str_of(SAMPLE_A), w.now, WALL);
    assert_int_equal(w.state.phase, ANSWER_DONE);
    assert_false(answer_state_is_over(&w.state)); /* its chunk was not taken */
    time_is(&w, 179);
    assert_false(answer_state_is_over(&w.state));
    time_is(&w, 180);
    assert_true(answer_state_is_over(&w.state));
    assert_failed(&w, ERR_UPSTREAM_TIMEOUT, false); /* not a whole answer with a hole in it */
    world_close(&w);
}

static void nothing_counts_after_the_end(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    stream_begins(&w);
    bytes(&w, SAMPLE_F);
    assert_failed(&w, ERR_UPSTREAM_RATE_LIMITED, true);
    bytes(&w, SAMPLE_A);
    body_ends(&w, UPSTREAM_CUT);
    time_is(&w, 1000);
    assert_failed(&w, ERR_UPSTREAM_RATE_LIMITED, true);
    assert_int_equal(w.chunks, 0);
    world_close(&w);
}

static bool has_output_after(const char *body)
{
    struct world w;

    world_open(&w);
    stream_begins(&w);
    bytes(&w, body);
    bool has_output = answer_state_has_output(&w.state);
    world_close(&w);
    return has_output;
}

static void only_text_and_reasoning_are_output(void **state)
{
    (void)state;
    assert_true(has_output_after(DATA(SAYS_TEXT("Hel"))));
    assert_true(has_output_after(
        DATA("{\"choices\":[{\"delta\":{\"content\":\"\",\"reasoning\":\"hm\"}}]}")));
    assert_false(has_output_after(": OPENROUTER PROCESSING\n\n" DATA(SAYS_TEXT(""))));
    assert_false(has_output_after(DATA(FINISH)));
    assert_false(has_output_after(DATA("{\"error\":{\"code\":429,\"message\":\"no\"}}")));
}

static void a_plain_body_is_not_output_before_it_is_read(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    head(&w, 200, "application/json");
    bytes(&w, "{\"choices\":[{\"message\":{\"content\":\"Hello\"}}]}");
    assert_false(answer_state_has_output(&w.state));
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_text_and_reasoning_are_output),
        cmocka_unit_test(a_plain_body_is_not_output_before_it_is_read),
        cmocka_unit_test(every_good_sample_is_answered_however_it_is_cut),
        cmocka_unit_test(an_answer_that_comes_at_once_holds_the_same),
        cmocka_unit_test(a_plain_body_is_read_though_a_stream_was_asked),
        cmocka_unit_test(the_answer_ends_at_done_without_waiting_for_the_body),
        cmocka_unit_test(the_model_is_sent_with_the_first_chunk_only),
        cmocka_unit_test(every_bad_sample_fails_as_it_should),
        cmocka_unit_test(usage_beside_an_error_is_kept),
        cmocka_unit_test(a_reply_without_a_stream_fails_by_its_status_and_body),
        cmocka_unit_test(how_the_connection_ends_matters),
        cmocka_unit_test(a_broken_connection_after_the_finish_is_not_a_failure),
        cmocka_unit_test(too_many_unreadable_events_are_a_failure),
        cmocka_unit_test(an_answer_that_is_too_long_ends_with_length),
        cmocka_unit_test(a_long_answer_comes_in_bounded_chunks),
        cmocka_unit_test(a_huge_line_is_rejected),
        cmocka_unit_test(a_huge_plain_body_is_rejected),
        cmocka_unit_test(without_a_first_token_it_fails_in_time),
        cmocka_unit_test(reasoning_is_output_and_comments_are_not),
        cmocka_unit_test(a_finished_answer_whose_body_never_ends_is_done),
        cmocka_unit_test(every_event_restarts_the_idle_timeout),
        cmocka_unit_test(blanks_before_a_plain_answer_are_not_output),
        cmocka_unit_test(a_status_takes_precedence_over_a_timeout),
        cmocka_unit_test(a_slow_reader_is_not_an_idle_model),
        cmocka_unit_test(a_reader_that_takes_nothing_does_not_keep_it_open),
        cmocka_unit_test(nothing_counts_after_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
