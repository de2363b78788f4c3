/* Reads the folder of the page, and chooses among its files. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/log.h"
#include "http/static.h"

#define FILES_MAX 256
#define BYTES_MAX (16 * 1024 * 1024) /* all files together */

const char *const        static_coding_names[CODING_COUNT] = {NULL, "gzip", "br"};
static const char *const coding_ends[CODING_COUNT] = {"", ".gz", ".br"};

struct static_files {
    unsigned           count;
    size_t             bytes;
    struct static_file files[FILES_MAX];
};

static const struct {
    const char *end, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".txt", "text/plain; charset=utf-8"},
    {".json", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
};

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static const char *type_of(const char *path)
{
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (ends_with(path, types[i].end))
            return types[i].type;
    return "application/octet-stream";
}

/* ---- reading ---- */

static enum err refuse(const char *path, const char *why)
{
    log_error(0, "static.cannot_read", "file=%s why=%s", log_quote(str_of(path)),
              log_quote(str_of(why)));
    return ERR_DOWN;
}

static enum err read_bytes(struct static_files *f, const char *path, struct buf *out)
{
    char  piece[65536];
    FILE *file = fopen(path, "rb");

    if (!file)
        return refuse(path, strerror(errno));
    for (size_t len; (len = fread(piece, 1, sizeof piece, file)) > 0;) {
        buf_add(out, piece, len);
        f->bytes += len;
        if (f->bytes > BYTES_MAX) {
            fclose(file);
            return refuse(path, "the files of the page are larger than 16 MiB");
        }
    }
    bool bad = ferror(file);
    fclose(file);
    return bad ? refuse(path, "it cannot be read") : ERR_OK;
}

static void name_content(struct static_file *file)
{
    unsigned char sum[16];
    char          hex[2 * sizeof sum + 1];

    crypto_generichash(sum, sizeof sum, (const unsigned char *)file->bytes[CODING_PLAIN].p,
                       file->bytes[CODING_PLAIN].len, NULL, 0);
    sodium_bin2hex(hex, sizeof hex, sum, sizeof sum);
    str_format(file->etag, sizeof file->etag, "\"%s\"", hex);
}

static bool exists(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file)
        fclose(file);
    return file != NULL;
}

/* Reads root/name and its compressed forms as path. */
static enum err add(struct static_files *f, const char *root, const char *name, const char *path)
{
    char     at[4096];
    enum err err = ERR_OK;

    if (f->count == FILES_MAX)
        return refuse(name, "there are more than 256 files");
    struct static_file *file = &f->files[f->count++];
    file->path = str_dup(str_of(path));
    file->type = type_of(name);
    file->is_hashed = str_starts(str_of(path), "/static/");
    for (unsigned c = 0; c < CODING_COUNT && !err; c++) {
        if (!str_format(at, sizeof at, "%s/%s%s", root, name, coding_ends[c]))
            return refuse(name, "its path is too long");
        if (c == CODING_PLAIN || exists(at))
            err = read_bytes(f, at, &file->bytes[c]);
    }
    name_content(file);
    return err;
}

static bool is_plain_file(const struct dirent *e)
{
    return e->d_name[0] != '.' && e->d_type != DT_DIR &&
           !ends_with(e->d_name, coding_ends[CODING_GZIP]) &&
           !ends_with(e->d_name, coding_ends[CODING_BROTLI]);
}

static enum err add_folder(struct static_files *f, const char *root)
{
    char           folder[4096], path[300];
    enum err       err = ERR_OK;
    struct dirent *e;

    str_format(folder, sizeof folder, "%s/static", root);
    DIR *d = opendir(folder);
    if (!d)
        return refuse(folder, strerror(errno));
    while (!err && (e = readdir(d))) {
        if (!is_plain_file(e))
            continue;
        str_format(path, sizeof path, "/static/%s", e->d_name);
        err = add(f, folder, e->d_name, path);
    }
    closedir(d);
    return err;
}

enum err static_open(struct static_files **out, const char *root)
{
    struct static_files *f = mem_new(sizeof *f);
    enum err             err = ERR_OK;

    if (*root)
        err = add(f, root, "index.html", "/");
    if (*root && !err)
        err = add_folder(f, root);
    if (err)
        static_close(&f);
    *out = f;
    return err;
}

void static_close(struct static_files **files)
{
    struct static_files *f = *files;

    if (!f)
        return;
    for (unsigned i = 0; i < f->count; i++) {
        free(f->files[i].path);
        for (unsigned c = 0; c < CODING_COUNT; c++)
            buf_fini(&f->files[i].bytes[c]);
    }
    free(f);
    *files = NULL;
}

/* ---- choosing ---- */

const struct static_file *static_find(const struct static_files *f, const char *path)
{
    for (unsigned i = 0; i < f->count; i++)
        if (strcmp(f->files[i].path, path) == 0)
            return &f->files[i];
    return NULL;
}

static bool is_more_than_nothing(struct str weight)
{
    for (size_t i = 0; i < weight.len; i++)
        if (weight.p[i] >= '1' && weight.p[i] <= '9')
            return true;
    return false;
}

/* "gzip" in "br;q=0, gzip;q=0.8": named, and not with a weight of nothing. */
static bool takes(struct str accept, const char *name)
{
    size_t name_len = strlen(name);

    for (size_t at = 0, len; at < accept.len; at += len + 1) {
        const char *comma = memchr(accept.p + at, ',', accept.len - at);
        len = comma ? (size_t)(comma - accept.p) - at : accept.len - at;
        struct str part = str_trim((struct str){accept.p + at, len});
        if (part.len < name_len || strncasecmp(part.p, name, name_len) != 0)
            continue;
        struct str weight = str_trim((struct str){part.p + name_len, part.len - name_len});
        if (!weight.len || (weight.p[0] == ';' && is_more_than_nothing(weight)))
            return true;
    }
    return false;
}

enum coding static_coding(const struct static_file *file, struct str accept_encoding)
{
    for (enum coding c = CODING_BROTLI; c > CODING_PLAIN; c--)
        if (file->bytes[c].len && takes(accept_encoding, static_coding_names[c]))
            return c;
    return CODING_PLAIN;
}
