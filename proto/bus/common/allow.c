/* Parses the allow file. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <zmq.h>

#include "base/log.h"
#include "bus/common/allow.h"

#define FILE_MAX 16384

bool allow_find(const struct allow *a, struct str key, enum service *out)
{
    for (unsigned i = 0; i < a->count; i++) {
        if (str_is(key, a->entry[i].key)) {
            *out = a->entry[i].service;
            return true;
        }
    }
    return false;
}

/* Takes off and returns what precedes the first of these characters. */
static struct str cut_at(struct str *rest, const char *stops)
{
    size_t len = 0;
    while (len < rest->len && !strchr(stops, rest->p[len]))
        len++;
    struct str front = {rest->p, len};
    *rest = (struct str){rest->p + len, rest->len - len};
    return front;
}

static bool is_key(struct str text)
{
    char    z85[KEY_LEN + 1];
    uint8_t raw[32];

    if (text.len != KEY_LEN || memchr(text.p, '\0', KEY_LEN))
        return false;
    memcpy(z85, text.p, KEY_LEN);
    z85[KEY_LEN] = '\0';
    return zmq_z85_decode(raw, z85) != NULL;
}

static enum err add_line(struct allow *a, struct str line)
{
    struct str   name = cut_at(&line, " \t"), key = str_trim(line);
    enum service service, other;

    if (a->count == ALLOW_MAX || !services_find(name, &service) || !is_key(key))
        return ERR_BAD_REQUEST;
    if (allow_find(a, key, &other))
        return other == service ? ERR_OK : ERR_BAD_REQUEST;
    a->entry[a->count].service = service;
    memcpy(a->entry[a->count].key, key.p, KEY_LEN);
    a->count++;
    return ERR_OK;
}

enum err allow_parse(struct allow *out, struct str text)
{
    struct allow a = {0};

    for (unsigned number = 1; text.len; number++) {
        struct str line = str_trim(cut_at(&text, "\n"));
        if (text.len)
            text = (struct str){text.p + 1, text.len - 1};
        if (!line.len || line.p[0] == '#')
            continue;
        if (add_line(&a, line)) {
            log_error(0, "bus.allow_invalid",
                      "line=%u why=\"expected: service, space, public key\"", number);
            return ERR_BAD_REQUEST;
        }
    }
    *out = a;
    return ERR_OK;
}

enum err allow_read(struct allow *out, const char *file)
{
    char  text[FILE_MAX + 1];
    FILE *f = fopen(file, "r");

    if (!f) {
        log_error(0, "bus.allow_invalid", "file=%s why=\"%s\"", file, strerror(errno));
        return ERR_BAD_REQUEST;
    }
    size_t len = fread(text, 1, sizeof text, f);
    bool   whole = !ferror(f) && len <= FILE_MAX;
    fclose(f);
    if (!whole) {
        log_error(0, "bus.allow_invalid", "file=%s why=\"unreadable or too long\"", file);
        return ERR_BAD_REQUEST;
    }
    return allow_parse(out, (struct str){text, len});
}
