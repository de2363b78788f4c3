/* Opening a person's key, or taking the house's. */
#include "keyring.h"
#include "base/log.h"
#include "seal/key.h"

static bool fail(struct failure *why, enum err err, const char *detail)
{
    *why = failure_of(err, false, detail);
    return false;
}

bool keyring_open(const struct seal_ring *ring, struct str house, struct str sealed,
                  struct buf *out, struct failure *why)
{
    struct buf opened = {0};

    if (!sealed.len) {
        buf_str(out, house);
        return house.len ? true : fail(why, ERR_NO_KEY, "");
    }
    enum err err = seal_open(ring, sealed, &opened);
    if (err) {
        log_warn(0, "keyring.cannot_open", "why=%s", err_code(err));
        return fail(why, ERR_UPSTREAM_KEY,
                    "The saved key cannot be opened any more. Enter it again.");
    }
    struct str key = key_trim(buf_view(&opened));
    bool       sendable = key_is_sendable(key);
    if (sendable)
        buf_str(out, key);
    seal_wipe(&opened);
    if (!sendable)
        return fail(why, ERR_UPSTREAM_KEY, "The saved key holds characters that no key has.");
    return true;
}
