/* Settings from the environment. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/config.h"
#include "base/config_similar.h"
#include "base/failpoint.h"
#include "base/log.h"

#ifndef VERSION
#define VERSION "unknown"
#endif

#define SECRET_MAX 16384

static void fault(struct config_run *run, const struct config_item *it, const char *what)
{
    buf_print(&run->faults, "  %s: %s (%s)\n", it->name, what, it->doc);
}

/* The trimmed content of the file, NULL and a fault if it cannot be read. */
static char *read_secret(struct config_run *run, const struct config_item *it, const char *path)
{
    char  text[SECRET_MAX + 1];
    FILE *f = fopen(path, "r");

    if (!f) {
        buf_print(&run->faults, "  %s_FILE: cannot read %s: %s\n", it->name, path, strerror(errno));
        return NULL;
    }
    size_t len = fread(text, 1, sizeof text, f);
    bool   whole = !ferror(f) && len <= SECRET_MAX;
    fclose(f);
    if (!whole) {
        buf_print(&run->faults, "  %s_FILE: cannot read %s, or it is too long\n", it->name, path);
        return NULL;
    }
    return str_dup(str_trim((struct str){text, len}));
}

static void take_secret(struct config_run *run, const struct config_item *it)
{
    char        file_name[128];
    const char *plain = getenv(it->name);
    char       *value = NULL;

    str_format(file_name, sizeof file_name, "%s_FILE", it->name);
    const char *path = getenv(file_name);
    if (plain && *plain && path && *path)
        fault(run, it, "given twice, as value and as file");
    else if (path && *path)
        value = read_secret(run, it, path);
    else if (plain && *plain)
        value = str_dup(str_trim(str_of(plain)));
    memcpy((char *)run->target + it->offset, &value, sizeof value);
}

static void take_number(struct config_run *run, const struct config_item *it, const char *text)
{
    char *end;
    char  what[128];

    errno = 0;
    double value = strtod(text, &end);
    /* Neither hexadecimal nor NaN nor infinity, which strtod takes. */
    const char *letters = it->type == CONFIG_REAL ? "0123456789.eE+-" : "0123456789";
    bool        whole = strspn(text, letters) == strlen(text);
    if (!*text || *end || errno || !whole || value < it->min || value > it->max) {
        str_format(what, sizeof what, "must be a %snumber from %.15g to %.15g",
                   it->type == CONFIG_NUMBER ? "whole " : "", it->min, it->max);
        fault(run, it, what);
        return;
    }
    if (it->type == CONFIG_REAL) {
        memcpy((char *)run->target + it->offset, &value, sizeof value);
    } else {
        uint64_t number = strtoull(text, NULL, 10);
        memcpy((char *)run->target + it->offset, &number, sizeof number);
    }
}

static void take_flag(struct config_run *run, const struct config_item *it, const char *text)
{
    bool on = strcmp(text, "1") == 0;
    if (!on && strcmp(text, "0") != 0)
        fault(run, it, "must be 0 or 1");
    memcpy((char *)run->target + it->offset, &on, sizeof on);
}

static void take_item(struct config_run *run, const struct config_item *it)
{
    const char *text = getenv(it->name);

    if (it->type == CONFIG_SECRET) {
        take_secret(run, it);
        return;
    }
    if (!text || !*text)
        text = it->fallback;
    if (!text)
        fault(run, it, "must be set");
    else if (it->type == CONFIG_FLAG)
        take_flag(run, it, text);
    else if (it->type == CONFIG_TEXT)
        memcpy((char *)run->target + it->offset, &text, sizeof text);
    else
        take_number(run, it, text);
}

static const char *shown_fallback(const struct config_item *it)
{
    if (it->type == CONFIG_SECRET)
        return "";
    return it->fallback ? it->fallback : "must be set";
}

static void print_help(const struct config_run *run)
{
    printf("%s %s\n\nusage: %s [--check-config | --config-docs | --help | --version]\n\n"
           "Settings come from the environment:\n\n",
           run->service, VERSION, run->service);
    for (size_t i = 0; i < run->count; i++) {
        const struct config_item *it = &run->items[i];
        printf("  %s%s\n      %s", it->name,
               it->type == CONFIG_SECRET ? ", or a file in _FILE" : "", it->doc);
        printf(*shown_fallback(it) ? " [%s]\n" : "%s\n", shown_fallback(it));
    }
}

static void print_docs(const struct config_run *run)
{
    printf("## %s\n\n| variable | default | meaning |\n|---|---|---|\n", run->service);
    for (size_t i = 0; i < run->count; i++) {
        const struct config_item *it = &run->items[i];
        const char               *shown = shown_fallback(it);
        printf("| `%s`%s | %s%s%s | %s |\n", it->name,
               it->type == CONFIG_SECRET ? " (or `_FILE`)" : "", *shown ? "`" : "", shown,
               *shown ? "`" : "", it->doc);
    }
    printf("\n");
}

static void take_options(struct config_run *run, int argc, char **argv)
{
    run->mode = CONFIG_SERVE;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--check-config") == 0) {
            run->mode = CONFIG_CHECK;
        } else if (strcmp(argv[i], "--help") == 0) {
            print_help(run);
            exit(EX_OK);
        } else if (strcmp(argv[i], "--config-docs") == 0) {
            print_docs(run);
            exit(EX_OK);
        } else if (strcmp(argv[i], "--version") == 0) {
            printf("%s %s\n", run->service, VERSION);
            exit(EX_OK);
        } else {
            fprintf(stderr, "%s: unknown option %s; see --help\n", run->service, argv[i]);
            exit(EX_USAGE);
        }
    }
}

void config_start(struct config_run *run, const char *service, const struct config_item *items,
                  size_t count, void *target, int argc, char **argv)
{
    *run = (struct config_run){service, items, count, target, {0}, CONFIG_SERVE};
    take_options(run, argc, argv);
    for (size_t i = 0; i < count; i++)
        take_item(run, &items[i]);
    failpoint_arm(service, &run->faults);
}

void config_need(struct config_run *run, const char *name, const char *value)
{
    if (!value || !*value)
        buf_print(&run->faults, "  %s: must be set, or %s_FILE\n", name, name);
}

/* Which of these names it is; count if none. */
static size_t find_name(const char *name, const char *const *names, size_t count)
{
    size_t i = 0;

    while (i < count && strcmp(name, names[i]) != 0)
        i++;
    return i;
}

void config_check_url(struct config_run *run, const char *name, const char *value)
{
    struct str url = str_of(value);
    bool       is_web = str_starts(url, "http://") || str_starts(url, "https://");

    if (url.len && (!is_web || strpbrk(value, "@?#")))
        buf_print(&run->faults,
                  "  %s: must be an http or https address without query and password\n", name);
}

void config_open_log(struct config_run *run, const char *name, const char *level,
                     const char *format)
{
    static const char *const levels[] = {"trace", "info", "warn", "error"};
    static const char *const formats[] = {"auto", "logfmt", "json"};
    size_t                   l = find_name(level, levels, COUNT_OF(levels));
    size_t                   f = find_name(format, formats, COUNT_OF(formats));

    if (l == COUNT_OF(levels))
        buf_print(&run->faults, "  LOG_LEVEL: must be trace, info, warn or error\n");
    if (f == COUNT_OF(formats))
        buf_print(&run->faults, "  LOG_FORMAT: must be auto, logfmt or json\n");
    if (l < COUNT_OF(levels) && f < COUNT_OF(formats))
        log_open(*name ? name : run->service, (enum log_level)l, (enum log_format)f);
}

static void print_value(const struct config_item *it, const void *target)
{
    const char *at = (const char *)target + it->offset;
    const char *text;
    uint64_t    number;
    double      real;

    printf("%s=", it->name);
    switch (it->type) {
    case CONFIG_TEXT:
        memcpy(&text, at, sizeof text);
        printf("%s\n", text);
        break;
    case CONFIG_SECRET:
        memcpy(&text, at, sizeof text);
        printf("%s\n", text ? "(set)" : "(not set)");
        break;
    case CONFIG_NUMBER:
        memcpy(&number, at, sizeof number);
        printf("%llu\n", (unsigned long long)number);
        break;
    case CONFIG_REAL:
        memcpy(&real, at, sizeof real);
        printf("%g\n", real);
        break;
    case CONFIG_FLAG:
        printf("%d\n", *(const bool *)at);
        break;
    }
}

void config_finish(struct config_run *run)
{
    if (run->faults.len) {
        fprintf(stderr, "%s: the configuration has faults:\n%s", run->service, run->faults.p);
        exit(EX_CONFIG);
    }
    buf_fini(&run->faults);
    config_similar_warn(run->items, run->count);
    if (run->mode == CONFIG_SERVE)
        return;
    for (size_t i = 0; i < run->count; i++)
        print_value(&run->items[i], run->target);
    exit(EX_OK);
}
