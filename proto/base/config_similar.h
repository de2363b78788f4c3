/* config_similar - finds environment variables that look like misspelled settings.
 *
 * The environment holds many names that are not ours, so an unknown name is not an error.  A
 * name that differs from a setting by one or two letters, or only by its unit (DRAIN_SECONDS
 * and DRAIN_MS), is most likely a mistake: without a warning the setting would keep its
 * default unnoticed. */
#ifndef PROTO_BASE_CONFIG_SIMILAR_H
#define PROTO_BASE_CONFIG_SIMILAR_H
#include "base/config.h"

/* The setting that `name` resembles without being one; NULL: none.  `name` may end in _FILE. */
const char *config_similar(struct str name, const struct config_item *items, size_t count);

/* Logs a warning for each such variable of the environment. */
void config_similar_warn(const struct config_item *items, size_t count);

#endif
