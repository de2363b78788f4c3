/* UUIDs: random ones and ones derived from a name. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/uuid.h"

static struct uuid uuid_of(unsigned char b[16], unsigned version)
{
    struct uuid id;

    b[6] = (unsigned char)((b[6] & 0x0F) | (version << 4));
    b[8] = (unsigned char)((b[8] & 0x3F) | 0x80);
    snprintf(id.text, sizeof id.text,
             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
             b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
             b[15]);
    return id;
}

struct uuid uuid_new(void)
{
    unsigned char b[16];
    randombytes_buf(b, sizeof b);
    return uuid_of(b, 4);
}

struct uuid uuid_derive(const char *namespace, struct str name)
{
    unsigned char            b[16];
    crypto_generichash_state hash;

    crypto_generichash_init(&hash, NULL, 0, sizeof b);
    crypto_generichash_update(&hash, (const unsigned char *)namespace, strlen(namespace) + 1);
    crypto_generichash_update(&hash, (const unsigned char *)name.p, name.len);
    crypto_generichash_final(&hash, b, sizeof b);
    return uuid_of(b, 8);
}

static bool is_dash(size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

bool uuid_parse(struct uuid *out, struct str text)
{
    *out = (struct uuid){{0}};
    if (text.len != UUID_LEN)
        return false;
    for (size_t i = 0; i < UUID_LEN; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (is_dash(i) ? c != '-' : !isxdigit(c))
            return false;
        out->text[i] = (char)tolower(c);
    }
    return true;
}

struct str uuid_str(const struct uuid *id)
{
    return str_of(id->text);
}
