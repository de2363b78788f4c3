/* One function per step, called in order.
 *
 * A step function adds its next part to p->part and returns whether it has more; a step with
 * nothing to add is skipped.  The time until the first data event is spread over the comments (or
 * the padding) before it. */
#include <stdlib.h>
#include <string.h>

#include "playback.h"

struct playback {
    const struct step *step; /* borrowed; the current one */
    unsigned           done; /* parts of this step so far */
    struct answer      answer;
    bool               has_answer;
    struct knobs       knobs;
    char              *text; /* owned */
    struct buf         part;
    unsigned           random;
    size_t             sent;   /* of the part, if it is split */
    size_t             at;     /* in the text */
    bool               begun;  /* the first data was sent */
    unsigned           waited; /* ms, before that */
    unsigned           wait;   /* before this part */
};

struct playback *playback_new(const struct step *steps, struct answer *a, struct knobs knobs,
                              struct str text)
{
    struct playback *p = mem_new(sizeof *p);

    p->step = steps;
    p->knobs = knobs;
    p->random = knobs.seed;
    p->text = str_dup(text);
    p->has_answer = a != NULL;
    if (a) {
        p->answer = *a;
        *a = (struct answer){0};
    }
    return p;
}

struct playback *playback_of_bytes(struct buf *bytes)
{
    static const struct step end = {.kind = STEP_END};
    struct playback         *p = mem_new(sizeof *p);

    p->step = &end;
    p->begun = true;
    p->part = *bytes;
    *bytes = (struct buf){0};
    return p;
}

void playback_free(struct playback **p)
{
    if (!*p)
        return;
    answer_fini(&(*p)->answer);
    buf_fini(&(*p)->part);
    free((*p)->text);
    free(*p);
    *p = NULL;
}

const struct answer *playback_answer(const struct playback *p)
{
    return p->has_answer ? &p->answer : NULL;
}

/* A word with the white space before it, like a token; empty at the end. */
static struct str next_word(const char *text, size_t *at)
{
    const char *from = text + *at;
    size_t      space = strspn(from, " \n");
    size_t      len = space + strcspn(from + space, " \n");

    *at += len;
    return (struct str){from, len};
}

/* Adds the next word of the answer; with the knob `tokens` the text repeats.  False: that was all.
 */
static bool add_word(struct playback *p, struct buf *out)
{
    bool is_round = p->knobs.tokens > 0;

    if (is_round && p->answer.tokens >= p->knobs.tokens)
        return false;
    if (is_round && !p->text[p->at]) {
        p->at = 0;
        buf_str(out, STR(" "));
    }
    struct str word = next_word(p->text, &p->at);
    if (!word.len)
        return false;
    buf_str(out, word);
    p->answer.tokens++;
    return true;
}

static bool words_left(const struct playback *p)
{
    if (p->knobs.tokens)
        return p->answer.tokens < p->knobs.tokens;
    return p->text[p->at] != '\0';
}

static bool add_word_chunk(struct playback *p, const char *finish)
{
    struct buf word = {0};

    if (add_word(p, &word))
        answer_content(&p->answer, &p->part, buf_view(&word), words_left(p) ? NULL : finish);
    buf_fini(&word);
    p->wait = p->knobs.delay;
    return words_left(p);
}

static bool comment(struct playback *p, unsigned count)
{
    if (!count)
        return false;
    if (!p->begun && p->done)
        p->wait = p->knobs.first / count;
    answer_comment(&p->answer, &p->part);
    return p->done + 1 < count;
}

/* A keep-alive without an end. */
static bool keep_alive(struct playback *p)
{
    p->wait = p->knobs.delay ? p->knobs.delay : 100;
    if (p->step->kind == STEP_COMMENTS_FOREVER)
        answer_comment(&p->answer, &p->part);
    else
        answer_padding(&p->part);
    return true;
}

static bool think_word(struct playback *p, const char *thoughts)
{
    size_t at = 0;

    for (unsigned i = 0; i < p->done; i++)
        next_word(thoughts, &at);
    answer_reasoning(&p->answer, &p->part, next_word(thoughts, &at));
    p->answer.reasoning_tokens++;
    p->wait = p->knobs.delay;
    return thoughts[at] != '\0';
}

static void add_usage(struct playback *p)
{
    if (p->knobs.usage)
        answer_usage(&p->answer, &p->part, p->knobs.usage);
}

static void add_huge(struct playback *p)
{
    char *text = mem_new(p->knobs.size + 1);

    memset(text, 'o', p->knobs.size);
    answer_content(&p->answer, &p->part, (struct str){text, p->knobs.size}, NULL);
    free(text);
}

static bool pad(struct playback *p)
{
    if (!p->knobs.pads)
        return false;
    if (p->done)
        p->wait = p->knobs.first / p->knobs.pads;
    answer_padding(&p->part);
    return p->done + 1 < p->knobs.pads;
}

/* The whole text; a plain answer takes as long as all its words would. */
static void add_result(struct playback *p, bool half)
{
    struct buf text = {0};

    while (add_word(p, &text))
        ;
    answer_result(&p->answer, &p->part, buf_view(&text));
    if (half)
        p->part.len /= 2;
    p->wait = p->answer.tokens * p->knobs.delay;
    buf_fini(&text);
}

/* Adds the next part of this step; true: it has more. */
static bool play_beat(struct playback *p)
{
    const struct step *b = p->step;
    struct answer     *a = &p->answer;
    struct buf        *out = &p->part;

    switch (b->kind) {
    case STEP_COMMENTS:
        return comment(p, b->n ? b->n : p->knobs.comments);
    case STEP_COMMENTS_FOREVER:
    case STEP_PADS_FOREVER:
        return keep_alive(p);
    case STEP_ROLE:
        answer_content(a, out, STR(""), NULL);
        return false;
    case STEP_WORDS:
        return add_word_chunk(p, NULL);
    case STEP_SOME_WORDS:
        if (p->done >= (b->n ? b->n : p->knobs.after))
            return false;
        return add_word_chunk(p, NULL);
    case STEP_WORDS_AND_FINISH:
        return add_word_chunk(p, "stop");
    case STEP_REASONING:
        return think_word(p, b->text);
    case STEP_FINISH:
        answer_finish(a, out, b->text, b->more);
        return false;
    case STEP_USAGE:
        add_usage(p);
        return false;
    case STEP_DONE:
        answer_done(a, out);
        return false;
    case STEP_CHUNK:
        answer_chunk(a, out, b->more, b->text, b->last);
        return false;
    case STEP_CHUNK_USAGE:
        answer_chunk_usage(a, out, b->more, b->text);
        return false;
    case STEP_HUGE:
        add_huge(p);
        return false;
    case STEP_PADS:
        return pad(p);
    case STEP_RESULT:
    case STEP_HALF_RESULT:
        add_result(p, b->kind == STEP_HALF_RESULT);
        return false;
    case STEP_RESULT_OF:
        a->tokens = b->n;
        answer_result_of(a, out, b->text);
        return false;
    case STEP_BYTES:
        buf_str(out, str_of(b->text));
        return false;
    case STEP_END:
    case STEP_HANG:
    case STEP_CUT:
    case STEP_RESET:
        break;
    }
    must(!"a step that is an end");
    return false;
}

static bool is_waiting_beat(enum step_kind kind)
{
    return kind == STEP_COMMENTS || kind == STEP_PADS || kind == STEP_COMMENTS_FOREVER ||
           kind == STEP_PADS_FOREVER;
}

/* Before the first data, the rest of the time until it. */
static void set_first_wait(struct playback *p, enum step_kind kind)
{
    if (p->begun)
        return;
    if (!is_waiting_beat(kind)) {
        p->begun = true;
        p->wait += p->knobs.first > p->waited ? p->knobs.first - p->waited : 0;
    }
    p->waited += p->wait;
}

static enum playback_result end_of(enum step_kind kind)
{
    if (kind == STEP_HANG)
        return PLAYBACK_HANG;
    if (kind == STEP_CUT)
        return PLAYBACK_CUT;
    return kind == STEP_RESET ? PLAYBACK_RESET : PLAYBACK_END;
}

static bool is_end(enum step_kind kind)
{
    return kind == STEP_END || kind == STEP_HANG || kind == STEP_CUT || kind == STEP_RESET;
}

/* Makes the next part; false: no step is left. */
static bool next_piece(struct playback *p)
{
    buf_clear(&p->part);
    p->sent = 0;
    while (!is_end(p->step->kind)) {
        enum step_kind kind = p->step->kind;
        p->wait = 0;
        if (play_beat(p)) {
            p->done++;
        } else {
            p->step++;
            p->done = 0;
        }
        if (p->part.len) {
            set_first_wait(p, kind);
            return true;
        }
    }
    return false;
}

/* How much of the rest goes into the next write. */
static size_t write_size(struct playback *p, size_t left)
{
    size_t most = p->knobs.split ? p->knobs.split : left;

    if (p->knobs.seed) {
        p->random = p->random * 1103515245u + 12345u;
        most = 1 + (p->random >> 16) % most;
    }
    return most < left ? most : left;
}

enum playback_result playback_next(struct playback *p, struct str *part, unsigned *wait_ms)
{
    *wait_ms = 0;
    if (p->sent < p->part.len) {
        *wait_ms = p->sent ? p->knobs.gap : 0;
    } else {
        if (!next_piece(p))
            return end_of(p->step->kind);
        *wait_ms = p->wait;
    }
    size_t len = write_size(p, p->part.len - p->sent);
    *part = (struct str){p->part.p + p->sent, len};
    p->sent += len;
    return PLAYBACK_PART;
}
