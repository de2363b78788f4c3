/* Misspelled settings. */
#include <string.h>

#include "base/config_similar.h"
#include "base/log.h"

#define NAME_MAX_LEN 64
#define NAME_MIN_LEN 6 /* shorter names resemble too much */
#define EDITS_MAX    2

extern char **environ;

static unsigned lesser(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* How many letters to insert, remove or replace to get from one to the other (Levenshtein). */
static unsigned edits(struct str a, struct str b)
{
    unsigned row[NAME_MAX_LEN + 1];

    for (unsigned j = 0; j <= b.len; j++)
        row[j] = j;
    for (unsigned i = 1; i <= a.len; i++) {
        unsigned diagonal = row[0];

        row[0] = i;
        for (unsigned j = 1; j <= b.len; j++) {
            unsigned replaced = diagonal + (a.p[i - 1] != b.p[j - 1]);

            diagonal = row[j];
            row[j] = lesser(replaced, 1 + lesser(row[j], row[j - 1]));
        }
    }
    return row[b.len];
}

/* Without the unit it ends in; empty: it ends in none. */
static struct str without_unit(struct str name)
{
    static const char *const units[] = {"_MS", "_SECONDS", "_MINUTES", "_DAYS", "_BYTES"};

    for (unsigned i = 0; i < COUNT_OF(units); i++) {
        size_t len = strlen(units[i]);
        if (name.len > len && memcmp(name.p + name.len - len, units[i], len) == 0)
            return (struct str){name.p, name.len - len};
    }
    return (struct str){0};
}

static struct str without_file(struct str name)
{
    size_t len = strlen("_FILE");

    return name.len > len && memcmp(name.p + name.len - len, "_FILE", len) == 0
               ? (struct str){name.p, name.len - len}
               : name;
}

static bool is_similar(struct str name, struct str setting)
{
    struct str stem = without_unit(name);

    if (stem.len && str_eq(stem, without_unit(setting)))
        return true;
    return setting.len >= NAME_MIN_LEN && setting.len <= NAME_MAX_LEN &&
           edits(name, setting) <= EDITS_MAX;
}

/* Names that POSIX defines, and that login shells and systemd set. */
static bool is_foreign(struct str name)
{
    static const char *const names[] = {"LOGNAME"};

    for (unsigned i = 0; i < COUNT_OF(names); i++)
        if (str_is(name, names[i]))
            return true;
    return false;
}

const char *config_similar(struct str name, const struct config_item *items, size_t count)
{
    const char *found = NULL;

    name = without_file(name);
    if (is_foreign(name))
        return NULL;
    if (name.len < NAME_MIN_LEN || name.len > NAME_MAX_LEN)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (str_is(name, items[i].name))
            return NULL;
        if (!found && is_similar(name, str_of(items[i].name)))
            found = items[i].name;
    }
    return found;
}

void config_similar_warn(const struct config_item *items, size_t count)
{
    for (char **at = environ; at && *at; at++) {
        struct str  name = {*at, strcspn(*at, "=")};
        const char *setting = config_similar(name, items, count);

        if (setting)
            log_warn(0, "config.unknown_setting", "name=%s similar_to=%s", log_quote(name),
                     setting);
    }
}
