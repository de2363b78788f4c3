/* Opens the user's key, or takes the operator's. */
#include "openrouter/keyring.h"
#include "base/log.h"
#include "seal/key.h"

static bool fail(struct upstream_failure *why, enum err err, const char *detail)
{
    *why = upstream_failure_of(err, false, detail);
    return false;
}

bool keyring_open(const struct seal_ring *ring, struct str operator_key, struct str sealed,
                  struct buf *out, struct upstream_failure *why)
{
    struct buf opened = {0};

    if (!sealed.len) {
        buf_str(out, operator_key);
        return operator_key.len ? true : fail(why, ERR_NO_KEY, "");
    }
    enum err err = seal_open(ring, sealed, &opened);
    if (err) {
        log_warn(0, "keyring.open_failed", "why=%s", err_code(err));
        return fail(why, ERR_UPSTREAM_KEY, "The saved key can no longer be read. Enter it again.");
    }
    struct str key = key_trim(buf_view(&opened));
    bool       sendable = key_is_sendable(key);
    if (sendable)
        buf_str(out, key);
    seal_wipe(&opened);
    if (!sendable)
        return fail(why, ERR_UPSTREAM_KEY,
                    "The saved key has characters that are not allowed in a key.");
    return true;
}
