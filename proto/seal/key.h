/* key - checks and displays OpenRouter keys as users paste them.
 *
 * Pasted keys may be surrounded by quotes, spaces and line ends. Their format is not documented
 * beyond "sk-or-", so an unusual key causes a warning, never an error. */
#ifndef PROTO_SEAL_KEY_H
#define PROTO_SEAL_KEY_H
#include "base/str.h"

#define KEY_MAX       256
#define KEY_HINT_SIZE 19 /* "sk-or-v1-au7...890" and the terminating 0 */

struct str key_trim(struct str key); /* without surrounding white space and quotes */

/* Both expect a trimmed key. */
bool key_is_sendable(struct str key); /* 1 to KEY_MAX visible ASCII characters */
bool key_is_usual(struct str key);    /* sk-or-v1- and 64 hexadecimal digits */

/* The part of a trimmed key that may be shown: its first 12 and last 3 characters, as in
 * OpenRouter's own labels; "..." if the key is too short to hide the rest. */
void key_hint(char to[KEY_HINT_SIZE], struct str key);

#endif
