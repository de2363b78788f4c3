/* Cleaning and finding messages. */
#include <ctype.h>
#include <string.h>

#include "openrouter/error_text.h"

#define DEPTH_MAX 4 /* {"error":[{"error":{"message":...}}]} */

static bool is_key_char(char c)
{
    return isalnum((unsigned char)c) || c == '-' || c == '_';
}

/* The length of a key or user id at the front of s, 0 if there is none: recognised by its prefix,
 * or because it is long and has digits. */
static size_t key_len(struct str s)
{
    size_t len = 0;
    bool   digits = false;

    while (len < s.len && is_key_char(s.p[len]))
        digits |= isdigit((unsigned char)s.p[len++]) != 0;
    bool is_marked = str_starts(s, "sk-") || str_starts(s, "user_") || str_starts(s, "org_");
    return (is_marked && len >= 8) || (len >= 32 && digits) ? len : 0;
}

void error_text_clean(char to[ERROR_TEXT_MAX + 1], struct str text)
{
    struct buf out = {0};

    text = str_trim(text);
    for (size_t i = 0; i < text.len && out.len <= ERROR_TEXT_MAX;) {
        bool   is_start = i == 0 || !is_key_char(text.p[i - 1]);
        size_t key = is_start ? key_len((struct str){text.p + i, text.len - i}) : 0;
        bool   is_blank = (unsigned char)text.p[i] <= ' ' || text.p[i] == 0x7F;
        if (key)
            buf_str(&out, STR("[...]"));
        else if (!is_blank)
            buf_add(&out, text.p + i, 1);
        else if (out.len && out.p[out.len - 1] != ' ')
            buf_str(&out, STR(" "));
        i += key ? key : 1;
    }
    struct str result = str_trim(str_cut(buf_view(&out), ERROR_TEXT_MAX));
    if (!str_is_utf8(result))
        result.len = 0;
    if (result.len)
        memcpy(to, result.p, result.len);
    to[result.len] = '\0';
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
        const char *text = find(json_object_get(j, keys[i]), depth - 1);
        if (text && *text)
            return text;
    }
    return NULL;
}

const char *error_text_find(const json_t *j)
{
    return find(j, DEPTH_MAX);
}
