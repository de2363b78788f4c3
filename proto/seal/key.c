/* OpenRouter keys as text. */
#include <string.h>

#include "seal/key.h"
#include "wire/limits.h"

#define HINT_HEAD    12
#define HINT_TAIL    3
#define HINT_LEAST   24 /* nothing of a shorter key is shown */
#define USUAL_PREFIX "sk-or-v1-"
#define USUAL_HEX    64
#define HEX          "0123456789abcdef"
#define QUOTES       "\"'`"

_Static_assert(KEY_HINT_SIZE == HINT_HEAD + 3 + HINT_TAIL + 1, "a hint fits");
_Static_assert(KEY_HINT_SIZE - 1 <= LIMIT_KEY_HINT, "a message holds a hint");

struct str key_trim(struct str key)
{
    for (;;) {
        key = str_trim(key);
        if (key.len && memchr(QUOTES, key.p[0], strlen(QUOTES)))
            key = (struct str){key.p + 1, key.len - 1};
        else if (key.len && memchr(QUOTES, key.p[key.len - 1], strlen(QUOTES)))
            key.len--;
        else
            return key;
    }
}

bool key_is_sendable(struct str key)
{
    for (size_t i = 0; i < key.len; i++)
        if (key.p[i] <= ' ' || key.p[i] > '~')
            return false;
    return key.len > 0 && key.len <= KEY_MAX;
}

bool key_is_usual(struct str key)
{
    size_t head = strlen(USUAL_PREFIX);

    if (!str_starts(key, USUAL_PREFIX) || key.len != head + USUAL_HEX)
        return false;
    for (size_t i = head; i < key.len; i++)
        if (!memchr(HEX, key.p[i], strlen(HEX)))
            return false;
    return true;
}

void key_hint(char to[KEY_HINT_SIZE], struct str key)
{
    if (key.len < HINT_LEAST || !key_is_sendable(key)) {
        str_format(to, KEY_HINT_SIZE, "...");
        return;
    }
    str_format(to, KEY_HINT_SIZE, "%.*s...%.*s", HINT_HEAD, key.p, HINT_TAIL,
               key.p + key.len - HINT_TAIL);
}
