/* self_test - is a stranger kept out?
 *
 * CURVE lets everybody in when its ZAP handler is missing, or when a setting is
 * lost in a newer library.  So a gateway dials itself once with a key that it
 * has never seen, and does not start unless that is refused. */
#ifndef PROTO_BUS_SELF_TEST_H
#define PROTO_BUS_SELF_TEST_H
#include "bus/gateway/zap.h"

/* endpoint: as ZMQ_LAST_ENDPOINT tells it.  Serves zap until the verdict is
 * there, for some seconds at most. */
MUST_CHECK enum err self_test(struct zap *z, const char *endpoint, const char *server_key);

#endif
