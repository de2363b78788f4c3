/* Cookies and CSRF tokens, with libsodium's MAC. */
#include <string.h>

#include <sodium.h>

#include "session/session.h"

#define MAC_TEXT     sodium_base64_ENCODED_LEN(crypto_auth_BYTES, BASE64)
#define BASE64       sodium_base64_VARIANT_URLSAFE_NO_PADDING
#define LIFE_SECONDS (30 * 24 * 3600) /* the longest a session lasts */

_Static_assert(crypto_auth_KEYBYTES == SEAL_KEY_BYTES, "a ring's keys are keys for the MAC");

/* What is signed.  The purpose makes a MAC for one use worthless for another. */
struct claim {
    const char        *purpose;
    const struct uuid *id;
    const char        *account; /* after an id, which always has the same length */
};

static void mac_of(unsigned char mac[crypto_auth_BYTES], const struct seal_key *k,
                   const struct claim *c)
{
    crypto_auth_hmacsha512256_state state;

    crypto_auth_hmacsha512256_init(&state, k->key, sizeof k->key);
    crypto_auth_hmacsha512256_update(&state, (const unsigned char *)c->purpose,
                                     strlen(c->purpose) + 1);
    crypto_auth_hmacsha512256_update(&state, (const unsigned char *)c->id->text, UUID_LEN);
    crypto_auth_hmacsha512256_update(&state, (const unsigned char *)c->account, strlen(c->account));
    crypto_auth_hmacsha512256_final(&state, mac);
}

/* "<key id>.<mac>" */
static void sign(const struct seal_ring *ring, const struct claim *c, struct buf *out)
{
    unsigned char mac[crypto_auth_BYTES];
    char          text[MAC_TEXT];

    mac_of(mac, &ring->keys[0], c);
    sodium_bin2base64(text, sizeof text, mac, sizeof mac, BASE64);
    buf_print(out, "%s.%s", ring->keys[0].id, text);
}

static bool is_signed(const struct seal_ring *ring, const struct claim *c, struct str text)
{
    unsigned char want[crypto_auth_BYTES], have[crypto_auth_BYTES];
    const char   *dot = text.len ? memchr(text.p, '.', text.len) : NULL;
    size_t        len;

    if (!dot)
        return false;
    struct str key_id = {text.p, (size_t)(dot - text.p)};
    struct str mac = {dot + 1, text.len - key_id.len - 1};
    if (sodium_base642bin(have, sizeof have, mac.p, mac.len, NULL, &len, NULL, BASE64) != 0 ||
        len != sizeof have)
        return false;
    for (unsigned i = 0; i < ring->count; i++) {
        if (!str_is(key_id, ring->keys[i].id))
            continue;
        mac_of(want, &ring->keys[i], c);
        return sodium_memcmp(want, have, sizeof want) == 0;
    }
    return false;
}

/* ---- the cookie ---- */

static struct str take_pair(struct str *rest)
{
    const char *end = memchr(rest->p, ';', rest->len);
    size_t      len = end ? (size_t)(end - rest->p) : rest->len;
    struct str  pair = {rest->p, len};

    rest->p += len + (end != NULL);
    rest->len -= len + (end != NULL);
    return str_trim(pair);
}

struct str session_cookie(struct str header, const char *name)
{
    size_t len = strlen(name);

    while (header.len) {
        struct str pair = take_pair(&header);
        if (str_starts(pair, name) && pair.len > len && pair.p[len] == '=')
            return (struct str){pair.p + len + 1, pair.len - len - 1};
    }
    return (struct str){0};
}

bool session_read(const struct seal_ring *ring, struct str value, const char *account,
                  struct uuid *out)
{
    struct uuid id;

    *out = (struct uuid){{0}};
    if (value.len <= UUID_LEN || value.p[UUID_LEN] != '.' ||
        !uuid_parse(&id, (struct str){value.p, UUID_LEN}))
        return false;
    struct str rest = {value.p + UUID_LEN + 1, value.len - UUID_LEN - 1};
    if (!is_signed(ring, &(struct claim){.purpose = "session", .id = &id, .account = account},
                   rest))
        return false;
    *out = id;
    return true;
}

void session_write(const struct seal_ring *ring, const struct uuid *id, const char *account,
                   bool is_tls, struct buf *out)
{
    buf_print(out, "%s=%s.", is_tls ? SESSION_COOKIE_TLS : SESSION_COOKIE, id->text);
    sign(ring, &(struct claim){.purpose = "session", .id = id, .account = account}, out);
    buf_print(out, "; Path=/; Max-Age=%d; HttpOnly; SameSite=Lax%s", LIFE_SECONDS,
              is_tls ? "; Secure" : "");
}

void session_csrf(const struct seal_ring *ring, const struct uuid *id, const char *account,
                  struct buf *out)
{
    sign(ring, &(struct claim){.purpose = "csrf", .id = id, .account = account}, out);
}

bool session_csrf_is(const struct seal_ring *ring, const struct uuid *id, const char *account,
                     struct str token)
{
    return is_signed(ring, &(struct claim){.purpose = "csrf", .id = id, .account = account}, token);
}
