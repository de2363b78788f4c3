/* config - reads and checks the settings of a service, which are environment variables.
 *
 * Each service lists its settings in a config.def, with these lines:
 *
 *   TEXT(NAME, field, fallback, doc)              const char *
 *   NUMBER(NAME, field, fallback, min, max, doc)  uint64_t; doc names the unit
 *   REAL(NAME, field, fallback, min, max, doc)    double
 *   FLAG(NAME, field, fallback, doc)              bool; "0" or "1"
 *   SECRET(NAME, field, doc)                      const char *, from NAME or the file NAME_FILE
 *
 * A setting with the fallback NULL is required. The struct (config_as_fields.h), the table
 * (config_as_items.h), --help and docs/configuration.md are generated from the same lines:
 *
 *   struct config {
 *   #include "base/config_as_fields.h"
 *   #include "base/common.def"
 *   #include "config.def"
 *   #include "base/config_done.h"
 *   };
 *
 * All errors are reported together on stderr; the exit status is then 78, EX_CONFIG. */
#ifndef PROTO_BASE_CONFIG_H
#define PROTO_BASE_CONFIG_H
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum config_type { CONFIG_TEXT, CONFIG_NUMBER, CONFIG_REAL, CONFIG_FLAG, CONFIG_SECRET };

struct config_item {
    const char      *name;
    enum config_type type;
    size_t           offset; /* of the field in the service's struct config */
    const char      *fallback;
    double           min, max;
    const char      *doc;
};

/* State of reading the settings. faults has one line per error; services add those of their own
 * checks with buf_print before they call config_finish. */
struct config_run {
    const char               *service;
    const struct config_item *items;
    size_t                    count;
    void                     *target;
    struct buf                faults;
    enum { CONFIG_SERVE, CONFIG_CHECK } mode;
};

/* Reads options and environment into target. --help, --version and --config-docs print and exit 0.
 */
void config_start(struct config_run *run, const char *service, const struct config_item *items,
                  size_t count, void *target, int argc, char **argv);

/* Adds a fault if this SECRET is not set. */
void config_need(struct config_run *run, const char *name, const char *value);

/* Opens the log according to LOG_NAME, LOG_LEVEL and LOG_FORMAT of common.def, or adds a fault. */
void config_open_log(struct config_run *run, const char *name, const char *level,
                     const char *format);

/* Adds a fault unless value is empty or an http(s) URL without query and password. */
void config_check_url(struct config_run *run, const char *name, const char *value);

/* Exits with 78 if there are faults. For --check-config it prints the values, without secrets, and
 * exits 0. */
void config_finish(struct config_run *run);

#endif
