/* log - structured logging to stderr: one event per line.
 *
 * LOG_FORMAT selects logfmt or JSON; the default is logfmt on a terminal and JSON otherwise. A line
 * has a level, service, id and event, followed by key=value pairs that the caller writes as logfmt;
 * values that may contain spaces go through log_quote. Event names (module.what) are stable,
 * because tests and dashboards search for them. Text of users and secrets must never be logged. */
#ifndef PROTO_BASE_LOG_H
#define PROTO_BASE_LOG_H
#include <stdint.h>

#include "base/str.h"

enum log_level { LOG_LEVEL_TRACE, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };
enum log_format { LOG_FORMAT_AUTO, LOG_FORMAT_LOGFMT, LOG_FORMAT_JSON };

/* Events below level are not logged. */
void log_open(const char *service, enum log_level level, enum log_format format);

/* id: of the request or turn the event belongs to; 0: none. */
void log_event(enum log_level level, uint64_t id, const char *event, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#define log_trace(id, event, ...) log_event(LOG_LEVEL_TRACE, id, event, __VA_ARGS__)
#define log_info(id, event, ...)  log_event(LOG_LEVEL_INFO, id, event, __VA_ARGS__)
#define log_warn(id, event, ...)  log_event(LOG_LEVEL_WARN, id, event, __VA_ARGS__)
#define log_error(id, event, ...) log_event(LOG_LEVEL_ERROR, id, event, __VA_ARGS__)

/* Makes text from outside a quoted value: escapes quotes and backslashes, replaces control
 * characters and invalid UTF-8 by spaces, and cuts it to 200 bytes. The result is one of eight
 * static buffers used in turn: pass it directly to a log function. */
const char *log_quote(struct str text);

#endif
