/* self_test - checks at start that an unknown key is refused.
 *
 * CURVE accepts every key if the ZAP handler is missing, or if a newer library drops
 * an option.  So a gateway connects to itself once with a new key, and does not
 * start unless that key is refused. */
#ifndef PROTO_BUS_GATEWAY_SELF_TEST_H
#define PROTO_BUS_GATEWAY_SELF_TEST_H
#include "bus/gateway/zap.h"

/* endpoint is that of ZMQ_LAST_ENDPOINT.  Serves zap until there is a verdict, for
 * some seconds at most. */
MUST_CHECK enum err self_test(struct zap *z, const char *endpoint, const char *server_key);

#endif
