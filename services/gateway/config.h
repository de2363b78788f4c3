/* config - the settings of the gateway, read and checked. */
#ifndef GATEWAY_CONFIG_H
#define GATEWAY_CONFIG_H
#include "http/networks.h"
#include "seal/seal.h"
#include "session/account.h"

struct config {
#include "base/config_as_fields.h"

#include "base/common.def"

#include "config.def"

#include "base/config_done.h"
    /* parsed from the texts above */
    struct seal_ring     seal_ring, cookie_ring, account_ring;
    struct networks      proxies;
    struct account_rules account;
};

/* Opens the log too.  Exits 78 after printing all faults. */
void config_read(struct config *c, int argc, char **argv);
void config_fini(struct config *c); /* wipes the keys */

#endif
