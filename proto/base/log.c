/* One event, one line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/log.h"

static struct {
    const char    *service;
    enum log_level least;
    bool           json;
} out = {"-", LOG_LEVEL_INFO, false};

static const char *const level_names[] = {"trace", "info", "warn", "error"};

void log_open(const char *service, enum log_level least, enum log_format format)
{
    out.service = service;
    out.least = least;
    out.json = format == LOG_FORMAT_JSON || (format == LOG_FORMAT_AUTO && !isatty(STDERR_FILENO));
}

/* Takes key=value or key="quoted value" off the front of a logfmt text. */
static bool next_pair(const char **at, struct buf *key, struct buf *value)
{
    const char *p = *at;

    buf_clear(key);
    buf_clear(value);
    while (*p == ' ')
        p++;
    size_t len = strcspn(p, "= ");
    if (!len || p[len] != '=')
        return false;
    buf_add(key, p, len);
    p += len + 1;
    bool quoted = *p == '"';
    for (p += quoted; *p && *p != (quoted ? '"' : ' '); p++) {
        if (quoted && *p == '\\' && p[1])
            p++;
        buf_add(value, p, 1);
    }
    *at = p + (quoted && *p);
    return true;
}

static void write_line(struct buf *line)
{
    buf_add(line, "\n", 1);
    /* One write per line keeps lines whole when several processes share stderr. */
    ssize_t done = write(STDERR_FILENO, line->p, line->len);
    (void)done;
}

static void add_time(struct buf *line)
{
    char iso[CLOCK_ISO_SIZE];
    clock_iso(clock_wall_ms(), iso);
    buf_str(line, str_of(iso));
}

static void write_json(enum log_level level, uint64_t id, const char *event, const char *fields)
{
    struct buf key = {0}, value = {0}, line = {0};
    json_t    *o = json_object();
    char       hex[17];

    add_time(&line);
    json_object_set_new(o, "time", json_string(line.p));
    json_object_set_new(o, "level", json_string(level_names[level]));
    json_object_set_new(o, "service", json_string(out.service));
    if (id) {
        snprintf(hex, sizeof hex, "%016llx", (unsigned long long)id);
        json_object_set_new(o, "id", json_string(hex));
    }
    json_object_set_new(o, "event", json_string(event));
    while (next_pair(&fields, &key, &value))
        json_object_set_new(o, key.p, value.p ? json_string(value.p) : json_string(""));
    char *text = json_dumps(o, JSON_COMPACT);
    buf_clear(&line);
    buf_str(&line, str_of(text));
    write_line(&line);
    free(text);
    json_decref(o);
    buf_fini(&key);
    buf_fini(&value);
    buf_fini(&line);
}

static void write_logfmt(enum log_level level, uint64_t id, const char *event, const char *fields)
{
    struct buf line = {0};

    add_time(&line);
    buf_print(&line, " %-5s %-10s", level_names[level], out.service);
    if (id)
        buf_print(&line, " id=%016llx", (unsigned long long)id);
    buf_print(&line, " %s %s", event, fields);
    write_line(&line);
    buf_fini(&line);
}

void log_event(enum log_level level, uint64_t id, const char *event, const char *format, ...)
{
    struct buf fields = {0};
    va_list    args;

    if (level < out.least)
        return;
    va_start(args, format);
    buf_vprint(&fields, format, args);
    va_end(args);
    if (out.json)
        write_json(level, id, event, fields.p);
    else
        write_logfmt(level, id, event, fields.p);
    buf_fini(&fields);
}

const char *log_quote(struct str text)
{
    static char     ring[8][420];
    static unsigned turn;
    char           *to = ring[turn++ % COUNT_OF(ring)];
    size_t          len = 0;

    bool ascii_only = !str_is_utf8(text);
    text = str_cut(text, 200);
    to[len++] = '"';
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c == '"' || c == '\\')
            to[len++] = '\\';
        bool strange = c < 0x20 || c == 0x7F || (ascii_only && c > 0x7F);
        to[len++] = strange ? ' ' : (char)c;
    }
    to[len++] = '"';
    to[len] = '\0';
    return to;
}
