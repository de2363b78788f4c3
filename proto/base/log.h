/* log - one event, one line, on stderr.
 *
 * logfmt on a terminal, JSON lines otherwise; LOG_FORMAT decides.  A line is
 * level, service, id, event, then key=value pairs written by the caller as
 * logfmt: values with spaces stand in double quotes (log_quote makes them).
 * Event names are module.what and stable: tests and dashboards look for them.
 * A person's text and secrets are never logged. */
#ifndef PROTO_BASE_LOG_H
#define PROTO_BASE_LOG_H
#include <stdint.h>

#include "base/str.h"

enum log_level { LOG_LEVEL_TRACE, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };
enum log_format { LOG_FORMAT_AUTO, LOG_FORMAT_LOGFMT, LOG_FORMAT_JSON };

void log_open(const char *service, enum log_level least, enum log_format format);

/* id: of the request or turn this is about, 0 for none. */
void log_event(enum log_level level, uint64_t id, const char *event, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#define log_trace(id, event, ...) log_event(LOG_LEVEL_TRACE, id, event, __VA_ARGS__)
#define log_info(id, event, ...)  log_event(LOG_LEVEL_INFO, id, event, __VA_ARGS__)
#define log_warn(id, event, ...)  log_event(LOG_LEVEL_WARN, id, event, __VA_ARGS__)
#define log_error(id, event, ...) log_event(LOG_LEVEL_ERROR, id, event, __VA_ARGS__)

/* A foreign text as one harmless quoted value: quotes and backslashes escaped,
 * control characters and broken UTF-8 to
 * spaces, cut at 200 bytes.  The result lives in a ring
 * of eight buffers, so use it at once, in a log line. */
const char *log_quote(struct str text);

#endif
