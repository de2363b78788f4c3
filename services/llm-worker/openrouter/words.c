/* Sentences of others. */
#include <ctype.h>
#include <string.h>

#include "openrouter/words.h"

#define DEPTH 4 /* {"error":[{"error":{"message":...}}]} */

static bool is_key_char(char c)
{
    return isalnum((unsigned char)c) || c == '-' || c == '_';
}

/* The length of a key or an id of a person at the front of s, 0 if there is none:
 * known by how they begin, or long and with digits. */
static size_t key_len(struct str s)
{
    size_t len = 0;
    bool   digits = false;

    while (len < s.len && is_key_char(s.p[len]))
        digits |= isdigit((unsigned char)s.p[len++]) != 0;
    bool is_marked = str_starts(s, "sk-") || str_starts(s, "user_") || str_starts(s, "org_");
    return (is_marked && len >= 8) || (len >= 32 && digits) ? len : 0;
}

void words_clean(char to[WORDS_MAX + 1], struct str words)
{
    struct buf out = {0};

    words = str_trim(words);
    for (size_t i = 0; i < words.len && out.len <= WORDS_MAX;) {
        bool   fresh = i == 0 || !is_key_char(words.p[i - 1]);
        size_t key = fresh ? key_len((struct str){words.p + i, words.len - i}) : 0;
        bool   blank = (unsigned char)words.p[i] <= ' ' || words.p[i] == 0x7F;
        if (key)
            buf_str(&out, STR("[...]"));
        else if (!blank)
            buf_add(&out, words.p + i, 1);
        else if (out.len && out.p[out.len - 1] != ' ')
            buf_str(&out, STR(" "));
        i += key ? key : 1;
    }
    struct str whole = str_trim(str_cut(buf_view(&out), WORDS_MAX));
    if (!str_is_utf8(whole))
        whole.len = 0;
    if (whole.len)
        memcpy(to, whole.p, whole.len);
    to[whole.len] = '\0';
    buf_fini(&out);
}

static const char *find(const json_t *j, unsigned depth)
{
    static const char *const keys[] = {"error", "message", "detail"};

    if (json_is_string(j))
        return json_string_value(j);
    if (depth == 0)
        return NULL;
    if (json_is_array(j))
        return find(json_array_get(j, 0), depth - 1);
    for (unsigned i = 0; json_is_object(j) && i < COUNT_OF(keys); i++) {
        const char *words = find(json_object_get(j, keys[i]), depth - 1);
        if (words && *words)
            return words;
    }
    return NULL;
}

const char *words_find(const json_t *j)
{
    return find(j, DEPTH);
}
