/* Splits a text into words and folds them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "topic/words.h"

#define BROKEN 0 /* a NUL byte reads the same: it separates words */

/* Takes one code point off the front; BROKEN for a byte that does not begin one. */
static uint32_t take_point(struct str *text)
{
    unsigned char first = (unsigned char)text->p[0];
    size_t   len = first < 0x80 ? 1 : first < 0xC0 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    uint32_t point = len < 2 ? first : first & (0x7F >> len);

    if (len == 0 || len > text->len || !str_is_utf8((struct str){text->p, len})) {
        point = BROKEN;
        len = 1;
    }
    for (size_t i = 1; i < len; i++)
        point = point << 6 | ((unsigned char)text->p[i] & 0x3F);
    text->p += len;
    text->len -= len;
    return point;
}

/* Latin letters with marks, U+00C0 to U+017F; those not listed stay as they are. */
static const char *plain_letter(uint32_t point)
{
    static const struct {
        uint32_t    first, last;
        const char *plain;
    } ranges[] = {
        {0xC0, 0xC3, "a"},      {0xC4, 0xC4, "ae"},   {0xC5, 0xC5, "a"},   {0xC6, 0xC6, "ae"},
        {0xC7, 0xC7, "c"},      {0xC8, 0xCB, "e"},    {0xCC, 0xCF, "i"},   {0xD1, 0xD1, "n"},
        {0xD2, 0xD5, "o"},      {0xD6, 0xD6, "oe"},   {0xD8, 0xD8, "o"},   {0xD9, 0xDB, "u"},
        {0xDC, 0xDC, "ue"},     {0xDD, 0xDD, "y"},    {0xDF, 0xDF, "ss"},  {0xE0, 0xE3, "a"},
        {0xE4, 0xE4, "ae"},     {0xE5, 0xE5, "a"},    {0xE6, 0xE6, "ae"},  {0xE7, 0xE7, "c"},
        {0xE8, 0xEB, "e"},      {0xEC, 0xEF, "i"},    {0xF1, 0xF1, "n"},   {0xF2, 0xF5, "o"},
        {0xF6, 0xF6, "oe"},     {0xF8, 0xF8, "o"},    {0xF9, 0xFB, "u"},   {0xFC, 0xFC, "ue"},
        {0xFD, 0xFD, "y"},      {0xFF, 0xFF, "y"},    {0x100, 0x105, "a"}, {0x106, 0x10D, "c"},
        {0x10E, 0x111, "d"},    {0x112, 0x11B, "e"},  {0x141, 0x142, "l"}, {0x143, 0x148, "n"},
        {0x14C, 0x151, "o"},    {0x152, 0x153, "oe"}, {0x158, 0x159, "r"}, {0x15A, 0x161, "s"},
        {0x162, 0x165, "t"},    {0x168, 0x173, "u"},  {0x178, 0x178, "y"}, {0x179, 0x17E, "z"},
        {0x1E9E, 0x1E9E, "ss"},
    };

    for (size_t i = 0; i < COUNT_OF(ranges); i++)
        if (point >= ranges[i].first && point <= ranges[i].last)
            return ranges[i].plain;
    return NULL;
}

static bool is_between(uint32_t point, uint32_t first, uint32_t last)
{
    return point >= first && point <= last;
}

/* Apostrophes, combining accents and invisible characters. */
static bool is_dropped(uint32_t point)
{
    return point == '\'' || point == '`' || point == 0xAD || is_between(point, 0x2018, 0x201B) ||
           is_between(point, 0x300, 0x36F) || is_between(point, 0x200B, 0x200F) ||
           is_between(point, 0xFE00, 0xFE0F) || point == 0xFEFF;
}

static bool is_emoji(uint32_t point)
{
    return is_between(point, 0x1F000, 0x1FAFF);
}

/* Or a digit.  Beyond ASCII everything is a letter except the blocks of symbols and punctuation. */
static bool is_letter(uint32_t point)
{
    if (point < 0x80)
        return is_between(point | 0x20, 'a', 'z') || is_between(point, '0', '9');
    return point >= 0xC0 && point != 0xD7 && point != 0xF7 && !is_dropped(point) &&
           !is_between(point, 0x2000, 0x2BFF) && !is_between(point, 0x3000, 0x303F) &&
           !is_between(point, 0xFF00, 0xFF0F) && !is_emoji(point);
}

/* The bytes since begin become a word; returns where the next one begins. */
static size_t end_word(struct words *w, size_t begin)
{
    size_t len = w->len - begin;

    if (!len)
        return begin;
    if (w->count == w->room) {
        w->room = w->room ? w->room * 2 : 64;
        w->word = mem_grow(w->word, w->room * sizeof w->word[0]);
    }
    w->word[w->count++] = (struct str){w->folded + begin, len < WORD_MAX ? len : WORD_MAX};
    return w->len;
}

static void add(struct words *w, struct str bytes)
{
    memcpy(w->folded + w->len, bytes.p, bytes.len);
    w->len += bytes.len;
}

static void add_letter(struct words *w, uint32_t point, struct str bytes)
{
    const char *plain = plain_letter(point);
    char        lower = (char)(point | 0x20); /* leaves digits as they are */

    if (point < 0x80)
        add(w, (struct str){&lower, 1});
    else
        add(w, plain ? str_of(plain) : bytes);
}

/* An umlaut may be written as its letter and a combining diaeresis. */
static bool is_combining_umlaut(const struct words *w, uint32_t point, size_t begin)
{
    return point == 0x308 && w->len > begin && strchr("aou", w->folded[w->len - 1]);
}

void words_read(struct words *w, struct str text)
{
    size_t begin = 0;

    /* No letter grows by folding, so the buffer is large enough and the words never move. */
    *w = (struct words){.folded = mem_new(text.len + 1)};
    while (text.len) {
        struct str bytes = text;
        uint32_t   point = take_point(&text);
        bytes.len -= text.len;
        w->open_end = is_letter(point) || is_dropped(point);
        if (is_combining_umlaut(w, point, begin)) {
            add(w, STR("e"));
        } else if (is_letter(point)) {
            add_letter(w, point, bytes);
        } else if (!is_dropped(point)) {
            begin = end_word(w, begin);
            if (is_emoji(point)) {
                add(w, bytes);
                begin = end_word(w, begin);
            }
        }
    }
    end_word(w, begin);
}

void words_fini(struct words *w)
{
    free(w->word);
    free(w->folded);
    *w = (struct words){0};
}
