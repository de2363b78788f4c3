/* key - an OpenRouter key as people paste it.
 *
 * Keys come with quotes, blanks and line ends around them, from .env files and
 * chat windows.  Their format is not documented beyond "sk-or-", so an unusual
 * one is worth a warning and never a refusal. */
#ifndef PROTO_SEAL_KEY_H
#define PROTO_SEAL_KEY_H
#include "base/str.h"

#define KEY_MAX       256
#define KEY_HINT_SIZE 19 /* sk-or-v1-au7...890 and its end */

struct str key_trim(struct str key); /* without white space and quotes around it */

/* Whether a trimmed key can be sent at all: 1 to KEY_MAX visible ASCII characters. */
bool key_is_sendable(struct str key);
bool key_is_usual(struct str key); /* sk-or-v1- and 64 hexadecimal digits */

/* What may be shown of a trimmed key: its first 12 and last 3 characters, as
 * OpenRouter's own label does; only "..." of one too short to hide the rest. */
void key_hint(char to[KEY_HINT_SIZE], struct str key);

#endif
