/* Keys and their words. */
#include <stdio.h>
#include <stdlib.h>

#include "keys.h"

void keys_fini(struct keys *k)
{
    for (size_t i = 0; i < k->count; i++)
        free(k->key[i].text);
    free(k->key);
    *k = (struct keys){0};
}

static struct str take_word(struct str *rest)
{
    size_t len = 0;

    while (len < rest->len && rest->p[len] != ',')
        len++;
    struct str word = {rest->p, len};
    size_t     gone = len < rest->len ? len + 1 : len;
    *rest = (struct str){rest->p + gone, rest->len - gone};
    return word;
}

static bool set_word(struct key *key, struct str word)
{
    const struct {
        const char *word;
        bool       *flag;
    } words[] = {
        {"free-tier", &key->is_free_tier}, {"management", &key->is_management},
        {"spent", &key->is_spent},         {"broke", &key->is_broke},
        {"failing", &key->is_failing},
    };
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (str_is(word, words[i].word))
            return *words[i].flag = true;
    }
    return false;
}

/* It is sent in a header and partly shown in JSON. */
static bool is_ascii(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] <= ' ' || text.p[i] > '~')
            return false;
    }
    return text.len > 0;
}

bool keys_add(struct keys *k, struct str line)
{
    struct str rest = str_trim(line);
    struct str text = take_word(&rest);
    struct key key = {0};

    if (!is_ascii(text))
        return false;
    while (rest.len) {
        if (!set_word(&key, take_word(&rest)))
            return false;
    }
    key.text = str_dup(text);
    k->key = mem_grow(k->key, (k->count + 1) * sizeof key);
    k->key[k->count++] = key;
    return true;
}

bool keys_load(struct keys *k, const char *path)
{
    char line[512];
    bool good = true;

    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    while (good && fgets(line, sizeof line, file)) {
        struct str text = str_trim(str_of(line));
        if (text.len && text.p[0] != '#')
            good = keys_add(k, text);
    }
    fclose(file);
    return good;
}

const struct key *keys_find(const struct keys *k, struct str text)
{
    static const struct key demo = {.text = "demo", .is_free_tier = true};

    for (size_t i = 0; i < k->count; i++) {
        if (str_is(text, k->key[i].text))
            return &k->key[i];
    }
    return k->any ? &demo : NULL;
}

/* As OpenRouter shows a key: the first 12 characters, three dots, the last 3. */
static json_t *label(const struct key *k)
{
    struct str text = str_of(k->text);
    struct str tail = text.len > 15 ? str_of(text.p + text.len - 3) : (struct str){0};

    return json_sprintf("%.12s...%s", text.p, tail.p ? tail.p : "");
}

json_t *key_json(const struct key *k)
{
    json_t *limit = k->is_free_tier ? json_null() : json_integer(100);
    json_t *left = k->is_free_tier ? json_null() : json_real(k->is_spent ? 0 : 74.5);

    return json_pack(
        "{s:{s:o, s:o, s:o, s:s?, s:b, s:f, s:f, s:f, s:f, s:i, s:i, s:i, s:i, s:b, s:b, s:b, s:n,"
        " s:n, s:{s:i, s:i, s:i}, s:{s:i, s:s, s:s}}}",
        "data", "label", label(k), "limit", limit, "limit_remaining", left, "limit_reset",
        k->is_free_tier ? NULL : "monthly", "include_byok_in_limit", 0, "usage", 25.5,
        "usage_daily", 25.5, "usage_weekly", 25.5, "usage_monthly", 25.5, "byok_usage", 0,
        "byok_usage_daily", 0, "byok_usage_weekly", 0, "byok_usage_monthly", 0, "is_free_tier",
        k->is_free_tier, "is_management_key", k->is_management, "is_provisioning_key",
        k->is_management, "creator_user_id", "expires_at", "free_model_daily_requests", "limit",
        k->is_free_tier ? 50 : 1000, "remaining", 38, "used", k->is_free_tier ? 12 : 962,
        "rate_limit", "requests", -1, "interval", "10s", "note",
        "This field is deprecated and safe to ignore.");
}
