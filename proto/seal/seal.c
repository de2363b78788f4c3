/* Sealed boxes of libsodium with a key id in front. */
#include <string.h>

#include <sodium.h>

#include "seal/seal.h"
#include "wire/limits.h"

_Static_assert(SEAL_KEY_BYTES == crypto_box_PUBLICKEYBYTES, "public keys fit");
_Static_assert(SEAL_KEY_BYTES == crypto_box_SECRETKEYBYTES, "secret keys fit");
_Static_assert(SEAL_OVERHEAD == 1 + SEAL_ID_MAX + crypto_box_SEALBYTES, "what sealing adds");

_Static_assert(SEAL_SECRET_MAX + SEAL_OVERHEAD <= LIMIT_SEALED_KEY, "a message holds a sealed key");

#define ID_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

static const struct seal_key *find(const struct seal_ring *ring, struct str id)
{
    for (unsigned i = 0; i < ring->count; i++)
        if (str_is(id, ring->keys[i].id))
            return &ring->keys[i];
    return NULL;
}

/* Removes the bytes before the first of stops, or all bytes, from the front of rest. */
static struct str take_until(struct str *rest, const char *stops)
{
    struct str part = {rest->p, 0};

    while (part.len < rest->len && !memchr(stops, rest->p[part.len], strlen(stops)))
        part.len++;
    rest->p += part.len;
    rest->len -= part.len;
    return part;
}

static bool read_id(char *to, struct str id)
{
    if (id.len == 0 || id.len > SEAL_ID_MAX)
        return false;
    memcpy(to, id.p, id.len);
    to[id.len] = '\0';
    return strspn(to, ID_CHARS) == id.len;
}

static bool read_key(unsigned char *to, struct str text)
{
    size_t      len;
    const char *end;

    return sodium_base642bin(to, SEAL_KEY_BYTES, text.p, text.len, NULL, &len, &end,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           len == SEAL_KEY_BYTES && end == text.p + text.len;
}

/* Parses one line; returns what is wrong with it, NULL if nothing. */
static const char *read_line(struct seal_ring *ring, struct str line)
{
    struct seal_key *k = &ring->keys[ring->count];
    struct str       id = take_until(&line, " \t");
    struct str       key = str_trim(line);

    if (ring->count == SEAL_KEYS_MAX)
        return "has more keys than a ring can hold";
    if (!read_id(k->id, id))
        return "does not begin with a key id of letters, digits, '-' and '_'";
    if (find(ring, id))
        return "repeats a key id";
    if (!read_key(k->key, key))
        return "has no key of 32 bytes in base64 after the id";
    ring->count++;
    return NULL;
}

bool seal_ring_read(struct seal_ring *ring, struct str text, struct buf *fault)
{
    must(sodium_init() >= 0);
    *ring = (struct seal_ring){0};
    for (unsigned number = 1; text.len; number++) {
        struct str whole = take_until(&text, "\n");
        struct str line = str_trim(take_until(&whole, "#"));
        if (text.len) {
            text.p++;
            text.len--;
        }
        const char *wrong = line.len ? read_line(ring, line) : NULL;
        if (wrong) {
            buf_print(fault, "line %u %s", number, wrong);
            seal_ring_wipe(ring);
            return false;
        }
    }
    if (!ring->count)
        buf_print(fault, "it has no key");
    return ring->count > 0;
}

void seal_ring_wipe(struct seal_ring *ring)
{
    sodium_memzero(ring, sizeof *ring);
}

void seal_close(const struct seal_ring *ring, struct str secret, struct buf *out)
{
    const struct seal_key *k = &ring->keys[0];
    unsigned char          box[SEAL_SECRET_MAX + crypto_box_SEALBYTES];
    unsigned char          id_len = (unsigned char)strlen(k->id);

    must(ring->count && secret.len <= SEAL_SECRET_MAX);
    must(crypto_box_seal(box, (const unsigned char *)secret.p, secret.len, k->key) == 0);
    buf_add(out, &id_len, 1);
    buf_add(out, k->id, id_len);
    buf_add(out, box, secret.len + crypto_box_SEALBYTES);
}

enum err seal_open(const struct seal_ring *ring, struct str sealed, struct buf *out)
{
    unsigned char plain[SEAL_SECRET_MAX], public_key[SEAL_KEY_BYTES];
    size_t        id_len = sealed.len ? (unsigned char)sealed.p[0] : 0;

    if (sealed.len < 1 + id_len + crypto_box_SEALBYTES)
        return ERR_BAD_REQUEST;
    struct str box = {sealed.p + 1 + id_len, sealed.len - 1 - id_len};
    if (box.len > SEAL_SECRET_MAX + crypto_box_SEALBYTES)
        return ERR_BAD_REQUEST;
    const struct seal_key *k = find(ring, (struct str){sealed.p + 1, id_len});
    if (!k)
        return ERR_NOT_FOUND;
    crypto_scalarmult_base(public_key, k->key);
    bool opened =
        crypto_box_seal_open(plain, (const unsigned char *)box.p, box.len, public_key, k->key) == 0;
    if (opened)
        buf_add(out, plain, box.len - crypto_box_SEALBYTES);
    sodium_memzero(plain, sizeof plain);
    return opened ? ERR_OK : ERR_BAD_REQUEST;
}

void seal_wipe(struct buf *secret)
{
    if (secret->p)
        sodium_memzero(secret->p, secret->room);
    buf_fini(secret);
}
