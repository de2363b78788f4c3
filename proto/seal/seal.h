/* seal - secrets that only their reader can open.
 *
 * A gateway seals an OpenRouter key with the workers' public key the moment it
 * arrives; everything between, stores included, sees only these bytes:
 *
 *   length of the key id (1 byte), key id, libsodium sealed box
 *
 * A ring is the keys of one side, public or secret, as read from its file: a
 * line each, "<id> <key in base64>", '#' begins a comment.  The first key is
 * the current one and seals; a worker opens with whichever is named.  So keys
 * are changed without losing what was sealed before: add the new pair in front
 * at the workers, then at the gateways, and drop the old one when nothing is
 * sealed with it any more. */
#ifndef PROTO_SEAL_SEAL_H
#define PROTO_SEAL_SEAL_H
#include "base/err.h"

#define SEAL_KEYS_MAX   8
#define SEAL_ID_MAX     32
#define SEAL_KEY_BYTES  32
#define SEAL_SECRET_MAX 256
#define SEAL_OVERHEAD   (1 + SEAL_ID_MAX + 48) /* sealed bytes are at most so many more */

struct seal_key {
    char          id[SEAL_ID_MAX + 1]; /* letters, digits, '-' and '_' */
    unsigned char key[SEAL_KEY_BYTES];
};

struct seal_ring {
    unsigned        count; /* at least 1 after a good seal_ring_read */
    struct seal_key keys[SEAL_KEYS_MAX];
};

/* False and a sentence in fault, without any key, if text is not a key file. */
MUST_CHECK bool seal_ring_read(struct seal_ring *ring, struct str text, struct buf *fault);
void            seal_ring_wipe(struct seal_ring *ring);

/* ring: public keys.  secret is at most SEAL_SECRET_MAX bytes; appends to out. */
void seal_close(const struct seal_ring *ring, struct str secret, struct buf *out);

/* ring: secret keys.  Appends the secret to out, which the caller ends with
 * seal_wipe.  ERR_NOT_FOUND: sealed for a key we do not have; ERR_BAD_REQUEST:
 * no sealed secret, or changed on its way. */
MUST_CHECK enum err seal_open(const struct seal_ring *ring, struct str sealed, struct buf *out);

/* Overwrites the bytes, then frees them: for whatever held a secret. */
void seal_wipe(struct buf *secret);

#endif
