/* limits - the sizes that messages, services and the page agree on.
 *
 * messages.def takes its limits from here, so a sender and a receiver cannot disagree. Code that
 * checks input or cuts text before it is sent uses the same names. Strings are counted in bytes,
 * without a terminating 0; lists in elements. */
#ifndef PROTO_WIRE_LIMITS_H
#define PROTO_WIRE_LIMITS_H

/* identities */
#define LIMIT_ID      36 /* a UUID in text form */
#define LIMIT_SERVICE 32 /* name of a service */
#define LIMIT_HASH    64 /* a keyed hash in hexadecimal: account, client address, user */
#define LIMIT_SLOTS   65536

/* text of a conversation */
#define LIMIT_QUESTION 8192  /* what the user writes */
#define LIMIT_ANSWER   65536 /* what the model writes */
#define LIMIT_CHUNK    16384 /* one part of a streamed answer */
#define LIMIT_CONTEXT  64    /* earlier messages sent along with a question */
#define LIMIT_STATUS   16    /* committed, stopped, interrupted, spooled */

/* a title has at most 80 characters, of 4 bytes each */
#define LIMIT_TITLE_CHARACTERS 80
#define LIMIT_TITLE            (4 * LIMIT_TITLE_CHARACTERS)

/* errors and verdicts */
#define LIMIT_CODE   32   /* a code of errors.def */
#define LIMIT_DETAIL 1024 /* what the upstream said about an error */
#define LIMIT_REASON 64   /* the rule of the filter that decided */

/* the upstream */
#define LIMIT_MODEL         128 /* a model id */
#define LIMIT_MODEL_NAME    256
#define LIMIT_MODELS        1024
#define LIMIT_FINISH_REASON 32
#define LIMIT_GENERATION    64 /* the upstream's id of an answer */
#define LIMIT_TOKENS        1000000000

/* OpenRouter keys */
#define LIMIT_SEALED_KEY 512
#define LIMIT_KEY_HINT   32
#define LIMIT_KEY_LABEL  64

/* pages and lists */
#define LIMIT_PAGE         100 /* messages, branches or conversations */
#define LIMIT_SEARCH_TEXT  256
#define LIMIT_SEARCH_HITS  50
#define LIMIT_SNIPPET      4096
#define LIMIT_USAGE_DAYS   366
#define LIMIT_USAGE_ROWS   1000
#define LIMIT_DATE         10 /* 2026-01-31 */
#define LIMIT_IMPORT_TURNS 30 /* in one import_request */
#define LIMIT_RATE_NAME    16 /* name of a rate limit */

#endif
