/* Validates and hashes the name. */
#include <string.h>

#include <sodium.h>

#include "session/account.h"

bool account_auth_read(enum account_auth *auth, struct str text)
{
    static const char *const names[] = {"off", "proxy", "required"};

    for (unsigned i = 0; i < COUNT_OF(names); i++)
        if (str_is(text, names[i])) {
            *auth = (enum account_auth)i;
            return true;
        }
    return false;
}

/* A header that was sent twice comes joined with a comma, so a name holds none. */
static bool is_name(struct str name)
{
    if (!name.len || name.len > ACCOUNT_NAME_MAX || !str_is_utf8(name) ||
        str_trim(name).len != name.len)
        return false;
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.p[i] < ' ' || name.p[i] == 0x7F || name.p[i] == ',')
            return false;
    return true;
}

static void hash(const struct account_rules *rules, struct str name, char account[ACCOUNT_SIZE])
{
    unsigned char            sum[crypto_generichash_BYTES];
    crypto_generichash_state state;

    _Static_assert(2 * sizeof sum + 1 == ACCOUNT_SIZE, "a hash in hexadecimal fits");
    crypto_generichash_init(&state, rules->key->key, SEAL_KEY_BYTES, sizeof sum);
    crypto_generichash_update(&state, (const unsigned char *)"account", sizeof "account");
    crypto_generichash_update(&state, (const unsigned char *)rules->issuer,
                              strlen(rules->issuer) + 1);
    crypto_generichash_update(&state, (const unsigned char *)name.p, name.len);
    crypto_generichash_final(&state, sum, sizeof sum);
    sodium_bin2hex(account, ACCOUNT_SIZE, sum, sizeof sum);
}

enum err account_find(const struct account_rules *rules, struct str peer, struct str name,
                      char account[ACCOUNT_SIZE])
{
    account[0] = '\0';
    if (rules->auth == ACCOUNT_AUTH_OFF)
        return ERR_OK;
    if (!name.p || !networks_contain(rules->proxies, peer))
        return rules->auth == ACCOUNT_AUTH_REQUIRED ? ERR_SIGN_IN : ERR_OK;
    if (!is_name(name))
        return ERR_BAD_REQUEST;
    hash(rules, name, account);
    return ERR_OK;
}
