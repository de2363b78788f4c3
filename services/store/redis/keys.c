/* Names in Redis. */
#include <sodium.h>

#include "keys.h"

#define PREFIX "automotive_chat:"

unsigned keys_bucket(struct str name)
{
    unsigned char hash[crypto_generichash_BYTES_MIN];

    crypto_generichash(hash, sizeof hash, (const unsigned char *)name.p, name.len, NULL, 0);
    return hash[0] % KEYS_BUCKETS;
}

static struct key of_session(const struct uuid *session, const char *kind, const char *name)
{
    struct key key;

    must(str_format(key.text, sizeof key.text, PREFIX "{b%02u}:%s:%s%s",
                    keys_bucket(uuid_str(session)), session->text, kind, name));
    return key;
}

struct key keys_session(const struct uuid *session)
{
    return of_session(session, "session", "");
}

struct key keys_turns(const struct uuid *session)
{
    return of_session(session, "turns", "");
}

struct key keys_answer(const struct uuid *session, const struct uuid *turn)
{
    return of_session(session, "answer:", turn->text);
}

struct key keys_answers(const struct uuid *session)
{
    return of_session(session, "answer:", "");
}

struct key keys_window(const struct uuid *session)
{
    return of_session(session, "window", "");
}

struct key keys_spooled(const struct uuid *session)
{
    return of_session(session, "spooled", "");
}

struct key keys_session_limit(const struct uuid *session, const char *what)
{
    return of_session(session, "limit:", what);
}

struct key keys_address_limit(struct str address_hash, const char *what)
{
    struct key key;

    must(str_format(key.text, sizeof key.text, PREFIX "{a%02u}:%.*s:limit:%s",
                    keys_bucket(address_hash), (int)address_hash.len, address_hash.p, what));
    return key;
}

struct key keys_of_bucket(unsigned bucket, const char *what)
{
    struct key key;

    must(bucket < KEYS_BUCKETS &&
         str_format(key.text, sizeof key.text, PREFIX "{b%02u}:%s", bucket, what));
    return key;
}

unsigned keys_session_bucket(const struct uuid *session)
{
    return keys_bucket(uuid_str(session));
}

struct key keys_session_leases(const struct uuid *session)
{
    return keys_of_bucket(keys_session_bucket(session), "leases");
}
