/* Names in Redis. */
#include <sodium.h>

#include "keys.h"

#define PREFIX "automotive_chat:"

unsigned key_bucket(struct str name)
{
    unsigned char hash[crypto_generichash_BYTES_MIN];

    crypto_generichash(hash, sizeof hash, (const unsigned char *)name.p, name.len, NULL, 0);
    return hash[0] % KEY_BUCKETS;
}

static struct key of_session(const struct uuid *session, const char *kind, const char *name)
{
    struct key key;

    must(str_format(key.text, sizeof key.text, PREFIX "{b%02u}:%s:%s%s",
                    key_bucket(uuid_str(session)), session->text, kind, name));
    return key;
}

struct key key_session(const struct uuid *session)
{
    return of_session(session, "session", "");
}

struct key key_turns(const struct uuid *session)
{
    return of_session(session, "turns", "");
}

struct key key_answer(const struct uuid *session, const struct uuid *turn)
{
    return of_session(session, "answer:", turn->text);
}

struct key key_answers(const struct uuid *session)
{
    return of_session(session, "answer:", "");
}

struct key key_window(const struct uuid *session)
{
    return of_session(session, "window", "");
}

struct key key_spooled(const struct uuid *session)
{
    return of_session(session, "spooled", "");
}

struct key key_session_limit(const struct uuid *session, const char *what)
{
    return of_session(session, "limit:", what);
}

struct key key_address_limit(struct str address_hash, const char *what)
{
    struct key key;

    must(str_format(key.text, sizeof key.text, PREFIX "{a%02u}:%.*s:limit:%s",
                    key_bucket(address_hash), (int)address_hash.len, address_hash.p, what));
    return key;
}

struct key key_of_bucket(unsigned bucket, const char *what)
{
    struct key key;

    must(bucket < KEY_BUCKETS &&
         str_format(key.text, sizeof key.text, PREFIX "{b%02u}:%s", bucket, what));
    return key;
}

unsigned key_session_bucket(const struct uuid *session)
{
    return key_bucket(uuid_str(session));
}

struct key key_session_leases(const struct uuid *session)
{
    return key_of_bucket(key_session_bucket(session), "leases");
}
