/* Hashes with libsodium. */
#include <string.h>

#include <sodium.h>

#include "session/pseudonym.h"

static void hash(char to[PSEUDONYM_SIZE], const char *purpose, const unsigned char *key,
                 struct str text)
{
    unsigned char            sum[crypto_generichash_BYTES_MIN];
    crypto_generichash_state state;

    _Static_assert(2 * sizeof sum + 1 == PSEUDONYM_SIZE, "a hash in hexadecimal fits");
    crypto_generichash_init(&state, key, key ? SEAL_KEY_BYTES : 0, sizeof sum);
    crypto_generichash_update(&state, (const unsigned char *)purpose, strlen(purpose) + 1);
    crypto_generichash_update(&state, (const unsigned char *)text.p, text.len);
    crypto_generichash_final(&state, sum, sizeof sum);
    sodium_bin2hex(to, PSEUDONYM_SIZE, sum, sizeof sum);
}

/* There are few enough addresses to try them all: hence the key. */
void pseudonym_of_address(char to[PSEUDONYM_SIZE], const struct seal_ring *ring, struct str address)
{
    hash(to, "address", ring->keys[0].key, address);
}

void pseudonym_of_session(char to[PSEUDONYM_SIZE], const struct uuid *id)
{
    hash(to, "person", NULL, uuid_str(id));
}
