/* seal - public-key encryption of secrets (OpenRouter keys), which only the workers can decrypt.
 *
 * A gateway seals a key with the workers' public key as soon as it arrives; all other processes
 * only see the sealed bytes:
 *
 *   length of the key id (1 byte), key id, libsodium sealed box
 *
 * A ring holds the public or the secret keys of one side, read from a file with one "<id> <key in
 * base64>" per line; '#' begins a comment. The first key is the current one and seals; a worker
 * opens with the key whose id the box names. To rotate keys, add the new pair in front at the
 * workers, then at the gateways, and remove the old one when nothing sealed with it is left. */
#ifndef PROTO_SEAL_SEAL_H
#define PROTO_SEAL_SEAL_H
#include "base/err.h"

#define SEAL_KEYS_MAX   8
#define SEAL_ID_MAX     32
#define SEAL_KEY_BYTES  32
#define SEAL_SECRET_MAX 256
#define SEAL_OVERHEAD   (1 + SEAL_ID_MAX + 48) /* bytes that sealing adds at most */

struct seal_key {
    char          id[SEAL_ID_MAX + 1]; /* letters, digits, '-' and '_' */
    unsigned char key[SEAL_KEY_BYTES];
};

struct seal_ring {
    unsigned        count; /* at least 1 after a successful seal_ring_read */
    struct seal_key keys[SEAL_KEYS_MAX];
};

/* False if text is not a key file; fault then says why, without any key. */
MUST_CHECK bool seal_ring_read(struct seal_ring *ring, struct str text, struct buf *fault);
void            seal_ring_wipe(struct seal_ring *ring);

/* ring: public keys. secret: at most SEAL_SECRET_MAX bytes. Appends to out. */
void seal_close(const struct seal_ring *ring, struct str secret, struct buf *out);

/* ring: secret keys. Appends the secret to out, which the caller must free with seal_wipe.
 * ERR_NOT_FOUND: sealed for a key that is not in the ring; ERR_BAD_REQUEST: not a sealed secret, or
 * modified. */
MUST_CHECK enum err seal_open(const struct seal_ring *ring, struct str sealed, struct buf *out);

/* Overwrites the bytes and frees them; for every buf that held a secret. */
void seal_wipe(struct buf *secret);

#endif
