/* One function per beat, and the walk over them.
 *
 * A beat function adds its next piece to p->piece and says whether it has more;
 * a beat that had nothing to add is passed over.  The time to the first data
 * event is spread over the comments (or the padding) before it. */
#include <stdlib.h>
#include <string.h>

#include "play.h"

struct play {
    const struct beat *beat; /* borrowed; where we are */
    unsigned           done; /* pieces of this beat so far */
    struct answer      answer;
    bool               has_answer;
    struct knobs       knobs;
    char              *text; /* owned */
    struct buf         piece;
    unsigned           random;
    size_t             sent;   /* of the piece, where it is split */
    size_t             at;     /* in the text */
    bool               begun;  /* the first data went out */
    unsigned           waited; /* ms, before that */
    unsigned           wait;   /* before this piece */
};

struct play *play_new(const struct beat *beats, struct answer *a, struct knobs knobs,
                      struct str text)
{
    struct play *p = mem_new(sizeof *p);

    p->beat = beats;
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

struct play *play_of_bytes(struct buf *bytes)
{
    static const struct beat end = {.kind = BEAT_END};
    struct play             *p = mem_new(sizeof *p);

    p->beat = &end;
    p->begun = true;
    p->piece = *bytes;
    *bytes = (struct buf){0};
    return p;
}

void play_free(struct play **p)
{
    if (!*p)
        return;
    answer_fini(&(*p)->answer);
    buf_fini(&(*p)->piece);
    free((*p)->text);
    free(*p);
    *p = NULL;
}

const struct answer *play_answer(const struct play *p)
{
    return p->has_answer ? &p->answer : NULL;
}

/* A word with the white space before it, as tokens have it; empty at the end. */
static struct str next_word(const char *text, size_t *at)
{
    const char *from = text + *at;
    size_t      space = strspn(from, " \n");
    size_t      len = space + strcspn(from + space, " \n");

    *at += len;
    return (struct str){from, len};
}

/* Adds the next word of the answer; with the knob `tokens` the text goes round.
 * False: all is said. */
static bool add_word(struct play *p, struct buf *out)
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

static bool words_left(const struct play *p)
{
    if (p->knobs.tokens)
        return p->answer.tokens < p->knobs.tokens;
    return p->text[p->at] != '\0';
}

static bool say_word(struct play *p, const char *finish)
{
    struct buf word = {0};

    if (add_word(p, &word))
        answer_content(&p->answer, &p->piece, buf_view(&word), words_left(p) ? NULL : finish);
    buf_fini(&word);
    p->wait = p->knobs.delay;
    return words_left(p);
}

static bool comment(struct play *p, unsigned count)
{
    if (!count)
        return false;
    if (!p->begun && p->done)
        p->wait = p->knobs.first / count;
    answer_comment(&p->answer, &p->piece);
    return p->done + 1 < count;
}

/* A sign of life that leads to nothing. */
static bool keep_alive(struct play *p)
{
    p->wait = p->knobs.delay ? p->knobs.delay : 100;
    if (p->beat->kind == BEAT_COMMENTS_FOREVER)
        answer_comment(&p->answer, &p->piece);
    else
        answer_padding(&p->piece);
    return true;
}

static bool think_word(struct play *p, const char *thoughts)
{
    size_t at = 0;

    for (unsigned i = 0; i < p->done; i++)
        next_word(thoughts, &at);
    answer_reasoning(&p->answer, &p->piece, next_word(thoughts, &at));
    p->answer.reasoning_tokens++;
    p->wait = p->knobs.delay;
    return thoughts[at] != '\0';
}

static void say_usage(struct play *p)
{
    if (p->knobs.usage)
        answer_usage(&p->answer, &p->piece, p->knobs.usage);
}

static void say_huge(struct play *p)
{
    char *text = mem_new(p->knobs.size + 1);

    memset(text, 'o', p->knobs.size);
    answer_content(&p->answer, &p->piece, (struct str){text, p->knobs.size}, NULL);
    free(text);
}

static bool pad(struct play *p)
{
    if (!p->knobs.pads)
        return false;
    if (p->done)
        p->wait = p->knobs.first / p->knobs.pads;
    answer_padding(&p->piece);
    return p->done + 1 < p->knobs.pads;
}

/* The whole text; a plain answer takes as long as all its words would. */
static void say_result(struct play *p, bool half)
{
    struct buf text = {0};

    while (add_word(p, &text))
        ;
    answer_result(&p->answer, &p->piece, buf_view(&text));
    if (half)
        p->piece.len /= 2;
    p->wait = p->answer.tokens * p->knobs.delay;
    buf_fini(&text);
}

/* Adds the next piece of this beat; true: it has more. */
static bool play_beat(struct play *p)
{
    const struct beat *b = p->beat;
    struct answer     *a = &p->answer;
    struct buf        *out = &p->piece;

    switch (b->kind) {
    case BEAT_COMMENTS:
        return comment(p, b->n ? b->n : p->knobs.comments);
    case BEAT_COMMENTS_FOREVER:
    case BEAT_PADS_FOREVER:
        return keep_alive(p);
    case BEAT_ROLE:
        answer_content(a, out, STR(""), NULL);
        return false;
    case BEAT_WORDS:
        return say_word(p, NULL);
    case BEAT_SOME_WORDS:
        if (p->done >= (b->n ? b->n : p->knobs.after))
            return false;
        return say_word(p, NULL);
    case BEAT_WORDS_AND_FINISH:
        return say_word(p, "stop");
    case BEAT_REASONING:
        return think_word(p, b->text);
    case BEAT_FINISH:
        answer_finish(a, out, b->text, b->more);
        return false;
    case BEAT_USAGE:
        say_usage(p);
        return false;
    case BEAT_DONE:
        answer_done(a, out);
        return false;
    case BEAT_CHUNK:
        answer_chunk(a, out, b->more, b->text, b->last);
        return false;
    case BEAT_CHUNK_USAGE:
        answer_chunk_usage(a, out, b->more, b->text);
        return false;
    case BEAT_HUGE:
        say_huge(p);
        return false;
    case BEAT_PADS:
        return pad(p);
    case BEAT_RESULT:
    case BEAT_HALF_RESULT:
        say_result(p, b->kind == BEAT_HALF_RESULT);
        return false;
    case BEAT_RESULT_OF:
        a->tokens = b->n;
        answer_result_of(a, out, b->text);
        return false;
    case BEAT_BYTES:
        buf_str(out, str_of(b->text));
        return false;
    case BEAT_END:
    case BEAT_HANG:
    case BEAT_CUT:
    case BEAT_RESET:
        break;
    }
    must(!"a beat that is an end");
    return false;
}

static bool is_waiting_beat(enum beat_kind kind)
{
    return kind == BEAT_COMMENTS || kind == BEAT_PADS || kind == BEAT_COMMENTS_FOREVER ||
           kind == BEAT_PADS_FOREVER;
}

/* Before the first data, what is left of the time to it. */
static void set_first_wait(struct play *p, enum beat_kind kind)
{
    if (p->begun)
        return;
    if (!is_waiting_beat(kind)) {
        p->begun = true;
        p->wait += p->knobs.first > p->waited ? p->knobs.first - p->waited : 0;
    }
    p->waited += p->wait;
}

static enum play_now end_of(enum beat_kind kind)
{
    if (kind == BEAT_HANG)
        return PLAY_HANG;
    if (kind == BEAT_CUT)
        return PLAY_CUT;
    return kind == BEAT_RESET ? PLAY_RESET : PLAY_END;
}

static bool is_end(enum beat_kind kind)
{
    return kind == BEAT_END || kind == BEAT_HANG || kind == BEAT_CUT || kind == BEAT_RESET;
}

/* Makes the next piece; false: the walk is over. */
static bool next_piece(struct play *p)
{
    buf_clear(&p->piece);
    p->sent = 0;
    while (!is_end(p->beat->kind)) {
        enum beat_kind kind = p->beat->kind;
        p->wait = 0;
        if (play_beat(p)) {
            p->done++;
        } else {
            p->beat++;
            p->done = 0;
        }
        if (p->piece.len) {
            set_first_wait(p, kind);
            return true;
        }
    }
    return false;
}

/* How much of what is left goes into the next write. */
static size_t write_size(struct play *p, size_t left)
{
    size_t most = p->knobs.split ? p->knobs.split : left;

    if (p->knobs.seed) {
        p->random = p->random * 1103515245u + 12345u;
        most = 1 + (p->random >> 16) % most;
    }
    return most < left ? most : left;
}

enum play_now play_next(struct play *p, struct str *piece, unsigned *wait_ms)
{
    *wait_ms = 0;
    if (p->sent < p->piece.len) {
        *wait_ms = p->sent ? p->knobs.gap : 0;
    } else {
        if (!next_piece(p))
            return end_of(p->beat->kind);
        *wait_ms = p->wait;
    }
    size_t len = write_size(p, p->piece.len - p->sent);
    *piece = (struct str){p->piece.p + p->sent, len};
    p->sent += len;
    return PLAY_PIECE;
}
