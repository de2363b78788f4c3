/* settings - what config.def lists, as a struct. */
#ifndef STORE_SETTINGS_H
#define STORE_SETTINGS_H
#include "base/config.h"

struct config {
#include "base/config_as_fields.h"

#include "base/common.def"
#include "bus/backend/backend.def"
#include "config.def"

#include "base/config_done.h"
};

#endif
